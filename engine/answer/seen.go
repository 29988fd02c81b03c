package answer

import (
	"fmt"
	"strings"
	"time"

	"agentwatch/health"
	"agentwatch/tmuxpool/typing"
)

// Aspect is what of a pane can differ from what the user saw.
type Aspect uint8

// The aspects.
const (
	// AspectPane: the pane takes no keys now: dead, in copy mode, its input off,
	// its keys shared with others.
	AspectPane Aspect = iota
	// AspectProcess: another process.
	AspectProcess
	// AspectKind: another program.
	AspectKind
	// AspectState: another state, or another reason to wait.
	AspectState
	// AspectQuestion, AspectBody, AspectOptions: it asks something else.
	AspectQuestion
	AspectBody
	AspectOptions
	// AspectAsked: it asks the same, for another time.
	AspectAsked
	// AspectComposer: the place to type is gone, or somebody has typed there.
	AspectComposer
	// AspectScreen: the screen does not stand still.
	AspectScreen
	// AspectAnswer: other keys would be typed, since the profile of the kind has
	// changed.
	AspectAnswer
)

// String returns the aspect's word.
func (a Aspect) String() string {
	words := [...]string{
		"pane", "process", "program", "state", "question", "text of the dialog", "options", "asked", "composer", "screen", "answer",
	}
	if int(a) < len(words) {
		return words[a]
	}
	return fmt.Sprintf("aspect(%d)", uint8(a))
}

// Difference is one thing that is not as the user saw it.
type Difference struct {
	Aspect    Aspect
	Seen, Now string
}

// String returns "question: seen A, now B".
func (d Difference) String() string {
	if d.Seen == "" {
		return fmt.Sprintf("%s: %s", d.Aspect, d.Now)
	}
	return fmt.Sprintf("%s: seen %q, now %q", d.Aspect, d.Seen, d.Now)
}

// ChangedError says what is not as the user saw it. It is an ErrChanged.
type ChangedError struct{ Differences []Difference }

// Error lists the differences.
func (e *ChangedError) Error() string {
	words := make([]string, 0, len(e.Differences))
	for _, d := range e.Differences {
		words = append(words, d.String())
	}
	return ErrChanged.Error() + ": " + strings.Join(words, "; ")
}

// Is makes every ChangedError an ErrChanged.
func (e *ChangedError) Is(target error) bool { return target == ErrChanged }

// Changed is a ChangedError of one difference.
func Changed(aspect Aspect, seen, now string) error {
	return &ChangedError{Differences: []Difference{{Aspect: aspect, Seen: seen, Now: now}}}
}

// view is a pane as one fresh look shows it.
type view struct {
	look    typing.Look
	verdict health.Verdict
	// pid is the agent's process; local is set when it runs on this machine, as
	// far as we see; shell when a shell has the terminal.
	pid      int
	local    bool
	shell    bool
	composer health.Composer
	composed bool
	// state is what the agent does as far as the watcher knows, since when.
	state health.State
	since time.Time
}

// differences compares a fresh look with what the user saw; dialog is what it
// must ask.
func (s Seen) differences(v view, dialog *health.Dialog) []Difference {
	var all []Difference
	add := func(differs bool, aspect Aspect, seen, now string) {
		if differs {
			all = append(all, Difference{aspect, seen, now})
		}
	}
	add(v.look.Dead, AspectPane, "", "its process has ended")
	add(v.look.InMode, AspectPane, "", "somebody reads back in it (copy mode)")
	add(v.look.InputOff, AspectPane, "", "its input is switched off")
	add(v.look.Synchronized, AspectPane, "", "its keys go to other panes as well (synchronize-panes)")
	add(v.look.InUse, AspectPane, "", "somebody at a terminal is typing in it")
	add(v.pid != s.PID, AspectProcess, fmt.Sprint(s.PID), fmt.Sprint(v.pid))
	add(v.verdict.Kind != s.Kind, AspectKind, string(s.Kind), string(v.verdict.Kind))
	add(v.verdict.Hold, AspectScreen, "", "a menu or viewer covers the agent")
	if len(all) > 0 {
		// What it shows then says nothing.
		return all
	}
	if !s.sameState(v) {
		add(true, AspectState, stateWords(s.State, s.Wait), stateWords(v.verdict.State, v.verdict.Wait))
	}
	add(s.Shows != "" && s.Shows != v.verdict.Evidence.Text, AspectScreen, s.Shows, v.verdict.Evidence.Text)
	now := v.verdict.Dialog
	switch {
	case dialog == nil && now == nil:
	case dialog == nil:
		add(true, AspectQuestion, "nothing", now.Question)
	case now == nil:
		add(true, AspectQuestion, dialog.Question, "nothing")
	default:
		add(now.Question != dialog.Question, AspectQuestion, dialog.Question, now.Question)
		add(now.Text() != dialog.Text(), AspectBody, dialog.Text(), now.Text())
		options := optionWords(dialog) != optionWords(now)
		add(options, AspectOptions, optionWords(dialog), optionWords(now))
		anew := !s.Since.IsZero() && v.state == s.State && v.since.After(s.Since)
		add(len(all) == 0 && anew, AspectAsked, s.Since.Format(time.TimeOnly), v.since.Format(time.TimeOnly))
	}
	return all
}

// sameState tells whether the agent does what it did. A look by itself does not
// tell what only motion shows, so what the watcher knows is as good.
func (s Seen) sameState(v view) bool {
	if asks(s.State, s.Dialog) || asks(v.verdict.State, v.verdict.Dialog) {
		return v.verdict.State == s.State && v.verdict.Wait == s.Wait
	}
	return v.verdict.State == s.State || v.state == s.State
}

// asks tells whether a state is one in which a dialog waits.
func asks(state health.State, dialog *health.Dialog) bool {
	return state == health.StateWaiting || dialog != nil
}

func stateWords(state health.State, wait health.WaitReason) string {
	if wait == health.WaitNone {
		return state.String()
	}
	return state.String() + " (" + wait.String() + ")"
}

// optionWords are a dialog's options in one line.
func optionWords(d *health.Dialog) string {
	words := make([]string, 0, len(d.Options))
	for _, o := range d.Options {
		words = append(words, optionName(o))
	}
	return strings.Join(words, " / ")
}

func optionName(o health.Option) string {
	if o.Key == "" {
		return o.Label
	}
	return o.Key + ". " + o.Label
}
