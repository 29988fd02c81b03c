// Package ui is the dashboard: it draws the engine's snapshots and turns keys
// and mouse into commands for it. It does no work of its own: nothing in Update
// or View waits, and all that takes time runs in Bubble Tea commands that have
// a deadline.
package ui

import (
	"context"
	"io"
	"time"

	"agentwatch/engine"
	"agentwatch/health"
	"agentwatch/themes"
)

// Monitor is what the dashboard needs of the engine; *monitor.Service satisfies
// it. All methods are safe for concurrent use and return promptly or honour
// ctx.
type Monitor interface {
	// Subscribe delivers snapshots, the latest one only, until cancel is called
	// or the monitor ends, which closes the channel.
	Subscribe() (snapshots <-chan *engine.Snapshot, cancel func())
	// SwitchStrategy changes how rounds are planned from the next one on.
	SwitchStrategy(ctx context.Context, name engine.StrategyName) error
	// Follow makes these panes those whose screens come with the snapshots: the ones
	// that are shown, and the ones that are likely to be shown next, which may be a
	// little older.
	Follow(ctx context.Context, shown, likely []health.PaneRef) error
	// MarkSeen says that the user has looked at a finished agent.
	MarkSeen(ctx context.Context, ref health.PaneRef) error
	// Snooze lets the user hear nothing of what an agent needs now: until a time, or,
	// when that is zero, until it needs them for something new. Wake ends that.
	Snooze(ctx context.Context, ref health.PaneRef, until time.Time) error
	Wake(ctx context.Context, ref health.PaneRef) error
	// LetGoOn says of an agent whether it goes on by itself when a limit has ended.
	LetGoOn(ctx context.Context, ref health.PaneRef, on bool) error
	// SendWhenIdle keeps the text of a request until its agent is at its prompt, and
	// types it then; TakeBack takes one away that waits, and returns it.
	SendWhenIdle(ctx context.Context, r engine.Request) (engine.WaitingText, error)
	TakeBack(ctx context.Context, ref health.PaneRef, id string) (engine.WaitingText, error)
	// History returns the last rows that the pane has shown.
	History(ctx context.Context, ref health.PaneRef, rows int) (engine.History, error)
	// Explain says why a pane is judged as it is, from a fresh look.
	Explain(ctx context.Context, ref health.PaneRef) (engine.Explained, error)
	// Diff returns what has changed in the folder that an agent works in: since the
	// last commit, or, with base, since its branch began. It changes nothing there.
	Diff(ctx context.Context, ref health.PaneRef, base bool) (engine.Diff, error)
	// Search searches an agent's screen and scroll-back.
	Search(ctx context.Context, ref health.PaneRef, q engine.SearchQuery) (engine.Found, error)
	// Plan says what an answer would type. It looks at nothing but the request.
	Plan(r engine.Request) (engine.AnswerPlan, error)
	// Answer types an answer into an agent's pane, if that is still as the user
	// has seen it, and looks whether it arrives.
	Answer(ctx context.Context, r engine.Request) (engine.Outcome, error)
	// Refresh looks at every pane anew.
	Refresh(ctx context.Context) error
}

// Jumped is what a jump to a pane came to.
type Jumped struct {
	// Attach is the command that takes the terminal there; empty when the
	// user's tmux client has been moved.
	Attach []string
	// Back says how to come back.
	Back string
	// Leave is set when the dashboard has to end, because it lies over what was
	// jumped to: in a popup.
	Leave bool
}

// Jumper takes the user's own tmux client to a pane.
type Jumper interface {
	Jump(ctx context.Context, to health.PaneRef) (Jumped, error)
}

// Pasts tells what agents were before the monitor has seen them.
type Pasts interface {
	// Phases returns for each agent what it was from a time on and until its own
	// Past begins, oldest first. Agents of which nothing is known are left out.
	Phases(ctx context.Context, agents []engine.Agent, since time.Time) (map[health.PaneRef][]engine.Phase, error)
	// Spent sums what all agents were from a time until now, those included that
	// are gone, by whomever they were watched.
	Spent(ctx context.Context, since time.Time) (engine.Durations, error)
}

// Recording is what is stored of an agent's screens.
type Recording struct {
	// Times are when they were captured, oldest first.
	Times []time.Time
	// Past is what the agent was in that time, oldest first.
	Past []engine.Phase
}

// StoredScreen is what an agent's screen showed at a time.
type StoredScreen struct {
	At   time.Time
	Text string
}

// Recordings are the screens of agents that have been stored. Its methods are
// safe for concurrent use and honour ctx.
type Recordings interface {
	// Recording says what is stored of an agent.
	Recording(ctx context.Context, a engine.Agent) (Recording, error)
	// Screen returns the last screen from that time or before.
	Screen(ctx context.Context, a engine.Agent, at time.Time) (StoredScreen, error)
}

// Settings are what the user has configured. They can change while the
// dashboard runs.
type Settings struct {
	// Themes are the palettes; nil means the built-in ones.
	Themes Themes
	// Theme is the theme to use; nil is chosen by the terminal's background.
	Theme *themes.Theme
	// ASCII draws frames and glyphs with ASCII characters.
	ASCII bool
	// ReducedMotion shows changes without animation.
	ReducedMotion bool
	// NoMouse leaves the mouse to the terminal.
	NoMouse bool
	// Keys are the user's bindings: keys by the action's name.
	Keys map[string][]string
	// Problems are what is wrong with the configuration, to be shown.
	Problems []string
}

// Themes are the palettes that can be picked; *themes.Set satisfies it.
type Themes interface {
	// Names lists them.
	Names() []string
	// Load returns one.
	Load(name string) (*themes.Theme, error)
	// Default is the one for a dark or a light background.
	Default(dark bool) *themes.Theme
}

// Options change how the dashboard looks and where it is drawn. The zero value
// is fit for use.
type Options struct {
	Settings
	// Changes brings newer settings while the dashboard runs; nil for none.
	Changes <-chan Settings
	// Remembered is what Save was given by an earlier run; nil for nothing.
	Remembered []byte
	// Save keeps what the dashboard is to remember; nil for nothing.
	Save func([]byte) error
	// View is the name of the view to begin with; empty for the one remembered.
	View string
	// Jumper takes the user to a pane; nil when that cannot be done.
	Jumper Jumper
	// Pair makes an address by which a device sees the page; nil when there is none.
	Pair func(context.Context) (Pairing, error)
	// Pasts tells what agents were before the monitor began; nil when nothing is
	// kept.
	Pasts Pasts
	// Sequences are control sequences that others write to the terminal, such as
	// notifications; nil for none.
	Sequences <-chan string
	// ReadOnly says at once that nothing is typed; the monitor refuses it anyway.
	ReadOnly bool
	// InPopup is set when the dashboard is in a popup of tmux, which answers have
	// to know.
	InPopup bool
	// Recordings are the stored screens; nil when none are stored.
	Recordings Recordings
	// Tour leads a newcomer through what can be done, in a line of its own.
	Tour bool
	// NoColor leaves weight and shape only.
	NoColor bool
	// Version is shown in the help.
	Version string
	// Now is the clock; nil means time.Now.
	Now func() time.Time
	// Input and Output are the terminal; nil means standard input and output.
	Input  io.Reader
	Output io.Writer
}

// Pairing is an address by which a device is paired with the page, once.
type Pairing struct {
	Link string
	// QR is the address as a QR code: dark modules are the foreground.
	QR []string
}
