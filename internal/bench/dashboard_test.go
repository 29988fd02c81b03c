package bench

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/creack/pty"

	"agentwatch/engine"
	"agentwatch/health"
)

// changedIn counts the agents that differ between two snapshots.
func changedIn(before, after *engine.Snapshot) int {
	n := 0
	for i := range after.Agents {
		if after.Agents[i].Revision != before.Agents[i].Revision {
			n++
		}
	}
	return n
}

func TestAScriptChangesAsManyAgentsAsItIsToldAndThoseThatAreSeenFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		s := NewScript(40)
		go s.Run(ctx)
		snapshots, _ := s.Subscribe()
		first := <-snapshots
		began := time.Now()
		for range 10 {
			if next := <-snapshots; changedIn(first, next) != 0 {
				t.Fatalf("%d agents change at rest", changedIn(first, next))
			}
		}
		if took := time.Since(began); took < 4*time.Second || took > 6*time.Second {
			t.Errorf("10 snapshots at rest took %s", took)
		}
		seen := []health.PaneRef{first.Agents[8].Ref, first.Agents[9].Ref}
		if err := s.Follow(ctx, seen, nil); err != nil {
			t.Fatal(err)
		}
		s.SetChanges(3)
		before := <-snapshots
		began = time.Now()
		for range 30 {
			next := <-snapshots
			if n := changedIn(before, next); n != 3 {
				t.Fatalf("%d agents have changed, want 3", n)
			}
			for _, ref := range seen {
				if was, is := before.Previews[ref], next.Previews[ref]; was.Text == is.Text || was.Revision == is.Revision {
					t.Fatalf("the screen of %s stands still", ref.Pane)
				}
			}
			before = next
		}
		if took := time.Since(began); took != 3*time.Second {
			t.Errorf("30 snapshots took %s", took)
		}
		cancel()
		synctest.Wait()
	})
}

func TestAScriptsScreensAreThoseOfPanes(t *testing.T) {
	if rows := strings.Count(scriptScreen(80), "\n"); rows != paneHeight {
		t.Errorf("a screen has %d rows", rows)
	}
	if rows := strings.Count(scriptHistory(500, 300), "\n"); rows < 250 || rows > 300 {
		t.Errorf("a history has %d rows", rows)
	}
}

func TestADashboardObeysItsOrders(t *testing.T) {
	orders, theirs := io.Pipe()
	var answers bytes.Buffer
	go func() {
		_, _ = io.WriteString(theirs, "changes 5\nusage\n")
		_ = theirs.Close()
	}()
	err := ServeDashboard(t.Context(), 3, orders, &answers, func(ctx context.Context, s *Script) error {
		<-ctx.Done() // the end of the orders ends it
		return nil
	})
	lines := strings.Split(answers.String(), "\n")
	if err != nil || len(lines) != 3 || lines[0] != "" || lines[1] == "" || lines[1] == "0" {
		t.Errorf("%v: answers %q", err, lines)
	}
	if err := obey(NewScript(1), strings.NewReader("dance\n"), io.Discard); !errors.Is(err, errOrder) {
		t.Errorf("an unknown order: %v", err)
	}
}

func TestATerminalCountsWhatArrivesAndTellsWhenItIsOnTheScreen(t *testing.T) {
	ours, program, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	term := newTerminal(ours)
	defer term.close()
	defer program.Close()
	began := time.Now()
	if _, err := program.WriteString("\x1b[2J\x1b[3;5Hhello \x1b[31m▌\x1b[m"); err != nil {
		t.Fatal(err)
	}
	at, err := term.await(t.Context(), 5*time.Second, showing("hello"))
	if err != nil || at.Before(began) {
		t.Fatalf("%v, at %s", err, at)
	}
	if _, err := term.await(t.Context(), 5*time.Second, func(rows []string) bool { return len(bars(rows)) == 1 }); err != nil {
		t.Fatal(err)
	}
	if got := bars(term.rows()); got[0] != (place{2, 10}) || term.count() < 20 {
		t.Errorf("the bar is at %v, %d bytes", got, term.count())
	}
	if _, err := term.await(t.Context(), 20*time.Millisecond, showing("never")); !errors.Is(err, errNotDrawn) {
		t.Errorf("what never comes: %v", err)
	}
}

