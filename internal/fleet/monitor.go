package fleet

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"agentwatch/engine"
	"agentwatch/engine/api"
	"agentwatch/engine/client"
	"agentwatch/health"
	"agentwatch/internal/hub"
)

const (
	// mergeEvery is the least time between two snapshots, which grows by mergeAgent with
	// each agent, as does what making one costs: a snapshot has all of them. For a screen
	// it is drawEvery, and drawAgent. The first change after a pause is shown at once.
	mergeEvery = 10 * time.Millisecond
	mergeAgent = 4 * time.Microsecond
	drawEvery  = 20 * time.Millisecond
	drawAgent  = 8 * time.Microsecond
	// ageEvery is how often the hosts' states are brought up to date.
	ageEvery = 500 * time.Millisecond
	// slept is by how much the wall clock must outrun the monotonic one for the
	// machine to have been asleep.
	slept = 5 * time.Second
)

// Monitor shows the agents of this machine and of others as one. It is a
// client.Monitor of this machine's engine, and what concerns a pane of another
// machine goes to the engine there. All methods are safe for concurrent use.
type Monitor struct {
	*client.Monitor
	links []*link
	// hub shows further hosts; nil for none.
	hub *hub.Viewer
	// notify is Options.Notify; teller takes part in telling of what the hub shows, name
	// in telling of other hosts.
	notify bool
	teller *hub.Teller
	name   string
	// screen is Options.Screen.
	screen bool
	work   sync.WaitGroup
	// cancel ends the links.
	cancel context.CancelFunc
	// news has a value when a new snapshot is due.
	news chan struct{}

	shown client.Mailbox

	mu    sync.Mutex
	local *engine.Snapshot
	seq   uint64
	// said is what Tell was given last.
	said []engine.Notice
}

// Options say what a Monitor shows beside this machine.
type Options struct {
	Hosts []Host
	// Hub shows further hosts, and stays the caller's; nil for none. A host that it shows
	// is connected to only when it is asked for what the hub does not have: a screen, or
	// an answer.
	Hub *hub.Viewer
	// Notify asks to be the one who tells the user of the agents of other machines: of
	// each host, and by Teller of the hub.
	Notify bool
	Teller *hub.Teller
	// ReadOnly types nothing on the hosts.
	ReadOnly bool
	// Dialled is told of each try to connect to a host, by several goroutines; nil for
	// nobody.
	Dialled func(Dial)
	// Screen says that the snapshots are drawn, which takes longer than making them:
	// there are fewer of them then while much changes.
	Screen bool
}

// Open returns a Monitor of other machines beside local, which stays the caller's. Close
// ends it.
func Open(ctx context.Context, local *client.Monitor, o Options) *Monitor {
	ctx, cancel := context.WithCancel(ctx)
	m := &Monitor{Monitor: local, hub: o.Hub, notify: o.Notify, teller: o.Teller, name: rand.Text(), screen: o.Screen, cancel: cancel, news: make(chan struct{}, 1)}
	slots := make(chan struct{}, maxDials)
	for _, h := range o.Hosts {
		l := newLink(h, slots, m.changed)
		l.dialled = o.Dialled
		l.open(ctx, o.ReadOnly)
		m.links = append(m.links, l)
		if o.Hub == nil {
			l.want()
		}
		m.work.Go(l.run)
		if o.Notify {
			m.work.Go(func() { l.wantTells(ctx, m.name) })
		}
	}
	if o.Hub != nil {
		m.work.Go(func() { m.readHub(ctx) })
	}
	m.work.Go(func() { m.readLocal(ctx) })
	m.work.Go(func() { m.run(ctx) })
	return m
}

// Close ends the Monitor, and the commands that it has started.
func (m *Monitor) Close() {
	m.cancel()
	var closing sync.WaitGroup
	for _, l := range m.links {
		closing.Go(l.close)
	}
	closing.Wait()
	m.work.Wait()
	m.shown.Close()
}

// changed says that a new snapshot is due.
func (m *Monitor) changed() {
	select {
	case m.news <- struct{}{}:
	default:
	}
}

