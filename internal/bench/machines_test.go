package bench

import (
	"bytes"
	"errors"
	"io"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"agentwatch/engine"
	"agentwatch/health"
	"agentwatch/internal/hub"
)

func TestHostsThatArePlayedWriteToAHubAndChangeAsOrdered(t *testing.T) {
	dir, err := os.MkdirTemp("", "awb-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	redis, err := hub.StartRedis(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(redis.Kill)
	o := hub.Options{URL: redis.URL(), Fleet: "bench"}
	orders, give := io.Pipe()
	var answers bytes.Buffer
	ended := make(chan error, 1)
	go func() { ended <- ServeHosts(t.Context(), o, 3, 4, orders, &answers) }()
	viewer, err := hub.Open(o)
	if err != nil {
		t.Fatal(err)
	}
	defer viewer.Close()
	all := func() (agents []engine.Agent) {
		for _, h := range viewer.Hosts(time.Now()) {
			agents = append(agents, h.Agents...)
		}
		return agents
	}
	await := func(what string, is func([]engine.Agent) bool) {
		t.Helper()
		for late := time.Now().Add(time.Minute); !is(all()); time.Sleep(5 * time.Millisecond) {
			if time.Now().After(late) {
				t.Fatalf("never: %s", what)
			}
		}
	}
	await("all agents", func(agents []engine.Agent) bool { return len(agents) == 12 })
	before := all()
	if _, err := io.WriteString(give, "changes 200\n"); err != nil {
		t.Fatal(err)
	}
	await("all but those of the first host change", func(agents []engine.Agent) bool {
		return !slices.ContainsFunc(agents[4:], func(a engine.Agent) bool {
			return slices.ContainsFunc(before, func(b engine.Agent) bool { return b.Ref == a.Ref && b.Since.Equal(a.Since) })
		})
	})
	for _, a := range all()[:4] {
		if a.State != health.StateWaiting || time.Since(a.Since) < askedLongAgo {
			t.Errorf("of the first host, %s is %s since %s", a.Ref.Pane, a.State, a.Since)
		}
	}
	_ = give.Close()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if err := ServeHosts(t.Context(), o, 1, 1, strings.NewReader(""), io.Discard); !errors.Is(err, errHosts) {
		t.Errorf("one host alone: %v", err)
	}
}

// shownBy shows what a test gives it.
type shownBy chan *engine.Snapshot

// Subscribe implements Shown.
func (s shownBy) Subscribe() (<-chan *engine.Snapshot, func()) { return s, func() {} }

func TestAViewerSaysWhenAllWasThereAndHowLateChangesWere(t *testing.T) {
	now := time.Now()
	w := &stopwatch{began: now.Add(-time.Second), total: 2}
	agent := func(pane string, revision uint64, since time.Time) engine.Agent {
		return engine.Agent{Ref: health.PaneRef{Host: "h", Pane: pane}, Revision: revision, Since: since}
	}
	order := func(word, want string) {
		t.Helper()
		if got, err := w.order(word, ""); got != want || err != nil {
			t.Errorf("%s: %q, %v; want %q", word, got, err, want)
		}
	}
	w.take(&engine.Snapshot{Agents: []engine.Agent{agent("%1", 1, now), {Ref: health.PaneRef{Pane: "%2"}}}}, now)
	order(orderJoined, "")
	order(orderWatch, "")
	first := []engine.Agent{agent("%1", 1, now), agent("%2", 1, now)}
	w.take(&engine.Snapshot{Agents: first}, now)
	order(orderJoined, "1000.0")
	then := slices.Clone(first)
	then[1] = agent("%2", 2, now.Add(time.Second))
	w.take(&engine.Snapshot{Agents: then}, now.Add(1250*time.Millisecond))
	order(orderTimes, "[250]")
	if _, err := w.order("dance", ""); !errors.Is(err, errOrder) {
		t.Errorf("an order that is none: %v", err)
	}
	orders, give := io.Pipe()
	ended, shown := make(chan error, 1), make(shownBy, 1)
	go func() { ended <- ServeViewer(t.Context(), now, 2, shown, orders, io.Discard) }()
	shown <- &engine.Snapshot{Agents: first}
	_ = give.Close()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

func TestWhatCannotBeMeasuredOfManyMachinesIsRefused(t *testing.T) {
	good := MachinesOptions{Command: []string{"x"}, Hosts: 2, Agents: 1, Changes: 1, Viewers: 1, Span: time.Second, Keys: 1}
	if err := good.Check(); err != nil {
		t.Error(err)
	}
	for _, spoil := range []func(*MachinesOptions){
		func(o *MachinesOptions) { o.Command = nil }, func(o *MachinesOptions) { o.Hosts = 1 }, func(o *MachinesOptions) { o.Hosts, o.Agents = 1000, 1000 },
		func(o *MachinesOptions) { o.Changes = 0 }, func(o *MachinesOptions) { o.DirectHosts = 3 }, func(o *MachinesOptions) { o.Span = 0 },
	} {
		bad := good
		spoil(&bad)
		if err := bad.Check(); !errors.Is(err, ErrOptions) {
			t.Errorf("%+v: %v", bad, err)
		}
	}
	if l := lateOf([]float64{3, 1, 2}); l != (Late{Changes: 3, P50MS: 2, P99MS: 3, MaxMS: 3}) {
		t.Errorf("%+v", l)
	}
}
