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

// Monitor is what the dashboard needs of the engine; *engine.Service satisfies
// it. All methods are safe for concurrent use and return promptly or honour
// ctx.
type Monitor interface {
	// Subscribe delivers snapshots, the latest one only, until cancel is called
	// or the monitor ends, which closes the channel.
	Subscribe() (snapshots <-chan *engine.Snapshot, cancel func())
	// SwitchStrategy changes how rounds are planned from the next one on.
	SwitchStrategy(ctx context.Context, name engine.StrategyName) error
	// Follow makes these panes those whose screens come with the snapshots.
	Follow(ctx context.Context, refs []health.PaneRef) error
	// MarkSeen says that the user has looked at a finished agent.
	MarkSeen(ctx context.Context, ref health.PaneRef) error
	// History returns the last rows that the pane has shown.
	History(ctx context.Context, ref health.PaneRef, rows int) (engine.History, error)
	// Explain says why a pane is judged as it is, from a fresh look.
	Explain(ctx context.Context, ref health.PaneRef) (engine.Explained, error)
	// Refresh looks at every pane anew.
	Refresh(ctx context.Context) error
}

// Options change how the dashboard looks and where it is drawn. The zero value
// is fit for use.
type Options struct {
	// Theme is fixed when it is set; nil is chosen by the terminal's background.
	Theme *themes.Theme
	// NoColor leaves weight and shape only.
	NoColor bool
	// ASCII draws frames and glyphs with ASCII characters.
	ASCII bool
	// Version is shown in the help.
	Version string
	// Now is the clock; nil means time.Now.
	Now func() time.Time
	// Input and Output are the terminal; nil means standard input and output.
	Input  io.Reader
	Output io.Writer
}
