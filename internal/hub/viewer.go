package hub

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/redis/rueidis"

	"agentwatch/cache"
	"agentwatch/engine"
)

const (
	// pingEvery is how often the connection is tried, pingTime how long an answer may
	// take, snapshotTime one reading of everything.
	pingEvery    = time.Second
	pingTime     = 2 * time.Second
	snapshotTime = 20 * time.Second
	// lateAfter and staleAfter are the silence after which a host is late and stale,
	// goneAfter that after which it is no longer shown.
	lateAfter  = 10 * time.Second
	staleAfter = beatLives
	goneAfter  = time.Hour
	// fetchEvery is the least time between two fetches of what has changed: under load a
	// fetch has what has changed meanwhile. The first one after a pause is made at once.
	fetchEvery = 4 * time.Millisecond
)

// Viewer shows the hosts of a hub. All methods are safe for concurrent use.
type Viewer struct {
	options Options
	keys    keys
	client  rueidis.Client
	records *cache.Store[Record]
	layers  *cache.Set
	changed chan struct{}
	cancel  context.CancelFunc
	done    chan struct{}
	// wake has a value when named or anew have been set.
	wake chan struct{}
	// fetched is when a fetch has begun last; it is run's alone.
	fetched time.Time

	mu sync.Mutex
	// named are keys that have changed; anew is set when everything is to be read.
	named map[string]struct{}
	anew  bool
	hosts map[HostID]*hostView
	// incomplete are hosts whose records may name agents that have not been read.
	incomplete map[*hostView]struct{}
	// order are the hosts by name.
	order    []*hostView
	problem  error
	lostAt   time.Time
	refusals map[refused]uint64
	// skew is how far our clock is ahead of the hub's.
	skew time.Duration
	// whole is set when everything has been read once, touched when something has been
	// read that is shown.
	whole    bool
	touched  bool
	revision uint64
}

// Open begins to read a hub, until Close is called. Only mistakes in the options are
// errors: a hub that cannot be reached is tried again, and Problem says why.
func Open(o Options) (*Viewer, error) {
	option, err := o.client()
	if err != nil {
		return nil, err
	}
	set := cache.NewSet()
	v := &Viewer{
		options: o, keys: keys{o.Fleet}, layers: set, wake: make(chan struct{}, 1), changed: make(chan struct{}, 1), done: make(chan struct{}),
		records: cache.NewStore[Record](set, cache.LayerFleet, cache.DefaultLayerConfig(cache.LayerFleet)),
		named:   make(map[string]struct{}), hosts: make(map[HostID]*hostView), refusals: make(map[refused]uint64), incomplete: make(map[*hostView]struct{}), anew: true,
	}
	option.ClientTrackingOptions = []string{"BCAST", "PREFIX", v.keys.prefix(), "NOLOOP"}
	option.OnInvalidations = v.invalidated
	dialing(&option, func() {}, func() { v.signal(v.wake) })
	ctx, cancel := context.WithCancel(context.Background())
	v.cancel = cancel
	go func() {
		defer close(v.done)
		v.run(ctx, option)
	}()
	return v, nil
}

// Close ends the viewer.
func (v *Viewer) Close() {
	v.cancel()
	<-v.done
}

// Changed has a value when what is shown has changed. There can be one receiver.
func (v *Viewer) Changed() <-chan struct{} { return v.changed }

func (v *Viewer) signal(to chan struct{}) {
	select {
	case to <- struct{}{}:
	default:
	}
}

// invalidated takes what Redis says has changed; nil for everything: it was emptied,
// or the connection has ended. It must be fast.
func (v *Viewer) invalidated(messages []rueidis.RedisMessage) {
	v.mu.Lock()
	if messages == nil {
		v.anew = true
	}
	for i := range messages {
		if key, err := messages[i].ToString(); err == nil {
			v.named[key] = struct{}{}
		}
	}
	v.mu.Unlock()
	v.signal(v.wake)
}

