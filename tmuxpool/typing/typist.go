package typing

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"time"
)

// The errors that callers may want to tell apart, with errors.Is.
var (
	// ErrRefused: the guard did not hold in the moment of typing; nothing was
	// typed.
	ErrRefused = errors.New("the pane has changed")
	// ErrGone: the pane does not exist (any more); nothing was typed.
	ErrGone = errors.New("the pane is gone")
	// ErrUncertain: it is not known whether anything was typed.
	ErrUncertain = errors.New("it is not known whether that was typed")
	// ErrTmux: tmux did not do what it was asked; nothing was typed.
	ErrTmux = errors.New("tmux did not answer as expected")
	// errSilent: tmux ran, and its answer was lost.
	errSilent = errors.New("tmux's answer was lost")
)

// Options say for which server a Typist is.
type Options struct {
	// Tmux is the path of the tmux program; "tmux" in PATH when empty.
	Tmux string
	// Socket is the path of the server's socket.
	Socket string
	// InPopup is set when the user sits in a popup of tmux: their keys then seem
	// to go to the pane below it, so that it cannot be told who types there.
	InPopup bool
}

// Typist types into the panes of one tmux server. It is safe for concurrent use;
// who types what in which order into one pane is the caller's business.
type Typist struct {
	options Options
}

// timeout bounds one call of tmux.
const timeout = 5 * time.Second

// New returns a typist for a server.
func New(o Options) *Typist {
	if o.Tmux == "" {
		o.Tmux = "tmux"
	}
	return &Typist{options: o}
}

// The words by which a call tells what it did.
const (
	wordTyped   = "agentwatch-typed"
	wordRefused = "agentwatch-refused"
)

// Press types keys into a pane, one right after the other, if the guard holds.
func (t *Typist) Press(ctx context.Context, pane string, keys []Key, guard Guard) error {
	if len(keys) == 0 {
		return fmt.Errorf("typing: press in %s: %w: none", pane, ErrNoKey)
	}
	commands := make([]string, 0, len(keys)+1)
	for _, k := range keys {
		if !k.Valid() {
			return fmt.Errorf("typing: press in %s: %w: %s", pane, ErrNoKey, k)
		}
		commands = append(commands, k.command(pane))
	}
	return t.guarded(ctx, "press", pane, nil, nil, guard, commands, nil)
}

// Paste types a text into a pane as one paste, if the guard holds. The text is
// sanitised first. Programs that ask for it get the paste in brackets; for others
// a line feed is a key, see NeedsBracketing.
func (t *Typist) Paste(ctx context.Context, pane, text string, guard Guard) error {
	text, err := Sanitise(text)
	if err != nil {
		return err
	}
	// Unlike any other paste's, whoever makes it: one buffer for two would paste the
	// text of one pane into the other.
	buffer := "_agentwatch-" + rand.Text()
	err = t.guarded(ctx, "paste", pane, strings.NewReader(text), []string{"loadb", "-b", buffer, "-", ";"}, guard,
		[]string{"pasteb -p -r -d -b " + buffer + " -t '" + pane + "'"}, []string{"deleteb -b " + buffer})
	if err != nil && !errors.Is(err, ErrRefused) {
		// The text must not stay behind; that it is not there is well.
		_, _ = t.run(context.WithoutCancel(ctx), nil, "deleteb", "-b", buffer)
	}
	return err
}

// guarded runs first, and then commands if the guard holds, else otherwise. The
// guard and what follows are one go of the server.
func (t *Typist) guarded(ctx context.Context, what, pane string, input *strings.Reader, first []string, guard Guard,
	commands, otherwise []string,
) error {
	if !isPane(pane) {
		return fmt.Errorf("typing: %s: %w: %q is not a pane id", what, ErrGone, pane)
	}
	script := func(commands []string, word string) string {
		return strings.Join(append(commands[:len(commands):len(commands)], "display -p "+word), " ; ")
	}
	out, err := t.run(ctx, input, append(first, "if", "-F", "-t", pane, guard.condition(),
		script(commands, wordTyped), script(otherwise, wordRefused))...)
	switch {
	case strings.Contains(out, wordTyped):
		return nil
	case strings.Contains(out, wordRefused):
		return fmt.Errorf("typing: %s in %s: %w", what, pane, ErrRefused)
	case errors.Is(err, ErrTmux), errors.Is(err, ErrGone):
		return fmt.Errorf("typing: %s in %s: %w", what, pane, err)
	case err == nil:
		err = errSilent
	}
	return fmt.Errorf("typing: %s in %s: %w (%w)", what, pane, ErrUncertain, err)
}
