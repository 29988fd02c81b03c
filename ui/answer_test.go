package ui

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"

	"agentwatch/engine"
	"agentwatch/engine/answer"
	"agentwatch/health"
)

func TestAnApprovalIsShownBeforeItIsSentAndConfirmedAfterwards(t *testing.T) {
	s := scene()
	drive(t, Options{}, 120, 40, s, func(d *driver) {
		d.press("y")
		d.expect("approve", "fix-auth", "1. Yes", "approve by key 1", "enter sends it")
		if len(d.monitor.answered) != 0 {
			t.Fatal("it was sent before the user said so")
		}
		d.press("enter")
		d.expect("approve sent to fix-auth, confirmed on the screen")
		if got := d.monitor.answered; len(got) != 1 || got[0].Action != engine.ActionApprove || got[0].Target != refOf(s, "fix-auth") || got[0].Seen.Dialog == nil {
			t.Errorf("answered %+v", got)
		}
	})
}

func TestNothingIsSentWhenTheUserLeavesOrTheAgentAsksSomethingElse(t *testing.T) {
	drive(t, Options{}, 120, 40, scene(), func(d *driver) {
		d.press("y", "esc")
		after := scene()
		after.Agents[0].Dialog = &health.Dialog{Question: "Delete everything?", Options: after.Agents[0].Dialog.Options}
		d.press("n")
		d.show(after)
		d.expect("it asks something else by now")
		d.expect("nothing can be sent")
		d.refuse("enter sends it")
		d.press("enter")
		d.expect("there is nothing that can be sent")
		if len(d.monitor.answered) != 0 {
			t.Errorf("answered %+v", d.monitor.answered)
		}
	})
}

func TestAnAnswerThatWasRefusedSaysWhy(t *testing.T) {
	drive(t, Options{}, 120, 40, scene(), func(d *driver) {
		d.monitor.fail = &engine.ChangedError{Differences: []engine.Difference{{Aspect: answer.AspectQuestion, Seen: "Proceed?", Now: "Delete?"}}}
		d.press("y", "enter")
		d.expect("the pane has changed", "Delete?")
		d.press("enter")
		d.refuse("the pane has changed")
	})
}

func TestAnAnswerThatMayHaveBeenTypedSaysSo(t *testing.T) {
	drive(t, Options{}, 120, 40, scene(), func(d *driver) {
		d.monitor.uncertain = true
		d.monitor.fail = fmt.Errorf("approve %%1: %w: the running agentwatch has ended", engine.ErrUnconfirmed)
		d.press("y", "enter")
		d.expect("uncertain, look at it before you answer again: approve %1: the running agentwatch has", "ended")
		d.refuse("engine:", "typed, but not confirmed")
	})
}

func TestAnOptionIsChosenByItsKeyOrByTheCursor(t *testing.T) {
	drive(t, Options{}, 120, 40, scene(), func(d *driver) {
		d.press("a", "down")
		d.expect("choose by key 2")
		d.press("3")
		d.expect("choose by key 3")
		d.press("enter")
		if got := d.monitor.answered; len(got) != 1 || got[0].Action != engine.ActionChoose || got[0].Option != 2 {
			t.Errorf("answered %+v", got)
		}
	})
}

func TestAReplyIsWrittenOnSeveralLinesAndRemembered(t *testing.T) {
	s := scene()
	drive(t, Options{}, 120, 40, s, func(d *driver) {
		d.press("r")
		d.press(strings.Split("first line", "")...)
		d.press("ctrl+j")
		d.send(tea.PasteMsg{Content: "second\x1b[31m line\nthird"})
		d.expect("reply to fix-auth", "first line", "second line", "third")
		d.press("enter")
		d.expect("reply", "> first line", "> third")
		d.press("enter")
		if got := d.monitor.answered; len(got) != 1 || got[0].Text != "first line\nsecond line\nthird" {
			t.Fatalf("answered %+v", got)
		}
		d.press("r", "ctrl+p")
		d.expect("second line")
		d.press("ctrl+n", "x", "esc", "r")
		d.expect("x")
	})
}

