package monitor

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"

	"agentwatch/engine"
	"agentwatch/engine/answer"
	"agentwatch/health"
)

// digest stands for what a dialog asks, whose words are nobody's business on a disk.
func digest(d *health.Dialog) string {
	if d == nil {
		return ""
	}
	sum := sha256.Sum256([]byte(d.Asks()))
	return hex.EncodeToString(sum[:12])
}

// snoozeGap is how long an agent may seem to need nothing for its snooze to go on:
// a dialog that is drawn anew is gone for a moment.
const snoozeGap = 3 * time.Second

// Snooze lets the user hear nothing of what an agent needs now: until a time, or,
// when that is zero, until it needs them for something new, which ends every snooze.
// It returns ErrUnknownPane when the pane is not watched, and ErrCannot when the
// agent needs nobody.
func (s *Service) Snooze(ctx context.Context, ref health.PaneRef, until time.Time) error {
	return s.toWatcher(ctx, ref, snooze{ref, until})
}

// Wake ends an agent's snooze, if there is one. It returns ErrUnknownPane when the
// pane is not watched.
func (s *Service) Wake(ctx context.Context, ref health.PaneRef) error {
	return s.toWatcher(ctx, ref, wake{ref})
}

func (s *Service) toWatcher(ctx context.Context, ref health.PaneRef, c command) error {
	w, err := s.watcherOf(ref)
	if err != nil {
		return err
	}
	return s.send(ctx, w, c)
}

// snooze is the command of Service.Snooze.
type snooze struct {
	ref   health.PaneRef
	until time.Time
}

func (c snooze) apply(w *watcher) error {
	p, ok := w.panes[c.ref.Pane]
	if !ok || !p.tracked {
		return fmt.Errorf("%w: %s", engine.ErrUnknownPane, c.ref)
	}
	now := w.now()
	switch {
	case !p.agent.Urgency().NeedsUser():
		return answer.Cannot("it is %s: there is nothing to snooze", p.agent.Urgency())
	case !c.until.IsZero() && !c.until.After(now):
		return answer.Cannot("%s is over", c.until.Format(time.DateTime))
	}
	kept := engine.KeptSnooze{
		Snooze: engine.Snooze{At: now, Until: c.until}, Ref: p.ref, Identity: engine.IdentityOf(&p.agent), Need: p.agent.Urgency(), Asks: digest(p.agent.Dialog),
	}
	w.wishes.snooze(p.ref, kept)
	p.snooze = &kept.Snooze
	p.leftNeed = time.Time{}
	w.showSnooze(p, now, engine.SnoozeBegun)
	return nil
}

// wake is the command of Service.Wake.
type wake struct{ ref health.PaneRef }

func (c wake) apply(w *watcher) error {
	p, ok := w.panes[c.ref.Pane]
	if !ok || !p.tracked {
		return fmt.Errorf("%w: %s", engine.ErrUnknownPane, c.ref)
	}
	if p.snooze != nil {
		w.endSnooze(p)
		w.showSnooze(p, w.now(), engine.SnoozeEnded)
	}
	return nil
}

// endSnooze takes a pane's snooze away.
func (w *watcher) endSnooze(p *pane) {
	p.snooze, p.leftNeed = nil, time.Time{}
	w.wishes.snooze(p.ref, engine.KeptSnooze{})
}

// showSnooze makes the agent anew and tells what became of its snooze.
func (w *watcher) showSnooze(p *pane, now time.Time, change engine.SnoozeChange) {
	w.touch(p)
	p.agent = p.agentNow(w.socket.Name)
	w.outbox = append(w.outbox, engine.Transition{
		At: now, Agent: p.agent, From: p.track.state, To: p.track.state, Snooze: change, Evidence: p.track.verdict.Evidence,
	})
}

// reviewSnooze decides whether the agent is still snoozed, as it is now, and tells
// whether a snooze has ended. One that cannot be read is left as it is.
func (w *watcher) reviewSnooze(p *pane, now time.Time) (woken bool) {
	kept, is := w.wishes.snoozed(p.ref)
	if !is {
		p.snooze = nil
		return false
	}
	a := p.agentNow(w.socket.Name)
	identity, same := kept.Identity.On(&a)
	urgency := a.Urgency()
	switch {
	case !same, !kept.Until.IsZero() && !now.Before(kept.Until):
		w.endSnooze(p)
		return true
	case urgency == engine.UrgencyUnknown:
	case !urgency.NeedsUser() && p.leftNeed.IsZero():
		p.leftNeed = now
	case !urgency.NeedsUser() && now.Sub(p.leftNeed) < snoozeGap:
	case urgency != kept.Need || urgency == engine.UrgencyWaiting && digest(a.Dialog) != kept.Asks:
		w.endSnooze(p)
		return true
	default:
		p.leftNeed = time.Time{}
	}
	if identity != kept.Identity {
		kept.Identity = identity
		w.wishes.snooze(p.ref, kept)
	}
	if p.snooze == nil || *p.snooze != kept.Snooze {
		p.snooze = &kept.Snooze
	}
	return false
}

// noteSeen records that the user has looked at what an agent had finished.
func (w *watcher) noteSeen(p *pane, now time.Time) {
	w.outbox = append(w.outbox, engine.Transition{
		At: now, Agent: p.agent, From: p.track.state, To: p.track.state, Seen: true, Evidence: p.track.verdict.Evidence,
	})
}