// Tell shows notices until it is called again.
func (m *Monitor) Tell(notices ...engine.Notice) {
	m.mu.Lock()
	m.said = notices
	m.mu.Unlock()
	m.changed()
}

func (m *Monitor) readLocal(ctx context.Context) {
	snapshots, cancel := m.Monitor.Subscribe()
	defer cancel()
	for {
		select {
		case <-ctx.Done():
			return
		case s, open := <-snapshots:
			if !open {
				m.cancel()
				return
			}
			m.mu.Lock()
			m.local = s
			m.mu.Unlock()
			m.changed()
		}
	}
}

// run makes a snapshot whenever something has changed, until ctx ends.
func (m *Monitor) run(ctx context.Context) {
	aging := time.NewTicker(ageEvery)
	defer aging.Stop()
	pause := time.NewTimer(0)
	defer pause.Stop()
	before := time.Now()
	for {
		select {
		case <-ctx.Done():
			return
		case <-aging.C:
			now := time.Now()
			if hasSlept(before, now) {
				m.wake()
			}
			before = now
			m.wantUnknown()
			if !m.age(now) {
				continue
			}
		case <-m.news:
			m.age(time.Now())
		}
		s := m.merged()
		m.put(s)
		pause.Reset(m.pace(s))
		select {
		case <-ctx.Done():
			return
		case <-pause.C:
		}
	}
}

// pace is the least time from one snapshot to the next.
func (m *Monitor) pace(s *engine.Snapshot) time.Duration {
	every, agent := mergeEvery, mergeAgent
	if m.screen {
		every, agent = drawEvery, drawAgent
	}
	if s == nil {
		return every
	}
	return every + time.Duration(len(s.Agents))*agent
}

// hasSlept reports whether the machine was asleep between two times.
func hasSlept(before, now time.Time) bool {
	return now.Round(0).Sub(before.Round(0))-now.Sub(before) > slept
}

// wake makes all links anew after a sleep: none of them is alive.
func (m *Monitor) wake() {
	for _, l := range m.links {
		m.work.Go(func() {
			l.drop()
			l.hurry()
		})
	}
}

func (m *Monitor) age(now time.Time) (changed bool) {
	for _, l := range m.links {
		changed = l.age(now) || changed
	}
	if m.hub != nil {
		changed = m.hub.Age(now) || changed
	}
	return changed
}

// merged is a snapshot of all machines; nil while this one has shown nothing.
func (m *Monitor) merged() *engine.Snapshot {
	m.mu.Lock()
	local, said := m.local, m.said
	m.mu.Unlock()
	if local == nil {
		return nil
	}
	s := *local
	s.Notices = slices.Concat(local.Notices, said)
	s.Previews = maps.Clone(local.Previews)
	if m.hub != nil {
		m.addHub(&s, time.Now())
		return &s
	}
	s.Agents = append(make([]engine.Agent, 0, len(local.Agents)+m.elsewhere()), local.Agents...)
	for _, l := range m.links {
		l.add(&s)
	}
	return &s
}

// elsewhere is how many agents the links have at most.
func (m *Monitor) elsewhere() (agents int) {
	for _, l := range m.links {
		l.mu.Lock()
		agents += len(l.agents)
		l.mu.Unlock()
	}
	return agents
}

// add adds what the host shows to a snapshot.
func (l *link) add(s *engine.Snapshot) {
	l.mu.Lock()
	defer l.mu.Unlock()
	status := l.status
	s.Hosts = append(s.Hosts, status)
	if n, said := notice(status); said {
		s.Notices = append(s.Notices, n)
	}
	if status.State == engine.HostGone || l.last == nil {
		return
	}
	if status.State.Away() {
		for _, a := range l.agents {
			s.Agents = append(s.Agents, stale(a, status.Heard))
		}
		return
	}
	s.Agents = append(s.Agents, l.agents...)
	s.Panes += l.last.Panes
	s.Today = s.Today.Plus(l.last.Today)
	counts, snoozed := engine.CountsOf(l.agents)
	for u, n := range counts {
		s.Counts[u] += n
	}
	s.Snoozed += snoozed
	for _, n := range l.last.Notices[:min(len(l.last.Notices), maxNotices)] {
		n.Text = l.host.Name + ": " + printable(n.Text)
		s.Notices = append(s.Notices, n)
	}
	for ref, p := range l.last.Previews {
		if ref.Host = l.host.Name; s.Previews == nil {
			s.Previews = make(map[health.PaneRef]*engine.Preview)
		}
		shown := *p
		shown.Ref, shown.At = ref, shifted(p.At, -l.skew)
		s.Previews[ref] = &shown
	}
}

