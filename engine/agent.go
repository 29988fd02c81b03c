package engine

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"agentwatch/health"
	"agentwatch/internal/repo"
	"agentwatch/internal/steps"
	"agentwatch/internal/tokens"
)

// Agent is one pane in which an agent runs or ran.
type Agent struct {
	Ref health.PaneRef `json:"ref"`
	// Server is the short name of the tmux server ("default", "work").
	Server      string            `json:"server,omitempty"`
	Session     string            `json:"session,omitempty"`
	Window      string            `json:"window,omitempty"`
	WindowIndex int               `json:"window_index,omitempty"`
	PaneIndex   int               `json:"pane_index,omitempty"`
	Kind        health.Kind       `json:"kind,omitempty"`
	State       health.State      `json:"state"`
	Wait        health.WaitReason `json:"wait,omitempty"`
	// Since is when the agent entered State, as far as we saw it; for a state
	// that was there before us, when its window last printed.
	Since time.Time `json:"since,omitzero"`
	// Unseen is set when it finished and nobody has looked since: "done".
	Unseen bool `json:"unseen,omitempty"`
	// Confidence is between 0 and 1.
	Confidence float64         `json:"confidence,omitempty"`
	Evidence   health.Evidence `json:"evidence"`
	// Activity is the line worth showing: question, spinner line, limit text.
	Activity string `json:"activity,omitempty"`
	// Dialog is what it asks, as data; nil unless Wait is set. Facts is what it
	// tells beside its state. Both are shared and must not be changed.
	Dialog *health.Dialog `json:"dialog,omitempty"`
	Facts  []health.Fact  `json:"facts,omitempty"`
	// Resume is the command that brings it back, of an agent that has ended and whose
	// program has one.
	Resume string `json:"resume,omitempty"`
	// Past is what it has been since it was first seen, oldest first; the last
	// entry is what it is now. Shared, must not be changed.
	Past []Phase `json:"past,omitempty"`
	// Composer is the row of its screen in which the place to type begins,
	// counted from 1; 0 when there is none.
	Composer int `json:"composer,omitempty"`
	// ActiveAt is when its window last printed, by the server's clock, to the
	// second; zero when unknown. It changes without a new Revision.
	ActiveAt time.Time `json:"active_at,omitzero"`
	Title    string    `json:"title,omitempty"`
	CWD      string    `json:"cwd,omitempty"`
	// Repo is the repository that CWD is in; nil when there is none, or when that
	// is not known. Shared, must not be changed.
	Repo *Repository `json:"repo,omitempty"`
	// Pull is the pull request of its branch; nil when there is none, or when that is not
	// asked for. Shared, must not be changed.
	Pull *PullRequest `json:"pull,omitempty"`
	// Tokens are what it has used, as its session files tell; nil when they are not
	// read or its kind has none that are known. Shared, must not be changed.
	Tokens *Tokens `json:"tokens,omitempty"`
	// Repeating is what it does again and again in the turn that goes on, as its session
	// files tell; nil when nothing is, or when that is not sure. Shared, must not be
	// changed.
	Repeating *Repetition `json:"repeating,omitempty"`
	// Forecast is what is foreseen of it; nil when it does not work, or as long as
	// forecasts have not proved themselves. Shared, must not be changed.
	Forecast *Forecast `json:"forecast,omitempty"`
	// SilentSince is when its window last printed, of an agent that works and has been
	// silent for five minutes or longer; else zero.
	SilentSince time.Time `json:"silent_since,omitzero"`
	// Snooze is set while the user does not want to hear of what it needs. Shared,
	// must not be changed.
	Snooze *Snooze `json:"snooze,omitempty"`
	// Texts are those that wait until it is at its prompt, in their order. Shared, must
	// not be changed.
	Texts []WaitingText `json:"texts,omitempty"`
	// LimitUntil is when the limit that its screen shows ends, or has ended, by its own
	// word; zero when there is none, or when it does not say.
	LimitUntil time.Time `json:"limit_until,omitzero"`
	// GoOn is set when it goes on by itself a minute after a limit has ended.
	GoOn bool `json:"go_on,omitempty"`
	// Command is tmux's name for the pane's program, which can be a wrapper's.
	Command string `json:"command,omitempty"`
	PID     int    `json:"pid,omitempty"`
	// PanePID is the process that tmux started in the pane: with the pane's id
	// it tells a pane from one of another tmux server that had the same id.
	PanePID int `json:"pane_pid,omitempty"`
	Width   int `json:"width,omitempty"`
	Height  int `json:"height,omitempty"`
	// Stale is set while its server does not answer: shown as last seen.
	Stale bool `json:"stale,omitempty"`
	// CheckedAt is when the screen behind the verdict was captured.
	CheckedAt time.Time `json:"checked_at,omitzero"`
	// Revision changes whenever any field that is drawn has changed
	// (CheckedAt excepted).
	Revision uint64 `json:"revision,omitempty"`
}

