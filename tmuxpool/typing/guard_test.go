package typing

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"agentwatch/internal/tmuxtest"
)

// painting is a pane whose screen can be set.
type painting struct {
	server *tmuxtest.Server
	typist *Typist
	pane   string
	path   string
	n      int
}

// newPainting runs a shell loop that shows whatever file it is given next.
func newPainting(t *testing.T) *painting {
	t.Helper()
	s := tmuxtest.New(t, tmuxtest.Size(60, 12))
	p := &painting{server: s, typist: New(Options{Socket: s.SocketPath()}), path: filepath.Join(t.TempDir(), "screen")}
	loop := fmt.Sprintf(`stty raw -echo; n=1; while :; do if [ -f %[1]s.$n ]; then printf '\033[H\033[J'; cat %[1]s.$n; printf '\033]2;%%s\007' $n; n=$((n+1)); else sleep 0.003; fi; done`, p.path)
	p.pane = s.NewSession("paint", "exec sh -c "+quoted(loop))
	return p
}

func quoted(text string) string { return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'" }

// show draws rows and returns the look at them.
func (p *painting) show(t *rapid.T, rows []string) Look {
	p.n++
	next := fmt.Sprintf("%s.%d", p.path, p.n)
	if err := os.WriteFile(next+".new", []byte(strings.Join(rows, "\r\n")), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(next+".new", next); err != nil {
		t.Fatal(err)
	}
	deadline := time.Now().Add(5 * time.Second)
	for time.Now().Before(deadline) {
		l, err := p.typist.Look(context.Background(), p.pane)
		if err != nil {
			t.Fatal(err)
		}
		if l.Title == fmt.Sprint(p.n) {
			return l
		}
	}
	t.Fatal("the screen is not shown")
	return Look{}
}

// rowText draws a row of printable characters, those that tmux's formats and
// regular expressions use above all.
func rowText() *rapid.Generator[string] {
	return rapid.StringOfN(rapid.OneOf(
		rapid.RuneFrom([]rune("abcxyzABCXYZ0189 ")),
		rapid.RuneFrom([]rune("#,{}%[]\\^'\"`:;|$()*+?.~=<>/-&!❯›●─╌│⏸✻⠏üß’…\u00a0 ")),
	), 0, 50, -1)
}

func TestAGuardHoldsUntilAGuardedRowReadsOtherwise(t *testing.T) {
	t.Parallel()
	p := newPainting(t)
	rapid.Check(t, func(t *rapid.T) {
		rows := rapid.SliceOfN(rowText(), 1, 10).Draw(t, "rows")
		at := rapid.IntRange(0, len(rows)-1).Draw(t, "row")
		rows[at] = "x" + rows[at]
		before := p.show(t, rows)
		all := make([]int, 0, len(before.Rows))
		for i := range before.Rows {
			all = append(all, i+1)
		}
		press := func(guard Guard) error {
			return p.typist.Press(context.Background(), p.pane, []Key{KeyEscape}, guard)
		}
		if err := press(before.Guard(all...).AtCursor(before)); err != nil {
			t.Fatalf("%v on\n%s", err, strings.Join(before.Rows, "\n"))
		}
		other := []rune(rows[at])
		other[rapid.IntRange(0, len(other)-1).Draw(t, "column")] = 'Z'
		rows[at] = string(other)
		after := p.show(t, rows)
		if matches(before, at, after.Rows[at]) {
			return // a character that counts as any
		}
		first := firstMatch(before.Rows, rowPattern(before.Rows[at])) == at+1
		if err := press(before.Guard(at + 1)); first && !errors.Is(err, ErrRefused) {
			t.Fatalf("%v though row %d %q reads %q", err, at+1, before.Rows[at], after.Rows[at])
		}
	})
}

// matches tells whether the guard's pattern of a row takes another text, too.
func matches(l Look, at int, text string) bool {
	return firstMatch([]string{text}, rowPattern(l.Rows[at])) == 1
}

func TestAGuardOfALargeScreenFitsIntoOneCommand(t *testing.T) {
	s := tmuxtest.New(t, tmuxtest.Size(250, 100))
	p := New(Options{Socket: s.SocketPath()})
	var long strings.Builder
	for i := range 99 {
		fmt.Fprintf(&long, "%03d %s\r\n", i, strings.Repeat("(*)", 80))
	}
	path := filepath.Join(t.TempDir(), "screen")
	if err := os.WriteFile(path, []byte(long.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	pane := s.NewSession("large", "cat "+path+"; exec sleep 100")
	tmuxtest.Eventually(t, time.Minute, "the screen is drawn", func() bool { return strings.Contains(s.Capture(pane), "098 (*)") })
	l, err := p.Look(t.Context(), pane)
	if err != nil {
		t.Fatal(err)
	}
	all := make([]int, 100)
	for i := range all {
		all[i] = 100 - i
	}
	guard := l.Guard(all...)
	if guard.Rows() < 10 {
		t.Errorf("the guard compares %d rows", guard.Rows())
	}
	began := time.Now()
	if err := p.Press(t.Context(), pane, []Key{'a'}, guard); err != nil {
		t.Error(err)
	}
	t.Logf("%d rows, %d bytes, %s", guard.Rows(), len(guard.condition()), time.Since(began))
}

func TestUnreadCountsWhatAProgramHasNotRead(t *testing.T) {
	r := newRecorder(t)
	l := r.look(t)
	if n, ok := Unread(l.TTY); !ok || n != 0 {
		t.Fatalf("before: %d, %v", n, ok)
	}
	r.server.Run("respawn-pane", "-k", "-t", r.pane, "stty raw -echo; echo deaf; exec sleep 100")
	tmuxtest.Eventually(t, time.Minute, "the program is there", func() bool { return r.server.Capture(r.pane) == "deaf" })
	l = r.look(t)
	if err := r.typist.Press(t.Context(), r.pane, []Key{'a', 'b', 'c'}, l.Guard(1)); err != nil {
		t.Fatal(err)
	}
	tmuxtest.Eventually(t, time.Minute, "three bytes wait", func() bool {
		n, ok := Unread(l.TTY)
		return ok && n == 3
	})
	if _, ok := Unread("/nonexistent"); ok {
		t.Error("a terminal that is not there was read")
	}
}

func TestATerminalIsLockedForOneAtATime(t *testing.T) {
	r := newRecorder(t)
	tty := r.look(t).TTY
	unlock, ok := Lock(tty)
	if !ok {
		t.Fatal("a free terminal is locked")
	}
	if _, ok := Lock(tty); ok {
		t.Error("a locked terminal is free")
	}
	unlock()
	if unlock, ok = Lock(tty); !ok {
		t.Error("an unlocked terminal is locked")
	}
	unlock()
	if _, ok := Lock("/nonexistent"); !ok {
		t.Error("a terminal that cannot be opened is locked")
	}
}
