package typing

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"agentwatch/internal/tmuxtest"
)

const (
	pasteBegin = "\x1b[200~"
	pasteEnd   = "\x1b[201~"
)

func TestAnyTextArrivesAsSanitisedInOnePaste(t *testing.T) {
	t.Parallel()
	r := newRecorder(t)
	rapid.Check(t, func(t *rapid.T) {
		text := string(rapid.SliceOfN(rapid.Byte(), 0, 300).Draw(t, "bytes"))
		if rapid.Bool().Draw(t, "text") {
			text = rapid.StringN(1, 200, -1).Draw(t, "string")
		}
		before := r.typed()
		want, err := Sanitise(text)
		l, lookErr := r.typist.Look(context.Background(), r.pane)
		if lookErr != nil {
			t.Fatal(lookErr)
		}
		got := r.typist.Paste(context.Background(), r.pane, text, l.Guard(1))
		if (got == nil) != (err == nil) {
			t.Fatalf("paste of %q: %v, want %v", text, got, err)
		}
		if err != nil {
			return
		}
		want = before + pasteBegin + want + pasteEnd
		deadline := time.Now().Add(5 * time.Second)
		for len(r.typed()) < len(want) && time.Now().Before(deadline) {
			time.Sleep(time.Millisecond)
		}
		if typed := r.typed(); typed != want {
			t.Fatalf("%q arrived as %q", text, strings.TrimPrefix(typed, before))
		}
	})
	if left := r.server.Run("list-buffers"); left != "" {
		t.Errorf("buffers are left behind: %s", left)
	}
}

func TestALongTextArrivesWhole(t *testing.T) {
	r := newRecorder(t)
	text := strings.Repeat("0123456789abcde ü\n", 12_000) + "end"
	if err := r.typist.Paste(t.Context(), r.pane, text, r.look(t).Guard(1)); err != nil {
		t.Fatal(err)
	}
	if got := r.settled(t, pasteEnd); got != pasteBegin+text+pasteEnd {
		t.Errorf("%d bytes arrived of %d", len(got), len(text))
	}
	if _, err := Sanitise(strings.Repeat("x", MaxText+1)); !errors.Is(err, ErrTooLong) {
		t.Errorf("a text of more than MaxText: %v", err)
	}
}

func TestEveryKeyOfTheListArrivesAsItself(t *testing.T) {
	r := newRecorder(t)
	var all []Key
	want := ""
	for c := byte('!'); c <= '~'; c++ {
		all, want = append(all, Key(c)), want+string(c)
	}
	for _, k := range []struct {
		key   Key
		bytes string
	}{
		{KeyEnter, "\r"},
		{KeyTab, "\t"},
		{KeyBackTab, "\x1b[Z"},
		{KeySpace, " "},
		{KeyBackspace, "\x7f"},
		{KeyUp, "\x1b[A"},
		{KeyDown, "\x1b[B"},
		{KeyLeft, "\x1b[D"},
		{KeyRight, "\x1b[C"},
		{KeyHome, "\x1b[1~"},
		{KeyEnd, "\x1b[4~"},
		{KeyPageUp, "\x1b[5~"},
		{KeyPageDown, "\x1b[6~"},
		{KeyCtrlC, "\x03"},
		{KeyCtrlD, "\x04"},
		{KeyCtrlU, "\x15"},
		{KeyEscape, "\x1b"},
	} {
		all, want = append(all, k.key), want+k.bytes
		if parsed, err := ParseKey(k.key.String()); err != nil || parsed != k.key {
			t.Errorf("%s reads as %s: %v", k.key, parsed, err)
		}
	}
	if err := r.typist.Press(t.Context(), r.pane, all, r.look(t).Guard(1)); err != nil {
		t.Fatal(err)
	}
	if got := r.settled(t, "\x1b"); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestWhatIsNotInTheListOfKeysIsNeverTyped(t *testing.T) {
	for _, name := range []string{"", "Enter;", "C-b", "hello", "é", "\n", "M-x", "F1", " "} {
		if k, err := ParseKey(name); !errors.Is(err, ErrNoKey) {
			t.Errorf("%q reads as %s", name, k)
		}
	}
	r := newRecorder(t)
	for _, k := range []Key{0, '\n', 0x1b, 'é', KeyCtrlU + 1} {
		if err := r.typist.Press(t.Context(), r.pane, []Key{'a', k}, r.look(t).Guard(1)); !errors.Is(err, ErrNoKey) {
			t.Errorf("%s: %v", k, err)
		}
	}
	if got := r.typed(); got != "" {
		t.Errorf("%q was typed", got)
	}
}

func TestAPaneThatCannotTakeKeysOrIsAnotherIsRefused(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(r *recorder)
	}{
		{"copy mode", func(r *recorder) { r.server.Run("copy-mode", "-t", r.pane) }},
		{"input switched off", func(r *recorder) { r.server.Run("select-pane", "-d", "-t", r.pane) }},
		{"synchronised", func(r *recorder) { r.server.Run("set-option", "-p", "-t", r.pane, "synchronize-panes", "on") }},
		{"another size", func(r *recorder) { r.server.Run("resize-window", "-t", r.pane, "-x", "70") }},
		{"another process", func(r *recorder) { r.server.Run("respawn-pane", "-k", "-t", r.pane, "cat") }},
		{"another text", func(r *recorder) { r.server.Run("send-keys", "-R", "-t", r.pane) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newRecorder(t)
			guard := r.look(t).Guard(1)
			c.change(r)
			if err := r.typist.Press(t.Context(), r.pane, []Key{'a', KeyEnter}, guard); !errors.Is(err, ErrRefused) {
				t.Errorf("press: %v", err)
			}
			if err := r.typist.Paste(t.Context(), r.pane, "text", guard); !errors.Is(err, ErrRefused) {
				t.Errorf("paste: %v", err)
			}
			if got := r.typed(); got != "" {
				t.Errorf("%q was typed", got)
			}
			if left := r.server.Run("list-buffers"); left != "" {
				t.Errorf("a buffer is left behind: %s", left)
			}
		})
	}
}

