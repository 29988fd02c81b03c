package health

import (
	"strings"
	"testing"
)

// doing is the end of a screen, and what is shown of it beside the agent.
type doing struct {
	name, screen, activity string
	kind                   Kind
	state                  State
	width                  int
}

// ruled is a composer between rules, with what stands below it.
func ruled(prompt string, width int, below ...string) string {
	rule := strings.Repeat("─", width) + "\n"
	return rule + prompt + "\n" + rule + strings.Join(below, "\n") + "\n"
}

func turnsThatRun() []doing {
	clineBelow := []string{"mock (1,900) $0.00          ○ Plan ● Act (Tab)", "repo (main)", "Auto-approve all disabled (Shift+Tab)"}
	return []doing{
		{
			name: "keys and the model beside the words", kind: "copilot", state: StateWorking, width: 100,
			screen: "❯ tidy up\n\n" + ruled("❯", 100, " ◎ Working · 137 B esc esc interrupt"+strings.Repeat(" ", 50)+"small-1"), activity: "Working · 137 B",
		},
		{
			name: "another key, nothing beside", kind: "copilot", state: StateWorking, width: 60,
			screen: "❯ tidy up\n\n" + ruled("❯", 60, " ○ Working esc esc edit prompt"), activity: "Working",
		},
		{
			name: "an answer that is being written beside a scroll bar", kind: "cline", state: StateWorking, width: 60,
			screen:   "❯ what is this\n\n⠋ The service has a cache, and two of its                   █\n  layers are bounded                                         ▄\n\n" + ruled("❯ Ask anything...", 60, clineBelow...),
			activity: "The service has a cache, and two of its layers are bounded",
		},
		{
			name: "a count of tries is no time", kind: "pi", state: StateWorking, width: 80,
			screen: "tidy up\n\n ⠙ Retrying (2/3) in 3s... (escape to cancel)\n\n" + ruled("", 80, "/repo (main)", "↑11k ↓298 1.5%/128k (auto)"), activity: "Retrying (2/3) in 3s...",
		},
		{
			name: "a spinner without words below a tool that runs", kind: "continue", state: StateWorking, width: 80,
			screen: "● run the tests\n\n○ Bash(make check)\n  ⎿  Terminal output:\n    ok one\n\n ⠄⢀⡀  ( 11s • esc to interrupt • ctrl+b to background )\n" +
				"╭" + strings.Repeat("─", 78) + "╮\n│ ● ▋Ask anything, @ for context" + strings.Repeat(" ", 46) + "│\n╰" + strings.Repeat("─", 78) + "╯\n  /repo ⊦main   ◉ Continue CLI\n",
			activity: "Bash(make check)",
		},
		{
			name: "a spinner that runs over the words below the composer", kind: "opencode", state: StateLimited, width: 100,
			screen: "  ┃\n  ┃  tidy up\n  ┃\n\n  ┃\n  ┃  Build · Small 1\n  ╹" + strings.Repeat("▀", 60) +
				"\n   ⬝■Rate⬝limit reached for small-1, try again in 20s" + strings.Repeat(" ", 30) + "esc interrupt\n",
			activity: "Rate limit reached for small-1, try again in 20s",
		},
	}
}

func turnsThatEnded() []doing {
	return []doing{
		{
			name: "an error in brackets with keys behind it", kind: "qwen", state: StateError, width: 100,
			screen:   "  > tidy up\n\n  ✕ [API Error: terminated (cause: other side closed)] (Press Ctrl+Y to retry)\n\n" + ruled("> Type your message or @path/to/file", 100, "  ⏸ Ask permissions (shift + tab to cycle)"),
			activity: "API Error: terminated (cause: other side closed)",
		},
		{
			name: "an error as JSON over several rows", kind: "gemini", state: StateLimited, width: 60,
			screen: " > tidy up\n\n✕ [API Error: {\"error\":{\"code\":429,\"message\":\"The quota of\n" +
				"  this project is used up.\",\"status\":\"RESOURCE_EXHAUSTED\"}}]\n\n" + ruled(" > Type your message", 60, "workspace (/directory)  no sandbox  gemini-small"),
			activity: "API Error: The quota of this project is used up.",
		},
		{
			name: "an error whose address had no room", kind: "continue", state: StateError, width: 100,
			screen: "● tidy up\n\nError: 401 Incorrect key. You can find yours at\nhttps://example.org/a/path/that/has/no/room/behind/the/words\n\n" +
				"╭" + strings.Repeat("─", 98) + "╮\n│ ● ▋Ask anything, @ for context" + strings.Repeat(" ", 66) + "│\n╰" + strings.Repeat("─", 98) + "╯\n  /repo ⊦main   ◉ Continue CLI\n",
			activity: "Error: 401 Incorrect key. You can find yours at https://example.org/a/path/that…",
		},
		{
			name: "a turn's end behind a mark", kind: "gemini", state: StateIdle, width: 60,
			screen:   " > tidy up\n\nℹ Request cancelled.\n\n" + ruled(" > Type your message", 60, "workspace (/directory)  no sandbox  gemini-small"),
			activity: "Request cancelled.",
		},
		{
			name: "an interrupted turn and a hint", kind: "codex", state: StateIdle, width: 80,
			screen:   "› tidy up\n\n■ Conversation interrupted - use /feedback if something went wrong\n\n› Ask Codex\n\n  gpt-small · 100% context left\n",
			activity: "Conversation interrupted",
		},
	}
}

func TestTheActivityIsWordsWithoutMarksKeysAndWhatStandsBeside(t *testing.T) {
	for _, c := range append(turnsThatRun(), turnsThatEnded()...) {
		t.Run(c.name, func(t *testing.T) {
			v := NewDetector().Detect(Observation{Kind: c.kind, Screen: c.screen, Width: c.width})
			if v.State != c.state || v.Activity != c.activity {
				t.Errorf("%s by %s: %q, want %q", v.State, v.Evidence.Rule, v.Activity, c.activity)
			}
		})
	}
}

func TestATextThatOnlySpeaksOfEscapesKeepsItsWords(t *testing.T) {
	for _, text := range []string{"Fixing the escape sequences", "The esc key is handled", "descending order", "Moving ctrlpanel.go"} {
		if got := withoutKeys(text); got != text {
			t.Errorf("%q became %q", text, got)
		}
	}
}
