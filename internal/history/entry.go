package history

import (
	"fmt"
	"math/rand/v2"
	"time"

	"agentwatch/engine"
	"agentwatch/health"
)

// Agent says which agent an entry is about, as it was at that time.
type Agent struct {
	// Socket is the path of the tmux server's socket, Server its short name.
	Socket, Server  string
	Session, Window string
	// Pane is tmux's pane id, PanePID the process that tmux started in it, PID
	// the agent's own where it is known.
	Pane         string
	PanePID, PID int
	Kind         health.Kind
}

// AgentOf is the engine's agent as the history knows it.
func AgentOf(a engine.Agent) Agent {
	return Agent{
		Socket: a.Ref.Server, Server: a.Server, Session: a.Session, Window: a.Window,
		Pane: a.Ref.Pane, PanePID: a.PanePID, PID: a.PID, Kind: a.Kind,
	}
}

// lane is what stays the same while an agent is renamed, moved to another
// window, or started anew in its pane. The pane's process is part of it: a tmux
// server that was restarted gives the same pane ids again.
type lane struct {
	socket, pane string
	panePID      int
	kind         health.Kind
}

func (a Agent) lane() lane { return lane{a.Socket, a.Pane, a.PanePID, a.Kind} }

// RunID names a run: a time in which one process recorded one tmux server
// without a gap.
type RunID int64

// NewRunID returns an id that no other run has.
func NewRunID() RunID { return RunID(rand.Int64()) }

// Entry is what a store can keep: RunBegun, RunSeen, RunEnded, Transition,
// Answer or Notification.
type Entry interface {
	write(b *batch) error
	check() error
}

// RunBegun begins a run. All transitions belong to one: what an agent was lasts
// until its next transition in the same run, or until the run ends.
type RunBegun struct {
	Run RunID
	// Socket is the path of the tmux server's socket.
	Socket string
	At     time.Time
	// PID is the process that records.
	PID int
}

// RunSeen says that a run went on at that time.
type RunSeen struct {
	Run RunID
	At  time.Time
}

// RunEnded ends a run in an orderly way.
type RunEnded struct {
	Run RunID
	At  time.Time
}

// Transition is one change of an agent.
type Transition struct {
	// Run and Seq identify it: the same pair is kept once, so that an entry of
	// which nothing was heard can be given again.
	Run RunID
	Seq uint64
	At  time.Time
	// Since is when it became To; before At only for what was there before us.
	Since time.Time
	Agent Agent
	// From and To tell done from idle.
	From, To engine.Urgency
	Wait     health.WaitReason
	// Source, Rule and Text are the evidence.
	Source     health.Source
	Rule, Text string
	// First and Gone are as in engine.Transition.
	First, Gone bool
	// Carried is set where no change is told: the agent was To when the run
	// began. From is then the same.
	Carried bool
}

// Outcome says what became of an answer or a notification.
type Outcome uint8

// The outcomes.
const (
	// OutcomeDone: it was carried out.
	OutcomeDone Outcome = iota
	// OutcomeRefused: it was not tried, for a reason.
	OutcomeRefused
	// OutcomeFailed: it was tried in vain.
	OutcomeFailed
	// OutcomeUncertain: an answer was typed, or may have been, and nothing shows
	// whether it took effect.
	OutcomeUncertain
)

// String returns the outcome's word.
func (o Outcome) String() string {
	words := [...]string{"done", "refused", "failed", "uncertain"}
	if int(o) < len(words) {
		return words[o]
	}
	return fmt.Sprintf("outcome(%d)", uint8(o))
}

// MarshalText writes the outcome's word.
func (o Outcome) MarshalText() ([]byte, error) { return []byte(o.String()), nil }

// Action names what was done to an agent, such as "choose" or "type". It is a
// string and no enum, because the part that answers defines its actions.
type Action string

// Answer is something that the user, or a rule of theirs, did to an agent.
type Answer struct {
	At     time.Time
	Agent  Agent
	Action Action
	// Text is what was typed or chosen.
	Text    string
	Outcome Outcome
	// Reason says why it was refused or has failed.
	Reason string
	// By says who gave it, such as "web: phone"; empty for the user at this machine.
	By string
}

// Channel names a way to notify, such as "desktop". It is a string and no enum,
// because users configure their own.
type Channel string

// Notification is something that the user was told, or was to be told. It is kept
// as uncertain when it begins to be sent; the entry of the same time, agent and
// channel with what came of it takes its place.
type Notification struct {
	At      time.Time
	Agent   Agent
	Channel Channel
	Outcome Outcome
	// Error says why it was refused or has failed.
	Error string
}

// maxText bounds a text that is kept, in bytes.
const maxText = 1024

func checkTime(what string, at time.Time) error {
	// Beyond these years a time has no nanoseconds in 64 bits.
	if year := at.Year(); year < 1970 || year > 2200 {
		return fmt.Errorf("history: %s at %s: not a time of this program", what, at)
	}
	return nil
}

func (e RunBegun) check() error     { return checkTime("a run", e.At) }
func (e RunSeen) check() error      { return checkTime("a run", e.At) }
func (e RunEnded) check() error     { return checkTime("a run", e.At) }
func (e Answer) check() error       { return checkTime("an answer", e.At) }
func (e Notification) check() error { return checkTime("a notification", e.At) }
func (e Transition) check() error {
	if err := checkTime("a transition", e.At); err != nil {
		return err
	}
	if e.From > engine.UrgencyExited || e.To > engine.UrgencyExited {
		return fmt.Errorf("history: a transition from %s to %s: no such state", e.From, e.To)
	}
	return nil
}