// run reads until ctx ends.
func (v *Viewer) run(ctx context.Context, option rueidis.ClientOption) {
	defer func() {
		if v.client != nil {
			v.client.Close()
		}
	}()
	pings := time.NewTicker(pingEvery)
	defer pings.Stop()
	failures, pinging := 0, true
	for ctx.Err() == nil {
		var err error
		if v.client == nil || pinging {
			err = v.options.observed("connect", "", func() error { return v.connect(ctx, option, pinging) })
		}
		if err == nil {
			err = v.read(ctx)
		}
		v.failed(err)
		failures++
		if err == nil {
			failures = 0
		}
		wait := time.After(min(leastBackoff<<min(failures, 10), mostBackoff))
		if err == nil {
			wait = nil
		}
		pinging = err != nil
		select {
		case <-ctx.Done():
		case <-wait:
		case <-pings.C:
			pinging = true
		case <-wakeIf(v.wake, err == nil):
		}
	}
}

// connect makes the client where there is none, and asks whether the connection is
// alive.
func (v *Viewer) connect(ctx context.Context, option rueidis.ClientOption, ping bool) error {
	if v.client == nil {
		// With its first connection it is decided what the server can.
		client, err := rueidis.NewClient(option)
		if err != nil {
			if client != nil {
				client.Close()
			}
			return err
		}
		v.client = client
	}
	if !ping {
		return nil
	}
	return v.ping(ctx)
}

// wakeIf is the channel while it counts.
func wakeIf(wake <-chan struct{}, counts bool) <-chan struct{} {
	if counts {
		return wake
	}
	return nil
}

// failed notes why the hub cannot be read; nil when it can.
func (v *Viewer) failed(err error) {
	if errors.Is(err, context.Canceled) {
		return
	}
	v.mu.Lock()
	before := v.problem
	v.problem = explained(err)
	if before == nil && err != nil {
		v.lostAt = time.Now()
	}
	differs := (before == nil) != (err == nil)
	v.mu.Unlock()
	if differs {
		v.signal(v.changed)
	}
}

// ping asks whether the connection is alive.
func (v *Viewer) ping(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, pingTime)
	defer cancel()
	return v.client.Do(ctx, v.client.B().Ping().Build()).Error()
}

// read reads what has changed.
func (v *Viewer) read(ctx context.Context) error {
	for v.await(ctx) {
		var err error
		v.mu.Lock()
		anew, named := v.anew, v.named
		v.anew, v.named = false, make(map[string]struct{})
		v.mu.Unlock()
		switch {
		case anew:
			err = v.options.observed("snapshot", "", func() error { return v.snapshot(ctx) })
		case len(named) > 0:
			v.fetched = time.Now()
			err = v.options.observed("fetch", "", func() error { return v.fetch(ctx, named) })
		default:
			return nil
		}
		if err != nil {
			v.mu.Lock()
			v.anew = v.anew || anew
			maps.Copy(v.named, named)
			v.mu.Unlock()
			return err
		}
	}
	return ctx.Err()
}

// await waits until the next fetch may be made, and reports whether ctx goes on.
func (v *Viewer) await(ctx context.Context) bool {
	pause := fetchEvery - time.Since(v.fetched)
	if pause <= 0 {
		return ctx.Err() == nil
	}
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

// snapshot reads everything. What changes meanwhile is named by the tracking, which is
// on already.
func (v *Viewer) snapshot(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, snapshotTime)
	defer cancel()
	if err := v.readClock(ctx); err != nil {
		return err
	}
	ids, err := v.readHosts(ctx)
	if err != nil {
		return err
	}
	var names []string
	for _, id := range ids {
		names = append(names, v.keys.host(id), v.keys.beat(id))
	}
	if err := v.get(ctx, names); err != nil {
		return err
	}
	names = nil
	v.mu.Lock()
	for id, h := range v.hosts {
		for _, pane := range h.record.Index {
			names = append(names, v.keys.agent(id, pane))
		}
	}
	v.mu.Unlock()
	if err := v.get(ctx, names); err != nil {
		return err
	}
	v.mu.Lock()
	v.whole = true
	v.mu.Unlock()
	v.signal(v.changed)
	return nil
}

