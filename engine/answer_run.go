package engine

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"agentwatch/health"
	"agentwatch/tmuxpool/typing"
)

const (
	// confirmFor is how long the screen may take to show that a step was read and
	// has done what it should: a busy program reads late. pollEvery is how often
	// it is looked at meanwhile.
	confirmFor = 10 * time.Second
	pollEvery  = 60 * time.Millisecond
	// quietFor is how long keys that the program has read may take to show on the
	// screen, where nobody knows that they must.
	quietFor = 1500 * time.Millisecond
	// refusedFor is how long typing that the server refuses is tried on a screen
	// that says the same as before: something else moves.
	refusedFor = 5 * time.Second
	// betweenKeys is the pause behind an escape key, which programs take for the
	// beginning of a longer one.
	betweenKeys = 150 * time.Millisecond
)

// answer is one answer on its way.
type answer struct {
	service  *Service
	watcher  *watcher
	typist   paneTypist
	request  Request
	plan     AnswerPlan
	rules    health.AnswerRules
	expected *health.Dialog // what the pane must ask
	told     Explained      // what the watcher knew last
	outcome  Outcome
	// trace is when its parts were done.
	trace AnswerTrace
	last  paneView
}

// run looks, compares, types and confirms, while it holds the pane against other
// agentwatch processes.
func (a *answer) run(ctx context.Context) error {
	v, err := a.verified(ctx)
	if err != nil {
		return err
	}
	unlock, ok := typing.Lock(v.look.TTY)
	defer unlock()
	if !ok {
		return fmt.Errorf("%w by another agentwatch", ErrBusy)
	}
	// Who had it before may have answered.
	if v, err = a.verified(ctx); err != nil {
		return err
	}
	a.outcome.Agent, a.outcome.Before = v.agent, v.look.Screen
	switch {
	case a.plan.Text != "" && a.plan.notes != nil:
		err = a.replyInNotes(ctx, v)
	case a.plan.Text != "" && a.plan.first == nil:
		err = a.reply(ctx, v)
	case a.plan.Text != "":
		err = a.replyToQuestion(ctx, v)
	case a.request.Action == ActionInterrupt:
		err = a.interrupt(ctx, v)
	case a.request.Action == ActionKeys:
		err = a.keys(ctx, v)
	case a.plan.cursor:
		err = a.chooseByCursor(ctx, v)
	default:
		err = a.chooseByKey(ctx, v)
	}
	a.outcome.After = a.last.look.Screen
	return err
}

// look looks at the pane anew, past all caches. With recall, the watcher is
// asked what it knows as well.
func (a *answer) look(ctx context.Context, recall bool) (paneView, error) {
	s, ref := a.service, a.request.Target
	if recall {
		facts := make(chan Explained, 1)
		if err := s.send(ctx, a.watcher, tellFacts{ref: ref, facts: facts}); err != nil {
			return paneView{}, err
		}
		a.told = <-facts
	}
	l, err := a.typist.Look(ctx, ref.Pane)
	if errors.Is(err, typing.ErrGone) {
		return paneView{}, changed(AspectPane, "", "it is gone")
	} else if err != nil {
		return paneView{}, err
	}
	o := a.told.Observation
	o.Title, o.CurrentCommand, o.AlternateOn = l.Title, l.Command, l.Alternate
	o.InMode, o.Dead, o.Width, o.Height, o.Screen = l.InMode, l.Dead, l.Width, l.Height, l.Screen
	v := paneView{look: l, agent: a.told.Agent, pid: l.PID}
	o.Processes = nil
	if info, err := a.foreground(ctx, l.PID); err == nil {
		o.Processes = info.Processes
		if i := agentProcess(o.Processes, o.Resident, s.detector); i >= 0 {
			v.pid, v.local = o.Processes[i].PID, true
		}
	}
	v.verdict = s.detector.Detect(o)
	v.composer, v.composed = s.detector.ReadComposer(o)
	a.last = v
	return v, nil
}

// foreground reads the pane's processes, once more if they changed meanwhile.
func (a *answer) foreground(ctx context.Context, pid int) (health.ForegroundInfo, error) {
	info, err := a.service.processes.Foreground(ctx, pid)
	if errors.Is(err, health.ErrProcessChanged) {
		info, err = a.service.processes.Foreground(ctx, pid)
	}
	return info, err
}

// verified looks and compares with what the user saw.
func (a *answer) verified(ctx context.Context) (paneView, error) {
	v, err := a.look(ctx, true)
	if err != nil {
		return v, err
	}
	if all := a.request.Seen.differences(v, a.expected); len(all) > 0 {
		return v, &ChangedError{Differences: all}
	}
	return v, nil
}

// readAll waits until the program has read what was typed before, by whomever: a
// key that waits could answer what this one is meant for. Where that cannot be
// told, it is not waited for. It tells whether it had to wait, so that the screen
// must be looked at anew.
func (a *answer) readAll(ctx context.Context, v paneView) (waited bool, err error) {
	for began := time.Now(); ; waited = true {
		if !a.pending(v) {
			return waited, nil
		}
		if time.Since(began) > confirmFor {
			return waited, changed(AspectPane, "", "the program has not read yet what was typed before")
		}
		if err := pause(ctx, pollEvery); err != nil {
			return waited, err
		}
	}
}

// typed is what one step of an answer types, and where.
type typed struct {
	keys []Key
	text string
	// guard makes the condition from a look that has been compared.
	guard func(paneView) typing.Guard
	// ready says why the step does not fit a look; nil when any will do.
	ready func(paneView) error
}

