package health

import (
	"fmt"
	"strings"
	"testing"
)

// barred sets rows beside opencode's bar.
func barred(rows ...string) string {
	var out strings.Builder
	for _, row := range rows {
		fmt.Fprintf(&out, "  ┃  %-70s\n", row)
	}
	return out.String()
}

// inBox draws rows in gemini's box, which has another one for what it quotes.
func inBox(heading string, quoted []string, rows ...string) string {
	const width = 76
	var out strings.Builder
	line := func(row string) { fmt.Fprintf(&out, "│ %-*s │\n", width, row) }
	out.WriteString("╭" + strings.Repeat("─", width+2) + "╮\n")
	line(heading)
	line("╭" + strings.Repeat("─", width-2) + "╮")
	for _, row := range quoted {
		line(fmt.Sprintf("│ %-*s │", width-4, row))
	}
	line("╰" + strings.Repeat("─", width-2) + "╯")
	for _, row := range rows {
		line(row)
	}
	out.WriteString("╰" + strings.Repeat("─", width+2) + "╯\n")
	return out.String()
}

// asking is a screen on which an agent asks, and what is to be made of it.
type asking struct {
	name, screen, activity, question string
	kind                             Kind
	wait                             WaitReason
}

func askedByOpencode() []asking {
	answers := "Allow once   Allow always   Reject        ⇆ select  enter confirm"
	diff := []string{" 88      now := clock.Now()", " 89 -    if s.Expires.Local().Before(now) {", " 89 +    if s.Expires.Before(now.UTC()) {"}
	return []asking{
		{
			name: "a plan beside a bar, its question on two rows", kind: "opencode", wait: WaitQuestion,
			screen: barred("", "The plan is complete. Would you like to switch to the build agent and", "start implementing?", "",
				"1. Yes", "   Switch to build agent", "2. No", "   Stay with plan agent", "", "↑↓ select  enter submit  esc dismiss", ""),
			question: "The plan is complete. Would you like to switch to the build agent and start implementing?",
			activity: "The plan is complete. Would you like to switch to the build agent and start imp…",
		},
		{
			name: "a question that goes on with a name", kind: "opencode", wait: WaitQuestion,
			screen: barred("", "Which of the databases that this service already knows is to be used for", "PostgreSQL's successor?", "",
				"1. SQLite", "2. MySQL", "", "↑↓ select  enter submit  esc dismiss", ""),
			question: "Which of the databases that this service already knows is to be used for PostgreSQL's successor?",
			activity: "Which of the databases that this service already knows is to be used for Postgr…",
		},
		{
			name: "a change, its heading above", kind: "opencode", wait: WaitPermission,
			screen: barred(append(append([]string{"", "△ Permission required", "  → Edit internal/auth/session.go", ""}, diff...),
				"", "", " "+answers, "")...),
			question: "Permission required: Edit internal/auth/session.go", activity: "Edit internal/auth/session.go ?",
		},
		{
			name: "a change of many rows", kind: "opencode", wait: WaitPermission,
			screen: barred(append(append([]string{"", "△ Permission required", "  → Edit calc.py", ""}, strings.Split(strings.Repeat("12 +   x = 1\n", 34), "\n")...),
				" "+answers, "")...),
			question: "Permission required: Edit calc.py", activity: "Edit calc.py ?",
		},
		{
			name: "a command, what it is for above", kind: "opencode", wait: WaitPermission,
			screen:   barred("", "△ Permission required", "  # Applies the plan", "", "$ terraform apply -auto-approve", "", "", " "+answers, ""),
			question: "Permission required: Applies the plan", activity: "run terraform apply -auto-approve ?",
		},
	}
}

func askedByGemini() []asking {
	diff := []string{" 88      now := clock.Now()", " 89 -    if s.Expires.Local().Before(now) {", " 89 +    if s.Expires.Before(now.UTC()) {"}
	return []asking{
		{
			name: "a change in a box right above the question", kind: "gemini", wait: WaitPermission,
			screen: inBox("? Edit  auth.go: if s.Expires => if s.Expires", diff,
				"Apply this change?", "", "● 1. Allow once", "  2. Allow for this session", "  3. No, suggest changes (esc)"),
			question: "Apply this change?", activity: "Edit auth.go ?",
		},
		{
			name: "a command in a box", kind: "gemini", wait: WaitPermission,
			screen: inBox("? Shell  ./run_tests.sh", []string{"./run_tests.sh"},
				"Allow execution of [Shell]?", "", "● 1. Allow once", "  2. No, suggest changes (esc)"),
			question: "Allow execution of [Shell]?", activity: "run ./run_tests.sh ?",
		},
	}
}

func TestTheActivityOfAnAgentThatAsksIsWhatItAsksFor(t *testing.T) {
	for _, c := range append(askedByOpencode(), askedByGemini()...) {
		t.Run(c.name, func(t *testing.T) {
			v := NewDetector().Detect(Observation{Kind: c.kind, Screen: c.screen, Width: 80})
			if v.State != StateWaiting || v.Wait != c.wait || v.Dialog == nil {
				t.Fatalf("%s %s by %s, dialog %v", v.State, v.Wait, v.Evidence.Rule, v.Dialog)
			}
			if v.Activity != c.activity || v.Dialog.Question != c.question {
				t.Errorf("activity %q, question %q", v.Activity, v.Dialog.Question)
			}
			for _, row := range v.Dialog.Body {
				if strings.ContainsAny(row, "╭╰┃") || row == "" {
					t.Errorf("a border in the text: %q", row)
				}
			}
		})
	}
}

func TestNoActivityOfACaptureIsABorder(t *testing.T) {
	for _, c := range readCaptures(t) {
		v := NewDetector().Detect(c.observation())
		if strings.ContainsAny(v.Activity, "╭╰┃│") || strings.HasPrefix(v.Activity, "Allow once") {
			t.Errorf("%s: %q by %s", c.ID, v.Activity, v.Evidence.Rule)
		}
	}
}
