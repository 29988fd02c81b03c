package notify

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"agentwatch/engine"
	"agentwatch/health"
)

// stream is a Source that a test writes to.
type stream chan engine.Transition

func (s stream) Next(ctx context.Context) (engine.Transition, error) {
	select {
	case t, ok := <-s:
		if !ok {
			return t, engine.ErrStopped
		}
		return t, nil
	case <-ctx.Done():
		return engine.Transition{}, ctx.Err()
	}
}

// becomes lets an agent change now.
func (s stream) becomes(session string, u engine.Urgency) engine.Agent {
	a := agentIn(session, u)
	a.Since = time.Now()
	s <- engine.Transition{At: time.Now(), Agent: a, From: health.StateWorking, To: a.State}
	return a
}

// stageOf runs a Notifier until the test stops it.
type stageOf struct {
	notifier *Notifier
	stream   stream
	stop     func()
	mu       sync.Mutex
	results  []Result
	ended    error
}

func run(t *testing.T, o Options) *stageOf {
	t.Helper()
	s := &stageOf{stream: make(stream)}
	o.Report = func(r Result) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.results = append(s.results, r)
	}
	n, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	s.notifier = n
	ctx, cancel := context.WithCancel(t.Context())
	var working sync.WaitGroup
	working.Go(func() { s.ended = n.Run(ctx, s.stream) })
	s.stop = func() {
		cancel()
		working.Wait()
	}
	return s
}

// lines are the results as text.
func (s *stageOf) lines() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []string
	for _, r := range s.results {
		all = append(all, strings.TrimSpace(r.Channel+" "+r.Outcome.String()+" "+r.Message.Text()+" "+r.Reason))
	}
	return strings.Join(all, "\n")
}

func TestANotifierTellsWhatTheSnapshotSaysAfterTheMinimum(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var p paper
		tmux := &fakeTmux{clients: []Client{{Server: "/tmp/s", Name: "/dev/pts/1", Pane: "%web"}}}
		config := Defaults()
		config.Channels["terminal"] = Channel{Type: TypeTmux}
		s := run(t, Options{Config: config, Terminal: p.write, Tmux: tmux})
		a := s.stream.becomes("api", engine.UrgencyWaiting)
		s.stream.becomes("web", engine.UrgencyWaiting) // looked at
		a.Activity = "run #(id)?"
		s.notifier.Observe(&engine.Snapshot{Agents: []engine.Agent{a}})
		time.Sleep(14 * time.Second)
		synctest.Wait()
		if s.lines() != "" || p.text() != "" {
			t.Errorf("too soon: %s", s.lines())
		}
		time.Sleep(2 * time.Second)
		synctest.Wait()
		s.stop()
		if s.ended != nil || p.text() != "\a" || len(tmux.shown) != 1 || tmux.shown[0] != "api (claude) waits for you: run ##(id)?" {
			t.Errorf("%v, %q, %q", s.ended, p.text(), tmux.shown)
		}
		if len(s.notifier.Notices()) != 0 {
			t.Errorf("%v", s.notifier.Notices())
		}
	})
}

func TestADeadChannelDelaysNoOtherAndIsShown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var p paper
		s := run(t, Options{Config: Defaults(), Terminal: func(text string) error {
			if text != "\a" {
				return errors.New("broken pipe")
			}
			return p.write(text)
		}})
		s.stream.becomes("api", engine.UrgencyCrashed)
		time.Sleep(15*time.Second + time.Millisecond)
		synctest.Wait()
		if p.text() != "\a" {
			t.Error("the bell has waited for the other channel")
		}
		time.Sleep(10 * time.Second)
		synctest.Wait()
		notices := s.notifier.Notices()
		if len(notices) != 1 || !strings.Contains(notices[0].Text, "notification over terminal failed") || !strings.Contains(notices[0].Text, "broken pipe") {
			t.Errorf("%+v", notices)
		}
		s.stop()
		if want := "terminal failed api (claude) has crashed the terminal cannot be written to: broken pipe"; !strings.Contains(s.lines(), want) {
			t.Errorf("%s", s.lines())
		}
	})
}

func TestAChangedConfigurationCountsFromThenOnAndForgetsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var p paper
		changed := make(chan Config, 1)
		config := Defaults()
		config.Channels["log"] = Channel{Type: TypeCommand, Command: []string{"false"}}
		config.Rules[0].Channels = []string{"bell", "log"}
		s := run(t, Options{Config: config, Changed: changed, Terminal: p.write})
		s.stream.becomes("api", engine.UrgencyWaiting)
		synctest.Wait()
		// The bell goes on; log is gone, and with it what was due there.
		changed <- Defaults()
		time.Sleep(20 * time.Second)
		synctest.Wait()
		if p.text() == "" || strings.Contains(s.lines(), "log") {
			t.Errorf("%q after %q", s.lines(), p.text())
		}
		// One that is not valid changes nothing.
		wrong := Defaults()
		wrong.Rules[0].Channels = []string{"pigeon"}
		changed <- wrong
		synctest.Wait()
		before := p.text()
		s.stream.becomes("web", engine.UrgencyWaiting)
		time.Sleep(20 * time.Second)
		synctest.Wait()
		if p.text() == before {
			t.Error("a configuration that is not valid is in force")
		}
		off := Defaults()
		off.Enabled = false
		changed <- off
		synctest.Wait()
		before = p.text()
		s.stream.becomes("db", engine.UrgencyWaiting)
		time.Sleep(20 * time.Second)
		synctest.Wait()
		if p.text() != before {
			t.Error("it tells though it is switched off")
		}
		s.stop()
	})
}

func TestANotifierEndsWithItsSource(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := run(t, Options{Config: Defaults()})
		s.stream.becomes("api", engine.UrgencyCrashed)
		close(s.stream)
		synctest.Wait()
		s.stop()
		if s.ended != nil {
			t.Error(s.ended)
		}
	})
}

func TestATestTriesEveryChannelOnce(t *testing.T) {
	var p paper
	config := Defaults()
	config.Channels["false"] = Channel{Type: TypeCommand, Command: []string{"false"}}
	n, err := New(Options{Config: config, Terminal: p.write})
	if err != nil {
		t.Fatal(err)
	}
	results, err := n.Test(t.Context(), "")
	if err != nil || len(results) != 3 {
		t.Fatalf("%v, %v", results, err)
	}
	for i, want := range []string{"bell delivered", "false failed", "terminal delivered"} {
		if got := results[i].Channel + " " + results[i].Outcome.String(); got != want || results[i].Tries != 1 {
			t.Errorf("%s after %d tries, want %s", got, results[i].Tries, want)
		}
	}
	if results, err = n.Test(t.Context(), "bell"); err != nil || len(results) != 1 {
		t.Errorf("%v, %v", results, err)
	}
	if _, err = n.Test(t.Context(), "horn"); !errors.Is(err, ErrUnknownChannel) {
		t.Errorf("%v", err)
	}
}
