package engine

import (
	"time"

	"agentwatch/health"
)

// Transition is one change of an agent. From is StateUnknown and First is set
// when the agent has just appeared; Gone is set when it is no longer watched:
// its pane has closed, or nothing of it is left there.
type Transition struct {
	At    time.Time    `json:"at,omitzero"`
	Agent Agent        `json:"agent"`
	From  health.State `json:"from"`
	To    health.State `json:"to"`
	First bool         `json:"first,omitempty"`
	// Preexisting is set with First when the agent was there already when the
	// service began to watch its server. An agent that started later, on a server
	// of any age, is not preexisting.
	Preexisting bool `json:"preexisting,omitempty"`
	Gone        bool `json:"gone,omitempty"`
	// Seen is set when the user has looked at what had finished: From and To
	// are both idle, and the agent is no longer done. Only streams that ask for
	// it have these.
	Seen bool `json:"seen,omitempty"`
	// Snooze is set when the agent was snoozed, or a snooze has ended while its state
	// stayed as it was: From and To are the same. Only streams that ask for it have
	// these.
	Snooze   SnoozeChange    `json:"-"`
	Evidence health.Evidence `json:"evidence"`
	// Repeated is what the agent did again and again in the turn that the transition
	// ends; nil for nothing.
	Repeated *Repetition `json:"repeated,omitempty"`
}

// SnoozeChange says what became of an agent's snooze.
type SnoozeChange uint8

// What can become of a snooze.
const (
	SnoozeNone SnoozeChange = iota
	SnoozeBegun
	SnoozeEnded
)

// Urgencies returns what the agent was before the transition and what it is
// after it, done apart from idle.
func (t Transition) Urgencies() (from, to Urgency) {
	switch past := t.Agent.Past; {
	case t.Gone:
		return t.Agent.Urgency(), UrgencyExited
	case t.First || len(past) < 2:
		return UrgencyUnknown, t.Agent.Urgency()
	default:
		return past[len(past)-2].Urgency, t.Agent.Urgency()
	}
}