func TestMarkedAgentsAreAnsweredTogether(t *testing.T) {
	s := scene()
	for i := range s.Agents[:2] {
		s.Agents[i].Dialog = s.Agents[0].Dialog
	}
	drive(t, Options{}, 120, 40, s, func(d *driver) {
		d.m.fleet.mark(&s.Agents[0], &s.Agents[1])
		d.press("y", "enter")
		d.expect("approve sent to 2 agents")
		if len(d.monitor.answered) != 2 {
			t.Errorf("answered %+v", d.monitor.answered)
		}
		if marks := d.m.fleet.query.Marked; len(marks) != 0 {
			t.Errorf("the next answer would go to %+v", marks)
		}
	})
}

func TestTwoQuickEscapesCloseTwoLayers(t *testing.T) {
	drive(t, Options{}, 120, 40, scene(), func(d *driver) {
		d.press("?", "alt+esc", "?", ":", "alt+esc", "r", "alt+esc", "y")
		d.expect("approve")
		if len(d.m.overlays) != 1 {
			t.Errorf("%d layers", len(d.m.overlays))
		}
	})
}

func TestAQuestionIsAnsweredByAChoiceAlsoWithTheKeyOfApproving(t *testing.T) {
	s := scene()
	s.Agents[0].Wait = health.WaitQuestion
	drive(t, Options{}, 120, 40, s, func(d *driver) {
		d.press("y", "enter")
		if got := d.monitor.answered; len(got) != 1 || got[0].Action != engine.ActionChoose {
			t.Errorf("answered %+v", got)
		}
	})
}

func TestWhereNoTextIsTakenTheReplySaysSoBeforeItIsWritten(t *testing.T) {
	drive(t, Options{}, 120, 40, scene(), func(d *driver) {
		d.monitor.unplannable = errors.New("no option of this dialog takes a text")
		d.press("r")
		d.expect("no option of this dialog takes a text")
		d.press("x", "enter")
		d.expect("no option of this dialog takes a text")
		if len(d.monitor.answered) != 0 {
			t.Errorf("answered %+v", d.monitor.answered)
		}
	})
}

func TestKeysAreSentByTheirNames(t *testing.T) {
	drive(t, Options{}, 120, 40, scene(), func(d *driver) {
		d.press("ctrl+k")
		d.expect("show what is sent", "send nothing")
		d.refuse("keep it", "clear it")
		d.press(strings.Split("C-c", "")...)
		d.press(" ")
		d.press(strings.Split("Escape", "")...)
		d.press("enter", "enter")
		if got := d.monitor.answered; len(got) != 1 || got[0].Action != engine.ActionKeys || len(got[0].Keys) != 2 {
			t.Fatalf("answered %+v", got)
		}
		d.press("ctrl+k")
		d.press(strings.Split("Nonsense", "")...)
		d.press("enter")
		d.expect("Nonsense")
	})
}

func TestReadOnlyTypesNothing(t *testing.T) {
	drive(t, Options{ReadOnly: true}, 120, 40, scene(), func(d *driver) {
		for _, key := range []string{"y", "d", "a", "r", "I", "ctrl+k"} {
			d.press(key, "enter", "enter", "esc", "esc")
		}
		d.press("y")
		d.expect("read-only")
		if len(d.monitor.answered) != 0 {
			t.Errorf("answered %+v", d.monitor.answered)
		}
	})
	drive(t, Options{}, 120, 40, scene(), func(d *driver) {
		d.m.fleet.list.Select(refOf(scene(), "billing"))
		d.press("y")
		d.expect("billing asks nothing")
		d.monitor.unplannable = errors.New("no")
	})
}

func TestIn80ColumnsAReplySaysHowToLeaveIt(t *testing.T) {
	drive(t, Options{}, 80, 24, scene(), func(d *driver) {
		d.press("r")
		d.expect("send it", "keep it for later")
	})
}

func TestMarkedAgentsThatAskAreAnsweredWhateverComesFirst(t *testing.T) {
	s := scene()
	// By name another one comes first, which asks nothing.
	drive(t, Options{}, 120, 50, s, func(d *driver) {
		d.press("o", "ctrl+a")
		if first := d.m.addressed()[0]; first.Dialog != nil {
			t.Fatalf("%s comes first and asks", first.Session)
		}
		d.press("y")
		d.expect("enter sends it", "approve by key 1")
		if r := d.m.overlays[len(d.m.overlays)-1].(*answerOverlay).recipients[0]; r.agent.Dialog == nil {
			t.Errorf("the overlay begins with %s", r.agent.Session)
		}
	})
}
