package engine

import (
	"context"
	"time"

	"agentwatch/cache"
	"agentwatch/health"
	"agentwatch/tmuxpool"
)

// The items of the cache's layers, one key each.
const (
	itemScreen    = "screen"    // pane_content, per pane
	itemVerdict   = "verdict"   // agent_status, per pane
	itemDetails   = "details"   // session_info, per pane
	itemProcesses = "processes" // session_info, per pane
	itemVersion   = "version"   // config, per server
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
	details   *cache.Store[details]
	processes *cache.Store[processes]
	versions  *cache.Store[string]
}

// processes is what runs in a pane, with the fingerprint it was read under.
type processes struct {
	print health.ProcessFingerprint
	list  []health.Process
	at    time.Time
}

func newLayers() *layers {
	set := cache.NewSet()
	return &layers{
		set:       set,
		screens:   cache.NewStore[screen](set, cache.LayerPaneContent, cache.DefaultLayerConfig(cache.LayerPaneContent)),
		verdicts:  cache.NewStore[health.Verdict](set, cache.LayerAgentStatus, cache.DefaultLayerConfig(cache.LayerAgentStatus)),
		details:   cache.NewStore[details](set, cache.LayerSessionInfo, cache.DefaultLayerConfig(cache.LayerSessionInfo)),
		processes: cache.NewStore[processes](set, cache.LayerSessionInfo, cache.DefaultLayerConfig(cache.LayerSessionInfo)),
		versions:  cache.NewStore[string](set, cache.LayerConfig, cache.DefaultLayerConfig(cache.LayerConfig)),
	}
}

func key(ref health.PaneRef, item string) cache.Key {
	return cache.Key{Server: ref.Server, Pane: ref.Pane, Item: item}
}

// source hands the checker its screens: from the cache where an entry stands,
// else captured by the method of the round's plan. It belongs to one watcher,
// which sets its fields between rounds; Screens is safe for concurrent use.
type source struct {
	server paneServer
	layers *layers
	method tmuxpool.Method
	// colours is the pane whose colours are wanted, allColours asks for
	// everybody's.
	colours    health.PaneRef
	allColours bool
	now        func() time.Time
	// versions has the version that each capture is to be stored under.
	version func(health.PaneRef) cache.Version
	// count is told of every capture made; it must be safe for concurrent use.
	count func(ref health.PaneRef, bytes int)
	// busy is told now and then how many connections are busy, while they are.
	busy func(connections int)
}

// busySampleEvery is how many captures of a sweep go by between two looks at
// how busy the pool is.
const busySampleEvery = 16

// Screens implements health.ScreenSource.
func (s *source) Screens(ctx context.Context, refs []health.PaneRef, limit int, _ bool,
	deliver func(int, health.Screen, error),
) {
	var requests []tmuxpool.CaptureRequest
	var indices []int
	var versions []cache.Version
	for i, ref := range refs {
		wantColours := s.allColours || ref == s.colours
		if kept, _, ok := s.layers.screens.Get(key(ref, itemScreen)); ok && (kept.coloured || !wantColours) {
			deliver(i, kept.value(), nil)
			continue
		}
		requests = append(requests, tmuxpool.CaptureRequest{Pane: ref.Pane, Colours: wantColours})
		indices = append(indices, i)
		versions = append(versions, s.version(ref))
	}
	if len(requests) == 0 {
		return
	}
	s.server.CaptureAll(ctx, requests, s.method, limit, func(i int, c tmuxpool.Capture, err error) {
		if err != nil {
			deliver(indices[i], health.Screen{}, err)
			return
		}
		if i%busySampleEvery == 0 {
			s.busy(s.server.Stats().Busy)
		}
		ref := refs[indices[i]]
		got := screen{text: c.Text, coloured: requests[i].Colours, second: c.ServerSecond, at: s.now()}
		s.count(ref, c.Bytes)
		s.layers.screens.Put(key(ref, itemScreen), got, versions[i])
		deliver(indices[i], got.value(), nil)
	})
}

// value is the screen as the checker sees it; its version is the server's
// second of the capture.
func (s screen) value() health.Screen {
	return health.Screen{Text: s.text, At: s.at, Version: uint64(s.second)}
}
