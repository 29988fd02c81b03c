package daemon

import (
	"context"
	"iter"
	"time"

	"agentwatch/engine"
	"agentwatch/engine/api"
	"agentwatch/health"
)

// Engine is what is served; *monitor.Service is one.
type Engine interface {
	Subscribe() (snapshots <-chan *engine.Snapshot, cancel func())
	TransitionsAndSeen() *engine.TransitionStream
	SwitchStrategy(ctx context.Context, name engine.StrategyName) error
	Follow(ctx context.Context, shown, likely []health.PaneRef) error
	MarkSeen(ctx context.Context, ref health.PaneRef) error
	Snooze(ctx context.Context, ref health.PaneRef, until time.Time) error
	Wake(ctx context.Context, ref health.PaneRef) error
	SendWhenIdle(ctx context.Context, id string, r engine.Request) (engine.WaitingText, error)
	TakeBack(ctx context.Context, ref health.PaneRef, id string) (engine.WaitingText, error)
	LetGoOn(ctx context.Context, ref health.PaneRef, on bool) error
	// Waiting tells whether texts wait for their agents, or agents for the end of a limit:
	// the process stays for them.
	Waiting() bool
	History(ctx context.Context, ref health.PaneRef, rows int) (engine.History, error)
	Search(ctx context.Context, ref health.PaneRef, q engine.SearchQuery) (engine.Found, error)
	PlainHistory(ctx context.Context, ref health.PaneRef, rows int) (engine.History, error)
	Explain(ctx context.Context, ref health.PaneRef) (engine.Explained, error)
	Diff(ctx context.Context, ref health.PaneRef, base bool) (engine.Diff, error)
	Plan(r engine.Request) (engine.AnswerPlan, error)
	Answer(ctx context.Context, r engine.Request) (engine.Outcome, error)
	Refresh(ctx context.Context) error
	// Ignore says which panes are never agents: those of the faces.
	Ignore(panes map[health.PaneRef]bool)
}

// Archive is what has been recorded. Its methods return api.ErrNoHistory where
// nothing has.
type Archive interface {
	// Phases returns for each agent what it was from a time on and until its own
	// Past begins, oldest first.
	Phases(ctx context.Context, agents []engine.Agent, since time.Time) (map[health.PaneRef][]engine.Phase, error)
	// Spent sums what all agents were from a time until now.
	Spent(ctx context.Context, since time.Time) (engine.Durations, error)
	// History yields entries, newest first. An error is the last that is yielded.
	History(ctx context.Context, f api.PastFilter) iter.Seq2[api.PastEntry, error]
	// Report sums what each agent was between two times, per day of a place.
	Report(ctx context.Context, from, to time.Time, location *time.Location) ([]api.ReportRow, error)
	// Recording says which screens of an agent are stored; Screen returns the last
	// one from a time or before.
	Recording(ctx context.Context, a engine.Agent) (api.Recording, error)
	Screen(ctx context.Context, a engine.Agent, at time.Time) (api.StoredScreen, error)
	// Screens yields the newest stored screens of an agent, oldest first. An error is the
	// last that is yielded.
	Screens(ctx context.Context, a engine.Agent) iter.Seq2[engine.StoredText, error]
}

// Spending reads what agents have used from the files of their sessions, by whole days
// of a place: a row for each session, model and day, or what could not be read.
type Spending interface {
	Tokens(ctx context.Context, from, to time.Time, location *time.Location, take func(api.TokenLine) error) error
}

// Options say what is served, and how.
type Options struct {
	// Engine is nil where only the archive is served.
	Engine Engine
	// Archive is nil where nothing is recorded.
	Archive Archive
	// Spending is nil where session files are not read.
	Spending Spending
	// Info describes the process. ID, PID and Started are filled in.
	Info api.Engine
	// Select is told which tmux servers the faces want, without repetitions,
	// whenever that has changed; nil when that cannot be changed.
	Select func([]api.Selection)
	// Configured are the servers that are watched for a face which names none.
	Configured api.Selection
	// Linger is how long the process stays without a face, after the first has
	// come; zero stays for ever. Leave is then called, and also when a newer build
	// asks for it.
	Linger time.Duration
	Leave  func()
	// PassOn is how long after the end of a face that told the user another one may, or
	// the engine process itself, so that one whose link was lost for a moment can go on;
	// zero for 10 s.
	PassOn time.Duration
}
