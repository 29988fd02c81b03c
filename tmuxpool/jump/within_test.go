package jump

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"agentwatch/internal/tmuxtest"
)

func TestAJumpOnTheSameServerMovesTheClientAndTheNamedKeyBringsItBack(t *testing.T) {
	t.Parallel()
	s, d := tmuxtest.New(t), newDesk(t)
	home := only(s, "main")
	const odd = `it's "odd"; x`
	targets := map[string]struct{ pane, session, back string }{
		"another pane":    {s.SplitWindow(home, "cat"), "main", "C-b ; comes back"},
		"another window":  {s.NewWindow("main", `w "1`, "cat"), "main", "C-b l comes back"},
		"another session": {s.NewSession(odd, "cat"), odd, "C-b L comes back"},
	}
	// A session's second window and a window's second pane, neither of them
	// current.
	deep := s.NewWindow(odd, "deep", "cat")
	s.SplitWindow(deep, "cat")
	targets["a pane deep within another session"] = struct{ pane, session, back string }{s.SplitWindow(deep, "cat"), odd, "C-b L comes back"}
	term := d.attach(s, "main")
	for name, target := range targets {
		before := belongings(s, term)
		done := to(t, jumper(s, home), s, target.pane)
		term.arrives(s, target.session+" "+target.pane)
		term.says("agentwatch: " + target.back)
		if done.Back != target.back || done.Attach != nil || done.Along != nil {
			t.Errorf("%s: %+v", name, done)
		}
		term.follow(done.Back)
		term.arrives(s, "main "+home)
		unchanged(t, name, before, belongings(s, term))
	}
}

func TestAJumpToWhereTheUserIsMovesNothing(t *testing.T) {
	t.Parallel()
	s, d := tmuxtest.New(t), newDesk(t)
	home := only(s, "main")
	term := d.attach(s, "main")
	// Also when the server is known by another path.
	j := Jumper{Tmux: "tmux", Home: Place{Socket: oddPath(t, s), Pane: home}}
	if done := to(t, j, s, home); done.Back != "" || term.view(s) != "main "+home {
		t.Errorf("%+v, shows %s", done, term.view(s))
	}
}

func TestAZoomedWindowStaysZoomedAndModesStay(t *testing.T) {
	t.Parallel()
	s, d := tmuxtest.New(t), newDesk(t)
	home := only(s, "main")
	zoomed := s.NewSession("other", "cat")
	hidden := s.SplitWindow(zoomed, "cat")
	s.Run("resize-pane", "-Z", "-t", zoomed)
	s.Run("copy-mode", "-t", hidden)
	s.Run("copy-mode", "-t", home)
	term := d.attach(s, "main")
	to(t, jumper(s, home), s, hidden)
	term.arrives(s, "other "+hidden)
	got := s.Run("display-message", "-p", "-t", hidden, "#{window_zoomed_flag} #{pane_width} #{pane_in_mode}")
	if got != "1 100 1" {
		t.Errorf("zoomed, width, mode are %s", got)
	}
	if got := s.Run("display-message", "-p", "-t", home, "#{pane_in_mode}"); got != "1" {
		t.Errorf("the mode that the client came from is %s", got)
	}
}

func TestOnlyTheClientThatAskedMoves(t *testing.T) {
	t.Parallel()
	s, d := tmuxtest.New(t), newDesk(t)
	home := only(s, "main")
	target := s.NewSession("other", "cat")
	terms := []terminal{d.attach(s, "main"), d.attach(s, "main"), d.attach(s, "main")}
	elsewhere := d.attach(s, "other")
	// Whoever pressed last asks, and all presses are within one second or two.
	for _, asks := range []int{1, 0, 2} {
		for i, term := range terms {
			if i != asks {
				term.press("x")
			}
		}
		elsewhere.press("x")
		tmuxtest.Eventually(t, patience, "the keys arrive", func() bool { return strings.HasSuffix(s.Capture(target), "x") })
		screen := s.Capture(home)
		terms[asks].press("g")
		tmuxtest.Eventually(t, patience, "the key arrives", func() bool { return s.Capture(home) != screen && strings.HasSuffix(s.Capture(home), "g") })

		before := belongings(s, terms[asks])
		done := to(t, jumper(s, home), s, target)
		unchanged(t, "the jump", before, belongings(s, terms[asks]))
		if got := terms[asks].view(s); got != "other "+target {
			t.Fatalf("terminal %d asked and shows %s", asks, got)
		}
		terms[asks].follow(done.Back)
		terms[asks].arrives(s, "main "+home)
	}
}