func (v *Viewer) readClock(ctx context.Context) error {
	asked := time.Now()
	parts, err := v.client.Do(ctx, v.client.B().Time().Build()).AsStrSlice()
	if err != nil || len(parts) != 2 {
		return err
	}
	hub, err := hubTime(parts)
	if err != nil {
		return err
	}
	now := time.Now()
	skew := asked.Add(now.Sub(asked) / 2).Sub(hub)
	v.mu.Lock()
	defer v.mu.Unlock()
	// What has taken long tells less exactly; times that were shown stay where they can.
	if (skew - v.skew).Abs() >= leastSkew+now.Sub(asked)/2 {
		v.skew = skew
		for _, h := range v.hosts {
			h.dirty = true
		}
	}
	return nil
}

// readHosts reads which hosts there are. One that is not named any more stays until it
// has been silent for long: the list may have been lost.
func (v *Viewer) readHosts(ctx context.Context) ([]HostID, error) {
	members, err := v.client.Do(ctx, v.client.B().Smembers().Key(v.keys.hosts()).Build()).AsStrSlice()
	if err != nil {
		return nil, err
	}
	slices.Sort(members)
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, member := range members {
		id := HostID(member)
		if _, known := v.hosts[id]; known {
			continue
		}
		if !idPattern.MatchString(member) || len(v.hosts) >= maxHosts {
			v.refusals[refusedKey]++
			continue
		}
		v.hosts[id] = newHostView(id)
	}
	return slices.Collect(maps.Keys(v.hosts)), nil
}

// fetch reads the keys that have changed. Until it is there, what the cache has of
// them does not count.
func (v *Viewer) fetch(ctx context.Context, named map[string]struct{}) error {
	ctx, cancel := context.WithTimeout(ctx, snapshotTime)
	defer cancel()
	var names []string
	for key := range named {
		switch kind, id, pane := v.keys.parse(key); kind {
		case keyHosts:
			if err := v.newHosts(ctx); err != nil {
				return err
			}
		case keyAgent:
			v.records.Invalidate(cache.Key{Server: string(id), Pane: pane})
			names = append(names, key)
		case keyHost, keyBeat:
			names = append(names, key)
		}
	}
	if err := v.get(ctx, names); err != nil {
		return err
	}
	// Records that came before the host's that names them may not be known.
	if missing := v.missing(); len(missing) > 0 {
		if err := v.get(ctx, missing); err != nil {
			return err
		}
	}
	v.mu.Lock()
	touched := v.touched
	v.touched = false
	v.mu.Unlock()
	if touched {
		v.signal(v.changed)
	}
	return nil
}

// newHosts reads the hosts that have come.
func (v *Viewer) newHosts(ctx context.Context) error {
	v.mu.Lock()
	before := len(v.hosts)
	v.mu.Unlock()
	ids, err := v.readHosts(ctx)
	if err != nil || len(ids) == before {
		return err
	}
	var names []string
	v.mu.Lock()
	for _, id := range ids {
		if v.hosts[id].record.V == 0 {
			names = append(names, v.keys.host(id), v.keys.beat(id))
		}
	}
	v.mu.Unlock()
	return v.get(ctx, names)
}

// missing are the keys of agents that a host names and that have not been asked for.
func (v *Viewer) missing() []string {
	v.mu.Lock()
	defer v.mu.Unlock()
	var names []string
	for h := range v.incomplete {
		for _, pane := range h.unasked() {
			if _, known := v.records.Peek(cache.Key{Server: string(h.id), Pane: pane}); !known {
				names = append(names, v.keys.agent(h.id, pane))
			}
		}
	}
	clear(v.incomplete)
	return names
}

// get reads keys and takes what they hold. Those of hosts come before those of agents.
func (v *Viewer) get(ctx context.Context, names []string) error {
	slices.SortFunc(names, func(a, b string) int {
		ka, _, _ := v.keys.parse(a)
		kb, _, _ := v.keys.parse(b)
		return int(ka) - int(kb)
	})
	var commands []rueidis.Completed
	var parts [][]string
	for part := range slices.Chunk(names, batch) {
		parts = append(parts, part)
		commands = append(commands, v.client.B().Mget().Key(part...).Build())
	}
	if len(commands) == 0 {
		return nil
	}
	for i, result := range v.client.DoMulti(ctx, commands...) {
		values, err := result.ToArray()
		if err != nil {
			return err
		}
		v.mu.Lock()
		for j := range values {
			if j < len(parts[i]) {
				v.take(parts[i][j], &values[j])
			}
		}
		v.mu.Unlock()
	}
	return nil
}

