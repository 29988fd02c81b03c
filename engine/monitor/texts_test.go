package monitor

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"agentwatch/engine"
	"agentwatch/health"
)

// saved is what a service has written down last.
type saved struct {
	mu   sync.Mutex
	last engine.Wishes
	all  []engine.Wishes
	fail error
}

func (k *saved) keep(before engine.Wishes) engine.KeepWishes {
	return engine.KeepWishes{Before: before, Save: func(w engine.Wishes) error {
		k.mu.Lock()
		defer k.mu.Unlock()
		if k.fail == nil {
			k.last, k.all = w, append(k.all, w)
		}
		return k.fail
	}}
}

// typedAs is claude's screen with something in its composer.
func typedAs(text string) string { return strings.Replace(claudeTyped, "go on", text, 1) }

func later(t *testing.T, s *Service, a engine.Agent, texts ...string) {
	t.Helper()
	for _, text := range texts {
		if _, err := s.SendWhenIdle(context.Background(), "", engine.Request{Target: a.Ref, Text: text, Seen: engine.SeenOf(a)}); err != nil {
			t.Fatal(err)
		}
	}
}

func TestTextsWaitForThePromptAndAreTypedInTheirOrderEachInATurnOfItsOwn(t *testing.T) {
	var kept saved
	answering(t, claudeWorking, Options{Wishes: kept.keep(engine.Wishes{})}, func(t *testing.T, s *Service, f *fakeTypist, a engine.Agent) {
		later(t, s, a, "one", "two")
		if got := after(s, time.Minute); len(got.Agents[0].Texts) != 2 || f.all() != "" || len(kept.last.Texts) != 2 {
			t.Fatalf("while it works: %+v, typed %q, kept %+v", got.Agents[0].Texts, f.all(), kept.last)
		}
		f.becomes(map[string]string{`"one"`: typedAs("one"), `"two"`: typedAs("two"), "Enter": claudeWorking})
		f.server.show("%0", claudeIdle)
		if got := after(s, 20*time.Second); len(got.Agents[0].Texts) != 1 || f.all() != `"one", Enter` {
			t.Fatalf("at its prompt: %+v, typed %q", got.Agents[0].Texts, f.all())
		}
		after(s, time.Minute)
		f.server.show("%0", claudeIdle)
		if got := after(s, 20*time.Second); len(got.Agents[0].Texts) != 0 || f.all() != `"one", Enter, "two", Enter` || s.Waiting() {
			t.Errorf("in the end: %+v, typed %q", got.Agents[0].Texts, f.all())
		}
		begun := false
		for _, w := range kept.all {
			begun = begun || len(w.Texts) == 2 && w.Texts[0].Begun
		}
		if !begun || len(kept.last.Texts) != 0 {
			t.Errorf("that it was begun was not written down before it was typed: %+v", kept.all)
		}
	})
}

func TestATextWhoseEndIsUncertainIsNeverTypedAgainAlsoByTheNextService(t *testing.T) {
	var kept saved
	answering(t, claudeIdle, Options{Wishes: kept.keep(engine.Wishes{})}, func(t *testing.T, s *Service, f *fakeTypist, a engine.Agent) {
		later(t, s, a, "one", "two")
		// It never shows what was pasted.
		got := after(s, 3*time.Minute)
		if f.all() != `"one"` || len(got.Agents[0].Texts) != 2 || !got.Agents[0].Texts[0].Uncertain || len(got.Notices) != 1 {
			t.Fatalf("typed %q, waits %+v, notices %v", f.all(), got.Agents[0].Texts, got.Notices)
		}
	})
	// As it was written down while it was being typed, by a process that was killed.
	left := kept.last
	left.Texts[0].Uncertain = false
	answering(t, claudeIdle, Options{Wishes: kept.keep(left)}, func(t *testing.T, s *Service, f *fakeTypist, a engine.Agent) {
		if got := after(s, time.Minute); f.all() != "" || len(got.Agents[0].Texts) != 2 || !got.Agents[0].Texts[0].Uncertain {
			t.Fatalf("typed %q, waits %+v", f.all(), got.Agents[0].Texts)
		}
		f.becomes(map[string]string{`"two"`: typedAs("two"), "Enter": claudeWorking})
		if text, err := s.TakeBack(context.Background(), a.Ref, left.Texts[0].ID); err != nil || text.Text != "one" {
			t.Fatalf("%+v, %v", text, err)
		}
		if after(s, 20*time.Second); f.all() != `"two", Enter` {
			t.Errorf("behind it: typed %q", f.all())
		}
	})
}