func TestAPaneInWhichSomebodyTypesIsRefusedUntilThatIsOver(t *testing.T) {
	t.Parallel()
	r := newRecorder(t)
	terminal := tmuxtest.New(t)
	seat := terminal.NewSession("seat", "env", "-u", "TMUX", "tmux", "-u", "-S", r.server.SocketPath(), "attach", "-t", "agent")
	tmuxtest.Eventually(t, time.Minute, "the client is attached", func() bool { return len(r.server.Clients()) == 1 })
	tmuxtest.Eventually(t, time.Minute, "the attaching is over", func() bool { return !r.look(t).InUse })
	guard := r.look(t).Guard(1)
	if err := r.typist.Press(t.Context(), r.pane, []Key{'0'}, guard); err != nil {
		t.Fatalf("while somebody only looks: %v", err)
	}
	terminal.Type(seat, "x")
	r.settled(t, "0x")
	if err := r.typist.Press(t.Context(), r.pane, []Key{'a'}, guard); !errors.Is(err, ErrRefused) {
		t.Fatalf("while somebody types: %v", err)
	}
	if !r.look(t).InUse {
		t.Error("the pane does not count as in use")
	}
	popup := New(Options{Socket: r.server.SocketPath(), InPopup: true})
	l, err := popup.Look(t.Context(), r.pane)
	if err != nil || l.InUse {
		t.Fatalf("from a popup: %v, in use %v", err, l.InUse)
	}
	if err := popup.Press(t.Context(), r.pane, []Key{'b'}, l.Guard(1)); err != nil {
		t.Errorf("from a popup: %v", err)
	}
	// Keys that go to another pane do not count.
	other := r.server.SplitWindow(r.pane, "cat")
	r.server.Run("select-pane", "-t", other)
	terminal.Type(seat, "y")
	if err := r.typist.Press(t.Context(), r.pane, []Key{'a'}, r.look(t).Guard(1)); err != nil {
		t.Errorf("while somebody types in the pane beside: %v", err)
	}
	r.settled(t, "0xba")
}

func TestAGoneAndADeadPaneAreSaid(t *testing.T) {
	r := newRecorder(t)
	guard := r.look(t).Guard(1)
	if err := r.typist.Press(t.Context(), r.pane, []Key{'a'}, Guard{}); !errors.Is(err, ErrRefused) {
		t.Errorf("a guard that holds nowhere: %v", err)
	}
	r.server.Run("set-option", "-p", "-t", r.pane, "remain-on-exit", "on")
	pid := r.look(t).PID
	process, err := os.FindProcess(pid)
	if err != nil {
		t.Fatal(err)
	}
	_ = process.Kill()
	tmuxtest.Eventually(t, time.Minute, "the pane is dead", func() bool { return r.look(t).Dead })
	if err := r.typist.Press(t.Context(), r.pane, []Key{'a'}, guard); !errors.Is(err, ErrRefused) {
		t.Errorf("a dead pane: %v", err)
	}
	r.server.Run("kill-pane", "-t", r.pane)
	if _, err := r.typist.Look(t.Context(), r.pane); !errors.Is(err, ErrGone) {
		t.Errorf("look at a pane that is gone: %v", err)
	}
	if err := r.typist.Press(t.Context(), r.pane, []Key{'a'}, guard); !errors.Is(err, ErrRefused) && !errors.Is(err, ErrGone) {
		t.Errorf("a pane that is gone: %v", err)
	}
	for _, id := range []string{"", "%", "0", "%1;kill-server", "%x", "=main:"} {
		if _, err := r.typist.Look(t.Context(), id); !errors.Is(err, ErrGone) {
			t.Errorf("look at %q: %v", id, err)
		}
	}
}