// notice says what the user should know of a host that is not live.
func notice(h engine.HostStatus) (engine.Notice, bool) {
	n := engine.Notice{Severity: engine.SeverityWarning, Until: h.RetryAt}
	shown := "its agents are shown as they were last"
	if h.Agents == 0 {
		shown = "no agent was there"
	}
	switch {
	case h.State == engine.HostStale && h.Heard.IsZero():
		n.Text = fmt.Sprintf("%s cannot be reached: %s.", h.Name, h.Problem)
	case h.State == engine.HostStale:
		n.Text = fmt.Sprintf("%s has not been heard since %s; %s.", h.Name, h.Heard.Format(time.TimeOnly), shown)
	case h.State == engine.HostEnded:
		n.Severity = engine.SeverityInfo
		n.Text = fmt.Sprintf("%s has ended its agentwatch at %s; %s.", h.Name, h.Heard.Format(time.TimeOnly), shown)
		return n, true
	case h.State == engine.HostGone:
		n.Text = fmt.Sprintf("%s has not been heard since %s; its agents are not shown any more.", h.Name, h.Heard.Format(time.DateTime))
	default:
		return n, false
	}
	if h.Problem != "" && !h.Heard.IsZero() {
		n.Text += " " + h.Problem + "."
	}
	return n, true
}

// put gives a snapshot to the subscribers.
func (m *Monitor) put(s *engine.Snapshot) {
	if s == nil {
		return
	}
	m.mu.Lock()
	m.seq++
	s.Seq = m.seq
	m.mu.Unlock()
	m.shown.Put(s)
}

// Subscribe delivers snapshots, the latest one only, until cancel is called or the
// Monitor is closed, which closes the channel.
func (m *Monitor) Subscribe() (snapshots <-chan *engine.Snapshot, cancel func()) {
	return m.shown.Subscribe()
}

// at is the link to a pane's host; nil for this machine.
func (m *Monitor) at(ref health.PaneRef) (*link, error) {
	if ref.Host == "" {
		return nil, nil
	}
	i := slices.IndexFunc(m.links, func(l *link) bool { return l.host.Name == ref.Host })
	if i < 0 && m.isOfHub(ref.Host) {
		return nil, &AwayError{Host: ref.Host, Problem: "it is known from the hub only, which has no screens and takes no answers; name it in [[fleet.host]] to reach it"}
	}
	if i < 0 {
		return nil, fmt.Errorf("%w: %q", errUnknownHost, ref.Host)
	}
	return m.links[i], nil
}

// ask asks the engine of a pane's host, by the name that the pane has there. here is
// set for this machine's.
func ask[T any](ctx context.Context, m *Monitor, ref health.PaneRef, question func(at *client.Monitor, ref health.PaneRef) (T, error)) (answer T, l *link, err error) {
	l, err = m.at(ref)
	if err != nil {
		return answer, nil, err
	}
	if l == nil {
		answer, err = question(m.Monitor, ref)
		return answer, nil, err
	}
	if err := m.reach(ctx, l); err != nil {
		return answer, l, err
	}
	answer, err = question(l.monitor, theirs(ref))
	return answer, l, err
}

