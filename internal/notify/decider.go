package notify

import (
	"errors"
	"iter"
	"maps"
	"slices"
	"time"

	"agentwatch/engine"
	"agentwatch/health"
)

// ErrConfig is returned for a configuration that is not valid.
var ErrConfig = errors.New("notify: the configuration is not valid")

// Decision is one message that is to be told now on one channel.
type Decision struct {
	Channel string
	Message Message
}

// Decider decides what is told when. It does no I/O and knows no clock: it is
// given transitions, snapshots and the time, and answers with decisions. The
// same input gives the same decisions. It is not safe for concurrent use.
//
// A stretch in which an agent stays in one state is an episode. Each episode is
// told at most once per channel and level, and only while it lasts.
type Decider struct {
	enabled   bool
	batch     time.Duration
	perMinute int
	rules     []rule
	quiet     quietTimes
	muteKinds patterns
	muteNames patterns

	episodes map[health.PaneRef]*episode
	// left are the episodes that have ended lately, by the state they were in.
	left    map[place]*episode
	looking map[health.PaneRef]bool
	waiting map[string][]pending
	told    map[telling]time.Time
	// over are the agents that have exceeded a budget, met those that were seen with their
	// tokens; overspent is what is to be told of that.
	over      map[spender]bool
	met       map[met]bool
	overspent []overspent
	// sent are the times of the decisions of the last minute, oldest first.
	sent []time.Time
	// longest is the longest cool-down: what was told before it is forgotten.
	longest time.Duration
	// watched and watchedUntil are what a process before ours has watched (see Left).
	watched      []string
	watchedUntil time.Time
}

// episode is one stretch of an agent in one state.
type episode struct {
	agent engine.Agent
	from  engine.Urgency
	state engine.Urgency
	began time.Time
	dues  []due
	// ended is when the agent left the state, zero while it lasts; resumed when it
	// last came back to it. returns counts how often in a row it was soon back.
	ended   time.Time
	resumed time.Time
	returns int
	// told is what has been told of it, and of those that it goes on with; repeat
	// is how long it must last without a break to be told again.
	told   []said
	repeat time.Duration
	// left is set until our engine has seen the agent, too (see Resume).
	left bool
	// ahead are messages that were sent after the last change that the history
	// knows, and not about that one.
	ahead []Told
}

// due is one message that an episode is worth when it lasts until at.
type due struct {
	at       time.Time
	channel  string
	level    Level
	cooldown time.Duration
	// again is set when the same has been told before the agent was away for a
	// moment; maybe when it may have been told (see Resume).
	again, maybe bool
}

// telling is what a cool-down is counted for. The processes are part of it: an
// agent that is started anew in a pane has not been told of.
type telling struct {
	ref          health.PaneRef
	panePID, pid int

	state   engine.Urgency
	channel string
	level   Level
}

// pending is a message that waits for its batch.
type pending struct {
	episode *episode
	level   Level
	ready   time.Time

	again, maybe bool
}

// NewDecider returns ErrConfig, with the problems, when the configuration is
// not valid.
func NewDecider(c Config) (*Decider, error) {
	d := &Decider{
		episodes: make(map[health.PaneRef]*episode), left: make(map[place]*episode), waiting: make(map[string][]pending), told: make(map[telling]time.Time),
		over: make(map[spender]bool),
	}
	return d, d.Configure(c)
}

// Configure puts another configuration in force, or returns ErrConfig and keeps
// the one before. What is under way over a channel that is gone, or of an agent
// that is muted now, is not told; new rules count for what changes from now on.
func (d *Decider) Configure(c Config) error {
	if problems := c.Validate(); len(problems) > 0 {
		all := []error{ErrConfig}
		for _, p := range problems {
			all = append(all, errors.New(p.String()))
		}
		return errors.Join(all...)
	}
	d.enabled, d.batch, d.perMinute = c.Enabled, time.Duration(c.Batch), c.PerMinute
	d.muteKinds, d.muteNames = c.Mute.Kinds, c.Mute.Sessions
	d.rules, d.quiet = nil, nil
	for _, r := range c.Rules {
		d.rules = append(d.rules, compileRule(c, r))
		d.longest = max(d.longest, d.rules[len(d.rules)-1].cooldown)
	}
	for _, q := range c.Quiet {
		d.quiet = append(d.quiet, compileQuiet(q))
	}
	d.drop(c.Channels)
	return nil
}

