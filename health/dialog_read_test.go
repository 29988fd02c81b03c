package health

import (
	"slices"
	"strings"
	"testing"
)

// shown is a dialog on a screen, and all that is read from it. What is empty is
// not compared.
type shown struct {
	name, screen, activity, question, footer string
	kind                                     Kind
	width                                    int
	body, options                            []string
}

func (c shown) check(t *testing.T) {
	t.Helper()
	v := NewDetector().Detect(Observation{Kind: c.kind, Screen: c.screen, Width: c.width})
	if v.Dialog == nil || v.State != StateWaiting {
		t.Fatalf("%s %s by %s, dialog %v", v.State, v.Wait, v.Evidence.Rule, v.Dialog)
	}
	if v.Activity != c.activity || v.Dialog.Question != c.question {
		t.Errorf("activity %q, question %q by %s", v.Activity, v.Dialog.Question, v.Evidence.Rule)
	}
	if c.body != nil && !slices.Equal(v.Dialog.Body, c.body) {
		t.Errorf("body %q, want %q", v.Dialog.Body, c.body)
	}
	if c.options != nil && !slices.Equal(labels(v.Dialog), c.options) {
		t.Errorf("options %q, want %q", labels(v.Dialog), c.options)
	}
	if c.footer != "" && v.Dialog.Footer != c.footer {
		t.Errorf("footer %q, want %q", v.Dialog.Footer, c.footer)
	}
}

// box draws rows in a box of that width.
func box(width int, rows ...string) string {
	var out strings.Builder
	out.WriteString("╭" + strings.Repeat("─", width-2) + "╮\n")
	for _, row := range rows {
		out.WriteString("│ " + row + strings.Repeat(" ", width-4-len([]rune(row))) + " │\n")
	}
	out.WriteString("╰" + strings.Repeat("─", width-2) + "╯\n")
	return out.String()
}

func wrappedDialogs() []shown {
	return []shown{
		{
			name: "a question in the middle of a text", kind: KindClaude, width: 40,
			screen: " Accessing workspace:\n\n /src/app\n\n Quick check: Is this a folder that\n you created or one you trust? (Like\n your own code.)\n\n" +
				" ❯ 1. Yes, I trust this folder\n   2. No, exit\n\n Enter to confirm · Esc to cancel\n",
			activity: "Quick check: Is this a folder that you created or one you trust?",
			question: "Quick check: Is this a folder that you created or one you trust?",
		},
		{
			name: "options, one with a key at its end, and the hints", kind: KindCodex, width: 40,
			screen: "• I'll fix it.\n\n  Would you like to make the following\n  edits?\n\n  Destination:\n  /src/work/a/long/path/main.go\n\n" +
				"› 1. Yes, proceed (y)\n  2. Yes, and don't ask again for these\n     files (a)\n  3. No, and tell Codex what to do\n     differently (esc)\n\n  Press enter to confirm or esc to\n  cancel\n",
			activity: "edit /src/work/a/long/path/main.go ?", question: "Would you like to make the following edits?",
			options: []string{"1 Yes, proceed (y)", "2 Yes, and don't ask again for these files (a)", "3 No, and tell Codex what to do differently (esc)"},
			footer:  "Press enter to confirm or esc to cancel",
		},
		{
			name: "a heading that asks nothing", kind: "gemini", width: 40,
			screen:   box(40, "Usage limit reached for", "gemini-small-2000.", "/stats model for details", "", "● 1. Keep trying", "  2. Stop"),
			activity: "Usage limit reached for gemini-small-2000.", options: []string{"1 Keep trying", "2 Stop"},
		},
		{
			name: "a heading below a greeting", kind: KindCodex, width: 80,
			screen:   "  OpenAI Codex (v0.1)\n  workdir: /src\n\n  ✨ Update available! 0.1.0 -> 0.2.0\n\n› 1. Update now\n  2. Skip\n\n  Press enter to continue\n",
			activity: "Update available! 0.1.0 -> 0.2.0",
		},
	}
}

