package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"agentwatch/engine"
	"agentwatch/engine/api"
	"agentwatch/engine/client"
	"agentwatch/engine/socket"
	"agentwatch/health"
	"agentwatch/internal/tmuxtest"
)

// killsVariable says how often the engine process is killed; a multiple of two.
const killsVariable = "AGENTWATCH_KILLS"

func killsWanted(t *testing.T) int {
	text := os.Getenv(killsVariable)
	if text == "" {
		return 8
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 2 {
		t.Fatalf("%s=%q is not a number of kills", killsVariable, text)
	}
	return n
}

// asker is an agent that asks when a "z" is typed into it while it works, works on
// at any key while it asks, and writes down the keys other than that.
type asker struct{ pane, typed string }

// askers start some of them in one server.
func askers(s *stage, server *tmuxtest.Server, n int) []asker {
	s.t.Helper()
	screens := corpus(s.t)
	dir := filepath.Join(s.dir, "askers")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		s.t.Fatal(err)
	}
	asks, works := screens["claude-code/waiting-bash-40x24-1"], screens["claude-code/working-early-80x24-1"]
	s.write(filepath.Join(dir, "asks"), strings.TrimRight(asks.Screen, "\n"), 0o644)
	s.write(filepath.Join(dir, "works"), strings.TrimRight(works.Screen, "\n"), 0o644)
	s.write(filepath.Join(dir, "claude"), fmt.Sprintf(`#!/bin/bash
stty -echo -icanon -icrnl
show() { printf '\033[2J\033[H\033]2;%%s\007' "$2"; cat %[1]s/$1; }
while show works '%[2]s'; do
	IFS= read -rsn1 -d '' key
	[ "$key" = z ] || { printf '%%s' "$key" >> "$1"; continue; }
	show asks '%[3]s'
	IFS= read -rsn1 -d '' key
	[ "$key" = z ] || printf '%%s' "$key" >> "$1"
done
`, dir, works.Title, asks.Title), 0o755)
	var all []asker
	for i := range n {
		a := asker{typed: filepath.Join(dir, fmt.Sprint("typed", i))}
		s.write(a.typed, "", 0o600)
		if a.pane = ""; i == 0 {
			a.pane = server.NewSession("work", filepath.Join(dir, "claude"), a.typed)
		} else {
			a.pane = server.NewWindow("work", fmt.Sprint("w", i), filepath.Join(dir, "claude"), a.typed)
		}
		all = append(all, a)
	}
	return all
}

// keys are those that were typed into it.
func (a asker) keys(t *testing.T) string {
	text, err := os.ReadFile(a.typed)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// event is one message that the command got.
type event struct {
	MaybeTold bool `json:"maybe_told"`
	Agents    []struct{ Pane, Since string }
}

// events are all messages until now.
func events(t *testing.T, file string) (all []event) {
	text, err := os.ReadFile(file)
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		var e event
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			t.Fatalf("%v: %q", err, line)
		}
		all = append(all, e)
	}
	return all
}

// killing is a user whose engine process is killed time and again.
type killing struct {
	*user
	file    string
	monitor *client.Monitor
	// right is how long it took after each kill until a face was right again.
	right []time.Duration
}

// kill kills the engine process after a random time.
func (k *killing) kill(within time.Duration) (killed <-chan time.Time) {
	at := make(chan time.Time, 1)
	go func() {
		time.Sleep(rand.N(within))
		if e, ok := k.engine(); ok {
			_ = syscall.Kill(e.PID, syscall.SIGKILL)
		}
		at <- time.Now()
	}()
	return at
}

// await waits until a face shows the agent in a pane in a state, from a process
// that has looked at it.
func (k *killing) await(pane string, state health.State) engine.Agent {
	k.t.Helper()
	snapshots, cancel := k.monitor.Subscribe()
	defer cancel()
	late := time.After(patience)
	for {
		select {
		case s := <-snapshots:
			for _, a := range s.Agents {
				if a.Ref.Pane == pane && a.State == state {
					return a
				}
			}
		case <-late:
			k.t.Fatalf("the agent in %s is never %s", pane, state)
		}
	}
}