// Name is what the agent is called in a list: the window's name where somebody
// gave it one, else the session's. tmux names a window after the program that
// runs in it as long as nobody does, which tells nothing; for the first half
// second that is often "tmux", its own process that was about to be the program.
func (a Agent) Name() string {
	switch a.Window {
	case "", "tmux", a.Command, string(a.Kind):
		return a.Session
	}
	return a.Window
}

// Urgency orders agents by who needs the user: a smaller value is more urgent.
type Urgency uint8

// The urgencies, most urgent first.
const (
	UrgencyWaiting Urgency = iota
	UrgencyCrashed
	UrgencyError
	UrgencyLimited
	UrgencyDone
	UrgencyUnknown
	UrgencyStarting
	UrgencyWorking
	UrgencyIdle
	UrgencyExited
)

// NeedsUser tells whether the urgency calls for the user.
func (u Urgency) NeedsUser() bool { return u <= UrgencyDone }

// urgencyWords are the names used on the screen, in JSON and in files.
func urgencyWords() [UrgencyExited + 1]string {
	return [...]string{
		"waiting", "crashed", "error", "limited", "done", "unknown", "starting", "working", "idle", "exited",
	}
}

// ParseUrgency is the inverse of Urgency.String. An unknown word is an error.
func ParseUrgency(word string) (Urgency, error) {
	words := urgencyWords()
	if i := slices.Index(words[:], word); i >= 0 {
		return Urgency(i), nil
	}
	return UrgencyUnknown, fmt.Errorf("no state is called %q; there are: %s", word, strings.Join(words[:], ", "))
}

// String returns the heading under which agents of this urgency stand.
func (u Urgency) String() string {
	words := urgencyWords()
	if int(u) < len(words) {
		return words[u]
	}
	return fmt.Sprintf("urgency(%d)", uint8(u))
}

// MarshalText writes the urgency's word.
func (u Urgency) MarshalText() ([]byte, error) { return []byte(u.String()), nil }

// UnmarshalText reads an urgency's word.
func (u *Urgency) UnmarshalText(text []byte) error {
	parsed, err := ParseUrgency(string(text))
	if err != nil {
		return err
	}
	*u = parsed
	return nil
}

// Urgency returns how much the agent needs the user.
func (a Agent) Urgency() Urgency {
	switch a.State {
	case health.StateWaiting:
		return UrgencyWaiting
	case health.StateCrashed:
		return UrgencyCrashed
	case health.StateError:
		return UrgencyError
	case health.StateLimited:
		return UrgencyLimited
	case health.StateIdle:
		if a.Unseen {
			return UrgencyDone
		}
		return UrgencyIdle
	case health.StateStarting:
		return UrgencyStarting
	case health.StateWorking:
		return UrgencyWorking
	case health.StateExited:
		return UrgencyExited
	default:
		return UrgencyUnknown
	}
}

// Counts sums agents by urgency (done apart from idle).
type Counts [UrgencyExited + 1]int

// Of returns how many agents have the urgency.
func (c Counts) Of(u Urgency) int { return c[u] }

// Snoozed tells whether the agent needs the user and is not to be heard of.
func (a Agent) Snoozed() bool { return a.Snooze != nil && a.Urgency().NeedsUser() }

// NeedsUser tells whether the agent needs the user now: one that is snoozed does not.
func (a Agent) NeedsUser() bool { return a.Urgency().NeedsUser() && a.Snooze == nil }

// CountsOf sums agents by urgency; those that are snoozed are counted apart.
func CountsOf(agents []Agent) (counts Counts, snoozed int) {
	for i := range agents {
		if agents[i].Snoozed() {
			snoozed++
		} else {
			counts[agents[i].Urgency()]++
		}
	}
	return counts, snoozed
}

// PullRequest is the pull request of the branch that an agent works on.
type PullRequest = repo.Pull

// Repository is what git knows of the folder that an agent works in.
type Repository = repo.State

// Tokens are what an agent has used, as its session files tell.
type Tokens = tokens.State

// Repetition is a step that an agent made again and again, as its session files tell.
type Repetition = steps.Repetition

// TokenTotals are sums of tokens with their cost, TokenLimit is a limit of a plan,
// TokenRow what one model has used in one session on one day.
type (
	TokenRow    = tokens.Row
	TokenTotals = tokens.Totals
	TokenLimit  = tokens.Limit
)

// Prices say what tokens cost, and what money is called: the user's own table.
type Prices struct {
	Models   tokens.Prices
	Currency string
}
