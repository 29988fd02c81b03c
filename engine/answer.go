package engine

import (
	"time"

	"agentwatch/engine/answer"
)

// What an answer is, by the names that the faces know it by; see package answer.
type (
	Request      = answer.Request
	Action       = answer.Action
	Key          = answer.Key
	Seen         = answer.Seen
	AnswerPlan   = answer.Plan
	Aspect       = answer.Aspect
	Difference   = answer.Difference
	ChangedError = answer.ChangedError
)

// The actions.
const (
	ActionApprove   = answer.ActionApprove
	ActionDeny      = answer.ActionDeny
	ActionChoose    = answer.ActionChoose
	ActionReply     = answer.ActionReply
	ActionInterrupt = answer.ActionInterrupt
	ActionKeys      = answer.ActionKeys
	ActionResume    = answer.ActionResume
)

// Errors of an answer.
var (
	ErrReadOnly    = answer.ErrReadOnly
	ErrChanged     = answer.ErrChanged
	ErrBusy        = answer.ErrBusy
	ErrCannot      = answer.ErrCannot
	ErrUnconfirmed = answer.ErrUnconfirmed
)

// ParseKey reads a key's name, such as "Escape", "C-c" or "y".
func ParseKey(name string) (Key, error) { return answer.ParseKey(name) }

// SeenOf is what a user sees who is shown the agent.
func SeenOf(a Agent) Seen {
	return Seen{
		PID: a.PID, Kind: a.Kind, State: a.State, Wait: a.Wait, Since: a.Since, Dialog: a.Dialog,
		Composer: a.Composer > 0, Resume: a.Resume, Revision: a.Revision,
	}
}

// Outcome is what came of an answer.
type Outcome struct {
	Request Request
	// Agent is the agent as it was known when it was answered.
	Agent Agent
	// At is when the answer began, Took how long it took with its confirmation.
	At   time.Time
	Took time.Duration
	// Sent is set when anything was typed, or may have been. Confirmed is set when
	// the screen shows that it did what it should, Uncertain when nothing shows
	// whether it was typed, read or took effect: then the user decides.
	Sent, Uncertain, Confirmed bool
	// Keys are all that were typed, in their order; Text is what was pasted.
	Keys []Key
	Text string
	// Before and After are the screens around it, with colours. Untrusted.
	Before, After string
	// Problem is why it was not confirmed; empty otherwise.
	Problem string
}

// What says in words what was typed.
func (o Outcome) What() string { return answer.Words(o.Keys, o.Text) }
