package jump

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"agentwatch/internal/tmuxtest"
)

func TestAJumpToAnotherServerComesBackToTheSamePaneOnDetach(t *testing.T) {
	t.Parallel()
	a, b, d := tmuxtest.New(t), tmuxtest.New(t), newDesk(t)
	// The same pane ids are on both servers; both panes are not the current ones.
	home := a.NewWindow("main", "home", "cat")
	a.Run("select-window", "-t", home)
	b.NewSession("it's \"odd\"", "cat")
	target := b.NewWindow("it's \"odd\"", "w", "cat")
	onlooker, resident := d.attach(a, "main"), d.attach(b, "main")
	term := d.attach(a, "main")
	term.press("g")
	tmuxtest.Eventually(t, patience, "the key arrives", func() bool { return a.Capture(home) == "g" })

	// What the terminal's environment would overwrite.
	a.Run("set-environment", "-t", "=main", "DISPLAY", ":0")
	beforeA, beforeB := belongings(a, term), belongings(b, term)
	j := Jumper{Tmux: "tmux", Home: Place{Socket: oddPath(t, a), Pane: home}}
	done, err := j.To(t.Context(), Place{Socket: oddPath(t, b), Pane: target})
	if err != nil {
		t.Fatal(err)
	}
	if got := term.view(b); got != "it's \"odd\" "+target || term.view(a) != "" {
		t.Fatalf("it shows %q", got)
	}
	term.says("agentwatch: C-b d comes back")
	if done.Back != "C-b d comes back" || done.Along != nil {
		t.Errorf("%+v", done)
	}
	a.Run("select-window", "-t", ":0")
	term.follow(done.Back)
	term.arrives(a, "main "+home)
	onlooker.arrives(a, "main "+home)
	unchanged(t, "the first server", beforeA, belongings(a, term))
	unchanged(t, "the other server", beforeB, belongings(b, term))
	if resident.view(b) == "" {
		t.Error("the other server has lost a client")
	}
}

func TestAClientThatComesBackFindsItsServerAlsoWithoutThePane(t *testing.T) {
	t.Parallel()
	a, b, d := tmuxtest.New(t), tmuxtest.New(t), newDesk(t)
	home, newest := a.NewSession("home", "cat"), a.NewSession("newest", "cat")
	// The terminal is in a pane of some other tmux: that id means nothing here.
	term := d.open("env", "TMUX_PANE="+only(a, "main"), "tmux", "-u", "-S", a.SocketPath(), "attach-session", "-t", "=home")
	term.arrives(a, "home "+home)
	done := to(t, jumper(a, home), b, only(b, "main"))
	a.Run("kill-pane", "-t", home)
	term.follow(done.Back)
	term.arrives(a, "newest "+newest)
}

func TestAZoomedHomeIsZoomedOnReturnWhateverWasZoomedMeanwhile(t *testing.T) {
	t.Parallel()
	a, b, d := tmuxtest.New(t, tmuxtest.Size(100, 29)), tmuxtest.New(t), newDesk(t)
	home := only(a, "main")
	sibling := a.SplitWindow(home, "cat")
	a.Run("resize-pane", "-Z", "-t", home)
	term := d.attach(a, "main")
	done := to(t, jumper(a, home), b, only(b, "main"))
	a.Run("select-pane", "-Z", "-t", sibling)
	term.follow(done.Back)
	term.arrives(a, "main "+home)
	if got := a.Run("display-message", "-p", "-t", home, "#{window_zoomed_flag} #{pane_height}"); got != "1 29" {
		t.Errorf("zoomed, height are %s", got)
	}
}

func TestAServerThatRefusesTheTerminalGivesItBackAndTheJumpFails(t *testing.T) {
	t.Parallel()
	a, b, d := tmuxtest.New(t), tmuxtest.New(t), newDesk(t)
	home, target := only(a, "main"), only(b, "main")
	// A server that is started anew would not be empty.
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, ".tmux.conf"), []byte("new-session -d cat\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	term := d.open("env", "HOME="+folder, "tmux", "-u", "-S", a.SocketPath(), "attach-session", "-t", "=main")
	term.arrives(a, "")
	j := jumper(a, home)
	here, err := j.look(t.Context(), a.SocketPath())
	if err != nil {
		t.Fatal(err)
	}
	there, err := j.look(t.Context(), b.SocketPath())
	if err != nil {
		t.Fatal(err)
	}
	b.Kill()
	if done, err := j.across(t.Context(), here, here.clients[0], there, place(b, target)); err == nil {
		t.Errorf("it went to a dead server: %+v", done)
	}
	term.arrives(a, "main "+home)
	if _, err := b.Try("list-sessions"); err == nil {
		t.Error("a server was started")
	}
}

func TestAPaneThatGoesBeforeTheTerminalArrivesGivesItBackAndTheJumpFails(t *testing.T) {
	t.Parallel()
	a, b, d := tmuxtest.New(t), tmuxtest.New(t), newDesk(t)
	home, target := only(a, "main"), b.NewSession("gone", "cat")
	term := d.attach(a, "main")
	j := jumper(a, home)
	here, err := j.look(t.Context(), a.SocketPath())
	if err != nil {
		t.Fatal(err)
	}
	there, err := j.look(t.Context(), b.SocketPath())
	if err != nil {
		t.Fatal(err)
	}
	b.Run("kill-pane", "-t", target)
	if _, err := j.across(t.Context(), here, here.clients[0], there, place(b, target)); !errors.Is(err, ErrNotArrived) {
		t.Errorf("%v", err)
	}
	term.arrives(a, "main "+home)
	if n := len(b.Clients()); n != 0 {
		t.Errorf("%d clients arrived somewhere else", n)
	}
}