func TestAServerThatHangsLeavesAnUncertainAnswer(t *testing.T) {
	r := newRecorder(t)
	guard := r.look(t).Guard(1)
	r.server.Freeze()
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	if err := r.typist.Press(ctx, r.pane, []Key{'a'}, guard); !errors.Is(err, ErrUncertain) {
		t.Errorf("press: %v", err)
	}
	r.server.Thaw()
	quiet := New(Options{Socket: "/nonexistent/socket"})
	if _, err := quiet.Look(t.Context(), "%0"); !errors.Is(err, ErrTmux) {
		t.Errorf("no server: %v", err)
	}
}

// A tmux that has typed and whose answer is lost, since it was killed or since the
// machine is too busy to read it in time, must not be taken for one that has not.
func TestATmuxWhoseAnswerIsLostLeavesAnUncertainAnswer(t *testing.T) {
	r := newRecorder(t)
	tmux := filepath.Join(t.TempDir(), "tmux")
	for what, script := range map[string]string{
		"killed":         "#!/bin/sh\ntmux \"$@\" >/dev/null\nkill -9 $$\n",
		"silent":         "#!/bin/sh\ntmux \"$@\" >/dev/null\n",
		"failed":         "#!/bin/sh\ntmux \"$@\" >/dev/null\nexit 1\n",
		"pipes open":     "#!/bin/sh\ntmux \"$@\" >/dev/null\nsleep 5 &\n",
		"without server": "#!/bin/sh\ntmux \"$@\" >/dev/null\necho lost server >&2\nexit 1\n",
	} {
		if err := os.WriteFile(tmux, []byte(script), 0o700); err != nil {
			t.Fatal(err)
		}
		busy := New(Options{Socket: r.server.SocketPath(), Tmux: tmux})
		if err := busy.Press(t.Context(), r.pane, []Key{'a'}, r.look(t).Guard(1)); !errors.Is(err, ErrUncertain) {
			t.Errorf("%s: %v", what, err)
		}
	}
	missing := New(Options{Socket: r.server.SocketPath(), Tmux: "/nonexistent/tmux"})
	if err := missing.Press(t.Context(), r.pane, []Key{'a'}, r.look(t).Guard(1)); !errors.Is(err, ErrTmux) || errors.Is(err, ErrUncertain) {
		t.Errorf("without a tmux: %v", err)
	}
}

// Every answer has a typist of its own, so two that paste at once share nothing but
// the server.
func TestTextsThatArePastedAtOnceGoToTheirOwnPanes(t *testing.T) {
	t.Parallel()
	server, folder := tmuxtest.New(t), t.TempDir()
	const panes, rounds = 6, 5
	var all sync.WaitGroup
	for i := range panes {
		path := filepath.Join(folder, strconv.Itoa(i))
		pane := server.NewSession("paste"+strconv.Itoa(i), "sh", "-c", "stty -echo -icanon; echo ready; exec cat > "+path)
		all.Go(func() {
			want := ""
			for round := range rounds {
				typist := New(Options{Socket: server.SocketPath()})
				var l Look
				tmuxtest.Eventually(t, 10*time.Second, "the pane to be ready", func() bool {
					var err error
					l, err = typist.Look(t.Context(), pane)
					return err == nil && len(l.Rows) > 0 && l.Rows[0] == "ready"
				})
				text := strings.Repeat(fmt.Sprintf("pane %d, round %d ", i, round), 200) + "."
				if err := typist.Paste(t.Context(), pane, text, l.Guard(1)); err != nil {
					t.Error(err)
					return
				}
				want += text
			}
			var got []byte
			tmuxtest.Eventually(t, 20*time.Second, "the text to arrive", func() bool {
				got, _ = os.ReadFile(path)
				return len(got) >= len(want)
			})
			if string(got) != want {
				t.Errorf("pane %d got %.80q of %d bytes, want %d", i, got, len(got), len(want))
			}
		})
	}
	all.Wait()
	if left := server.Run("list-buffers"); left != "" {
		t.Errorf("buffers are left behind: %s", left)
	}
}
