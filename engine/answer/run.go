package answer

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"agentwatch/health"
	"agentwatch/internal/beat"
	"agentwatch/tmuxpool/typing"
)

const (
	// ConfirmFor is how long the screen may take to show that a step was read and
	// has done what it should: a busy program reads late. pollEvery is how often
	// it is looked at meanwhile.
	ConfirmFor = 10 * time.Second
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

// Typist is what an answer needs of the tmux server; *typing.Typist is one.
type Typist interface {
	Look(ctx context.Context, pane string) (typing.Look, error)
	Press(ctx context.Context, pane string, keys []Key, guard typing.Guard) error
	Paste(ctx context.Context, pane, text string, guard typing.Guard) error
}

// Tools are what an answer looks, judges and types with.
type Tools struct {
	Typist    Typist
	Detector  *health.LiveDetector
	Processes health.ProcessTable
	// Unread tells how many bytes at a terminal its program has not read, and whether
	// that is known.
	Unread func(tty string) (int, bool)
	// Facts gives what is known of the pane without a look, as of now.
	Facts func(context.Context) (Facts, error)
	Now   func() time.Time
}

// Facts are what is known of a pane without a look.
type Facts struct {
	Observation health.Observation
	// State is what its agent does, since when.
	State health.State
	Since time.Time
}

// Result is what came of an answer.
type Result struct {
	// Sent is set when anything was typed, or may have been; Uncertain when nothing
	// shows whether it was typed, read or took effect.
	Sent, Uncertain bool
	// Keys are all that were typed, in their order; Text is what was pasted.
	Keys []Key
	Text string
	// Before and After are the screens around it, with colours. Untrusted.
	Before, After string
	// Compared is when the pane had been looked at and compared, Typed when the last
	// step was typed; zero where nothing was.
	Compared, Typed time.Time
}

// Attempt is one answer on its way. It is used once, by one goroutine.
type Attempt struct {
	tools    Tools
	request  Request
	plan     Plan
	rules    health.AnswerRules
	expected *health.Dialog // what the pane must ask
	told     Facts
	result   Result
	last     view
}

// New prepares an answer as it was planned by PlanFor.
func New(tools Tools, r Request, plan Plan, rules health.AnswerRules) *Attempt {
	return &Attempt{tools: tools, request: r, plan: plan, rules: rules, expected: r.Seen.Dialog}
}

// Begin looks and compares, and holds the pane against other agentwatch processes
// until release is called. Nothing is typed.
func (a *Attempt) Begin(ctx context.Context) (release func(), err error) {
	v, err := a.verified(ctx)
	if err != nil {
		return func() {}, err
	}
	release, ok := typing.Lock(v.look.TTY)
	if !ok {
		return release, fmt.Errorf("%w by another agentwatch", ErrBusy)
	}
	// Who had it before may have answered.
	_, err = a.verified(ctx)
	return release, err
}

// Type types the answer and confirms it, after Begin has found the pane as it was
// seen. An error wraps ErrUnconfirmed if anything was typed.
func (a *Attempt) Type(ctx context.Context) (Result, error) {
	a.result.Before = a.last.look.Screen
	err := a.steps(ctx, a.last)
	a.result.After = a.last.look.Screen
	if errors.Is(err, typing.ErrUncertain) {
		a.result.Sent = true
	}
	if a.result.Sent && err != nil {
		a.result.Uncertain = !errors.Is(err, errStray)
		if !errors.Is(err, ErrUnconfirmed) {
			err = fmt.Errorf("%w: %w", ErrUnconfirmed, err)
		}
	}
	return a.result, err
}

// steps types what was planned.
func (a *Attempt) steps(ctx context.Context, v view) error {
	switch {
	case a.request.Action == ActionResume:
		return a.resume(ctx, v)
	case a.plan.Text != "" && a.plan.Notes != nil:
		return a.replyInNotes(ctx, v)
	case a.plan.Text != "" && a.plan.First == nil:
		return a.reply(ctx, v)
	case a.plan.Text != "":
		return a.replyToQuestion(ctx, v)
	case a.request.Action == ActionInterrupt:
		return a.interrupt(ctx, v)
	case a.request.Action == ActionKeys:
		return a.keys(ctx, v)
	case a.plan.Cursor:
		return a.chooseByCursor(ctx, v)
	default:
		return a.chooseByKey(ctx, v)
	}
}

// Look looks at a pane anew, past all caches, and returns what a user sees there,
// with the look itself.
func Look(ctx context.Context, tools Tools, ref health.PaneRef) (Seen, typing.Look, error) {
	v, err := New(tools, Request{Target: ref}, Plan{}, health.AnswerRules{}).look(ctx, true)
	return Seen{
		PID: v.pid, Kind: v.verdict.Kind, State: v.verdict.State, Wait: v.verdict.Wait, Dialog: v.verdict.Dialog, Composer: v.composed,
	}, v.look, err
}

// look looks at the pane anew, past all caches. With recall, what is known without a
// look is asked for as well.
func (a *Attempt) look(ctx context.Context, recall bool) (view, error) {
	if recall {
		var err error
		if a.told, err = a.tools.Facts(ctx); err != nil {
			return view{}, err
		}
	}
	l, err := a.tools.Typist.Look(ctx, a.request.Target.Pane)
	if errors.Is(err, typing.ErrGone) {
		return view{}, Changed(AspectPane, "", "it is gone")
	} else if err != nil {
		return view{}, err
	}
	o := a.told.Observation
	o.Title, o.CurrentCommand, o.AlternateOn = l.Title, l.Command, l.Alternate
	o.InMode, o.Dead, o.Width, o.Height, o.Screen = l.InMode, l.Dead, l.Width, l.Height, l.Screen
	v := view{look: l, state: a.told.State, since: a.told.Since, pid: l.PID}
	o.Processes = nil
	if info, err := a.foreground(ctx, l.PID); err == nil {
		o.Processes = info.Processes
		v.shell = a.tools.Detector.Identify(o).Process == health.ProcessShell
		if i := agentProcess(o.Processes, o.Resident, a.tools.Detector); i >= 0 {
			v.pid, v.local = o.Processes[i].PID, true
		}
	}
	v.verdict = a.tools.Detector.Detect(o)
	v.composer, v.composed = a.tools.Detector.ReadComposer(o)
	a.last = v
	return v, nil
}

// foreground reads the pane's processes, once more if they changed meanwhile.
func (a *Attempt) foreground(ctx context.Context, pid int) (health.ForegroundInfo, error) {
	info, err := a.tools.Processes.Foreground(ctx, pid)
	if errors.Is(err, health.ErrProcessChanged) {
		info, err = a.tools.Processes.Foreground(ctx, pid)
	}
	return info, err
}

// verified looks and compares with what the user saw.
func (a *Attempt) verified(ctx context.Context) (view, error) {
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
func (a *Attempt) readAll(ctx context.Context, v view) (waited bool, err error) {
	for began := time.Now(); ; waited = true {
		if !a.pending(v) {
			return waited, nil
		}
		if time.Since(began) > ConfirmFor {
			return waited, Changed(AspectPane, "", "the program has not read yet what was typed before")
		}
		if err := beat.Pause(ctx, pollEvery); err != nil {
			return waited, err
		}
	}
}

// typed is what one step of an answer types, and where.
type typed struct {
	keys []Key
	text string
	// guard makes the condition from a look that has been compared.
	guard func(view) typing.Guard
	// ready says why the step does not fit a look; nil when any will do.
	ready func(view) error
}

// send types one step if the screen is as it should be. When the server refuses,
// the pane is looked at and compared anew: a spinner or a clock may have moved.
func (a *Attempt) send(ctx context.Context, v view, t typed) error {
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
			return Changed(AspectScreen, "", "nothing on it can be compared")
		}
		err = a.write(ctx, t, guard)
		if !errors.Is(err, typing.ErrRefused) {
			return err
		}
		if time.Since(began) > refusedFor {
			return Changed(AspectScreen, "", "it does not stand still where it is guarded")
		}
		if err = beat.Pause(ctx, pollEvery); err != nil {
			return err
		}
		if v, err = a.verified(ctx); err != nil {
			return err
		}
	}
}