func quotingDialogs() []shown {
	return []shown{
		{
			name: "a list that scrolls in a box, the cursor below its first", kind: "gemini", width: 60,
			screen: box(60, "Answer Questions", "", "Which of them?", "", "▲", "  1.  One", "      The first", "● 2.  Two", "      The second", "▼", "", "Enter to select · Esc to cancel"),
			body:   []string{"Answer Questions", "Which of them?"}, options: []string{"1 One", "2 Two"},
			activity: "Which of them?", question: "Which of them?",
		},
		{
			name: "previews beside the options", kind: KindClaude, width: 80,
			screen: " ☐ Layout\n\n Which layout?\n\n ❯ 1. Grid             ┌────────────┐\n   2. List             │ +----+     │\n                       └────────────┘\n\n Enter to select · Esc to cancel\n",
			body:   []string{"☐ Layout", "Which layout?"}, options: []string{"1 Grid", "2 List"},
			activity: "Which layout?", question: "Which layout?",
		},
		{
			name: "the end of a message above", kind: KindCodex, width: 60,
			screen: "■ You've hit your usage limit. Visit the settings to buy\nmore or try again at 10:41 AM.\n\n\n  Approaching rate limits\n  Switch to gpt-small for lower usage?\n\n" +
				"› 1. Switch to gpt-small\n  2. Keep current model\n\n  enter select · esc back\n",
			body:     []string{"Approaching rate limits", "Switch to gpt-small for lower usage?"},
			activity: "Switch to gpt-small for lower usage?", question: "Switch to gpt-small for lower usage?",
		},
		{
			name: "a change above is what is asked for", kind: KindCodex, width: 80,
			screen: "• Edited main.go (+1 -1)\n    6 -old\n    6 +new\n\n  Would you like to make the following edits?\n\n  Destination: main.go\n\n" +
				"› 1. Yes, proceed (y)\n  2. No, and tell Codex what to do differently (esc)\n\n  Press enter to confirm or esc to cancel\n",
			body:     []string{"6 -old", "6 +new", "Would you like to make the following edits?", "Destination: main.go"},
			activity: "edit main.go ?", question: "Would you like to make the following edits?",
		},
	}
}

func callingDialogs() []shown {
	answers := "\n\n  › 1. Yes, allow once\n    2. No, suggest changes (esc)\n\n\n  ⠏ Waiting for user confirmation...\n"
	return []shown{
		{
			name: "a tool in the transcript", kind: "qwen", width: 80,
			screen: "  > tidy up\n\n  ◆ I will.\n  ? Edit main.go ←\n\n    6 -old\n    6 +new\n\n  Apply this change?" + answers,
			body:   []string{"? Edit main.go ←", "6 -old", "6 +new", "Apply this change?"}, activity: "Edit main.go ?", question: "Apply this change?",
		},
		{
			name: "a command and no room for the question", kind: "qwen", width: 40,
			screen:   "  > tidy up\n\n  ? Shell make check && make lint [tim ←\n    eout: 120s] (Check it)\n\n    make check && make lint\n\n  Allow execution of: 'make che…" + answers,
			activity: "run make check && make lint ?", question: "Allow execution of: 'make che…",
		},
		{
			name: "a tool's name above its arguments", kind: KindClaude, width: 80,
			screen:   " Tool use\n\n   Web Search(\"go fuzzing\")\n   Claude wants to search the web\n\n Do you want to proceed?\n ❯ 1. Yes\n   2. No\n\n Esc to cancel · Tab to amend\n",
			activity: "Web Search(\"go fuzzing\") ?", question: "Do you want to proceed?",
		},
		{
			name: "a command below a tip", kind: KindClaude, width: 80,
			screen: " Bash command\n\n Tip: auto mode handles these prompts for you, choose it below if\n you like\n\n   touch probe.txt\n   Create an empty file\n\n Do you want to proceed?\n" +
				" ❯ 1. Yes\n   2. No\n\n Esc to cancel · Tab to amend\n",
			activity: "run touch probe.txt ?", question: "Do you want to proceed?",
		},
	}
}

func TestADialogIsReadAsItIsMeant(t *testing.T) {
	for _, c := range slices.Concat(wrappedDialogs(), quotingDialogs(), callingDialogs()) {
		t.Run(c.name, c.check)
	}
}

func TestADialogBelowWhichATurnRunsHasBeenAnswered(t *testing.T) {
	asks := "  │ Workspace Trust Required\n  │\n  │    [a] Trust this workspace\n  │    [q] Quit\n  │\n"
	below := "\n  Write about terminals.\n\n ⠘⠤ Working\n\n  → Add a follow-up                      ctrl+c to stop\n  Auto · allowlist · /src · HEAD\n"
	for screen, want := range map[string]State{asks: StateWaiting, asks + below: StateWorking} {
		if v := NewDetector().Detect(Observation{Kind: "cursor", Screen: screen, Width: 80}); v.State != want {
			t.Errorf("%s by %s, want %s", v.State, v.Evidence.Rule, want)
		}
	}
}
