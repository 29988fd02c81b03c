package hub

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"slices"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/redis/rueidis"

	"agentwatch/engine"
	"agentwatch/health"
)

// CollectOptions say what a collector writes, and for whom.
type CollectOptions struct {
	Options
	ID   HostID
	Name string
	// Build is the version of the program.
	Build string
	Share Share
	// DetailEvery is how often at most what does not call for the user is written of
	// an agent: the default is 5 s.
	DetailEvery time.Duration
	// Now is the clock; time.Now when nil.
	Now func() time.Time
	// Said is told what the user should know: that the hub cannot be used, and that it
	// can again (nil). It may be nil.
	Said func(error)
	// Allowed reports whether this collector may write now; nil for always.
	Allowed func() bool
	// Tells is told whether a viewer of the hub tells the user of the agents there are,
	// whenever that changes, so that the host itself need not; Told, before none does any
	// more, what they have told of this host's. Both are called by the collector alone, and
	// may be nil.
	Tells func(bool)
	Told  func(context.Context, engine.Telling)
	// tellerLasts is that of the package where it is zero.
	tellerLasts time.Duration
	// fence is the lease without which Redis takes no write of ours; nil for none.
	fence *lease
}

const (
	defaultDetail = 5 * time.Second
	mostDetail    = 30 * time.Second
	// putAgain is how often everything is written anew, so that it does not expire.
	putAgain = 20 * time.Minute
	// batch is how many commands are sent at once.
	batch = 200
	// leastBackoff and mostBackoff bound the pause after a failure.
	leastBackoff = 200 * time.Millisecond
	mostBackoff  = 5 * time.Second
	// notAllowedPause is how soon it is looked again whether we may write.
	notAllowedPause = 200 * time.Millisecond
	// clockEvery is how often the hub's clock is read, leastSkew the least change of
	// the difference that is written.
	clockEvery = time.Minute
	leastSkew  = 300 * time.Millisecond
	// slowTrip and fastTrip are the round-trips that lengthen and shorten DetailEvery.
	slowTrip, slowFor = 500 * time.Millisecond, 10 * time.Second
	fastTrip, fastFor = 100 * time.Millisecond, time.Minute
)

// ErrTwin is returned by a collector that stands down: another machine has its id.
var ErrTwin = errors.New("another collector with the id of this machine has started after this one")

// errNotAllowed is why nothing is written now.
var errNotAllowed = errors.New("another puller writes this host")

// entry is one agent as it is to be written.
type entry struct {
	ref      health.PaneRef
	revision uint64
	panePID  int
	// drawn is its record without version and times, by which changes are noticed;
	// record is the one written, or to be written, last.
	drawn  []byte
	record Record
	data   []byte
	// due is when it is to be written; zero when it has been.
	due time.Time
}

// collector writes what one host's engine shows. It belongs to one goroutine, but for
// opened.
type collector struct {
	CollectOptions
	keys   keys
	client rueidis.Client
	// opened counts the connections that have been made.
	opened atomic.Int64
	// lost is set when one has ended.
	lost atomic.Bool
	wake chan struct{}

	epoch    int64
	rev, seq uint64
	beaten   string
	servers  map[string]string
	entries  map[health.PaneRef]*entry
	order    []string
	gone     []string
	host     HostRecord
	hostDue  bool
	ready    bool
	skew     time.Duration
	clockAt  time.Time
	putAt    time.Time
	// whole is when everything is to be written anew, why for what reason.
	whole    time.Time
	why      string
	seen     int64
	detail   time.Duration
	slow     time.Time
	fast     time.Time
	failures int
	retryAt  time.Time
	reputs   int
	telling  telling
}

// Collect writes what the snapshots of a host's engine show to the hub, until ctx ends
// or there are no more snapshots; then it says goodbye. It returns ErrTwin when it has
// to stand down. Failures of the hub are told to Said and tried again.
func Collect(ctx context.Context, o CollectOptions, snapshots <-chan *engine.Snapshot) error {
	c, err := newCollector(o)
	if err != nil {
		return err
	}
	defer c.close()
	return c.run(ctx, snapshots)
}

func newCollector(o CollectOptions) (*collector, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Said == nil {
		o.Said = func(error) {}
	}
	if o.Allowed == nil {
		o.Allowed = func() bool { return true }
	}
	if o.DetailEvery <= 0 {
		o.DetailEvery = defaultDetail
	}
	o.tellerLasts = cmp.Or(o.tellerLasts, tellerLasts)
	if !fleetPattern.MatchString(o.Name) {
		return nil, fmt.Errorf("%q cannot be the name of a host: letters, digits, dots, dashes and underscores, 63 at most; set host_name in [fleet]", o.Name)
	}
	c := &collector{
		CollectOptions: o, keys: keys{o.Fleet}, wake: make(chan struct{}, 1), detail: o.DetailEvery,
		servers: make(map[string]string), entries: make(map[health.PaneRef]*entry),
	}
	option, err := o.client()
	if err != nil {
		return nil, err
	}
	option.DisableCache = true
	wake := func() {
		select {
		case c.wake <- struct{}{}:
		default:
		}
	}
	dialing(&option, func() { c.opened.Add(1); wake() }, func() { c.lost.Store(true); wake() })
	if c.client, err = rueidis.NewClient(option); c.client == nil {
		return nil, explained(err)
	}
	return c, nil
}