func TestAReadOnlyClientHasNotAsked(t *testing.T) {
	t.Parallel()
	s, d := tmuxtest.New(t), newDesk(t)
	home, target := only(s, "main"), s.NewSession("other", "cat")
	first, second, readOnly := d.attach(s, "main"), d.attach(s, "main"), d.attach(s, "main", "-r")
	first.press("x")
	tmuxtest.Eventually(t, patience, "the key arrives", func() bool { return s.Capture(home) == "x" })
	second.press("g")
	tmuxtest.Eventually(t, patience, "the key arrives", func() bool { return s.Capture(home) == "xg" })
	readOnly.press("x")
	// Within one second, the key of the read-only client hides from us which of
	// the others was the last: then nobody is moved.
	before := belongings(s, second)
	_, err := jumper(s, home).To(t.Context(), place(s, target))
	unchanged(t, "the jump", before, belongings(s, second))
	if moved := second.view(s) == "other "+target; moved == (err != nil) || err != nil && !errors.Is(err, ErrUnsure) {
		t.Errorf("moved: %t, %v", moved, err)
	}
}

func TestAJumpNamesTheClientsThatSeeItToo(t *testing.T) {
	t.Parallel()
	s, d := tmuxtest.New(t), newDesk(t)
	home := only(s, "main")
	window := s.NewWindow("main", "w", "cat")
	onlooker, term := d.attach(s, "main"), d.attach(s, "main")
	term.press("g")
	tmuxtest.Eventually(t, patience, "the key arrives", func() bool { return s.Capture(home) == "g" })
	if done := to(t, jumper(s, home), s, window); !slices.Equal(done.Along, []string{onlooker.tty}) {
		t.Errorf("along came %q, not %q", done.Along, onlooker.tty)
	}
	onlooker.arrives(s, "main "+window)
}

func TestInASessionGroupTheClientStaysInItsOwnSession(t *testing.T) {
	t.Parallel()
	s, d := tmuxtest.New(t), newDesk(t)
	home := only(s, "main")
	window := s.NewWindow("main", "w", "cat")
	s.Run("new-session", "-d", "-t", "main", "-s", "a-free")
	s.Run("new-session", "-d", "-t", "main", "-s", "grouped")
	onlooker := d.attach(s, "main")
	term := d.attach(s, "grouped")
	term.press("g")
	tmuxtest.Eventually(t, patience, "the key arrives", func() bool { return s.Capture(home) == "g" })
	done := to(t, jumper(s, home), s, window)
	term.arrives(s, "grouped "+window)
	if got := onlooker.view(s); got != "main "+home || done.Along != nil {
		t.Errorf("the other client shows %s, along came %q", got, done.Along)
	}
	if done.Back != "C-b l comes back" {
		t.Errorf("back: %s", done.Back)
	}
}

func TestOfSeveralSessionsTheOneThatDisturbsNobodyIsTaken(t *testing.T) {
	t.Parallel()
	s, d := tmuxtest.New(t), newDesk(t)
	home := only(s, "main")
	busy := s.NewSession("a-busy", "cat")
	window := s.NewWindow("a-busy", "w", "cat")
	s.Run("new-session", "-d", "-t", "a-busy", "-s", "b-free")
	onlooker, term := d.attach(s, "a-busy"), d.attach(s, "main")
	done := to(t, jumper(s, home), s, window)
	term.arrives(s, "b-free "+window)
	if got := onlooker.view(s); got != "a-busy "+busy || done.Along != nil {
		t.Errorf("the other client shows %s, along came %q", got, done.Along)
	}
}

func TestASessionThatShowsThePaneAlreadyIsTakenBeforeOthers(t *testing.T) {
	t.Parallel()
	s, d := tmuxtest.New(t), newDesk(t)
	home := only(s, "main")
	first := s.NewSession("a", "cat")
	window := s.NewWindow("a", "w", "cat")
	s.Run("new-session", "-d", "-t", "a", "-s", "b")
	s.Run("select-window", "-t", "=b:w")
	// A session of agentwatch's own is the last choice, also where it shows it.
	s.Run("new-session", "-d", "-t", "a", "-s", "_agentwatch-1-x-1")
	s.Run("select-window", "-t", "=_agentwatch-1-x-1:w")
	term := d.attach(s, "main")
	done := to(t, jumper(s, home), s, window)
	term.arrives(s, "b "+window)
	term.follow(done.Back)
	term.arrives(s, "main "+home)
	s.Run("select-window", "-t", "=_agentwatch-1-x-1:0")
	to(t, jumper(s, home), s, first)
	term.arrives(s, "a "+first)
}

func TestANamedClientMovesWhoeverPressedLast(t *testing.T) {
	t.Parallel()
	s, d := tmuxtest.New(t), newDesk(t)
	target := s.NewSession("other", "cat")
	named, last := d.attach(s, "main"), d.attach(s, "main")
	readOnly := d.attach(s, "main", "-r")
	last.press("x")
	// As in a key binding, which has no pane.
	j := Jumper{Tmux: "tmux", Home: Place{Socket: s.SocketPath()}, Client: named.tty}
	done, err := j.To(t.Context(), place(s, target))
	if err != nil {
		t.Fatal(err)
	}
	named.arrives(s, "other "+target)
	if last.view(s) == "other "+target {
		t.Error("another client has moved, too")
	}
	named.follow(done.Back)
	for _, name := range []string{"nobody", readOnly.tty} {
		j.Client = name
		if _, err := j.To(t.Context(), place(s, target)); !errors.Is(err, ErrNoClient) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
