package demo

import (
	"strings"
	"testing"
	"time"
)

func TestAnUnchangedFrameWritesNothingAndASpinnerOnlyItsRow(t *testing.T) {
	var out strings.Builder
	p := newPainter(&out)
	s := scene{kind: Claude, stage: stageWorking, verb: verbs()[0], dir: "~/api", topic: "Fix it", since: time.Unix(0, 0)}
	for _, e := range []string{"one", "two"} {
		s.add(entry{kind: entrySay, text: e})
	}
	now := time.Unix(10, 0)
	if err := p.paint(s.frame(now, 120, 40)); err != nil {
		t.Fatal(err)
	}
	whole := out.Len()
	out.Reset()
	if err := p.paint(s.frame(now, 120, 40)); err != nil || out.Len() != 0 {
		t.Errorf("the same frame again wrote %q (%v)", out.String(), err)
	}
	s.tick++
	if err := p.paint(s.frame(now, 120, 40)); err != nil {
		t.Fatal(err)
	}
	if n := out.Len(); n == 0 || n > 150 {
		t.Errorf("a step of the spinner wrote %d bytes, a whole frame has %d", n, whole)
	}
	out.Reset()
	p.invalidate()
	if err := p.paint(s.frame(now, 120, 40)); err != nil || out.Len() < whole/2 {
		t.Errorf("after a resize %d bytes were written, a whole frame has %d (%v)", out.Len(), whole, err)
	}
}

func TestTheAlternateScreenIsEnteredOnceAndLeft(t *testing.T) {
	var out strings.Builder
	p := newPainter(&out)
	s := scene{kind: Claude, stage: stageTrust, dir: "~/api"}
	for _, at := range []stage{stageTrust, stagePrompt, stageWorking, stagePrompt} {
		s.stage = at
		if err := p.paint(s.frame(time.Unix(0, 0), 80, 24)); err != nil {
			t.Fatal(err)
		}
		if entered := strings.Contains(out.String(), "\x1b[?1049h"); entered != (at != stageTrust) && at != stagePrompt {
			t.Errorf("stage %d: alternate screen entered: %v", at, entered)
		}
	}
	if n := strings.Count(out.String(), "\x1b[?1049h"); n != 1 {
		t.Errorf("the alternate screen was entered %d times", n)
	}
	if err := p.leave([]string{"bye"}); err != nil || !strings.HasSuffix(out.String(), "\x1b]2;\x1b\\\r\nbye\r\n") {
		t.Errorf("the farewell is %q (%v)", out.String(), err)
	}
}

func TestNamesOfKindsAndScriptsReadBack(t *testing.T) {
	for _, s := range Scripts() {
		if back, err := ParseScript(s.String()); err != nil || back != s {
			t.Errorf("%v reads back as %v (%v)", s, back, err)
		}
	}
	for _, k := range Kinds() {
		if back, err := ParseKind(k.String()); err != nil || back != k {
			t.Errorf("%v reads back as %v (%v)", k, back, err)
		}
	}
	if _, err := ParseScript("dance"); err == nil {
		t.Error("an unknown script is no error")
	}
	if _, err := ParseKind("bash"); err == nil {
		t.Error("an unknown kind is no error")
	}
}

func TestWindowsOfASessionHaveNamesOfTheirOwn(t *testing.T) {
	for _, n := range []int{1, 12, 100, MaxAgents} {
		seats := fleet(n, 5)
		names := make(map[string]bool)
		for _, s := range seats {
			names[s.session+":"+s.window] = true
		}
		if len(seats) != n || len(names) != n {
			t.Errorf("%d agents: %d seats with %d names", n, len(seats), len(names))
		}
	}
}

func TestEveryTaskHasAQuestionAPlanAndSomethingToAllow(t *testing.T) {
	if n := len(tasks()); n < 20 {
		t.Errorf("there are %d tasks", n)
	}
	for _, task := range tasks() {
		asks := false
		for _, s := range task.steps {
			asks = asks || s.action == actRun || s.action == actEdit
		}
		if !asks || len(task.question.options) < 2 || len(task.plan) == 0 || task.summary == "" || task.prompt == "" {
			t.Errorf("%s/%s is incomplete", task.project, task.slug)
		}
	}
}