func (c *collector) close() { c.client.Close() }

// run writes until ctx ends.
func (c *collector) run(ctx context.Context, snapshots <-chan *engine.Snapshot) error {
	beats := time.NewTimer(0)
	defer beats.Stop()
	due := time.NewTimer(0)
	defer due.Stop()
	for {
		beating := false
		select {
		case <-ctx.Done():
			c.goodbye()
			return nil
		case s, open := <-snapshots:
			if !open {
				c.goodbye()
				return nil
			}
			c.take(s)
		case <-beats.C:
			beating = true
			beats.Reset(beatEvery*9/10 + rand.N(beatEvery/5))
		case <-due.C:
		case <-c.wake:
		}
		if err := c.work(ctx, beating); errors.Is(err, ErrTwin) {
			return err
		}
		c.loseTeller()
		if wait, planned := c.next(); planned {
			if !c.Allowed() {
				wait = max(wait, notAllowedPause)
			}
			due.Reset(wait)
		} else {
			due.Stop()
		}
	}
}

// work writes what is due, unless the hub has just failed.
func (c *collector) work(ctx context.Context, beating bool) error {
	if !c.ready || ctx.Err() != nil || !c.Allowed() {
		return nil
	}
	if time.Now().Before(c.retryAt) {
		return nil
	}
	// A beat makes the connection anew.
	err := c.write(ctx, beating || c.failures > 0 || c.lost.Swap(false))
	switch {
	case err == nil:
		if c.failures > 0 {
			c.Said(nil)
			// What was sent before, over a connection that is lost, may still arrive, and
			// would be older than what is there.
			c.whole = time.Now().Add(writeTime + rand.N(time.Second))
		}
		c.failures, c.retryAt = 0, time.Time{}
	case ctx.Err() != nil || errors.Is(err, ErrTwin):
		return err
	case errors.Is(err, errNotAllowed):
		c.retryAt = time.Now().Add(notAllowedPause)
	default:
		if c.failures == 0 {
			c.Said(explained(err))
		}
		pause := min(leastBackoff<<min(c.failures, 10), mostBackoff)
		c.failures++
		c.retryAt = time.Now().Add(pause/2 + rand.N(pause/2))
	}
	return nil
}

// write writes what is due.
func (c *collector) write(ctx context.Context, beating bool) error {
	if c.epoch == 0 {
		if err := c.observed("begin", "", func() error { return c.begin(ctx) }); err != nil {
			return err
		}
	}
	if time.Since(c.clockAt) > clockEvery {
		if err := c.observed("begin", "", func() error { return c.readClock(ctx) }); err != nil {
			return err
		}
	}
	if opened := c.opened.Load(); opened != c.seen {
		// Who knows what the server has that answers now.
		if c.seen > 0 && c.whole.IsZero() {
			c.whole, c.why = time.Now().Add(rand.N(2*time.Second)), "connection"
		}
		if c.seen == 0 {
			c.whole, c.why = time.Now(), "start"
		}
		c.seen = opened
		beating = true
	}
	if time.Since(c.putAt) > putAgain || !c.whole.IsZero() && !time.Now().Before(c.whole) {
		why := c.why
		if c.whole.IsZero() {
			why = "due"
		}
		if err := c.observed("put", why, func() error { return c.put(ctx) }); err != nil {
			return err
		}
		beating = true
	}
	if err := c.flush(ctx); err != nil {
		return err
	}
	if !beating {
		return nil
	}
	if err := c.observed("beat", "", func() error { return c.beat(ctx) }); err != nil {
		return err
	}
	return c.readTeller(ctx)
}

// begin finds an epoch that is later than any before.
func (c *collector) begin(ctx context.Context) error {
	last := int64(0)
	for _, key := range []string{c.keys.beat(c.ID), c.keys.host(c.ID)} {
		text, err := c.do(ctx, c.client.B().Get().Key(key).Build()).ToString()
		if err != nil && !rueidis.IsRedisNil(err) {
			return err
		}
		epoch, _ := epochOf(text)
		if h, err := readHost(text, c.ID); err == nil {
			epoch = max(epoch, h.Epoch)
		}
		last = max(last, epoch)
	}
	c.epoch = max(last+1, c.Now().UnixMilli())
	return nil
}

func (c *collector) readClock(ctx context.Context) error {
	asked := c.Now()
	parts, err := c.do(ctx, c.client.B().Time().Build()).AsStrSlice()
	if err != nil || len(parts) != 2 {
		return err
	}
	hub, err := hubTime(parts)
	if err != nil {
		return err
	}
	now := c.Now()
	skew := asked.Add(now.Sub(asked) / 2).Sub(hub)
	// What has taken long tells less exactly; times that were written stay where they can.
	if (skew - c.skew).Abs() >= leastSkew+now.Sub(asked)/2 {
		c.skew, c.hostDue = skew.Round(time.Millisecond), true
	}
	c.clockAt = time.Now()
	return nil
}

