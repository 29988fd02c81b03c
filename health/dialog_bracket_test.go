package health

import (
	"strings"
	"testing"
)

// kimiQuestion and kiloQuestions are the ends of real screens of kimi 2.1 and kilo 7.7.
const kimiQuestion = ` ✨ ask me which database to use

 ● I need one decision from you first.
 ──────────────────────────────────────────────────────────────────────────────
  question

   Database    Submit

  ? Which database should the service use?

   → [1] PostgreSQL
         Server database, strong consistency
     [2] SQLite
         Single file, no server
     [3] MySQL
         Server database, widely hosted
     [4] Other

   ↑↓ select  1-4 / ↵ choose  ←/→/tab switch  esc cancel
 ──────────────────────────────────────────────────────────────────────────────
 mock-1 thinking  …/work/calc  main [±]                          context: 1.5%`

const kiloQuestions = `     Two short questions.

     → 2 questions

     ▣  Code · Mock 1

  ┃
  ┃   Platforms   Deadline   Confirm
  ┃
  ┃  Which platforms should be supported? (select all that apply)
  ┃
  ┃  1. [ ] Linux
  ┃     Linux it is
  ┃  2. [ ] macOS
  ┃     macOS it is
  ┃  3. [ ] Windows
  ┃     Windows it is
  ┃  4. [ ] Type your own answer
  ┃
  ┃  ⇆ tab  ↑↓ select  enter toggle  esc dismiss
  ┃`

func TestOptionsMayHaveTheirNumbersInBrackets(t *testing.T) {
	v := NewDetector().Detect(Observation{Kind: "kimi", Screen: kimiQuestion})
	if v.State != StateWaiting || v.Dialog == nil || len(v.Dialog.Options) != 4 {
		t.Fatalf("%s with %+v, want four options", v.State, v.Dialog)
	}
	if first := v.Dialog.Options[0]; first.Key != "1" || !first.Selected || !strings.HasPrefix(first.Label, "PostgreSQL") {
		t.Errorf("the first is %+v", first)
	}
	if second := v.Dialog.Options[1]; second.Key != "2" || second.Selected || !strings.HasPrefix(second.Label, "SQLite") {
		t.Errorf("the second is %+v", second)
	}
	if !strings.Contains(v.Dialog.Question, "Which database") {
		t.Errorf("it asks %q", v.Dialog.Question)
	}
}

func TestAQuestionWithSeveralAnswersIsAsked(t *testing.T) {
	v := NewDetector().Detect(Observation{Kind: "kilo", Screen: kiloQuestions})
	if v.State != StateWaiting || v.Wait != WaitQuestion || v.Dialog == nil || len(v.Dialog.Options) != 4 {
		t.Fatalf("%s %s with %+v", v.State, v.Wait, v.Dialog)
	}
}

// copilotText is the end of a real screen of copilot 1.0.80.
const copilotText = ` ● Two short questions.

 ○ Asking user Which platforms should be supported?

╭──────────────────────────────────────────────────────────────────────────────╮
│ Question                                                                     │
│ ──────────────────────────────────────────────────────────────────────────── │
│ Which platforms should be supported?                                         │
│                                                                              │
│ ❯ Type your answer...                                                        │
│                                                                              │
│ enter to submit · ctrl+g to edit in editor · esc to cancel                   │
╰──────────────────────────────────────────────────────────────────────────────╯`

func TestAQuestionThatTakesATextIsAskedAndIsNoWork(t *testing.T) {
	v := NewDetector().Detect(Observation{Kind: "copilot", Screen: copilotText})
	if v.State != StateWaiting || v.Wait != WaitQuestion {
		t.Errorf("%s %s by %s (%q), want a question", v.State, v.Wait, v.Evidence.Rule, v.Evidence.Text)
	}
}

func TestACommandThatIsNotKnownIsNoErrorOfTheAgents(t *testing.T) {
	rule := strings.Repeat("─", 80)
	screen := "  > /quiet\n\n  ✕ Unknown command: /quiet\n\n" + rule + "\n>   Type your message or @path/to/file\n" + rule
	if v := NewDetector().Detect(Observation{Kind: "qwen", Screen: screen}); v.State != StateIdle {
		t.Errorf("%s by %s, want idle", v.State, v.Evidence.Rule)
	}
}
