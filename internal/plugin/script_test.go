package plugin

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"agentwatch/engine"
)

// patience bounds every wait of these tests.
const patience = time.Minute

// welcome answers the handshake of a strategy of that name in a shell script.
func welcome(name string) string {
	return fmt.Sprintf("read -r hello\necho '{\"protocol\":1,\"name\":\"%s\",\"summary\":\"a test\"}'\n", name)
}

// answering answers every request: the id is in $id, each line is printed.
func answering(answer string) string {
	return "while read -r l; do id=${l#*:}; id=${id%%,*}; " + answer + "; done\n"
}

// wellBehaved recaptures %1 every 300 ms.
func wellBehaved(name string) string {
	return welcome(name) + answering(`echo "{\"id\":$id,\"recapture\":[\"%1\"],\"next_ms\":300,\"limit\":3,\"method\":\"pooled\"}"`)
}

// script writes an executable strategy and returns its path.
func script(t testing.TB, folder, name, body string) string {
	t.Helper()
	path := filepath.Join(folder, filePrefix+name)
	// Written elsewhere first, as an installer does: nobody sees half of it.
	if err := os.WriteFile(path+".part", []byte("#!/bin/sh\n"+body), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(path+".part", path); err != nil {
		t.Fatal(err)
	}
	return path
}

// impatient are limits that keep the tests short.
func impatient() *limits {
	l := defaultLimits()
	l.call, l.backoff, l.grace = 300*time.Millisecond, 20*time.Millisecond, 100*time.Millisecond
	return &l
}

// runExecutable runs one script until the test ends, runUntilEnd one that is there.
func runExecutable(t testing.TB, name, body string, l *limits) *Executable {
	t.Helper()
	e := newExecutable(script(t, t.TempDir(), name, body), "test", *l)
	runUntilEnd(t, e)
	return e
}

func runUntilEnd(t testing.TB, e *Executable) {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	var work sync.WaitGroup
	work.Go(func() { e.run(ctx) })
	t.Cleanup(func() {
		stop()
		work.Wait()
	})
}

// eventually polls until a condition holds.
func eventually(t testing.TB, what string, holds func() bool) {
	t.Helper()
	ticker := time.NewTicker(5 * time.Millisecond)
	defer ticker.Stop()
	deadline := time.After(patience)
	for !holds() {
		select {
		case <-ticker.C:
		case <-deadline:
			t.Fatalf("in vain waited for %s", what)
		}
	}
}

// quarantinedFor waits until an executable is in quarantine for a reason.
func quarantinedFor(t *testing.T, e *Executable, reason string) {
	t.Helper()
	in := inputNow(3)
	eventually(t, fmt.Sprintf("quarantine for %q, it is %+v", reason, e.Health()), func() bool {
		in.Now = time.Now()
		e.Plan(in)
		return e.Health().Status == engine.StrategyQuarantined
	})
	if got := e.Health().Reason; !strings.Contains(got, reason) {
		t.Errorf("quarantined for %q, want %q", got, reason)
	}
}

func inputNow(n int) engine.PlanInput {
	now := time.Now()
	return engine.PlanInput{Now: now, Interval: 250 * time.Millisecond, Panes: panes(n, now)}
}
