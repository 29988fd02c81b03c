package engine

import (
	"time"

	"agentwatch/health"
)

// Snooze says that the user does not want to hear of what an agent needs now.
type Snooze struct {
	// At is when it was snoozed. Until is when it comes back at the latest; zero for
	// when it needs the user for something new, which ends every snooze.
	At    time.Time `json:"at"`
	Until time.Time `json:"until,omitzero"`
}

// KeptSnooze is a snooze as it is written down.
type KeptSnooze struct {
	Snooze
	Ref      health.PaneRef `json:"ref"`
	Identity Identity       `json:"agent"`
	// Need and Asks are what the agent needed: anything else ends the snooze.
	Need Urgency `json:"need"`
	Asks string  `json:"asks,omitempty"`
}

// Tomorrow is nine o'clock of the local day after now.
func Tomorrow(now time.Time) time.Time {
	year, month, day := now.Date()
	return time.Date(year, month, day+1, 9, 0, 0, 0, now.Location())
}

// GoOn says which agents go on by themselves when a limit has ended: those of its
// kinds, and those for which the user has said so. The zero value lets none.
type GoOn struct {
	Kinds []health.Kind
	// Text is what is sent, DefaultGoOnText when empty; AtMost how often a day and
	// agent, DefaultGoOnAtMost when zero.
	Text   string
	AtMost int
}

// The defaults of GoOn.
const (
	DefaultGoOnText   = "continue"
	DefaultGoOnAtMost = 5
)

// KeptLimit is what is written down of an agent that may go on after a limit.
type KeptLimit struct {
	Ref      health.PaneRef `json:"ref"`
	Identity Identity       `json:"agent"`
	// Choice is what the user has said of this agent; what its kind does counts where
	// they have said nothing.
	Choice GoOnChoice `json:"choice,omitempty"`
	// Until is when the limit ends that was seen last while it was in force, by its own
	// word; Asks stands for its words. Begun is set once the agent is told to go on
	// after it: it is told once for each limit, whatever comes of that.
	Until time.Time `json:"until,omitzero"`
	Asks  string    `json:"asks,omitempty"`
	Begun bool      `json:"begun,omitempty"`
	// Times are when the agent was told so in the last day.
	Times []time.Time `json:"times,omitempty"`
}

// GoOnChoice is what the user has said of one agent.
type GoOnChoice string

// The choices.
const (
	GoOnAsKind GoOnChoice = ""
	GoOnAlways GoOnChoice = "on"
	GoOnNever  GoOnChoice = "off"
)

// WaitingText is a text that is typed when its agent is at its prompt. Several of one
// agent are typed one after the other, each in a turn of its own.
type WaitingText struct {
	ID   string    `json:"id"`
	Text string    `json:"text"`
	At   time.Time `json:"at"`
	// Begun is set while it is being typed. Uncertain is set when nobody knows what came
	// of that: then it is never typed again, and those behind it wait until it is taken
	// back.
	Begun     bool `json:"begun,omitempty"`
	Uncertain bool `json:"uncertain,omitempty"`
}

// KeptText is a waiting text as it is written down.
type KeptText struct {
	WaitingText
	Ref      health.PaneRef `json:"ref"`
	Identity Identity       `json:"agent"`
}

// Wishes are what the user has asked for that outlives a snapshot and the process:
// whoever keeps them writes them down and gives them to the next service.
type Wishes struct {
	Snoozes []KeptSnooze `json:"snoozes,omitempty"`
	Texts   []KeptText   `json:"texts,omitempty"`
	Limits  []KeptLimit  `json:"limits,omitempty"`
}

// Empty tells whether there is none.
func (w Wishes) Empty() bool { return len(w.Snoozes)+len(w.Texts)+len(w.Limits) == 0 }

// KeepWishes says where a service's wishes are kept.
type KeepWishes struct {
	// Before are those that the service begins with.
	Before Wishes
	// Save writes them down; nil where they end with the service. It is called by
	// one goroutine at a time.
	Save func(Wishes) error
}

// AfterReset is how long after the printed time of a limit's end an agent is told to go
// on: clocks differ, and times are printed to the minute.
const AfterReset = time.Minute
