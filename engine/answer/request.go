// Package answer types an answer into an agent's pane, if that is still as the user
// saw it, and tells from the screen what came of it. It is the one place that types:
// the pane is looked at anew, what is found is compared with what was seen, the keys
// go with a condition that the tmux server checks in the same moment (see package
// typing), and no step follows another before the screen shows that it was read.
package answer

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"agentwatch/health"
	"agentwatch/tmuxpool/typing"
)

// Errors of an answer. Nothing has been typed with any but ErrUnconfirmed, which
// can wrap what came in between.
var (
	// ErrReadOnly: nothing may be typed.
	ErrReadOnly = errors.New("read-only: nothing is typed into any pane")
	// ErrChanged: the pane is not as the user saw it. A ChangedError says what
	// differs.
	ErrChanged = errors.New("the pane has changed")
	// ErrBusy: the pane is being answered already.
	ErrBusy = errors.New("this pane is being answered already")
	// ErrCannot: such an answer does not fit what the agent shows, or nobody
	// knows the keys for it.
	ErrCannot = errors.New("this answer does not fit what the agent shows")
	// ErrUnconfirmed: it was typed, and the screen does not show that it did what
	// it should. Nothing is typed a second time: the program may yet read the first.
	ErrUnconfirmed = errors.New("typed, but not confirmed")
)

// Key is a key that can be typed; ParseKey reads its name.
type Key = typing.Key

// ParseKey reads a key's name, such as "Escape", "C-c" or "y".
func ParseKey(name string) (Key, error) { return typing.ParseKey(name) }

// Action is what an answer does.
type Action uint8

// The actions.
const (
	// ActionApprove agrees to what a dialog asks, once.
	ActionApprove Action = iota + 1
	// ActionDeny declines it.
	ActionDeny
	// ActionChoose takes the option Request.Option.
	ActionChoose
	// ActionReply sends Request.Text from the composer, or as the free answer of
	// a question.
	ActionReply
	// ActionInterrupt stops the turn that runs.
	ActionInterrupt
	// ActionKeys types Request.Keys.
	ActionKeys
	// ActionResume brings back an agent that has ended: it types the program's own
	// command for that at the shell's prompt.
	ActionResume
)

// String returns the action's word.
func (a Action) String() string {
	words := [...]string{"none", "approve", "deny", "choose", "reply", "interrupt", "keys", "resume"}
	if int(a) < len(words) {
		return words[a]
	}
	return fmt.Sprintf("action(%d)", uint8(a))
}

// Request is one answer to one agent.
type Request struct {
	Target health.PaneRef
	Action Action
	// Option is for ActionChoose: the index in Seen.Dialog.Options.
	Option int
	// Text is for ActionReply, Keys for ActionKeys.
	Text string
	Keys []Key
	// Seen is what the user saw when deciding so.
	Seen Seen
	// Shown is Plan.Words, as the user was shown them: nothing else is
	// typed. Empty when nothing was shown.
	Shown string
	// InPopup is set when the user sits in a popup of tmux (see package typing).
	InPopup bool
	// By says who gives it, for the history: "web: phone". Empty for the user at this
	// machine.
	By string
}

// Seen is what the user saw of an agent: what must still be so when it is
// answered. Like a snapshot it is never changed.
type Seen struct {
	PID   int
	Kind  health.Kind
	State health.State
	Wait  health.WaitReason
	// Since is when it entered State: whoever asks the same again asks anew. It
	// counts while it waits; zero when not known.
	Since time.Time
	// Dialog is what it asked.
	Dialog *health.Dialog
	// Composer is set when there was a place to type.
	Composer bool
	// Resume is the command that was offered to bring it back.
	Resume string
	// Shows is the row of the screen that told the state; compared where it is given.
	Shows string
	// Revision is the agent's, for whoever keeps answers.
	Revision uint64
}

// Words puts keys and a text into words.
func Words(keys []Key, text string) string {
	var words []string
	if text != "" {
		words = append(words, fmt.Sprintf("%q", text))
	}
	for _, k := range keys {
		words = append(words, k.String())
	}
	return strings.Join(words, " ")
}