func TestTheEffectOfAKeyIsToldFromWhatMovesAnyway(t *testing.T) {
	before := []string{"▌one", " two"}
	moved := barMoves(0, before)
	if moved([]string{"▌one!", " two!"}) || moved([]string{"", ""}) || !moved([]string{" one", "▌two"}) {
		t.Error("only a bar that stands elsewhere is an effect")
	}
	effect := turns("odd", "even")
	if !effect(0, nil)([]string{"odd"}) || effect(1, nil)([]string{"odd"}) || !effect(1, nil)([]string{"even"}) {
		t.Error("keys take turns")
	}
}

func TestDashboardOptionsThatMakeNoSenseAreRefused(t *testing.T) {
	fine := DashboardOptions{Command: []string{os.Args[0]}, Few: 1, Many: 2, Span: time.Second, Keys: 1}
	if err := fine.Check(); err != nil {
		t.Fatal(err)
	}
	for name, spoil := range map[string]func(*DashboardOptions){
		"no command": func(o *DashboardOptions) { o.Command = nil }, "no agents": func(o *DashboardOptions) { o.Few = 0 },
		"too many": func(o *DashboardOptions) { o.Many = MaxAgents + 1 }, "negative changes": func(o *DashboardOptions) { o.FewChanges = -1 },
		"no time": func(o *DashboardOptions) { o.Span = 0 }, "no keys": func(o *DashboardOptions) { o.Keys = 0 },
		"unknown view": func(o *DashboardOptions) { o.Views = []string{"attic"} },
	} {
		o := fine
		spoil(&o)
		if err := o.Check(); !errors.Is(err, ErrOptions) {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := RunDashboard(t.Context(), o); !errors.Is(err, ErrOptions) {
			t.Errorf("%s is run: %v", name, err)
		}
	}
}

// The program is a shell that draws what is waited for, ticks, shows another screen at
// each key and ends well; what it starts counts, too.
func TestTheWholeProgramIsMeasuredAtRest(t *testing.T) {
	ownTemp(t)
	const shell = `trap 'exit 0' TERM; stty raw -echo min 0 time 1; printf 'agents 3 pool\r\n'; n=0
while :; do
	printf .
	[ -z "$(dd bs=1 count=1 2>/dev/null)" ] && continue # nothing for a tenth of a second
	n=$((n+1)); printf '\r\nexample.com/shop/internal/part%02d    0.00%ds    coverage: ' $n $n
done`
	w := &whole{
		options: WholeOptions{Command: []string{"/bin/sh", "-c", shell, "sh"}, Agents: 3, Quiet: time.Second, TmuxPath: tmuxPath(t), Keys: 5},
		slow:    10 * time.Millisecond,
	}
	s, err := startServer(t.Context(), w.options.TmuxPath, 3, func(int) {})
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(w.measure(t.Context(), s), s.close()); err != nil {
		t.Fatal(err)
	}
	if r := w.report; r.RestSeconds < 1 || r.BytesPerSecond < 2 || r.BytesPerSecond > 12 || r.OwnShare <= 0 || r.OwnBytes < 1<<16 ||
		r.Keys != 5 || r.ContentP50MS <= 0 || r.ContentMaxMS < r.ContentP99MS {
		t.Errorf("%+v", r)
	}
	for _, o := range []WholeOptions{{}, {Command: []string{"x"}}, {Command: []string{"x"}, Agents: 1}, {Command: []string{"x"}, Agents: MaxAgents + 1, Quiet: time.Second}} {
		if _, err := RunWhole(t.Context(), o); !errors.Is(err, ErrOptions) {
			t.Errorf("%+v: %v", o, err)
		}
	}
}

func TestTheTimeOfAllThreadsIsRead(t *testing.T) {
	before, err := threadsCPU(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	burn(t, 30*time.Millisecond)
	after, err := threadsCPU(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	if used := after - before; used < 10*time.Millisecond {
		t.Errorf("30 ms were used, %s counted", used)
	}
}
