package notify

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// errOutOfReach says that what is written would not reach a terminal.
var errOutOfReach = errors.New("notify: the terminal is out of reach")

// outOfReach is a failure because of that.
func outOfReach(what, hint string) error {
	return &failure{what: what, hint: hint, permanent: true, cause: errOutOfReach}
}

// bell rings.
type bell struct{ terminal func(string) error }

func (b bell) send(_ context.Context, _ Message) error { return writeTo(b.terminal, "\a") }

func writeTo(terminal func(string) error, text string) error {
	if terminal == nil {
		return outOfReach("there is no terminal to write to", "use a channel of another type where agentwatch has no terminal")
	}
	if err := terminal(text); err != nil {
		return failed("the terminal cannot be written to: "+plain(err.Error(), maxNote), "", err)
	}
	return nil
}

// Reach says how what is written to the user's terminal arrives there.
type Reach uint8

// The ways to the terminal.
const (
	// ReachNone: tmux does not pass it on.
	ReachNone Reach = iota
	// ReachDirect: no tmux is in between.
	ReachDirect
	// ReachThroughTmux: tmux passes on what is wrapped for it.
	ReachThroughTmux
)

// osc asks the terminal for a notification with a control sequence.
type osc struct {
	kind     ChannelType
	terminal func(string) error
	// reaches tells whether what is written within tmux reaches the terminal;
	// nil outside of tmux.
	reaches func(context.Context) (Reach, error)
}

func (o osc) send(ctx context.Context, m Message) error {
	sequence := osc9(m)
	switch o.kind {
	case TypeOSC99:
		sequence = osc99(m)
	case TypeOSC777:
		sequence = osc777(m)
	}
	if o.reaches == nil {
		return writeTo(o.terminal, sequence)
	}
	reaches, err := o.reaches(ctx)
	if err != nil {
		return failed("tmux does not tell whether it passes the sequence on: "+plain(err.Error(), maxNote), "", err)
	}
	switch reaches {
	case ReachDirect:
		return writeTo(o.terminal, sequence)
	case ReachThroughTmux:
		return writeTo(o.terminal, throughTmux(sequence))
	default:
		return outOfReach("tmux does not pass the sequence on", "put \"set -g allow-passthrough on\" into tmux.conf and keep the "+
			"dashboard's window in sight, or use a channel of type tmux")
	}
}

// osc9 is the sequence of iTerm2, WezTerm, kitty, Ghostty and others. A text
// that began with a number and a semicolon would be one of ConEmu's commands.
func osc9(m Message) string {
	return "\x1b]9;" + strings.ReplaceAll(m.Text(), ";", ",") + "\a"
}

// maxOSC99 is how many bytes of a text OSC 99 takes in one piece.
const maxOSC99 = 2048

// osc99 is the sequence of kitty, foot, Ghostty and others, in two pieces: title and
// text, both in base64. A click on it brings the terminal to the front. See
// https://sw.kovidgoyal.net/kitty/desktop-notifications/.
func osc99(m Message) string {
	urgency := 1
	if m.Level() == LevelEscalation {
		urgency = 2
	}
	piece := func(keys, text string) string {
		for len(text) > maxOSC99 {
			_, size := utf8.DecodeLastRuneInString(text)
			text = text[:len(text)-size]
		}
		return "\x1b]99;" + keys + ";" + base64.StdEncoding.EncodeToString([]byte(text)) + "\x1b\\"
	}
	// One of another number does not take the place of this one.
	id := m.At.UnixMilli()
	return piece(fmt.Sprintf("i=agentwatch-%d:d=0:e=1:u=%d:p=title", id, urgency), m.Title()) +
		piece(fmt.Sprintf("i=agentwatch-%d:d=1:e=1:u=%d:p=body", id, urgency), m.Body())
}

// osc777 is the sequence of urxvt, foot, VTE and others.
func osc777(m Message) string {
	return fmt.Sprintf("\x1b]777;notify;%s;%s\a", strings.ReplaceAll(m.Title(), ";", ","), strings.ReplaceAll(m.Body(), ";", ","))
}

// throughTmux wraps a sequence so that tmux hands it to its terminal.
func throughTmux(sequence string) string {
	return "\x1bPtmux;" + strings.ReplaceAll(sequence, "\x1b", "\x1b\x1b") + "\x1b\\"
}

// nearest is a notification of the terminal where that arrives, else a message
// of tmux.
type nearest struct{ terminal, tmux sender }

func (n nearest) send(ctx context.Context, m Message) error {
	err := n.terminal.send(ctx, m)
	if errors.Is(err, errOutOfReach) {
		return n.tmux.send(ctx, m)
	}
	return err
}
