package web

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"agentwatch/engine"
)

func allowing(text bool) func(*Options) {
	return func(o *Options) { o.AllowAnswers, o.AllowText = true, text }
}

func choosing(id string, option int) map[string]any {
	return map[string]any{"plan": map[string]any{"agent": id, "action": "choose", "option": option}}
}

// planned plans an answer and returns its nonce.
func (b *browser) planned(question map[string]any) string {
	b.t.Helper()
	value, problem := b.ask(question)
	plan, _ := value.(map[string]any)
	if problem != "" || plan["nonce"] == "" {
		b.t.Fatalf("%v %s", value, problem)
	}
	return plan["nonce"].(string)
}

func give(nonce string) map[string]any { return map[string]any{"give": map[string]any{"nonce": nonce}} }

func TestNothingIsTypedWithoutTheFlag(t *testing.T) {
	s := serve(t, func(o *Options) { o.AllowText = true })
	s.monitor.show(snapshot(agents(1)))
	b := s.open(s.token("phone"))
	id := b.named("task-0")
	for _, action := range []string{"choose", "approve", "deny", "reply", "interrupt", "keys"} {
		question := map[string]any{"plan": map[string]any{"agent": id, "action": action, "text": "x", "keys": []string{"y"}}}
		if value, problem := b.ask(question); !strings.Contains(problem, "--allow-answers") {
			t.Errorf("%s: %v %s", action, value, problem)
		}
	}
	if _, problem := b.ask(give("x")); problem == "" || len(s.monitor.answers()) > 0 {
		t.Errorf("typed %v, %s", s.monitor.answers(), problem)
	}
}

func TestAnAnswerIsShownThenGivenOnceAsWhatWasSeenByThatDevice(t *testing.T) {
	s := serve(t, allowing(false))
	all := agents(1)
	s.monitor.show(snapshot(all))
	b := s.open(s.token("phone"))
	nonce := b.planned(choosing(b.named("task-0"), 2))
	if len(s.monitor.answers()) > 0 {
		t.Fatal("a plan types")
	}
	if value, problem := b.ask(give(nonce)); problem != "" || !strings.Contains(fmt.Sprint(value), "confirmed") {
		t.Errorf("%v %s", value, problem)
	}
	if value, problem := b.ask(give(nonce)); problem == "" {
		t.Errorf("the nonce works twice: %v", value)
	}
	given := s.monitor.answers()
	if len(given) != 1 {
		t.Fatalf("%d answers", len(given))
	}
	r := given[0]
	if r.Target != ref(0) || r.Action != engine.ActionChoose || r.Option != 2 || r.By != "web: phone" || r.Shown != `chooses "No" by its key` || !r.Seen.Dialog.Equal(all[0].Dialog) || r.Seen.PID != all[0].PID {
		t.Errorf("%+v", r)
	}
}

func TestANonceIsOfOnePageAndOfTenSeconds(t *testing.T) {
	s := serve(t, allowing(false))
	s.monitor.show(snapshot(agents(1)))
	one, other := s.open(s.token("phone")), s.open(s.token("laptop"))
	nonce := one.planned(choosing(one.named("task-0"), 0))
	if value, problem := other.ask(give(nonce)); problem == "" {
		t.Errorf("another page gives it: %v", value)
	}
	now := time.Now()
	n := newNonces(func() time.Time { return now })
	kept, err := n.keep(engine.Request{})
	if err != nil {
		t.Fatal(err)
	}
	now = now.Add(confirmTime + time.Millisecond)
	if _, err := n.take(kept); !errors.Is(err, errNonce) {
		t.Errorf("after ten seconds: %v", err)
	}
	if len(s.monitor.answers()) > 0 {
		t.Errorf("typed %v", s.monitor.answers())
	}
}

func TestWhatThePageDoesNotShowYetIsNotAnswered(t *testing.T) {
	s := serve(t, allowing(false))
	s.monitor.show(snapshot(agents(1)))
	b := s.open(s.token("phone"))
	id := b.named("task-0")
	b.planned(choosing(id, 0))
	b.silent = true
	next := agents(1)
	next[0].Dialog.Question, next[0].Revision = "Really delete everything?", 2
	s.monitor.show(snapshot(next))
	s.await("the other question to arrive", func() bool {
		_, fresh := s.hub.seen(id, 1)
		return !fresh
	})
	if value, problem := b.ask(choosing(id, 0)); !strings.Contains(problem, "changed") {
		t.Errorf("%v %q", value, problem)
	}
}

func TestTextsNeedAFlagOfTheirOwn(t *testing.T) {
	reply := func(b *browser) (any, string) {
		return b.ask(map[string]any{"plan": map[string]any{"agent": b.named("task-1"), "action": "reply", "text": "go on"}})
	}
	for allowed, want := range map[bool]string{false: "--allow-text", true: ""} {
		s := serve(t, allowing(allowed))
		s.monitor.show(snapshot(agents(2)))
		b := s.open(s.token("phone"))
		if value, problem := reply(b); !strings.Contains(problem, want) || (problem == "") != allowed {
			t.Errorf("allowed %t: %v %s", allowed, value, problem)
		}
		if b.hello["text"] != allowed {
			t.Errorf("allowed %t: the page is told %v", allowed, b.hello["text"])
		}
		s.stop()
	}
}

func TestWhatCameOfAnAnswerIsTold(t *testing.T) {
	for word, err := range map[string]error{"confirmed": nil, "failed": engine.ErrUnconfirmed, "uncertain": engine.ErrUnconfirmed, "refused": engine.ErrChanged} {
		s := serve(t, allowing(false))
		s.monitor.outcome, s.monitor.known = err, word == "failed"
		s.monitor.show(snapshot(agents(1)))
		b := s.open(s.token("phone"))
		value, problem := b.ask(give(b.planned(choosing(b.named("task-0"), 0))))
		if told, _ := value.(map[string]any); problem != "" || told["word"] != word {
			t.Errorf("%v is told as %v %s", err, value, problem)
		}
		s.stop()
	}
}
