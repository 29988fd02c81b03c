package health

import (
	"slices"
	"strings"
	"testing"
)

// What cuts an answer off is written as an item, as a detail line or as the last
// paragraph of the answer.
func TestAnAnswerThatIsCutOffIsAnErrorInEachForm(t *testing.T) {
	const lost = "API Error: Connection closed mid-response. The response above may be incomplete."
	const done = "✻ Cogitated for 2s · done 7:34 AM"
	for name, c := range map[string]struct {
		rows []string
		want State
	}{
		"an item":               {[]string{"❯ go", "", "● I will start.", "", "● " + lost}, StateError},
		"a detail line":         {[]string{"❯ go", "", "● I will start.", "  ⎿  " + lost}, StateError},
		"a last paragraph":      {[]string{"❯ go", "", "● I will start.", "", "  " + lost}, StateError},
		"a turn that has ended": {[]string{"❯ go", "", "● I will start.", "  ⎿  " + lost, "", done}, StateError},
		"an earlier answer":     {[]string{"❯ go", "", "● I will start.", "  ⎿  " + lost, "", "❯ again", "", "● Done.", "", done}, StateIdle},
		"prose about it":        {[]string{"❯ go", "", "● The log says it twice:", "  " + lost, "  That is all.", "", done}, StateIdle},
	} {
		if v := NewDetector().Detect(Observation{Kind: KindClaude, Screen: claudeFrame("", c.rows...)}); v.State != c.want {
			t.Errorf("%s: got %s by %s, want %s", name, v.State, v.Evidence.Rule, c.want)
		}
	}
}

func TestALimitWhoseWaitIsCancelledStaysALimitUntilItsTime(t *testing.T) {
	v := NewDetector().Detect(Observation{Kind: KindClaude, Screen: claudeFrame("",
		"❯ review the last release", "  ⎿  You've hit your 5-hour limit · resets 1:54pm (UTC)", "     /upgrade to increase your usage limit.", "",
		"● Usage limit reached · set to continue automatically at 1:54pm", "",
		"● Automatic continue cancelled · /rate-limit-options to wait again")})
	if v.State != StateLimited || !strings.Contains(v.Limit, "resets 1:54pm (UTC)") {
		t.Errorf("got %s by %s, limit %q", v.State, v.Evidence.Rule, v.Limit)
	}
	if !slices.ContainsFunc(v.Facts, func(f Fact) bool { return f.Name == FactReset && f.Value == "resets 1:54pm (UTC)" && f.Line == 2 }) {
		t.Errorf("facts %+v", v.Facts)
	}
}

// The block of the user's message and that of an error look alike; the first one
// of a turn is the user's.
func TestATurnOfOpencodeThatHasJustBegunHasNotFailed(t *testing.T) {
	const (
		composer = "\n\n  ┃\n  ┃\n  ┃\n  ┃  Build · Mock 1 Mock\n  ╹▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀\n   /work                        tab agents  ctrl+p commands"
		asked    = "  ┃\n  ┃  rename the package\n  ┃\n\n"
		failed   = "  ┃\n  ┃  Unauthorized: bad key\n  ┃\n\n"
		turn     = "     ▣  Build · Mock 1\n"
		before   = "     ▣  Build · Mock 1 · 2.3s\n\n"
	)
	for screen, want := range map[string]State{
		asked + turn:                                  StateIdle,
		before + asked + turn:                         StateIdle,
		asked + failed + turn:                         StateError,
		before + asked + failed + turn:                StateError,
		asked + "     I'll look.\n\n" + failed + turn: StateError,
	} {
		if v := NewDetector().Detect(Observation{Kind: "opencode", Screen: screen + composer, Width: 90}); v.State != want {
			t.Errorf("%q: got %s by %s, want %s", screen, v.State, v.Evidence.Rule, want)
		}
	}
}

func TestALoginAtTheStartIsAStart(t *testing.T) {
	screen := "╭" + strings.Repeat("─", 58) + "╮\n│ ⠏ Waiting for auth... (Press ESC or CTRL+C to cancel)" + strings.Repeat(" ", 5) + "│\n╰" + strings.Repeat("─", 58) + "╯"
	for _, kind := range []Kind{"gemini", "qwen"} {
		if v := NewDetector().Detect(Observation{Kind: kind, Screen: screen}); v.State != StateStarting {
			t.Errorf("%s: got %s by %s", kind, v.State, v.Evidence.Rule)
		}
	}
}
