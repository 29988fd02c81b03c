package health

import (
	"errors"
	"strings"
	"testing"
)

func options(labels ...string) []Option {
	var all []Option
	for _, l := range labels {
		all = append(all, Option{Label: l})
	}
	return all
}

func TestYesIsTheOptionThatAgreesOnceAndNoTheOneThatDeclines(t *testing.T) {
	d := NewDetector()
	for _, c := range []struct {
		kind    Kind
		options []Option
		yes, no int
	}{
		{KindClaude, options("Yes", "Yes, and don’t ask again for: ./run.sh *", "Yes, and switch to auto mode", "No"), 0, 3},
		{KindClaude, options("Yes, allow all edits during this session", "No"), -1, 1},
		{KindClaude, options("Yes, and auto-accept edits", "Yes, and manually approve edits", "No, keep planning"), 1, 2},
		{KindClaude, options("No, exit", "Yes, I trust this folder"), 1, 0},
		{KindClaude, options("PostgreSQL", "None of them", "Nothing", "Yesterday's"), -1, -1},
		{KindCodex, options("Yes, proceed (y)", "Yes, and don't ask again for commands that start with `ls` (p)", "No, and tell Codex what to do differently (esc)"), 0, 2},
		{"gemini", options("Allow once", "Allow for this session", "No, suggest changes (esc)"), 0, 2},
		{"qwen", options("Always allow in this project", "Yes, allow once", "No, suggest changes (esc)"), 1, 2},
		{"cline", options("Approve", "Deny"), 0, 1},
		{"aider", options("Yes", "No"), -1, -1},
	} {
		rules := d.AnswerRules(c.kind)
		if yes, no := rules.Yes(c.options), rules.No(c.options); yes != c.yes || no != c.no {
			t.Errorf("%s %v: yes %d, no %d, want %d and %d", c.kind, c.options, yes, no, c.yes, c.no)
		}
	}
	if d.AnswerRules("aider").Known || d.AnswerRules("nothing").Known || !d.AnswerRules(KindCodex).Known {
		t.Error("what is known of answers is wrong")
	}
}

func TestADraftIsWhatWasTypedAndNoPlaceholder(t *testing.T) {
	d := NewDetector()
	const rule = "────────────────────────────────────────"
	for _, c := range []struct {
		name   string
		kind   Kind
		screen string
		draft  string
	}{
		{"empty", KindClaude, "● Done.\n\n" + rule + "\n❯\u00a0\x1b[7m \x1b[0m\n" + rule + "\n  ⏸ manual mode on", ""},
		{"typed", KindClaude, "● Done.\n\n" + rule + "\n❯\u00a0look here\n  and there\n" + rule + "\n  ⏸ manual mode on", "look here\nand there"},
		{"a suggestion below the cursor", KindClaude, "● Done.\n\n" + rule + "\n❯\u00a0\x1b[7mÜ\x1b[0;2mber alles\x1b[0m\n" + rule + "\n  ⏸ manual mode on", ""},
		{"one letter", KindClaude, "● Done.\n\n" + rule + "\n❯\u00a0R\x1b[7m \x1b[0m\n" + rule + "\n  ⏸ manual mode on", "R"},
		{"faint", KindCodex, "• Done.\n\n\x1b[1m›\x1b[0m \x1b[38;5;2;2mAsk Codex to do anything\x1b[0m\n\n  gpt-5-codex default · /srv/wk", ""},
		{"a colour with a 2 is not faint", KindCodex, "• Done.\n\n› \x1b[38;2;2;2;2mhello\x1b[39m \x1b[38;5;2mthere\n\n  gpt-5-codex default · /srv/wk", "hello there"},
		{"a placeholder in grey", "qwen", "  ◆︎ Done.\n\n" + rule + "\n>   Type your message or @path/to/file\n" + rule + "\n  ➜ wk", ""},
	} {
		got, ok := d.ReadComposer(Observation{Kind: c.kind, Screen: c.screen})
		if !ok || got.Draft != c.draft {
			t.Errorf("%s: %v, %q, want %q", c.name, ok, got.Draft, c.draft)
			continue
		}
		rows := strings.Split(c.screen, "\n")
		if got.From < 1 || got.To > len(rows) || !strings.ContainsAny(strings.Join(rows[got.From-1:got.To], ""), "❯›>") {
			t.Errorf("%s: rows %d to %d", c.name, got.From, got.To)
		}
	}
	asking := "● Bash\n\n Do you want to proceed?\n ❯ 1. Yes\n   2. No\n\n Esc to cancel · Tab to amend"
	if c, ok := d.ReadComposer(Observation{Kind: KindClaude, Screen: asking}); ok {
		t.Errorf("a dialog is taken for a composer: %+v", c)
	}
}

func TestThePermissionThatAClaudeAsksForHasItsCommand(t *testing.T) {
	screen := "● I'll run it.\n\n────────────────────────────────\n Bash command\n Run the tests\n╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌\n ./run_tests.sh\n" +
		"╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌\n This command requires approval\n\n Do you want to proceed?\n ❯ 1. Yes\n   2. No\n\n Esc to cancel · Tab to amend"
	v := NewDetector().Detect(Observation{Kind: KindClaude, Screen: screen})
	if v.Dialog == nil || !strings.Contains(strings.Join(v.Dialog.Body, "\n"), "./run_tests.sh") {
		t.Fatalf("%+v", v.Dialog)
	}
	if v.Dialog.From != 4 || v.Dialog.To != 15 || v.Dialog.Footer == "" {
		t.Errorf("rows %d to %d, footer %q", v.Dialog.From, v.Dialog.To, v.Dialog.Footer)
	}
}

func TestAProfileWithAnUnknownKeyIsSaidWithItsLine(t *testing.T) {
	for _, text := range []string{
		"[answer]\ninterrupt = ['Escape', 'C-z']\n", "[answer]\nchoose = 'mouse'\n", "[answer]\nsubmit = ['rm -rf']\n",
	} {
		_, problems := NewDetector().With(ProfileFile{Path: "mine.toml", Text: []byte("kind = 'claude'\n" + text)})
		var problem *ProfileError
		if len(problems) != 1 || !errors.As(problems[0], &problem) || problem.Line != 3 {
			t.Errorf("%q: %v", text, problems)
		}
	}
}