func TestATextIsRefusedWhenItsAgentIsGoneOrAnotherOneIsThere(t *testing.T) {
	for name, happens := range map[string]func(f *fakeServer){
		"gone": func(f *fakeServer) {
			f.mu.Lock()
			defer f.mu.Unlock()
			f.panes = nil
		},
		"another": func(f *fakeServer) {
			f.mu.Lock()
			defer f.mu.Unlock()
			f.panes[0].PID += 7
		},
	} {
		answering(t, claudeWorking, Options{}, func(t *testing.T, s *Service, f *fakeTypist, a engine.Agent) {
			later(t, s, a, "delete the branch")
			told := s.Answers()
			happens(f.server)
			f.server.show("%0", claudeIdle)
			if name == "gone" {
				happens(f.server)
			}
			got := after(s, 30*time.Second)
			if f.all() != "" || s.Waiting() || len(got.Notices) != 1 || !strings.Contains(got.Notices[0].Text, "delete the branch") {
				t.Fatalf("%s: typed %q, notices %v", name, f.all(), got.Notices)
			}
			if o, err := told.Next(context.Background()); err != nil || o.Sent || o.Text != "delete the branch" || o.Problem == "" {
				t.Errorf("%s: the history gets %+v, %v", name, o, err)
			}
		})
	}
}

func TestATextIsNotTypedBehindWhatTheUserHasWrittenNorWhenItCannotBeWrittenDown(t *testing.T) {
	var kept saved
	answering(t, claudeTyped, Options{Wishes: kept.keep(engine.Wishes{})}, func(t *testing.T, s *Service, f *fakeTypist, a engine.Agent) {
		later(t, s, a, "one")
		if got := after(s, time.Minute); f.all() != "" || len(got.Agents[0].Texts) != 1 || got.Agents[0].Texts[0].Begun {
			t.Errorf("typed %q, waits %+v", f.all(), got.Agents[0].Texts)
		}
		kept.fail = errors.New("the disk is full")
		f.server.show("%0", claudeIdle)
		if after(s, time.Minute); f.all() != "" {
			t.Errorf("with a full disk %q is typed", f.all())
		}
	})
}

func TestOnlyWhatCanBeTypedWaits(t *testing.T) {
	answering(t, claudeIdle, Options{}, func(t *testing.T, s *Service, _ *fakeTypist, a engine.Agent) {
		for what, c := range map[string]struct {
			change func(r *engine.Request)
			want   error
		}{
			"nothing":       {func(r *engine.Request) { r.Text = "" }, engine.ErrCannot},
			"no such pane":  {func(r *engine.Request) { r.Target.Pane = "%9" }, engine.ErrUnknownPane},
			"another agent": {func(r *engine.Request) { r.Seen.Kind = health.KindCodex }, engine.ErrChanged},
		} {
			r := engine.Request{Target: a.Ref, Text: "go on", Seen: engine.SeenOf(a)}
			c.change(&r)
			if _, err := s.SendWhenIdle(context.Background(), "", r); !errors.Is(err, c.want) {
				t.Errorf("%s: %v", what, err)
			}
		}
	})
	answering(t, claudeWorking, Options{}, func(t *testing.T, s *Service, _ *fakeTypist, a engine.Agent) {
		for i := range maxTexts + 1 {
			id := fmt.Sprint(min(i, maxTexts-1))
			if _, err := s.SendWhenIdle(context.Background(), id, engine.Request{Target: a.Ref, Text: "go on", Seen: engine.SeenOf(a)}); err != nil {
				t.Fatalf("%d: %v", i, err)
			}
		}
		if got := after(s, time.Second); len(got.Agents[0].Texts) != maxTexts {
			t.Errorf("%d wait", len(got.Agents[0].Texts))
		}
		if _, err := s.SendWhenIdle(context.Background(), "", engine.Request{Target: a.Ref, Text: "go on", Seen: engine.SeenOf(a)}); !errors.Is(err, engine.ErrCannot) {
			t.Errorf("one too many: %v", err)
		}
	})
}
