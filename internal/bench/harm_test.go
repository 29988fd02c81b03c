package bench

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"
)

// harmOf runs a shell script as the program that is tried.
func harmOf(t *testing.T, starts int, script string) Harm {
	t.Helper()
	ownTemp(t)
	h, err := runHarm(t.Context(), HarmOptions{Command: []string{"sh", "-c", script}, Starts: starts, TmuxPath: tmuxPath(t)}, time.Second)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func TestAProgramThatOnlyLooksDoesNoHarm(t *testing.T) {
	h := harmOf(t, 4, "tmux list-panes -a; exec sleep 100")
	if h.Starts != 4 || h.Spoke != 4 || len(h.Deaths)+len(h.Changed) > 0 {
		t.Errorf("%+v", h)
	}
}

func TestWhatAProgramSetsAndLeavesBehindIsHarm(t *testing.T) {
	h := harmOf(t, 1, "tmux set-option -g status-left mine; tmux new-session -d -s mine; echo done; exec sleep 100")
	if len(h.Deaths) > 0 || !slices.Contains(h.Changed, "+status-left mine") ||
		!slices.ContainsFunc(h.Changed, func(line string) bool { return strings.HasPrefix(line, "+session mine") }) {
		t.Errorf("%+v", h)
	}
}

func TestAServerThatAProgramKillsIsCounted(t *testing.T) {
	h := harmOf(t, 2, "tmux kill-server; echo done; exec sleep 100")
	if h.Starts != 2 || len(h.Deaths) == 0 {
		t.Errorf("%+v", h)
	}
}

func TestHarmIsNotMeasuredOfNoProgram(t *testing.T) {
	for _, o := range []HarmOptions{{Starts: 1}, {Command: []string{"true"}}} {
		if _, err := RunHarm(t.Context(), o); !errors.Is(err, ErrOptions) {
			t.Errorf("%+v: %v", o, err)
		}
	}
}
