package tmuxpool_test

import (
	"context"
	"errors"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"agentwatch/internal/tmuxtest"
	"agentwatch/tmuxpool"
)

func TestAnInspectionTellsTheOptionsInForce(t *testing.T) {
	server := tmuxtest.New(t, tmuxtest.Config("set -s escape-time 7", "set -g mouse on", "set -g set-titles on",
		"set -g focus-events on", "set -g allow-passthrough on", "set -g default-terminal screen"))
	got, err := tmuxpool.Inspect(t.Context(), "", socketOf(server))
	if err != nil {
		t.Fatal(err)
	}
	if !got.Version.AtLeast(3, 0) || got.EscapeTime != 7*time.Millisecond || !got.Mouse || !got.SetTitles ||
		!got.FocusEvents || got.DefaultTerminal != "screen" || got.Passthrough != got.Version.AtLeast(3, 3) {
		t.Errorf("%+v", got)
	}
	if len(got.Terminals) > 0 {
		t.Errorf("nothing is attached: %+v", got.Terminals)
	}
}

func TestAnInspectionTellsWhatTheAttachedTerminalCanDo(t *testing.T) {
	inner := tmuxtest.New(t, tmuxtest.Config(`set -as terminal-features ",xterm-256color:RGB"`, "set -g mouse off"))
	outer := tmuxtest.New(t, tmuxtest.NotStarted())
	outer.NewSession("outer", "env", "-u", "TMUX", "TERM=xterm-256color", "tmux", "-u", "-S", inner.SocketPath(), "attach")
	var got tmuxpool.Inspection
	tmuxtest.Eventually(t, patience, "the terminal to be attached", func() bool {
		var err error
		if got, err = tmuxpool.Inspect(t.Context(), "", socketOf(inner)); err != nil {
			t.Fatal(err)
		}
		return len(got.Terminals) == 1
	})
	if terminal := got.Terminals[0]; terminal.Type != "xterm-256color" || !terminal.UTF8 ||
		slices.Contains(terminal.Features, "RGB") != got.Version.AtLeast(3, 2) {
		t.Errorf("%+v", terminal)
	}
}

func TestAnInspectionChangesNothing(t *testing.T) {
	server := tmuxtest.New(t)
	all := func() string {
		return server.Run("show-options", "-g") + server.Run("show-options", "-s") + server.Run("list-sessions") + server.Run("list-clients")
	}
	before := all()
	if _, err := tmuxpool.Inspect(t.Context(), "", socketOf(server)); err != nil {
		t.Fatal(err)
	}
	if after := all(); after != before {
		t.Errorf("before:\n%s\nafter:\n%s", before, after)
	}
}

func TestAnInspectionOfNothingIsAnError(t *testing.T) {
	socket := tmuxpool.Socket{Path: filepath.Join(t.TempDir(), "none"), Name: "none"}
	if _, err := tmuxpool.Inspect(t.Context(), "", socket); !errors.Is(err, tmuxpool.ErrNoServer) {
		t.Error(err)
	}
	if _, err := tmuxpool.Inspect(t.Context(), "/nonexistent/tmux", socket); !errors.Is(err, tmuxpool.ErrTmuxMissing) {
		t.Error(err)
	}
}

func TestAnInspectionOfAFrozenServerEnds(t *testing.T) {
	server := tmuxtest.New(t)
	server.Freeze()
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	if _, err := tmuxpool.Inspect(ctx, "", socketOf(server)); !errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
}