// take takes what a key holds. It is called under mu.
func (v *Viewer) take(key string, value *rueidis.RedisMessage) {
	kind, id, pane := v.keys.parse(key)
	h := v.hosts[id]
	if h == nil {
		// A host that is not in the list counts for nothing.
		v.refusals[refusedKey]++
		return
	}
	text, err := value.ToString()
	if kind == keyAgent {
		h.asked[pane] = struct{}{}
	}
	if err != nil {
		// It has expired or been removed, which its age says; of an agent the host's
		// record says whether it exists.
		if kind == keyAgent {
			h.lost[pane], h.dirty, v.touched = struct{}{}, true, true
		}
		return
	}
	switch kind {
	case keyBeat:
		v.touched = h.takeBeat(text, time.Now()) || v.touched
	case keyHost:
		err = v.takeHost(h, text)
	case keyAgent:
		err = v.takeAgent(h, text, pane)
	}
	var reason refused
	if errors.As(err, &reason) {
		v.refusals[reason]++
		v.touched = true
	}
}

// takeHost takes a host's record. It is called under mu.
func (v *Viewer) takeHost(h *hostView, text string) error {
	r, err := readHost(text, h.id)
	if err != nil {
		return err
	}
	if r.Epoch < h.record.Epoch || r.Epoch == h.record.Epoch && r.Rev < h.record.Rev {
		return refusedOld
	}
	if r.Epoch > h.record.Epoch {
		// Its panes may be others now, whatever they are called.
		clear(h.asked)
	}
	v.incomplete[h] = struct{}{}
	first, renamed := h.record.V == 0, h.record.Name != r.Name
	h.record, h.dirty, v.touched = r, true, true
	if first && h.heard.IsZero() {
		h.written = time.UnixMilli(r.At).Add(v.skew)
	}
	if first || renamed {
		v.nameHosts()
	}
	return nil
}

// takeAgent takes an agent's record. It is called under mu.
func (v *Viewer) takeAgent(h *hostView, text, pane string) error {
	r, err := readRecord(text, h.id, pane)
	if err != nil {
		return err
	}
	key := cache.Key{Server: string(h.id), Pane: pane}
	if before, known := h.rows[pane]; known {
		if before.version.newer(r.Version) {
			return refusedOld
		}
		if before.version.Epoch != r.Epoch {
			v.records.Invalidate(key)
		}
	}
	v.records.Put(key, r, cache.Version(r.Rev))
	if _, was := h.lost[pane]; was {
		delete(h.lost, pane)
		h.dirty = true
	}
	h.turned[pane], v.touched = struct{}{}, true
	return nil
}

// Problem is since when and why the hub cannot be read; nil when it can.
func (v *Viewer) Problem() (time.Time, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.lostAt, v.problem
}

// Layer are the figures of the cache of records.
func (v *Viewer) Layer() engine.LayerStats {
	s := v.layers.Stats()[0]
	return engine.LayerStats{
		Name: s.Layer.String(), TTL: s.TTL, Size: s.Size, Capacity: s.Capacity, Hits: s.Hits, Misses: s.Misses,
		Invalidations: s.Invalidations, Expiries: s.Expiries, Evictions: s.Evictions, HitRate: s.HitRate,
	}
}

// Figures are what a viewer has met.
type Figures struct {
	// Hosts and Agents are those that are known, Holes the agents that their hosts name
	// and the hub has lost, Refused what the hub holds and is not shown.
	Hosts, Agents, Holes int
	Refused              uint64
	// Whole is set when everything has been read once.
	Whole bool
}

// Figures returns the figures of now.
func (v *Viewer) Figures() Figures {
	v.mu.Lock()
	defer v.mu.Unlock()
	f := Figures{Hosts: len(v.hosts), Whole: v.whole}
	for _, n := range v.refusals {
		f.Refused += n
	}
	for _, h := range v.hosts {
		f.Agents += len(h.record.Index)
		f.Holes += h.holes
	}
	return f
}
