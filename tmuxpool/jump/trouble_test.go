package jump

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"agentwatch/internal/tmuxtest"
	"agentwatch/tmuxpool"
)

func TestAJumpThatCannotBeMadeSaysWhyAndMovesNothing(t *testing.T) {
	t.Parallel()
	s, other, d := tmuxtest.New(t), tmuxtest.New(t), newDesk(t)
	home, hidden, gone := only(s, "main"), s.NewSession("hidden", "cat"), s.NewSession("gone", "cat")
	s.Run("kill-pane", "-t", gone)
	term := d.attach(s, "main")
	inHome := jumper(s, home)
	for name, c := range map[string]struct {
		from Jumper
		to   Place
		want error
	}{
		"a pane that is gone":            {inHome, place(s, gone), tmuxpool.ErrPaneGone},
		"a pane of another server's":     {inHome, place(other, hidden), tmuxpool.ErrPaneGone},
		"no pane":                        {inHome, place(s, ""), tmuxpool.ErrPaneGone},
		"no server":                      {inHome, Place{Socket: filepath.Join(t.TempDir(), "none"), Pane: home}, tmuxpool.ErrNoServer},
		"nowhere":                        {inHome, Place{}, tmuxpool.ErrNoServer},
		"from a pane that nobody sees":   {jumper(s, hidden), place(s, home), ErrNoClient},
		"from a pane that is gone":       {jumper(s, gone), place(s, home), ErrNoClient},
		"from a server without a client": {jumper(other, only(other, "main")), place(s, home), ErrNoClient},
		"outside, a pane that is gone":   {Jumper{Tmux: "tmux"}, place(s, gone), tmuxpool.ErrPaneGone},
		"without tmux":                   {Jumper{Tmux: filepath.Join(t.TempDir(), "tmux"), Home: inHome.Home}, place(s, hidden), tmuxpool.ErrTmuxMissing},
	} {
		before := belongings(s)
		_, err := c.from.To(t.Context(), c.to)
		if !errors.Is(err, c.want) || strings.Contains(err.Error(), "jump: ") {
			t.Errorf("%s: %v", name, err)
		}
		unchanged(t, name, before, belongings(s))
		if got := term.view(s); got != "main "+home {
			t.Errorf("%s: it shows %s", name, got)
		}
	}
}

func TestAPaneThatGoesInBetweenTakesTheUserNowhereElse(t *testing.T) {
	t.Parallel()
	s, d := tmuxtest.New(t), newDesk(t)
	home, target := only(s, "main"), s.NewSession("other", "cat")
	s.NewWindow("other", "stays", "cat")
	term := d.attach(s, "main")
	j := jumper(s, home)
	seen, err := j.look(t.Context(), s.SocketPath())
	if err != nil {
		t.Fatal(err)
	}
	s.Run("kill-pane", "-t", target)
	if _, err := j.within(t.Context(), seen, j.Home, place(s, target)); !errors.Is(err, tmuxpool.ErrPaneGone) {
		t.Errorf("%v", err)
	}
	if got := term.view(s); got != "main "+home {
		t.Errorf("it shows %s", got)
	}
}

func TestAServerThatHangsHoldsNobodyForLong(t *testing.T) {
	t.Parallel()
	s, hung, d := tmuxtest.New(t), tmuxtest.New(t), newDesk(t)
	home, target := only(s, "main"), only(hung, "main")
	term := d.attach(s, "main")
	hung.Freeze()
	start := time.Now()
	if _, err := jumper(s, home).To(t.Context(), place(hung, target)); !errors.Is(err, tmuxpool.ErrServerHung) {
		t.Errorf("%v", err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if _, err := jumper(s, home).To(ctx, place(hung, target)); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v", err)
	}
	if took := time.Since(start); took > 2*timeout+reapTimeout {
		t.Errorf("it took %s", took)
	}
	if got := term.view(s); got != "main "+home {
		t.Errorf("it shows %s", got)
	}
}

func TestASessionThatWouldEndIsNotLeft(t *testing.T) {
	t.Parallel()
	s, other, d := tmuxtest.New(t), tmuxtest.New(t), newDesk(t)
	home, target, window := only(s, "main"), s.NewSession("other", "cat"), s.NewWindow("main", "w", "cat")
	term := d.attach(s, "main")
	s.Run("set-option", "-t", "=main:", "destroy-unattached", "on")
	j := jumper(s, home)
	for _, to := range []Place{place(s, target), place(other, only(other, "main"))} {
		if _, err := j.To(t.Context(), to); !errors.Is(err, ErrWouldEnd) {
			t.Errorf("to %s: %v", to, err)
		}
	}
	term.arrives(s, "main "+home)
	// Within the session it may go anywhere, and with another client out of it.
	done := to(t, j, s, window)
	term.follow(done.Back)
	term.arrives(s, "main "+home)
	second := d.attach(s, "main")
	second.press("g")
	tmuxtest.Eventually(t, patience, "the key arrives", func() bool { return s.Capture(home) == "g" })
	to(t, j, s, target)
	second.arrives(s, "other "+target)
	term.arrives(s, "main "+home)
}

func TestControlClientsAreNeverChosenNorMoved(t *testing.T) {
	t.Parallel()
	s, other, d := tmuxtest.New(t), tmuxtest.New(t), newDesk(t)
	home, target := only(s, "main"), s.NewSession("other", "cat")
	// Ours, on both servers where tmux has what they need (3.2), and one that looks
	// at the user's session.
	for _, watched := range []*tmuxtest.Server{s, other} {
		watcher := tmuxpool.NewServer(tmuxpool.Socket{Path: watched.SocketPath(), Name: "watched"}, tmuxpool.Options{Clients: tmuxpool.ClientsAlways})
		t.Cleanup(func() { _ = watcher.Close() })
		if _, _, err := watcher.ListPanes(t.Context(), tmuxpool.DetailFast); err != nil {
			t.Fatal(err)
		}
		if watcher.Status().Link == tmuxpool.LinkControl {
			tmuxtest.Eventually(t, patience, "our client is there", func() bool { return len(watched.Clients()) > 0 })
		}
	}
	term := d.attach(s, "main")
	foreign := d.open("tmux", "-C", "-S", s.SocketPath(), "attach-session", "-t", "=main")
	foreign.arrives(s, "")
	before, beforeOther := belongings(s, term), belongings(other, term)
	for _, to := range []Place{place(s, target), place(other, only(other, "main"))} {
		done, err := jumper(s, home).To(t.Context(), to)
		if err != nil {
			t.Fatal(err)
		}
		unchanged(t, "the jump to "+to.String(), before, belongings(s, term))
		term.follow(done.Back)
		term.arrives(s, "main "+home)
	}
	unchanged(t, "the other server", beforeOther, belongings(other, term))
	// With nobody else there, they still are not chosen.
	term.press("C-b d")
	tmuxtest.Eventually(t, patience, "the user leaves", func() bool { return term.view(s) == "" })
	if _, err := jumper(s, home).To(t.Context(), place(s, target)); !errors.Is(err, ErrNoClient) {
		t.Errorf("%v", err)
	}
}