func TestInTmuxWithinTmuxTheOuterClientSwitches(t *testing.T) {
	t.Parallel()
	inner, outer, d := tmuxtest.New(t), tmuxtest.New(t), newDesk(t)
	home := only(inner, "main")
	frame := outer.NewSession("frame", "env", "-u", "TMUX", "tmux", "-S", inner.SocketPath(), "attach-session", "-t", "=main")
	target := outer.NewSession("target", "cat")
	tmuxtest.Eventually(t, patience, "the inner client attaches", func() bool { return len(inner.Clients()) == 1 })
	term := d.attach(outer, "frame")
	before := belongings(inner)
	done := to(t, jumper(inner, home), outer, target)
	term.arrives(outer, "target "+target)
	unchanged(t, "the inner server", before, belongings(inner))
	if done.Back != "C-b L comes back" {
		t.Errorf("%+v", done)
	}
	term.follow(done.Back)
	term.arrives(outer, "frame "+frame)

	to(t, jumper(inner, home), outer, target)
	if _, err := jumper(inner, home).Back(t.Context(), place(outer, target)); err != nil {
		t.Fatal(err)
	}
	term.arrives(outer, "frame "+frame)
}

func TestOutsideTmuxTheCommandToAttachShowsThePane(t *testing.T) {
	t.Parallel()
	s, d := tmuxtest.New(t), newDesk(t)
	first := s.NewSession("other", "cat")
	hidden := s.SplitWindow(first, "cat")
	s.NewWindow("other", "w", "cat")
	for _, zoomed := range []string{"0", "1"} {
		if zoomed == "1" {
			s.Run("select-pane", "-t", first)
			s.Run("resize-pane", "-Z", "-t", first)
		}
		before := belongings(s)
		done, err := Jumper{Tmux: "tmux"}.To(t.Context(), place(s, hidden))
		if err != nil {
			t.Fatal(err)
		}
		unchanged(t, "asking", before, belongings(s))
		if len(done.Attach) == 0 || done.Back != "C-b d comes back" {
			t.Fatalf("%+v", done)
		}
		term := d.open(done.Attach...)
		term.arrives(s, "other "+hidden)
		term.says("agentwatch: C-b d comes back")
		tmuxtest.Eventually(t, patience, "the size is the terminal's", func() bool {
			got := s.Run("display-message", "-p", "-t", hidden, "#{window_zoomed_flag} #{pane_height}")
			return got == map[string]string{"0": "0 13", "1": "1 29"}[zoomed]
		})
		term.follow(done.Back)
		tmuxtest.Eventually(t, patience, "it detaches", func() bool { return len(s.Clients()) == 0 })
	}
}

func TestBackBringsTheClientHomeFromAnywhere(t *testing.T) {
	t.Parallel()
	a, b, d := tmuxtest.New(t), tmuxtest.New(t), newDesk(t)
	home, session, abroad := only(a, "main"), a.NewSession("other", "cat"), only(b, "main")
	term := d.attach(a, "main")
	j := jumper(a, home)
	back := func(from Place) {
		t.Helper()
		if _, err := j.Back(t.Context(), from); err != nil {
			t.Fatal(err)
		}
		term.arrives(a, "main "+home)
	}
	to(t, j, a, session)
	back(place(a, session))
	to(t, j, a, session)
	back(place(a, ""))
	to(t, j, b, abroad)
	back(place(b, abroad))
	// It came back by detaching, so that leaving now does not lead there again.
	term.press("C-b d")
	tmuxtest.Eventually(t, patience, "the terminal is closed", func() bool {
		return !strings.Contains(d.Run("list-panes", "-a", "-F", "#{pane_tty}."), term.tty+".")
	})
	term = d.attach(a, "main")
	// A terminal that was never here goes home like on any jump.
	stranger := d.attach(b, "main")
	done, err := j.Back(t.Context(), place(b, abroad))
	if err != nil {
		t.Fatal(err)
	}
	stranger.arrives(a, "main "+home)
	stranger.follow(done.Back)
	stranger.arrives(b, "main "+abroad)
}

func TestEveryShellUnderstandsTheErrand(t *testing.T) {
	t.Parallel()
	var shells []string
	for _, name := range []string{"sh", "bash", "dash", "zsh", "ksh", "fish", "tcsh", "csh"} {
		if path, err := exec.LookPath(name); err == nil {
			shells = append(shells, path)
		}
	}
	if len(shells) == 0 {
		t.Fatal("there is no shell")
	}
	t.Logf("tried: %s", shells)
	rapid.Check(t, func(t *rapid.T) {
		// A word that ends in a newline is what a command substitution cannot say.
		word := rapid.StringMatching(`[ -~\nä]*[!-~ä]`).Draw(t, "word")
		shell := rapid.SampledFrom(shells).Draw(t, "shell")
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		out, err := exec.CommandContext(ctx, shell, "-c", "exec /bin/sh -c '"+words([]string{"printf", "%s|", word, "end"})+"' name").Output()
		if err != nil || string(out) != word+"|end|" {
			t.Fatalf("%s: %q became %q (%v)", shell, word, out, err)
		}
	})
}

func TestNoWordLeavesAQuoteToTheUsersShell(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		list := rapid.SliceOf(rapid.String()).Draw(t, "words")
		if text := words(list); strings.ContainsAny(text, "'!\n") || strings.Contains(text, `\\`) {
			t.Fatalf("%q", text)
		}
	})
}
