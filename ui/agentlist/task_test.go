package agentlist

import (
	"strings"
	"testing"

	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/ansi"

	"agentwatch/engine"
	"agentwatch/health"
	"agentwatch/themes"
	"agentwatch/ui/roster"
	"agentwatch/ui/style"
)

func TestATaskIsWhatWasAskedForLastElseWhatTheTitleSaysOfIt(t *testing.T) {
	for title, want := range map[string]string{
		"✳ Fix the login test": "Fix the login test", "OC | Refactor the parser": "Refactor the parser", "⠂ Rename\x1b[31m it": "Rename it",
		"✳ Claude Code": "", "◇  Ready (api)": "", "✋  Action Required (api)": "", "dev1.example.org": "", "⠋ api": "", "⠋ working in api": "", "": "", "OC | New session - 2026": "",
	} {
		if got := Task(&engine.Agent{Title: title, CWD: "/home/ada/api"}); got != want {
			t.Errorf("%q is about %q, want %q", title, got, want)
		}
	}
	asked := engine.Agent{Title: "✳ Fix the login test", Facts: []health.Fact{{Name: health.FactModel, Value: "opus"}, {Name: health.FactPrompt, Value: "now push"}}}
	if got := Task(&asked); got != "now push" {
		t.Errorf("%q", got)
	}
	asked.State, asked.Ref.Pane = health.StateIdle, "%1"
	for width, columns := range map[int]columns{60: columnsFor(8, 5, 0, 0, 0, 60), 140: columnsFor(8, 5, 0, 0, 0, 140)} {
		drawn := ansi.Strip(drawRow(&asked, rowKey{name: roster.Name{}, columns: columns, styles: style.New(style.Options{Theme: themes.Default(true), Profile: colorprofile.ASCII})}, 0))
		if n := strings.Count(drawn, "now push"); n != 1 {
			t.Errorf("at %d columns it stands %d times in %q", width, n, drawn)
		}
	}
}
