package health

import (
	"slices"
	"strings"
	"testing"
)

func listsThatMarkersTellOf() []shown {
	return []shown{
		{
			name: "numbers above the keys", kind: "opencode", width: 60,
			screen: "     ▣  Build · Small 1\n\n" + barred("", "Which of them should it use?", "", "1. One", "   The first of them", "2. Two", "3. Type your own answer", "", "↑↓ select  enter submit  esc dismiss", ""),
			body:   []string{"Which of them should it use?"}, options: []string{"1 One", "2 Two", "3 Type your own answer"},
			activity: "Which of them should it use?", question: "Which of them should it use?",
		},
		{
			name: "keys over two rows", kind: "opencode", width: 40,
			screen: barred("", "Which of them should it use?", "", "1. One", "2. Two", "", "↑↓       enter       esc", "select   submit      dismiss", ""),
			body:   []string{"Which of them should it use?"}, options: []string{"1 One", "2 Two"},
			activity: "Which of them should it use?", question: "Which of them should it use?",
		},
		{
			name: "buttons in a row", kind: "opencode", width: 90,
			screen: "     Press ctrl+b to move work to the background\n\n" + barred("", "△ Permission required", "", "$ make check", "", "", " Allow once   Allow always   Reject      ⇆ select  enter confirm", ""),
			body:   []string{"△ Permission required", "$ make check"}, options: []string{" Allow once", " Allow always", " Reject"},
			activity: "run make check ?", question: "Permission required: $ make check",
		},
		{
			name: "the row of an answer in the middle", kind: "kimi", width: 80,
			screen: " Bash is requesting approval to run `make check`\n   Approve once\n ❯ Approve for this session\n   Reject\n",
			body:   []string{"Bash is requesting approval to run `make check`"}, options: []string{" Approve once", " Approve for this session", " Reject"},
			activity: "Bash is requesting approval to run `make check`", question: "Bash is requesting approval to run `make check`",
		},
		{
			name: "keys in rows of their own", kind: "cursor", width: 80,
			screen:  " ⚠ Workspace Trust Required\n\n Do you trust the contents of this directory?\n\n /src/app\n\n ▶ [a] Trust this workspace\n   [q] Quit\n",
			options: []string{"a Trust this workspace", "q Quit"}, activity: "Do you trust the contents of this directory?",
			question: "Do you trust the contents of this directory?",
		},
		{
			name: "marks before the entries of a box", kind: "omp", width: 60,
			screen: box(60, "Pick toppings", "──────────", "  ☑ Cheese", "❯ ☑ Olives", "  ☐ Basil", "", "──────────", "Enter select · n note · ↑/↓ move · Esc cancel"),
			body:   []string{"Pick toppings"}, options: []string{" ☑ Cheese", " ☑ Olives", " ☐ Basil"},
			activity: "Pick toppings", question: "Pick toppings",
		},
	}
}

func textsThatMarkersTellOf() []shown {
	covered := []string{
		"                 @@@@@@@@", "", "            Try the new thing", "", "            It does more than the old one, and", "         U  costs less                                 u",
		"      ────  than it did before.                        ────", "      ❯ Wh", "            https://example.org/new/thing?", "", "       wor", "       ⏵⏵   Press Enter to open, any other key to close",
	}
	return []shown{
		{
			name: "a notice with rests of the screen beside it", kind: "cline", width: 80,
			screen: strings.Join(covered, "\n") + "\n", options: []string{},
			body:     []string{"Try the new thing", "It does more than the old one, and", "costs less", "than it did before.", "https://example.org/new/thing?"},
			activity: "Try the new thing", question: "Try the new thing",
		},
		{
			name: "boxes to choose from", kind: "cline", width: 60,
			screen: "            Welcome to Cline\n\n  Connect a model provider to get started.\n\n" + box(50, "Sign in with one           →", "  Free") + box(50, "Sign in with another", "  Paid") +
				"   ↑/↓ navigate, Enter to select, Ctrl+C to exit\n",
			activity: "Connect a model provider to get started.", question: "Connect a model provider to get started.", options: []string{},
		},
		{
			name: "a command and keys in a row", kind: "cline", width: 80,
			screen:   " * I will.\n\n ⠇ run_commands(make check)\n\n Cline needs permission\n\n Approve tool call?\n\n run_commands\n   $ make check\n\n  [y] Approve   [n] Deny\n",
			body:     []string{"Cline needs permission", "Approve tool call?", "run_commands", "$ make check"},
			activity: "run make check ?", question: "Approve tool call?", options: []string{"y Approve", "n Deny"},
		},
		{
			name: "a question with letters behind it", kind: "aider", width: 80,
			screen:   "Reading main.go\n\nAdd src/utils.ts to the chat? (Y)es/(N)o\n",
			activity: "Add src/utils.ts to the chat?", question: "Add src/utils.ts to the chat?", options: []string{},
		},
		{
			name: "a login below the shell's prompt", kind: "continue", width: 80,
			screen: "me@box:/src# cn\nTo get started, enter your Anthropic API key.\n\nEnter your Anthropic API key:\n",
			body:   []string{"To get started, enter your Anthropic API key.", "Enter your Anthropic API key:"}, options: []string{},
			activity: "Enter your Anthropic API key:", question: "Enter your Anthropic API key:",
		},
	}
}

func TestADialogThatAMarkerTellsOfIsReadAsItIsMeant(t *testing.T) {
	for _, c := range slices.Concat(listsThatMarkersTellOf(), textsThatMarkersTellOf()) {
		t.Run(c.name, c.check)
	}
}

func TestNoQuestionOfACaptureOnlyNamesKeys(t *testing.T) {
	for _, c := range readCaptures(t) {
		if v := NewDetector().Detect(c.observation()); v.Dialog != nil && namesKeys(v.Dialog.Question) {
			t.Errorf("%s: %q by %s", c.ID, v.Dialog.Question, v.Evidence.Rule)
		}
	}
}
