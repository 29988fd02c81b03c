package ui

import (
	"fmt"
	"strings"
	"testing"

	"agentwatch/engine"
	"agentwatch/health"
)

// longScene is a scene in which the first agent asks more than any screen holds,
// each piece of it with a number.
func longScene() *engine.Snapshot {
	s := scene()
	d := &health.Dialog{Question: "Which of the ways that are listed above is the one to go, " + strings.Repeat("and ", 40) + "questionend"}
	for i := range 20 {
		d.Body = append(d.Body, fmt.Sprintf("body%02d %s tail%02d", i, strings.Repeat("text ", 25), i))
	}
	for i := range 12 {
		d.Options = append(d.Options, health.Option{Key: fmt.Sprint(i + 1), Label: fmt.Sprintf("option%02d %s last%02d", i, strings.Repeat("more ", 20), i)})
	}
	s.Agents[0].Dialog, s.Agents[0].Activity = d, ""
	return s
}

// longPieces are the beginnings and ends of all that it asks.
func longPieces(body bool) []string {
	pieces := []string{"Which of the ways", "questionend"}
	for i := range 20 {
		if body {
			pieces = append(pieces, fmt.Sprintf("body%02d", i), fmt.Sprintf("tail%02d", i))
		}
	}
	for i := range 12 {
		pieces = append(pieces, fmt.Sprintf("option%02d", i), fmt.Sprintf("last%02d", i))
	}
	return pieces
}

// reads fails when one of the pieces never comes on the screen while a key is
// pressed.
func (d *driver) reads(pieces []string, key string, times int) {
	d.t.Helper()
	read := map[string]bool{}
	for range times {
		for _, piece := range pieces {
			read[piece] = read[piece] || strings.Contains(d.text(), piece)
		}
		d.press(key)
	}
	for _, piece := range pieces {
		if !read[piece] {
			d.t.Errorf("%q cannot be read; at last:\n%s", piece, d.text())
		}
	}
}

func TestALongPromptIsReadAsAWholeBeforeItIsAnswered(t *testing.T) {
	for _, size := range [][2]int{{40, 12}, {80, 24}, {120, 40}} {
		drive(t, Options{}, size[0], size[1], longScene(), func(d *driver) {
			d.press("y")
			d.expect("approve by key 1", " above")
			d.press("home")
			d.expect("more rows", "body00")
			d.reads(longPieces(true), "down", 170)
			d.expect("approve by key 1")
		})
	}
}

func TestTheOptionThatIsChosenIsInSight(t *testing.T) {
	drive(t, Options{}, 80, 24, longScene(), func(d *driver) {
		d.press("a")
		for i := range 12 {
			d.expect(fmt.Sprintf("▌%d. option%02d", i+1, i))
			d.press("down")
		}
		d.expect("choose by key 12")
		d.press("pgup", "pgup", "pgup", "pgup", "pgup")
		d.expect("body00")
	})
}

func TestALongReplyIsShownAsAWholeBeforeItIsSent(t *testing.T) {
	drive(t, Options{}, 80, 24, scene(), func(d *driver) {
		d.press("r")
		d.expect("Do you want to proceed?")
		d.press(strings.Split("begin "+strings.Repeat("word ", 60)+"end", "")...)
		d.press("enter")
		d.expect("> begin", "word end")
	})
}

func TestTheSelectedLetterOfTheInboxIsReadAsAWhole(t *testing.T) {
	for _, size := range [][2]int{{40, 12}, {80, 24}, {120, 40}} {
		drive(t, Options{}, size[0], size[1], longScene(), func(d *driver) {
			d.press("6")
			d.expect("fix-auth", "last11")
			for range 30 {
				d.press("pgup")
			}
			d.reads(longPieces(size[0] < 2*inboxWidth), "pgdown", 30)
			d.press("home", "down")
			d.refuse("last00")
			d.press("up")
			d.expect("fix-auth")
		})
	}
	drive(t, Options{}, 120, 40, longScene(), func(d *driver) {
		d.press("6", "down")
		d.expect("+ 8 more options")
	})
}

func TestAQuestionIsNotSaidTwice(t *testing.T) {
	for _, said := range []string{"┃ How long may it take?", "How long may it take?", "┃ How long may…", ""} {
		s := scene()
		s.Agents[0].Activity, s.Agents[0].Dialog = said, &health.Dialog{Question: "┃  How long may it take?"}
		for _, key := range []string{"6", "enter", "1"} {
			drive(t, Options{}, 100, 40, s, func(d *driver) {
				d.press(key)
				if n := strings.Count(d.text(), "How long may"); n > 1 || n == 0 && key != "1" || strings.Contains(d.text(), "┃") {
					t.Errorf("%q: asked %d times:\n%s", said, n, d.text())
				}
			})
		}
	}
}

func TestAQuestionThatStandsInADialogsTextIsNotRepeated(t *testing.T) {
	s := scene()
	s.Previews = nil
	s.Agents[0].Dialog.Body = []string{"Do you want to proceed?", "Description: the edits"}
	for _, key := range []string{"6", "y"} {
		drive(t, Options{}, 80, 24, s, func(d *driver) {
			d.press(key)
			d.expect("Description: the edits")
			if n := strings.Count(d.text(), "Do you want to proceed?"); n != 1 {
				t.Errorf("%s: asked %d times:\n%s", key, n, d.text())
			}
		})
	}
}