func TestHoweverOftenTheEngineProcessIsKilledNothingIsLostOrDoubledOrTypedTwice(t *testing.T) {
	t.Parallel()
	u, s := newUser(t), newStage(t)
	k := &killing{user: u, file: filepath.Join(t.TempDir(), "told")}
	s.write(filepath.Join(u.configFolder(), "config.toml"), toldTo(k.file), 0o600)
	server := tmuxtest.New(t, tmuxtest.Size(80, 24))
	agents := askers(s, server, 6)
	d := openDashboard(u, 120, 40, server)
	d.shows("agents 6")
	k.monitor = client.Open(t.Context(), client.Options{
		Dial: func(ctx context.Context) (net.Conn, error) { return socket.Dial(ctx, u.socket()) }, Selection: api.Selection{Sockets: []string{server.SocketPath()}},
	})
	defer k.monitor.Close()
	for _, a := range agents {
		k.await(a.pane, health.StateWorking)
	}
	rounds, uncertain, confirmed := killsWanted(t)/2, 0, 0
	for round := range rounds {
		a := agents[round%len(agents)]
		k.asks(server, a, round)
		switch outcome, err := k.answers(a); {
		case outcome.Confirmed:
			confirmed++
		case outcome.Uncertain:
			uncertain++
		default:
			t.Logf("round %d: not given: %v", round, err)
		}
		if a.keys(t) == "" {
			server.SendKeys(a.pane, "z") // it still asks
		}
		k.await(a.pane, health.StateWorking)
		s.write(a.typed, "", 0o600)
	}
	k.checkTold(rounds)
	slices.Sort(k.right)
	t.Logf("%d kills: faces right again after %s (median), %s at most; answers: %d confirmed, %d uncertain",
		2*rounds, k.right[len(k.right)/2], k.right[len(k.right)-1], confirmed, uncertain)
	d.quit()
}

// asks lets an agent ask while the engine process is killed, and waits for the
// message.
func (k *killing) asks(server *tmuxtest.Server, a asker, round int) {
	k.t.Helper()
	before, _ := k.engine()
	told := func() int {
		panes := make(map[string]bool)
		for _, e := range events(k.t, k.file) {
			panes[e.Agents[0].Pane+e.Agents[0].Since] = true
		}
		return len(panes)
	}
	killed := k.kill(700 * time.Millisecond)
	server.SendKeys(a.pane, "z")
	at := <-killed
	tmuxtest.Eventually(k.t, patience, "another engine process", func() bool { e, ok := k.engine(); return ok && e.ID != before.ID })
	k.await(a.pane, health.StateWaiting)
	k.right = append(k.right, time.Since(at))
	defer func() {
		if k.t.Failed() {
			k.t.Logf("told: %+v", events(k.t, k.file))
		}
	}()
	tmuxtest.Eventually(k.t, patience, fmt.Sprintf("the message of round %d", round), func() bool { return told() == round+1 })
}

// answers answers an agent while the engine process is killed. What is told of the
// answer must be so.
func (k *killing) answers(a asker) (engine.Outcome, error) {
	k.t.Helper()
	agent := k.await(a.pane, health.StateWaiting)
	killed := k.kill(300 * time.Millisecond)
	time.Sleep(rand.N(200 * time.Millisecond))
	outcome, err := k.monitor.Answer(k.t.Context(), engine.Request{Target: agent.Ref, Action: engine.ActionApprove, Seen: engine.SeenOf(agent)})
	<-killed
	n := len(a.keys(k.t))
	switch {
	case outcome.Confirmed && n != len(outcome.Keys):
		k.t.Errorf("confirmed, and %d keys were typed: %+v", n, outcome)
	case !outcome.Sent && n != 0:
		k.t.Errorf("said not to be given (%v), and %q was typed", err, a.keys(k.t))
	case n > 1:
		k.t.Errorf("%q was typed for one key", a.keys(k.t))
	}
	return outcome, err
}

// checkTold checks that each question was told, and none twice without saying so.
func (k *killing) checkTold(rounds int) {
	k.t.Helper()
	certain, marked := make(map[string]int), 0
	told := make(map[string]bool)
	for _, e := range events(k.t, k.file) {
		for _, a := range e.Agents {
			key := a.Pane + " " + a.Since
			if told[key] = true; e.MaybeTold {
				marked++
			} else if certain[key]++; certain[key] > 1 {
				k.t.Errorf("%s was told %d times", key, certain[key])
			}
		}
	}
	if len(told) != rounds {
		k.t.Errorf("%d of %d questions were told", len(told), rounds)
	}
	if k.t.Failed() {
		k.t.Logf("told: %+v", events(k.t, k.file))
	}
	k.t.Logf("%d questions told, %d messages marked as perhaps told before", len(told), marked)
}