// drop drops what is under way and is not to be told any more.
func (d *Decider) drop(channels map[string]Channel) {
	unwanted := func(e *episode, channel string) bool {
		_, there := channels[channel]
		return !there || !d.enabled || d.muted(e.agent)
	}
	for _, episodes := range []iter.Seq[*episode]{maps.Values(d.episodes), maps.Values(d.left)} {
		for e := range episodes {
			e.dues = slices.DeleteFunc(e.dues, func(u due) bool { return unwanted(e, u.channel) })
		}
	}
	for channel, waiting := range d.waiting {
		d.waiting[channel] = slices.DeleteFunc(waiting, func(p pending) bool { return unwanted(p.episode, channel) })
		if len(d.waiting[channel]) == 0 {
			delete(d.waiting, channel)
		}
	}
}

// Transition notes that an agent has changed. What an agent was when agentwatch
// started is not told: that is no change. One that started later and needs the
// user at once (a folder to trust, an update, hooks to review) is.
func (d *Decider) Transition(t engine.Transition) {
	if t.Gone {
		d.forgetAgent(t.Agent.Ref)
		return
	}
	switch t.Snooze {
	case engine.SnoozeBegun:
		d.hush(t.Agent)
		return
	case engine.SnoozeEnded:
		d.wake(t)
		return
	}
	unrecorded := d.unrecorded(t)
	d.begin(episode{
		agent: t.Agent, from: engine.Agent{State: t.From}.Urgency(), state: t.Agent.Urgency(), began: t.At,
	}, t.First && t.Preexisting && !d.known(t.Agent) && !unrecorded)
	if e := d.episodes[t.Agent.Ref]; unrecorded && e != nil {
		for i := range e.dues {
			e.dues[i].maybe = true
		}
	}
}

// begin begins an episode, unless it is the one that lasts. silent keeps it from
// being told.
func (d *Decider) begin(e episode, silent bool) {
	before := d.episodes[e.agent.Ref]
	if before != nil && before.agent.PanePID != e.agent.PanePID {
		// The pane is of another tmux server, or was made anew, and nobody has told of
		// the end of the one before: the two have nothing in common but the id.
		d.forgetAgent(e.agent.Ref)
		before = nil
	}
	if before != nil {
		if before.left = false; before.state == e.state && before.agent.Kind == e.agent.Kind {
			return
		}
		e.from = before.state
		d.leave(before, e.began)
	}
	now := d.resumed(&e)
	if !silent && d.enabled && !d.muted(e.agent) && e.agent.Snooze == nil {
		now.dues = d.plan(now)
	}
	if before != nil {
		d.caughtUp(now, before)
	}
	d.episodes[e.agent.Ref] = now
}

func (d *Decider) muted(a engine.Agent) bool {
	return d.muteKinds.match(string(a.Kind)) || d.muteNames.match(a.Session)
}

// plan lists what an episode is worth: one due per channel and level, however
// many rules match.
func (d *Decider) plan(e *episode) []due {
	var dues []due
	add := func(channels []string, level Level, after, cooldown time.Duration) {
		for _, channel := range channels {
			at := e.began.Add(after)
			again := slices.Contains(e.told, said{channel, level})
			if again {
				at = latest(e.began, e.resumed).Add(max(after, e.repeat))
			}
			i := slices.IndexFunc(dues, func(o due) bool { return o.channel == channel && o.level == level })
			if i < 0 {
				dues = append(dues, due{at, channel, level, cooldown, again, false})
				continue
			}
			if at.Before(dues[i].at) {
				dues[i].at = at
			}
			dues[i].cooldown = max(dues[i].cooldown, cooldown)
		}
	}
	for _, r := range d.rules {
		if r.matches(e.agent, e.from, e.state) {
			add(r.channels, LevelNotice, r.after, r.cooldown)
			add(r.escalateTo, LevelEscalation, r.escalateAfter, r.cooldown)
		}
	}
	return dues
}