// Follow makes these panes those whose screens come with the snapshots.
func (m *Monitor) Follow(ctx context.Context, shown, likely []health.PaneRef) error {
	at := func(host string, refs []health.PaneRef) (found []health.PaneRef) {
		for _, ref := range refs {
			if ref.Host == host {
				found = append(found, theirs(ref))
			}
		}
		return found
	}
	failed := m.Monitor.Follow(ctx, at("", shown), at("", likely))
	for _, l := range m.links {
		if len(at(l.host.Name, shown)) > 0 {
			l.want()
		}
		failed = errors.Join(failed, l.monitor.Follow(ctx, at(l.host.Name, shown), at(l.host.Name, likely)))
	}
	return failed
}

// MarkSeen says that the user has seen a finished agent.
func (m *Monitor) MarkSeen(ctx context.Context, ref health.PaneRef) error {
	_, _, err := ask(ctx, m, ref, func(at *client.Monitor, ref health.PaneRef) (struct{}, error) {
		return struct{}{}, at.MarkSeen(ctx, ref)
	})
	return err
}

// Snooze lets the user hear nothing of what an agent needs now; its host's engine
// keeps that.
func (m *Monitor) Snooze(ctx context.Context, ref health.PaneRef, until time.Time) error {
	l, err := m.at(ref)
	if err != nil {
		return err
	}
	if l != nil {
		until = shifted(until, l.ahead())
	}
	_, _, err = ask(ctx, m, ref, func(at *client.Monitor, ref health.PaneRef) (struct{}, error) {
		return struct{}{}, at.Snooze(ctx, ref, until)
	})
	return err
}

// Wake ends an agent's snooze.
func (m *Monitor) Wake(ctx context.Context, ref health.PaneRef) error {
	_, _, err := ask(ctx, m, ref, func(at *client.Monitor, ref health.PaneRef) (struct{}, error) {
		return struct{}{}, at.Wake(ctx, ref)
	})
	return err
}

// LetGoOn says of an agent whether it goes on by itself when a limit has ended.
func (m *Monitor) LetGoOn(ctx context.Context, ref health.PaneRef, on bool) error {
	_, _, err := ask(ctx, m, ref, func(at *client.Monitor, ref health.PaneRef) (struct{}, error) {
		return struct{}{}, at.LetGoOn(ctx, ref, on)
	})
	return err
}

// SendWhenIdle keeps a text until its agent is at its prompt; its host's engine types
// it then.
func (m *Monitor) SendWhenIdle(ctx context.Context, r engine.Request) (engine.WaitingText, error) {
	text, _, err := ask(ctx, m, r.Target, func(at *client.Monitor, ref health.PaneRef) (engine.WaitingText, error) {
		there := r
		there.Target = ref
		return at.SendWhenIdle(ctx, there)
	})
	return text, err
}

// TakeBack takes a waiting text away and returns it.
func (m *Monitor) TakeBack(ctx context.Context, ref health.PaneRef, id string) (engine.WaitingText, error) {
	text, _, err := ask(ctx, m, ref, func(at *client.Monitor, ref health.PaneRef) (engine.WaitingText, error) {
		return at.TakeBack(ctx, ref, id)
	})
	return text, err
}

// History returns the last rows that the pane has shown.
func (m *Monitor) History(ctx context.Context, ref health.PaneRef, rows int) (engine.History, error) {
	h, _, err := ask(ctx, m, ref, func(at *client.Monitor, ref health.PaneRef) (engine.History, error) {
		return at.History(ctx, ref, rows)
	})
	h.Ref.Host = ref.Host
	return h, err
}

// Explain says why a pane is judged as it is, from a fresh capture.
func (m *Monitor) Explain(ctx context.Context, ref health.PaneRef) (engine.Explained, error) {
	e, l, err := ask(ctx, m, ref, func(at *client.Monitor, ref health.PaneRef) (engine.Explained, error) { return at.Explain(ctx, ref) })
	if l != nil && err == nil {
		skew := l.ahead()
		e.Agent, e.At = ours(l.host.Name, e.Agent, skew), shifted(e.At, -skew)
	}
	return e, err
}

