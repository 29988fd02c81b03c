package answer

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"agentwatch/health"
	"agentwatch/internal/beat"
	"agentwatch/tmuxpool/typing"
)

// answered tells whether the dialog that was answered is gone.
func (a *Attempt) answered(v view) bool {
	return v.verdict.Dialog == nil || !v.verdict.Dialog.Equal(a.expected) || v.pid != a.request.Seen.PID
}

// chooseByKey takes an option, or declines, by a key that does not depend on the
// cursor.
func (a *Attempt) chooseByKey(ctx context.Context, v view) error {
	if err := a.send(ctx, v, typed{keys: a.plan.Keys, guard: dialogGuard}); err != nil {
		return err
	}
	if _, err := a.confirmed(ctx, a.answered); err != nil {
		return err
	}
	return a.stray(ctx)
}

// settleFor is how long a program gets to draw a key that came too late.
const settleFor = 300 * time.Millisecond

// after waits, and then tells whether it is done.
func (a *Attempt) after(ctx context.Context, wait time.Duration, done func(view) bool) (bool, error) {
	if err := beat.Pause(ctx, wait); err != nil {
		return false, err
	}
	v, err := a.look(ctx, false)
	return err == nil && done(v), err
}

// takeSelected presses enter on the option that is wanted, if the cursor is
// there.
func (a *Attempt) takeSelected(ctx context.Context) error {
	v, err := a.verified(ctx)
	if err != nil {
		return err
	}
	t := typed{keys: []Key{typing.KeyEnter}, guard: dialogGuard, ready: func(v view) error {
		if v.verdict.Dialog.SelectedOption() != a.plan.Option {
			return Changed(AspectOptions, optionName(a.expected.Options[a.plan.Option]), "the cursor is on another option")
		}
		return nil
	}}
	err = a.send(ctx, v, t)
	if err != nil {
		return err
	}
	_, err = a.confirmed(ctx, a.answered)
	return err
}

// chooseByCursor moves the cursor to the option and takes it once it is seen
// there.
func (a *Attempt) chooseByCursor(ctx context.Context, v view) error {
	if _, err := a.moveCursor(ctx, v); err != nil {
		return err
	}
	return a.takeSelected(ctx)
}

// moveCursor moves the cursor to the option row by row, each time from where it is
// seen.
func (a *Attempt) moveCursor(ctx context.Context, v view) (view, error) {
	for range 2 * len(a.expected.Options) {
		at := v.verdict.Dialog.SelectedOption()
		if at == a.plan.Option {
			return v, nil
		}
		if at < 0 {
			return v, Changed(AspectOptions, optionName(a.expected.Options[a.plan.Option]), "no cursor is to be seen")
		}
		t := typed{keys: []Key{cursorKey(v.verdict.Dialog, at > a.plan.Option)}, guard: dialogGuard}
		err := a.send(ctx, v, t)
		if err != nil {
			return v, err
		}
		if v, err = a.confirmed(ctx, func(v view) bool { return v.verdict.Dialog.SelectedOption() != at }); err != nil {
			return v, err
		}
		if v, err = a.verified(ctx); err != nil {
			return v, err
		}
	}
	return v, Changed(AspectOptions, optionName(a.expected.Options[a.plan.Option]), "the cursor does not come there")
}

// cursorKey moves the cursor of a dialog to the option before or behind: sideways
// where they stand side by side or the dialog says so.
func cursorKey(d *health.Dialog, before bool) Key {
	beside := strings.ContainsAny(d.Footer, "⇆↔") || strings.Contains(d.Footer, "←/→")
	for i := 1; i < len(d.Options) && !beside; i++ {
		beside = d.Options[i].Line == d.Options[i-1].Line
	}
	switch {
	case beside && before:
		return typing.KeyLeft
	case beside:
		return typing.KeyRight
	case before:
		return typing.KeyUp
	}
	return typing.KeyDown
}

// interrupt stops a turn. Where that takes several keys, the next one follows
// only when the screen says that the program waits for it.
func (a *Attempt) interrupt(ctx context.Context, v view) error {
	stopped := func(v view) bool {
		s := v.verdict.State
		return (s != health.StateWorking && s != health.StateUnknown) || v.pid != a.request.Seen.PID
	}
	for i, key := range a.plan.Keys {
		t := typed{keys: []Key{key}, guard: placeGuard}
		done := stopped
		if i > 0 {
			t.ready = func(v view) error {
				if !wantsAgain(v) {
					return Changed(AspectScreen, "", "it does not ask for the key again any more")
				}
				return nil
			}
		}
		if i < len(a.plan.Keys)-1 {
			done = func(v view) bool { return stopped(v) || wantsAgain(v) }
		}
		if err := a.send(ctx, v, t); err != nil {
			return err
		}
		var err error
		if v, err = a.confirmed(ctx, done); err != nil || stopped(v) {
			return err
		}
	}
	return nil
}