// write types one step under a guard and notes it.
func (a *Attempt) write(ctx context.Context, t typed, guard typing.Guard) error {
	pane := a.request.Target.Pane
	if began := a.tools.Now(); a.result.Compared.IsZero() {
		a.result.Compared = began
	}
	defer func() { a.result.Typed = a.tools.Now() }()
	if t.text != "" {
		err := a.tools.Typist.Paste(ctx, pane, t.text, guard)
		if err == nil {
			a.result.Sent, a.result.Text = true, t.text
		}
		return err
	}
	err := a.tools.Typist.Press(ctx, pane, t.keys, guard)
	if err == nil {
		a.result.Sent = true
		a.result.Keys = append(a.result.Keys, t.keys...)
	}
	return err
}

// until looks at the pane until done says so on two looks on end, for at most the
// given time.
func (a *Attempt) until(ctx context.Context, wait time.Duration, done func(view) bool) (view, bool, error) {
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
func (a *Attempt) confirmed(ctx context.Context, done func(view) bool) (view, error) {
	v, ok, err := a.until(ctx, ConfirmFor, func(v view) bool { return done(v) && !a.pending(v) })
	switch {
	case err != nil && !errors.Is(err, ErrUnconfirmed):
		return v, fmt.Errorf("%w: %w", ErrUnconfirmed, err)
	case ok:
		return v, err
	}
	why := "the screen does not show whether it was read"
	if _, known := a.tools.Unread(v.look.TTY); a.pending(v) {
		why = "the program has not read it yet, and may do so later"
	} else if v.local && known {
		why = "the program has read it, but its screen shows no effect"
	}
	return v, fmt.Errorf("%w: %s; nothing more was typed", ErrUnconfirmed, why)
}

// pending tells whether the program is known not to have read all that was typed:
// what its screen shows then has another cause.
func (a *Attempt) pending(v view) bool {
	n, known := a.tools.Unread(v.look.TTY)
	return v.local && known && n > 0
}

// dialogGuard guards a dialog: its options first, then its text from the bottom
// up.
func dialogGuard(v view) typing.Guard {
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
func composerGuard(v view) typing.Guard {
	var rows []int
	for row := max(1, v.composer.From); row <= len(v.look.Rows); row++ {
		rows = append(rows, row)
	}
	return v.look.Guard(rows...)
}

// placeGuard guards the place to type without what stands below it. A long text
// can hide where that begins: then the end of the screen counts.
func placeGuard(v view) typing.Guard {
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

// OneLine shortens a text for an error.
func OneLine(text string) string {
	runes := []rune(strings.Join(strings.Fields(text), " "))
	if len(runes) > 60 {
		return string(runes[:59]) + "…"
	}
	return string(runes)
}

// agentProcess returns which of a pane's foreground processes is the agent's; -1
// when none is. resident is the one that was known to be: it still is, whatever it
// calls itself by now.
func agentProcess(list []health.Process, resident health.Resident, detector *health.LiveDetector) int {
	return slices.IndexFunc(list, func(process health.Process) bool {
		alone := detector.Identify(health.Observation{Processes: []health.Process{process}, Resident: resident})
		return alone.Process == health.ProcessAlive
	})
}