// hubTime is the answer to TIME.
func hubTime(parts []string) (time.Time, error) {
	seconds, err := strconv.ParseInt(parts[0], 10, 64)
	if err != nil {
		return time.Time{}, err
	}
	micros, err := strconv.ParseInt(parts[1], 10, 64)
	return time.Unix(seconds, micros*1000), err
}

// take notes what a snapshot shows.
func (c *collector) take(s *engine.Snapshot) {
	if !s.Ready && !c.ready {
		return
	}
	c.ready = true
	now := time.Now()
	agents := s.Agents[:min(len(s.Agents), maxAgents)]
	order := make([]string, 0, len(agents))
	there := make(map[health.PaneRef]bool, len(agents))
	for i := range agents {
		a := &agents[i]
		pane, ok := c.pane(a)
		if !ok || a.Ref.Host != "" {
			continue
		}
		there[a.Ref] = true
		order = append(order, pane)
		c.note(a, pane, now)
	}
	for ref, e := range c.entries {
		if !there[ref] {
			delete(c.entries, ref)
			c.gone = append(c.gone, e.record.Pane)
		}
	}
	var notices []string
	for _, n := range s.Notices[:min(len(s.Notices), maxNotices)] {
		notices = append(notices, clean(n.Text))
	}
	if !slices.Equal(order, c.order) || s.Panes != c.host.Panes || !slices.Equal(notices, c.host.Notices) {
		c.order, c.host.Panes, c.host.Notices, c.hostDue = order, s.Panes, notices, true
	}
}

// pane is what an agent's pane is called in the hub.
func (c *collector) pane(a *engine.Agent) (string, bool) {
	id, known := c.servers[a.Ref.Server]
	if !known {
		if len(c.servers) >= maxServers {
			return "", false
		}
		id = "s" + strconv.Itoa(len(c.servers)+1)
		c.servers[a.Ref.Server] = id
		c.host.Servers = append(c.host.Servers, Server{ID: id, Name: clean(a.Server), Socket: a.Ref.Server})
	}
	if len(a.Ref.Pane) < 2 || a.Ref.Pane[0] != '%' {
		return "", false
	}
	pane := id + "." + a.Ref.Pane[1:]
	return pane, panePattern.MatchString(pane)
}

// note notes what an agent is now: what calls for the user is written at once, the
// rest at the agent's place in the next DetailEvery.
func (c *collector) note(a *engine.Agent, pane string, now time.Time) {
	e := c.entries[a.Ref]
	if e != nil && e.revision == a.Revision && e.panePID == a.PanePID {
		return
	}
	r := recordOf(*a, c.ID, pane, c.Share)
	drawn := r
	drawn.Active, drawn.Checked = 0, 0
	data, err := json.Marshal(drawn)
	if err != nil {
		return
	}
	before := e
	if e == nil {
		e = &entry{ref: a.Ref}
		c.entries[a.Ref] = e
	}
	e.revision, e.panePID = a.Revision, a.PanePID
	if before != nil && bytes.Equal(e.drawn, data) {
		return
	}
	urgent := before == nil || isUrgent(e.record, r)
	c.rev++
	e.drawn, r.Rev = data, c.rev
	e.record, e.data = r, nil
	switch due := c.place(pane, now); {
	case urgent:
		e.due = now
	case e.due.IsZero():
		e.due = due
	}
}

// isUrgent reports whether what has changed calls for the user, or has ceased to.
func isUrgent(before, now Record) bool {
	return before.State != now.State || before.Wait != now.Wait || before.Unseen != now.Unseen || (before.Snooze == nil) != (now.Snooze == nil) || before.Since != now.Since ||
		before.PanePID != now.PanePID || before.Kind != now.Kind || before.Stale != now.Stale || !before.Dialog.Equal(now.Dialog)
}

// place is when an agent's next turn is: all have one in each DetailEvery, spread over
// it.
func (c *collector) place(pane string, now time.Time) time.Time {
	h := fnv.New64a()
	_, _ = h.Write([]byte(string(c.ID) + pane))
	offset := time.Duration(h.Sum64() % uint64(c.detail))
	at := now.Truncate(c.detail).Add(offset)
	if !at.After(now) {
		at = at.Add(c.detail)
	}
	return at
}

// next is when something is to be done, but for the beats.
func (c *collector) next() (wait time.Duration, planned bool) {
	var at time.Time
	soonest := func(t time.Time) {
		if !t.IsZero() && (at.IsZero() || t.Before(at)) {
			at = t
		}
	}
	for _, e := range c.entries {
		soonest(e.due)
	}
	soonest(c.whole)
	if c.failures > 0 {
		soonest(c.retryAt)
	}
	if c.hostDue || len(c.gone) > 0 {
		soonest(time.Now())
	}
	if at.IsZero() || !c.ready {
		return 0, false
	}
	if at.Before(c.retryAt) {
		at = c.retryAt
	}
	return max(time.Until(at), time.Millisecond), true
}
