package ui

import (
	"context"
	"errors"
	"strings"
	"testing"

	"agentwatch/engine"
	"agentwatch/health"
)

func TestTheAnswerShowsWhatStandsAboveTheQuestionAndScrolls(t *testing.T) {
	drive(t, Options{}, 100, 30, scene(), func(d *driver) {
		d.press("y")
		box := d.text()[strings.Index(d.text(), "─ approve: fix-auth ─"):]
		for _, text := range []string{"+   if len(token) < minToken {", "Do you want to proceed?", "approve by key 1"} {
			if !strings.Contains(box, text) {
				t.Errorf("%q is not in\n%s", text, box)
			}
		}
		d.press("home")
		if box = d.text()[strings.Index(d.text(), "─ approve: fix-auth ─"):]; !strings.Contains(box, "I'll run the test suite") {
			t.Errorf("the beginning cannot be read:\n%s", box)
		}
		d.press("end")
		d.expect("approve by key 1")
		d.press("enter")
		if got := d.monitor.answered; len(got) != 1 || got[0].Action != engine.ActionApprove {
			t.Errorf("answered %+v", got)
		}
	})
}

func TestWhatAnAnswerIsAboutIsFollowedWhereverItIsGiven(t *testing.T) {
	s := scene()
	drive(t, Options{}, 100, 30, s, func(d *driver) {
		d.press("4", "y")
		if last := d.monitor.followed[len(d.monitor.followed)-1]; len(last) != 1 || last[0] != refOf(s, "fix-auth") {
			t.Errorf("followed are %v", last)
		}
	})
}

func TestAScreenThatShowsSomethingElseIsNotTakenForTheQuestions(t *testing.T) {
	s := scene()
	preview := *s.Previews[s.Agents[0].Ref]
	preview.Text = strings.Replace(preview.Text, "2. Yes, and don't", "2. Never, and don't", 1)
	s.Previews[s.Agents[0].Ref] = &preview
	drive(t, Options{}, 80, 24, s, func(d *driver) {
		d.refuse("run_tests.sh *")
		d.press("y")
		if box := d.text()[strings.Index(d.text(), "─ approve: fix-auth ─"):]; strings.Contains(box, "minToken") {
			t.Errorf("another screen stands above the question:\n%s", box)
		}
	})
}

func TestAQuestionThatIsWiderThanItsPreviewIsWrapped(t *testing.T) {
	for _, keys := range [][]string{nil, {"enter"}} {
		drive(t, Options{}, 80, 24, scene(), func(d *driver) {
			d.press(keys...)
			d.expect("don't ask again for:", "run_tests.sh *")
		})
	}
}

func TestAKeyHidesTheFiguresAndTheyStayHidden(t *testing.T) {
	drive(t, Options{}, 120, 40, scene(), func(d *driver) {
		d.expect("╭─ pool")
		d.press("c")
		d.refuse("╭─ pool", "rounds")
		again := New(newFakeMonitor(), Options{Remembered: d.m.remember()})
		defer again.Close()
		if !again.board().bare {
			t.Error("the next dashboard shows them")
		}
		d.press("c")
		d.expect("╭─ pool")
	})
	drive(t, Options{}, 80, 12, scene(), func(d *driver) {
		d.press("c")
		d.expect("a larger terminal has room for the figures")
	})
}

func TestTheFooterOffersTheAnswersThatFit(t *testing.T) {
	s := scene()
	drive(t, Options{}, 160, 40, s, func(d *driver) {
		footer := func() string { return d.text()[strings.LastIndex(d.text(), "\n")+1:] }
		offers := func(what string, want, not []string) {
			t.Helper()
			for _, text := range want {
				if !strings.Contains(footer(), text) {
					t.Errorf("%s: %q is not in %q", what, text, footer())
				}
			}
			for _, text := range not {
				if strings.Contains(footer(), text) {
					t.Errorf("%s: %q is in %q", what, text, footer())
				}
			}
		}
		offers("permission", []string{"y approve", "d deny", "a choose"}, []string{"r reply", "I interrupt"})
		d.m.fleet.list.Select(refOf(s, "refactor-db"))
		d.press("m", "m", "esc")
		d.wait(2 * toastTime)
		offers("working", []string{"r reply", "I interrupt"}, []string{"y approve", "a choose"})
		d.m.fleet.list.Select(refOf(s, "fix-auth"))
		d.press("y")
		offers("answer", []string{"⏎ send it"}, nil)
		d.monitor.unplannable = engine.ErrCannot
		d.press("esc", "y")
		offers("refused", []string{"esc send nothing"}, []string{"⏎ send it"})
	})
}

func TestAnActiveFilterStandsInTheFooterWithWhatClearsIt(t *testing.T) {
	drive(t, Options{}, 120, 40, scene(), func(d *driver) {
		d.press("/", "w", "e", "b", "enter", "f")
		d.wait(2 * toastTime)
		d.expect("/web only needs you  esc clears it")
		d.press("4")
		d.expect("/web only needs you  1 esc clears it")
		d.press("1", "esc")
		d.wait(2 * toastTime)
		d.refuse("clears it")
	})
}

func TestThePaletteFindsAgentsAndStaysWhereItIs(t *testing.T) {
	s := scene()
	drive(t, Options{}, 120, 40, s, func(d *driver) {
		d.press("/", "w", "e", "b", "enter", ":")
		corner := func() int { return strings.Index(d.text(), "╭─ commands and agents") }
		before := corner()
		for _, key := range []string{"m", "i", "g", "r", "a"} {
			d.press(key)
			if corner() != before {
				t.Fatalf("it has moved:\n%s", d.text())
			}
		}
		// It is not listed: the filter hides it.
		d.expect("✖ migrate", "claude · api:3.0 · crashed")
		d.press("enter")
		if d.m.at != ViewFocus || d.m.focus().agent.Ref != refOf(s, "migrate") {
			t.Errorf("at the %s, agent %v", d.m.at, d.m.focus().agent.Ref)
		}
	})
}

func TestTheFilterSaysWhichFieldsItKnows(t *testing.T) {
	drive(t, Options{}, 120, 40, scene(), func(d *driver) {
		d.press("/")
		d.expect("kind: state: session: host:")
		d.press("s", "t", "a", "t", "e", ":", "w", "a", "i")
		d.expect("2 of 17 agents")
		d.refuse("kind:")
	})
}

func TestAnErrorThatIsLongKeepsItsRemedy(t *testing.T) {
	remedy := "press the key again"
	o := Options{Jumper: failingJumper{errors.New("several terminals show this window and were used in the same second, so it is not sure which one asked: " + remedy)}}
	for _, width := range []int{80, 120} {
		drive(t, o, width, 30, scene(), func(d *driver) {
			d.press("g")
			rows := strings.Split(d.text(), "\n")
			if len(rows) != 30 || !strings.Contains(strings.Join(rows[len(rows)-2:], " "), "press the key") || !strings.Contains(rows[29], "again") {
				t.Errorf("%d columns:\n%s", width, d.text())
			}
			d.wait(2 * toastTime)
			d.expect("help")
		})
	}
}

// failingJumper goes nowhere.
type failingJumper struct{ err error }

func (j failingJumper) Jump(context.Context, health.PaneRef) (Jumped, error) { return Jumped{}, j.err }
