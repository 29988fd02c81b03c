package cli

import (
	"context"
	"math"
	"slices"
	"time"

	"agentwatch/engine"
	"agentwatch/health"
	"agentwatch/internal/foresight"
	"agentwatch/internal/history"
)

const (
	// foresightChanges is how many of the last changes are learnt from at the start:
	// some three thousand turns, which takes a third of a second.
	foresightChanges = 10_000
	// foresightDelay lets the first screen come before that.
	foresightDelay = 5 * time.Second
	// foreseeEvery is how often forecasts are made anew while agents work: what is
	// left becomes less.
	foreseeEvery = 15 * time.Second
)

// oracle learns from what agents do, and foresees what they will.
type oracle struct {
	model *foresight.Model
	// learn takes each turn that is over: by default the model's.
	learn  func(foresight.Turn)
	turns  foresight.Follower
	agents map[string]health.PaneRef // those that work
}

func newOracle() *oracle {
	m := foresight.New()
	return &oracle{model: m, learn: m.Learn, agents: make(map[string]health.PaneRef)}
}

// agentID tells agents apart, as the history does.
func agentID(a history.Agent) string {
	return a.Socket + "\x00" + a.Pane + "\x00" + string(a.Kind)
}

// endOf is how a turn ended that led to this.
func endOf(u engine.Urgency) foresight.End {
	switch u {
	case engine.UrgencyDone, engine.UrgencyIdle:
		return foresight.EndDone
	case engine.UrgencyWaiting:
		return foresight.EndAsks
	case engine.UrgencyError:
		return foresight.EndError
	case engine.UrgencyLimited:
		return foresight.EndLimit
	case engine.UrgencyCrashed:
		return foresight.EndCrash
	default:
		return foresight.EndUnknown
	}
}

// urgencyOf is the inverse of endOf.
func urgencyOf(e foresight.End) engine.Urgency {
	switch e {
	case foresight.EndAsks:
		return engine.UrgencyWaiting
	case foresight.EndError:
		return engine.UrgencyError
	case foresight.EndLimit:
		return engine.UrgencyLimited
	case foresight.EndCrash:
		return engine.UrgencyCrashed
	case foresight.EndDone, foresight.EndUnknown:
	}
	return engine.UrgencyDone
}

// change is one change of an agent. fresh is set where nobody saw what it did before.
type change struct {
	agent       history.Agent
	at          time.Time
	to          engine.Urgency
	fresh, gone bool
	// joined is set with fresh when it has been so for longer than anybody watched.
	joined bool
}

// note learns from a change.
func (o *oracle) note(c change) {
	id := agentID(c.agent)
	if c.fresh || c.gone {
		delete(o.agents, id)
	}
	if c.fresh {
		o.turns.Gone(id)
	}
	if c.joined {
		return
	}
	works := c.to == engine.UrgencyWorking && !c.gone
	end := endOf(c.to)
	if c.gone {
		end = foresight.EndUnknown
	}
	if turn, over := o.turns.Change(id, string(c.agent.Kind), c.agent.Session, c.at, works, end); over {
		o.learn(turn)
	}
	switch {
	case c.gone:
		o.turns.Gone(id)
		fallthrough
	case !works:
		delete(o.agents, id)
	default:
		o.agents[id] = health.PaneRef{Server: c.agent.Socket, Pane: c.agent.Pane}
	}
}

// recall learns from the last changes in the history, up to a time.
func (o *oracle) recall(ctx context.Context, store *history.Store, until time.Time) error {
	var last []history.Transition
	for t, err := range store.Transitions(ctx, history.Filter{Until: until, Carried: true, Limit: foresightChanges}) {
		if err != nil {
			return err
		}
		last = append(last, t)
	}
	for _, t := range slices.Backward(last) {
		o.note(change{agent: t.Agent, at: t.At, to: t.To, fresh: t.First || t.Carried, joined: t.Carried, gone: t.Gone})
	}
	return nil
}

// changeOf is a change that the engine tells.
func changeOf(t engine.Transition) change {
	_, to := t.Urgencies()
	return change{agent: history.AgentOf(t.Agent), at: t.At, to: to, fresh: t.First, joined: t.Preexisting, gone: t.Gone}
}

// forecasts are those of all agents that work; none while the model is silent.
func (o *oracle) forecasts(now time.Time) map[health.PaneRef]*engine.Forecast {
	if !o.model.Speaks() {
		return nil
	}
	all := make(map[health.PaneRef]*engine.Forecast)
	for id, ref := range o.agents {
		s, works := o.turns.Working(id)
		if !works {
			continue
		}
		f := o.model.Foresee(s, now.Sub(s.Began))
		all[ref] = &engine.Forecast{
			At: now, Low: round(f.Low), Mid: round(f.Mid), High: round(f.High), End: urgencyOf(f.End), Chance: math.Round(20*f.Chance) / 20, Why: f.Why,
		}
	}
	return all
}

// round makes a forecast no more exact than it is, so that it does not change all the
// time.
func round(d time.Duration) time.Duration {
	switch {
	case d < time.Minute:
		return d.Round(10 * time.Second)
	case d < 10*time.Minute:
		return d.Round(time.Minute)
	default:
		return d.Round(5 * time.Minute)
	}
}

// foresee learns from what agents do until ctx ends, and gives those that work their
// forecasts while such forecasts are worth something. At rest it does nothing.
func (h *hosted) foresee(ctx context.Context) {
	stream := h.Transitions()
	defer stream.Close()
	began := time.Now()
	select {
	case <-ctx.Done():
		return
	case <-time.After(foresightDelay):
	}
	o := newOracle()
	// Without a history it learns from now on.
	if store, err := h.past.opened(ctx); err == nil {
		_ = o.recall(ctx, store, began)
	}
	shown := false
	for {
		waiting, cancel := ctx, context.CancelFunc(func() {})
		if shown {
			waiting, cancel = context.WithTimeout(ctx, foreseeEvery)
		}
		t, err := stream.Next(waiting)
		cancel()
		switch {
		case ctx.Err() != nil:
			return
		case err == nil:
			o.note(changeOf(t))
		case waiting.Err() == nil:
			return // the engine has ended
		}
		forecasts := o.forecasts(time.Now())
		if len(forecasts) > 0 || shown {
			h.Foresee(ctx, forecasts)
		}
		shown = len(forecasts) > 0
	}
}
