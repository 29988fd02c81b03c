package monitor

import (
	"context"
	"sync/atomic"
	"time"

	"agentwatch/cache"
	"agentwatch/health"
	"agentwatch/tmuxpool"
)

// screen is a capture as the pane_content layer keeps it.
type screen struct {
	text     string
	coloured bool
	// second is the server's second of the capture, at our time.
	second int64
	at     time.Time
}

// details are the facts about a pane that are costly to list.
type details struct {
	command string
	path    string
}

// layers are the cache's typed stores.
type layers struct {
	set       *cache.Set
	screens   *cache.Store[screen]
	verdicts  *cache.Store[health.Verdict]
	details   *cache.Store[map[string]details]
	processes *cache.Store[processes]
	versions  *cache.Store[string]
}

// processes is what runs in a pane, with the fingerprint it was read under.
type processes struct {
	print health.ProcessFingerprint
	list  []health.Process
	raw   bool
	at    time.Time
}

func newLayers() *layers {
	set := cache.NewSet()
	return &layers{
		set:       set,
		screens:   cache.NewStore[screen](set, cache.LayerPaneContent, cache.DefaultLayerConfig(cache.LayerPaneContent)),
		verdicts:  cache.NewStore[health.Verdict](set, cache.LayerAgentStatus, cache.DefaultLayerConfig(cache.LayerAgentStatus)),
		details:   cache.NewStore[map[string]details](set, cache.LayerSessionInfo, cache.DefaultLayerConfig(cache.LayerSessionInfo)),
		processes: cache.NewStore[processes](set, cache.LayerSessionInfo, cache.DefaultLayerConfig(cache.LayerSessionInfo)),
		versions:  cache.NewStore[string](set, cache.LayerConfig, cache.DefaultLayerConfig(cache.LayerConfig)),
	}
}

func key(ref health.PaneRef) cache.Key {
	return cache.Key{Server: ref.Server, Pane: ref.Pane}
}

// source gives the screens of panes: from the cache where an entry stands, else
// captured as the orders say. It is safe for concurrent use.
type source struct {
	server paneServer
	layers *layers
	now    func() time.Time
	meter  *meter
}

// orders say how a round captures.
type orders struct {
	method tmuxpool.Method
	// colours are the panes whose colours are wanted, allColours asks for
	// everybody's. likely are those that nobody looks at yet; ahead is set when
	// they are captured for that alone.
	colours    map[health.PaneRef]bool
	allColours bool
	likely     map[health.PaneRef]bool
	ahead      bool
	// versions are those under which captures are cached.
	versions map[health.PaneRef]cache.Version
	// made are captures that have been made for these orders already. It is not
	// changed once the orders are given.
	made map[health.PaneRef]health.Screen
	// captures counts what was captured.
	captures atomic.Int64
}

// wantsColours tells whether the pane is captured with colours.
func (o *orders) wantsColours(ref health.PaneRef) bool { return o.allColours || o.colours[ref] }

// busySampleEvery is how many captures of a sweep go by between two looks at
// how busy the pool is.
const busySampleEvery = 16

// screens delivers the screen of each pane, or the reason why there is none, exactly
// once, by its index in refs. limit bounds the captures under way at once. It returns
// after the last delivery, soon after ctx ends.
func (s *source) screens(ctx context.Context, o *orders, refs []health.PaneRef, limit int, deliver func(int, health.Screen, error)) {
	var requests []tmuxpool.CaptureRequest
	var indices []int
	for i, ref := range refs {
		if made, ok := o.made[ref]; ok {
			deliver(i, made, nil)
			continue
		}
		wantColours := o.wantsColours(ref)
		if kept, _, ok := s.layers.screens.Get(key(ref)); ok && (kept.coloured || !wantColours) {
			deliver(i, kept.value(), nil)
			continue
		}
		requests = append(requests, tmuxpool.CaptureRequest{Pane: ref.Pane, Colours: wantColours})
		indices = append(indices, i)
	}
	if len(requests) == 0 {
		return
	}
	s.server.CaptureAll(ctx, requests, o.method, limit, func(i int, c tmuxpool.Capture, err error) {
		if err != nil {
			deliver(indices[i], health.Screen{}, err)
			return
		}
		if i%busySampleEvery == 0 {
			s.meter.busy(s.server.Stats().Busy)
		}
		deliver(indices[i], s.store(refs[indices[i]], c, requests[i].Colours, o), nil)
	})
}

// store takes a capture that was made by these orders.
func (s *source) store(ref health.PaneRef, c tmuxpool.Capture, coloured bool, o *orders) health.Screen {
	got := screen{text: c.Text, coloured: coloured, second: c.ServerSecond, at: s.now()}
	o.captures.Add(1)
	s.meter.capture(c.Bytes)
	s.keep(ref, got, o)
	return got.value()
}

// keep puts a screen into the cache. Colours that nobody looks at yet are there
// ahead of the question.
func (s *source) keep(ref health.PaneRef, got screen, o *orders) {
	switch {
	case !o.likely[ref] || !got.coloured:
		s.layers.screens.Put(key(ref), got, o.versions[ref])
	case o.ahead:
		s.layers.screens.Warm(key(ref), got, o.versions[ref], 1)
	default:
		s.layers.screens.Warm(key(ref), got, o.versions[ref], 0)
	}
}

// value is the screen as it is judged; its version is the server's
// second of the capture.
func (s screen) value() health.Screen {
	return health.Screen{Text: s.text, At: s.at, Version: uint64(s.second)}
}
