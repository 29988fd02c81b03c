package demo

import (
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"
)

func TestADialogWaitsForItsUserForMinutes(t *testing.T) {
	for _, k := range Kinds() {
		for _, script := range []Script{ScriptPermission, ScriptQuestion, ScriptPlan} {
			synctest.Test(t, func(t *testing.T) {
				shots, err := playFor(SimulateOptions{Kind: k, Script: script, Seed: 7, Width: 100, Height: 30}, 3*time.Minute)
				if last := shots[len(shots)-1]; err == nil || !last.stage.asks() || last.stage != shots[0].stage {
					t.Errorf("%v, %v: stage %d after three minutes (%v)", k, script, last.stage, err)
				}
			})
		}
	}
}

func TestAPastedTextIsTakenAsAWholeHoweverItIsRead(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		text := rapid.StringMatching(`[a-zäß漢1-9\[~.]{1,40}(\r[a-z]{1,9})?`).Draw(rt, "text")
		p := newPlayer(SimulateOptions{}, io.Discard)
		p.scene.stage = stagePrompt
		rest := pasteBegin + text + pasteEnd
		for first := true; rest != ""; first = false {
			n := rapid.IntRange(1, len(rest)).Draw(rt, "read")
			if first {
				// The beginning comes in one: a lone escape is a key.
				n = max(n, len(pasteBegin))
			}
			if r, err := p.press(rest[:n]); r != replyNone || err != nil {
				rt.Fatal(r, err)
			}
			rest = rest[n:]
		}
		if want := strings.ReplaceAll(text, "\r", " "); p.scene.draft != want || p.pasting {
			rt.Fatalf("the composer has %q, want %q", p.scene.draft, want)
		}
	})
}

func TestTheAnswerThatIsChosenIsTheOneThatIsShown(t *testing.T) {
	question := apiTasks()[0].question
	for _, k := range Kinds() {
		p := newPlayer(SimulateOptions{Kind: k}, io.Discard)
		p.scene.question = question
		p.scene.ask(stageQuestion)
		if r, err := p.press("\x1b[B\x1b[B\x1b[A\r"); r != replyYes || err != nil || p.scene.answer() != question.options[1].name {
			t.Errorf("%v: %v, %v, the answer is %q", k, r, err, p.scene.answer())
		}
		p.scene.ask(stageQuestion)
		if r, _ := p.press("3"); r != replyYes || p.scene.answer() != question.options[2].name {
			t.Errorf("%v: %v, the third option gives %q", k, r, p.scene.answer())
		}
	}
}
