package health

import (
	"slices"
	"testing"
)

// askedFor are the prompts that the captures were made with, as far as they are found.
func askedFor() []string {
	return []string{
		"check the license", "fix the off-by-one bug in calc.py", "review the last release", "summarize the commit history", "track this with a todo list",
		"count the lines in the repo", "profile the hot loop", "use a subagent to look around", "write the release notes",
		"explain the architecture of this repo in detail", "make a plan for adding a cache", "refactor the lexer", "rename the package", "run the test suite",
		"what does calc.py do?", "what does calc.py do", "refactor the parser", "ask me which database to use",
	}
}

func TestWhatTheUserHasAskedForLastIsReadFromTheScreenAndNothingElseIsTakenForIt(t *testing.T) {
	found := map[Kind]int{}
	for _, c := range readCaptures(t) {
		o := c.observation()
		o.Kind = c.Kind
		for _, f := range NewDetector().Detect(o).Facts {
			if f.Name != FactPrompt {
				continue
			}
			if !slices.Contains(askedFor(), f.Value) {
				t.Errorf("%s: %q was not asked for", c.ID, f.Value)
			}
			found[c.Kind]++
		}
	}
	for kind, least := range map[Kind]int{KindClaude: 15, KindCodex: 15, "gemini": 7} {
		if found[kind] < least {
			t.Errorf("%s: only %d prompts are found", kind, found[kind])
		}
	}
}

func TestAnOptionOfADialogOrAQuotationIsNoPrompt(t *testing.T) {
	prompt := func(kind Kind, screen string) string {
		for _, f := range NewDetector().Detect(Observation{Kind: kind, Screen: screen, Width: 80, Height: 24}).Facts {
			if f.Name == FactPrompt {
				return f.Value
			}
		}
		return ""
	}
	if got := prompt("gemini", "✦ As the manual says\n  > never push on a Friday\n\n"); got != "" {
		t.Errorf("a quotation: %q", got)
	}
	dialog := "● Bash(make)\n\n────────────\n Bash command\n\n   make\n\n Do you want to proceed?\n ❯ 1. Yes\n   2. No\n\n Esc to cancel\n"
	if got := prompt(KindClaude, "❯ build it\n\n"+dialog); got != "build it" && got != "" {
		t.Errorf("a dialog: %q", got)
	}
}