// send types one step if the screen is as it should be. When the server refuses,
// the pane is looked at and compared anew: a spinner or a clock may have moved.
func (a *answer) send(ctx context.Context, v paneView, t typed) error {
	for began := time.Now(); ; {
		waited, err := a.readAll(ctx, v)
		if err != nil {
			return err
		}
		if waited {
			if v, err = a.verified(ctx); err != nil {
				return err
			}
		}
		if t.ready != nil {
			if err := t.ready(v); err != nil {
				return err
			}
		}
		guard := t.guard(v)
		if guard.Rows() == 0 {
			return changed(AspectScreen, "", "nothing on it can be compared")
		}
		err = a.write(ctx, t, guard)
		if !errors.Is(err, typing.ErrRefused) {
			return err
		}
		if time.Since(began) > refusedFor {
			return changed(AspectScreen, "", "it does not stand still where it is guarded")
		}
		if err = pause(ctx, pollEvery); err != nil {
			return err
		}
		if v, err = a.verified(ctx); err != nil {
			return err
		}
	}
}

// write types one step under a guard and notes it.
func (a *answer) write(ctx context.Context, t typed, guard typing.Guard) error {
	pane := a.request.Target.Pane
	if began := a.service.now(); a.trace.Compared.IsZero() {
		a.trace.Compared = began
	}
	defer func() { a.trace.Typed = a.service.now() }()
	if t.text != "" {
		err := a.typist.Paste(ctx, pane, t.text, guard)
		if err == nil {
			a.outcome.Sent, a.outcome.Text = true, t.text
		}
		return err
	}
	err := a.typist.Press(ctx, pane, t.keys, guard)
	if err == nil {
		a.outcome.Sent = true
		a.outcome.Keys = append(a.outcome.Keys, t.keys...)
	}
	return err
}

// until looks at the pane until done says so on two looks on end, for at most the
// given time.
func (a *answer) until(ctx context.Context, wait time.Duration, done func(paneView) bool) (paneView, bool, error) {
	deadline := time.NewTimer(wait)
	defer deadline.Stop()
	ticker := time.NewTicker(pollEvery)
	defer ticker.Stop()
	for over, seen := false, 0; ; {
		v, err := a.look(ctx, false)
		if err != nil && !errors.Is(err, ErrChanged) {
			return v, false, err
		}
		// A pane that is gone has certainly changed.
		if err != nil || done(v) {
			seen++
		} else {
			seen = 0
		}
		if seen == enoughLooks {
			return v, true, nil
		}
		if over && seen == 0 {
			return v, false, nil
		}
		select {
		case <-ctx.Done():
			return v, false, ctx.Err()
		case <-deadline.C:
			over = true
		case <-ticker.C:
		}
	}
}

// enoughLooks is how many looks on end must show a sign: a frame can be half
// drawn.
const enoughLooks = 2

// confirmed waits for the sign that a step has worked. Without one nothing more is
// typed: a key that seems to have had no effect may only be read late, and a
// second one would then answer what comes next.
func (a *answer) confirmed(ctx context.Context, done func(paneView) bool) (paneView, error) {
	v, ok, err := a.until(ctx, confirmFor, func(v paneView) bool { return done(v) && !a.pending(v) })
	switch {
	case err != nil && !errors.Is(err, ErrUnconfirmed):
		return v, fmt.Errorf("%w: %w", ErrUnconfirmed, err)
	case ok:
		return v, err
	}
	why := "the screen does not show whether it was read"
	if _, known := a.service.unread(v.look.TTY); a.pending(v) {
		why = "the program has not read it yet, and may do so later"
	} else if v.local && known {
		why = "the program has read it, but its screen shows no effect"
	}
	return v, fmt.Errorf("%w: %s; nothing more was typed", ErrUnconfirmed, why)
}

// pending tells whether the program is known not to have read all that was typed:
// what its screen shows then has another cause.
func (a *answer) pending(v paneView) bool {
	n, known := a.service.unread(v.look.TTY)
	return v.local && known && n > 0
}

// dialogGuard guards a dialog: its options first, then its text from the bottom
// up.
func dialogGuard(v paneView) typing.Guard {
	d := v.verdict.Dialog
	var rows []int
	for _, o := range d.Options {
		rows = append(rows, o.Line)
	}
	for row := d.To; row >= d.From; row-- {
		rows = append(rows, row)
	}
	return v.look.Guard(rows...)
}

// composerGuard guards the place to type and what stands below it; a dialog in
// its place shows there.
func composerGuard(v paneView) typing.Guard {
	var rows []int
	for row := max(1, v.composer.From); row <= len(v.look.Rows); row++ {
		rows = append(rows, row)
	}
	return v.look.Guard(rows...)
}

// placeGuard guards the place to type without what stands below it. A long text
// can hide where that begins: then the end of the screen counts.
func placeGuard(v paneView) typing.Guard {
	from, to := v.composer.From, v.composer.To
	if !v.composed {
		from, to = max(1, len(v.look.Rows)-tailRows), len(v.look.Rows)
	}
	var rows []int
	for row := to; row >= from; row-- {
		rows = append(rows, row)
	}
	return v.look.Guard(rows...)
}

// oneLine shortens a text for an error.
func oneLine(text string) string {
	runes := []rune(strings.Join(strings.Fields(text), " "))
	if len(runes) > 60 {
		return string(runes[:59]) + "…"
	}
	return string(runes)
}