// againTo is how programs say that a key must be pressed once more.
var (
	againTo  = regexp.MustCompile(`(?i)\bagain to (inter|stop|cancel|abort)`)
	againKey = regexp.MustCompile(`(?i)\b(esc|escape|ctrl\+c)\b`)
)

// wantsAgain tells whether the last rows of the screen ask for the key again, be it
// wrapped in a column of its own, as in a narrow pane.
func wantsAgain(v view) bool {
	const most = 4 // rows into which it is wrapped
	rows := v.look.Rows[max(0, len(v.look.Rows)-tailRows):]
	for i, row := range rows {
		if againTo.MatchString(row) {
			return true
		}
		for _, at := range againKey.FindAllStringIndex(row, -1) {
			text, _, _ := strings.Cut(row[at[0]:], "  ")
			column := utf8.RuneCountInString(row[:at[0]])
			for _, below := range rows[i+1 : min(len(rows), i+most)] {
				if runes := []rune(below); len(runes) > column {
					word, _, _ := strings.Cut(string(runes[column:]), " ")
					text += " " + word
				}
			}
			if againTo.MatchString(text) {
				return true
			}
		}
	}
	return false
}

// keys types keys one by one, each when the program has read the one before, and
// none at another dialog than the user saw.
func (a *Attempt) keys(ctx context.Context, v view) error {
	var before []string
	for i, key := range a.plan.Keys {
		if i > 0 {
			if err := beat.Pause(ctx, betweenKeys); err != nil {
				return err
			}
			before = v.look.Rows
			var err error
			if v, err = a.keyRead(ctx, before); err != nil {
				return err
			}
			if d := v.verdict.Dialog; (d != nil || a.expected != nil) && !d.Equal(a.expected) {
				return fmt.Errorf("%w: it asks something else now, so that %s did not follow", ErrUnconfirmed, Words(a.plan.Keys[i:], ""))
			}
		}
		err := a.send(ctx, v, typed{keys: []Key{key}, guard: func(v view) typing.Guard {
			if v.verdict.Dialog != nil {
				return dialogGuard(v)
			}
			return composerGuard(v)
		}})
		if err != nil {
			return err
		}
	}
	before = v.look.Rows
	_, ok, err := a.until(ctx, quietFor, func(v view) bool { return !slices.Equal(v.look.Rows, before) && !a.pending(v) })
	if err == nil && !ok {
		err = fmt.Errorf("%w: the screen has not changed", ErrUnconfirmed)
	}
	return err
}

// keyRead waits until the program has read a key. Its terminal says so, or where
// that cannot be asked, its screen.
func (a *Attempt) keyRead(ctx context.Context, before []string) (view, error) {
	return a.confirmed(ctx, func(v view) bool {
		_, known := a.tools.Unread(v.look.TTY)
		return (known && v.local) || !slices.Equal(v.look.Rows, before)
	})
}

// reply pastes a text into the composer, sees it there, and sends it.
func (a *Attempt) reply(ctx context.Context, v view) error {
	paste := typed{text: a.plan.Text, guard: func(v view) typing.Guard { return composerGuard(v).AtCursor(v.look) }, ready: emptyComposer}
	err := a.send(ctx, v, paste)
	if err != nil {
		return err
	}
	there := func(v view) bool { return a.shows(v, v.composer.Draft, v.composed) }
	if _, err = a.confirmed(ctx, there); err != nil {
		return fmt.Errorf("the text is not seen in the composer, it was not sent on: %w", err)
	}
	if v, err = a.verified(ctx); err != nil {
		return fmt.Errorf("the text is in the composer, it was not sent on: %w", err)
	}
	submit := typed{keys: a.plan.Keys, guard: placeGuard, ready: func(v view) error {
		if !there(v) {
			return Changed(AspectComposer, OneLine(a.plan.Text), OneLine(v.composer.Draft))
		}
		return nil
	}}
	if err = a.send(ctx, v, submit); err != nil {
		return fmt.Errorf("the text is in the composer, it was not sent on: %w", err)
	}
	_, err = a.confirmed(ctx, func(v view) bool { return !there(v) })
	return err
}

// emptyComposer refuses to type behind what somebody else has typed.
func emptyComposer(v view) error {
	if !v.composed {
		return Changed(AspectComposer, "a place to type", "none")
	}
	if v.composer.Draft != "" {
		return Changed(AspectComposer, "", fmt.Sprintf("something is typed there: %q", OneLine(v.composer.Draft)))
	}
	return nil
}

// tailLength is how many characters of the end of a text must be seen.
const tailLength = 80