// Observe takes what a snapshot knows better: the words of a question that came
// after the transition, and that somebody has seen what is done. A snapshot may
// be older than the last transition.
func (d *Decider) Observe(agents []engine.Agent) {
	for _, a := range agents {
		e := d.episodes[a.Ref]
		if e != nil && sameProcess(e.agent, a) {
			// What it is called can be known later than its state, or change.
			e.agent.Session, e.agent.Window, e.agent.Command = a.Session, a.Window, a.Command
		}
		if e == nil || e.agent.Kind != a.Kind || e.agent.State != a.State || !e.agent.Since.Equal(a.Since) {
			continue
		}
		if e.agent = a; a.Snooze != nil {
			d.hush(a)
		}
		if e.state == engine.UrgencyDone && !a.Unseen {
			d.episodes[a.Ref] = &episode{agent: a, from: engine.UrgencyDone, state: engine.UrgencyIdle, began: e.began}
		}
	}
}

// Look says which panes the user looks at from now on. What is due for one of
// them is not told: the user sees it.
func (d *Decider) Look(panes []health.PaneRef) {
	d.looking = make(map[health.PaneRef]bool, len(panes))
	for _, ref := range panes {
		d.looking[ref] = true
	}
}

// Tick returns what is to be told now. Its times must not go back.
func (d *Decider) Tick(now time.Time) []Decision {
	d.forget(now)
	d.forgetLeft(now)
	for _, e := range d.episodes {
		d.ripen(e, now)
	}
	return d.flush(now)
}

// ripen moves what is due into the batches.
func (d *Decider) ripen(e *episode, now time.Time) {
	var later []due
	for _, u := range e.dues {
		if u.at.After(now) {
			later = append(later, u)
			continue
		}
		if last, ok := d.told[e.telling(u.channel, u.level)]; ok && now.Sub(last) < u.cooldown {
			u.at = last.Add(u.cooldown)
			later = append(later, u)
			continue
		}
		waits := func(p pending) bool { return p.episode == e && p.level == u.level }
		if slices.ContainsFunc(d.waiting[u.channel], waits) {
			continue
		}
		d.waiting[u.channel] = append(d.waiting[u.channel], pending{e, u.level, u.at.Add(d.batch), u.again, u.maybe})
	}
	e.dues = later
}

func (e *episode) telling(channel string, level Level) telling {
	return telling{e.agent.Ref, e.agent.PanePID, e.agent.PID, e.state, channel, level}
}

// forget drops what no longer counts for limit and cool-down.
func (d *Decider) forget(now time.Time) {
	d.sent = slices.DeleteFunc(d.sent, func(at time.Time) bool { return now.Sub(at) >= time.Minute })
	for key, at := range d.told {
		if now.Sub(at) >= d.longest {
			delete(d.told, key)
		}
	}
}

// Next returns when Tick has something to do, as far as is known now; ok is
// false when nothing is planned.
func (d *Decider) Next(now time.Time) (at time.Time, ok bool) {
	soonest := func(t time.Time) {
		if !ok || t.Before(at) {
			at, ok = t, true
		}
	}
	for _, e := range d.episodes {
		for _, u := range e.dues {
			soonest(u.at)
		}
	}
	budget := d.budgetAt(now)
	for channel, waiting := range d.waiting {
		for _, p := range waiting {
			if d.lasts(p.episode) {
				soonest(d.quiet.clear(latest(p.ready, now, budget), p.episode.state, channel))
			}
		}
	}
	return at, ok
}

// budgetAt is when the limit allows another decision.
func (d *Decider) budgetAt(now time.Time) time.Time {
	if len(d.sent) < d.perMinute {
		return now
	}
	return d.sent[len(d.sent)-d.perMinute].Add(time.Minute)
}

func latest(times ...time.Time) time.Time { return slices.MaxFunc(times, time.Time.Compare) }

// lasts tells whether an episode is still going on.
func (d *Decider) lasts(e *episode) bool { return d.episodes[e.agent.Ref] == e }