// Diff returns what has changed in the folder that an agent works in; its host's
// engine reads it.
func (m *Monitor) Diff(ctx context.Context, ref health.PaneRef, base bool) (engine.Diff, error) {
	d, _, err := ask(ctx, m, ref, func(at *client.Monitor, ref health.PaneRef) (engine.Diff, error) { return at.Diff(ctx, ref, base) })
	return d, err
}

// Search searches an agent's screen and scroll-back, where its host is.
func (m *Monitor) Search(ctx context.Context, ref health.PaneRef, q engine.SearchQuery) (engine.Found, error) {
	found, _, err := ask(ctx, m, ref, func(at *client.Monitor, ref health.PaneRef) (engine.Found, error) { return at.Search(ctx, ref, q) })
	return found, err
}

// Plan says what an answer would type.
func (m *Monitor) Plan(r engine.Request) (engine.AnswerPlan, error) {
	p, _, err := ask(context.Background(), m, r.Target, func(at *client.Monitor, ref health.PaneRef) (engine.AnswerPlan, error) {
		there := r
		there.Target = ref
		return at.Plan(there)
	})
	return p, err
}

// Answer types an answer into an agent's pane, at most once. The engine of the
// pane's own host compares, types and confirms it; a link that is lost meanwhile
// leaves the outcome uncertain. To a host that cannot be reached nothing is sent.
func (m *Monitor) Answer(ctx context.Context, r engine.Request) (engine.Outcome, error) {
	l, err := m.at(r.Target)
	switch {
	case err != nil:
		return engine.Outcome{Request: r}, err
	case l == nil:
		return m.Monitor.Answer(ctx, r)
	}
	if err := m.reach(ctx, l); err != nil {
		return engine.Outcome{Request: r}, err
	}
	skew := m.skewOf(l, r)
	o, err := l.monitor.Answer(ctx, their(r, skew))
	return our(l.host.Name, o, r, skew), err
}

// Refresh captures every pane anew, and tries hosts that cannot be reached at once.
func (m *Monitor) Refresh(ctx context.Context) error {
	var asking sync.WaitGroup
	for _, l := range m.links {
		if l.live() != nil {
			l.hurry()
			continue
		}
		// What a host does not do is no failure of this machine's.
		asking.Go(func() { _ = l.monitor.Client.Refresh(ctx) })
	}
	err := m.Monitor.Refresh(ctx)
	asking.Wait()
	return err
}

// Phases tells what agents were before their engines have seen them. Of hosts that
// cannot be asked nothing is known.
func (m *Monitor) Phases(ctx context.Context, agents []engine.Agent, since time.Time) (map[health.PaneRef][]engine.Phase, error) {
	byHost := make(map[string][]engine.Agent)
	for _, a := range agents {
		host := a.Ref.Host
		a.Ref = theirs(a.Ref)
		byHost[host] = append(byHost[host], a)
	}
	all, err := m.Monitor.Phases(ctx, byHost[""], since)
	if err != nil {
		return nil, err
	}
	for _, l := range m.links {
		asked := byHost[l.host.Name]
		if len(asked) == 0 || l.live() != nil {
			continue
		}
		skew := l.ahead()
		there, err := l.monitor.Phases(ctx, asked, since.Add(skew))
		if err != nil {
			continue
		}
		for ref, past := range there {
			for i := range past {
				past[i].At = shifted(past[i].At, -skew)
			}
			ref.Host = l.host.Name
			all[ref] = past
		}
	}
	return all, nil
}

// Recording says which screens of an agent are stored.
func (m *Monitor) Recording(ctx context.Context, ref health.PaneRef) (api.Recording, error) {
	r, _, err := ask(ctx, m, ref, func(at *client.Monitor, ref health.PaneRef) (api.Recording, error) { return at.Recording(ctx, ref) })
	return r, err
}

// StoredScreen returns the last stored screen of an agent from a time or before.
func (m *Monitor) StoredScreen(ctx context.Context, ref health.PaneRef, at time.Time) (api.StoredScreen, error) {
	s, _, err := ask(ctx, m, ref, func(of *client.Monitor, ref health.PaneRef) (api.StoredScreen, error) {
		return of.StoredScreen(ctx, ref, at)
	})
	return s, err
}