// shows tells whether a text that was pasted is to be seen: in the composer, or,
// where a long text hides that, at the end of the screen.
func (a *Attempt) shows(v view, draft string, composed bool) bool {
	if composed && a.rules.StandsFor(draft) {
		return true
	}
	if !composed {
		rows := v.look.Rows
		draft = strings.Join(rows[max(0, len(rows)-tailRows):], "\n")
	}
	reduce := squash
	if strings.IndexFunc(a.plan.Text, isWord) < 0 {
		reduce = func(text string) string { return strings.Join(strings.Fields(text), "") }
	}
	want := []rune(reduce(a.plan.Text))
	return strings.Contains(reduce(draft), string(want[max(0, len(want)-tailLength):]))
}

// tailRows is how many rows from the bottom of the screen a long text can end.
const tailRows = 12

// replyToQuestion chooses the option that takes a text, types it there and sends
// it.
func (a *Attempt) replyToQuestion(ctx context.Context, v view) error {
	choose := typed{keys: a.plan.First, guard: dialogGuard}
	err := a.send(ctx, v, choose)
	if err != nil {
		return err
	}
	if _, err = a.confirmed(ctx, a.onOption); err != nil {
		return err
	}
	if v, err = a.verified(ctx); err != nil {
		return err
	}
	return a.writeIntoDialog(ctx, v, func(v view) string { return optionText(v, a.plan.Option) })
}

// onOption tells whether the cursor is on the option.
func (a *Attempt) onOption(v view) bool { return v.verdict.Dialog.SelectedOption() == a.plan.Option }

// replyInNotes moves the cursor to the option that takes a text, opens the place
// for it, types it there and sends it.
func (a *Attempt) replyInNotes(ctx context.Context, v view) error {
	v, err := a.moveCursor(ctx, v)
	if err != nil {
		return err
	}
	open := typed{keys: a.plan.Notes, guard: dialogGuard}
	err = a.send(ctx, v, open)
	if err != nil {
		return err
	}
	// The place is one more row behind the options.
	before := v.verdict.Dialog
	opened := func(v view) bool {
		return a.sameQuestion(v) && a.onOption(v) && len(v.verdict.Dialog.Options) == len(before.Options)+1
	}
	if v, err = a.confirmed(ctx, opened); err != nil {
		return err
	}
	a.expected = v.verdict.Dialog
	return a.writeIntoDialog(ctx, v, func(v view) string {
		d := v.verdict.Dialog
		return strings.Join(v.look.Rows[min(d.Options[a.plan.Option].Line, len(v.look.Rows)):min(d.To, len(v.look.Rows))], "\n")
	})
}

// writeIntoDialog types the text into the dialog's place for it, sees it there, and
// sends it. place are the rows of that place.
func (a *Attempt) writeIntoDialog(ctx context.Context, v view, place func(view) string) error {
	paste := typed{text: a.plan.Text, guard: dialogGuard, ready: func(v view) error {
		if !a.onOption(v) {
			return Changed(AspectOptions, optionName(a.expected.Options[a.plan.Option]), "the cursor is on another option")
		}
		return nil
	}}
	err := a.send(ctx, v, paste)
	if err != nil {
		return err
	}
	there := func(v view) bool {
		return a.sameQuestion(v) && a.onOption(v) && a.shows(v, place(v), true)
	}
	if v, err = a.confirmed(ctx, there); err != nil {
		return fmt.Errorf("the text is not seen in the dialog, it was not sent on: %w", err)
	}
	a.expected = v.verdict.Dialog
	submit := typed{keys: a.plan.Keys, guard: dialogGuard, ready: func(v view) error {
		if !there(v) {
			return Changed(AspectOptions, OneLine(a.plan.Text), "it is not there any more")
		}
		return nil
	}}
	if err = a.send(ctx, v, submit); err != nil {
		return err
	}
	_, err = a.confirmed(ctx, a.answered)
	return err
}

// optionText are the rows of an option.
func optionText(v view, option int) string {
	d := v.verdict.Dialog
	from, to := d.Options[option].Line, d.To
	if option+1 < len(d.Options) {
		to = d.Options[option+1].Line - 1
	}
	return strings.Join(v.look.Rows[max(0, from-1):min(to, len(v.look.Rows))], "\n")
}

// sameQuestion tells whether the dialog is the one that the user saw but for the
// option that takes the text.
func (a *Attempt) sameQuestion(v view) bool {
	d, asked := v.verdict.Dialog, a.request.Seen.Dialog
	if d == nil || d.Question != asked.Question {
		return false
	}
	if more := len(d.Options) - len(asked.Options); more != 0 && (more != 1 || a.plan.Notes == nil) {
		return false
	}
	for i, seen := range asked.Options {
		if o := d.Options[i]; i != a.plan.Option && (o.Key != seen.Key || o.Label != seen.Label) {
			return false
		}
	}
	return true
}
