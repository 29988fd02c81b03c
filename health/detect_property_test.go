package health

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// transcript draws an old transcript that quotes every marker there is.
func transcript(t *rapid.T, kind Kind) string {
	p := NewDetector().profile(kind)
	margin := strings.Repeat(" ", min(p.Layout.Margin, 2))
	mark, user := margin+firstMark(p.Layout.Items), margin+firstMark(p.Layout.Users)
	quotes := []string{
		"  ✽ Noodling… (12s · esc to interrupt)", "  • Working (5s • esc to interrupt)", "  Do you want to proceed?",
		"  ❯ 1. Yes", "  › 1. Yes, proceed (y)", "    2. No", "  Press enter to confirm or esc to cancel",
		"  API Error: 500", "  ■ Quota exceeded.", "  You've hit your 5-hour limit", "  Esc to cancel · Tab to amend", "",
		"  ⎿  Running…", "  ✻ Churned for 18s", "  Worked for 26s • 07:13", "  Killed", "  esc to interrupt",
		"  ⠋ Thinking... (esc to cancel, 5s)", "  Allow execution of [Shell]?", "  △ Permission required", "  ✕ [API Error: terminated]",
		"  [y] Approve   [n] Deny", "  Error: 429 quota", "  (Y)es/(N)o", "  Would you like to continue?",
	}
	var rows []string
	for range rapid.IntRange(1, 6).Draw(t, "items") {
		rows = append(rows, user+"question", "", mark+"answer")
		rows = append(rows, rapid.SliceOfN(rapid.SampledFrom(quotes), 0, 6).Draw(t, "quotes")...)
		rows = append(rows, "")
	}
	return strings.Join(append(rows, mark+"That is all.", "", "", ""), "\n") + "\n"
}

// firstMark is the first of marks with a space behind it; nothing for none.
func firstMark(marks string) string {
	for _, mark := range marks {
		return string(mark) + " "
	}
	return ""
}

// hasTranscript tells whether the screen shows an item of its own, or a
// dialog, so that what is above it is past.
func hasTranscript(c capture) bool {
	p := NewDetector().profile(c.Kind)
	s := parseScreen(c.Screen, c.Width)
	l := p.readLayout(s)
	if l.composed {
		_, ok := p.lastItem(s, l.composer.top-1)
		return ok
	}
	return l.asked
}

func TestAnOldTranscriptAboveNeverChangesTheVerdict(t *testing.T) {
	d := NewDetector()
	all := readCaptures(t)
	rapid.Check(t, func(t *rapid.T) {
		c := rapid.SampledFrom(all).Filter(hasTranscript).Draw(t, "capture")
		o := c.observation()
		before := d.Detect(o)
		o.Screen = transcript(t, c.Kind) + o.Screen
		after := d.Detect(o)
		if after.State != before.State || after.Wait != before.Wait || after.Evidence.Rule != before.Evidence.Rule {
			t.Fatalf("%s: %s by %s became %s by %s (%q)", c.ID, before.State, before.Evidence.Rule, after.State, after.Evidence.Rule, after.Evidence.Text)
		}
	})
}

func TestBlankRowsBelowNeverChangeTheVerdict(t *testing.T) {
	d := NewDetector()
	all := readCaptures(t)
	rapid.Check(t, func(t *rapid.T) {
		o := rapid.SampledFrom(all).Draw(t, "capture").observation()
		before := d.Detect(o)
		blank := rapid.SampledFrom([]string{"\n", "\n   ", "\n\t", "\n\x1b[0m", "\n\u00a0"})
		o.Screen += strings.Join(rapid.SliceOfN(blank, 1, 30).Draw(t, "blanks"), "")
		if diff := cmp.Diff(before, d.Detect(o)); diff != "" {
			t.Fatalf("-before +after:\n%s", diff)
		}
	})
}

// TestBlanksAtTheEndOfRowsNeverChangeTheVerdict is what makes captures with
// colours, which keep them, as good as plain ones.
func TestBlanksAtTheEndOfRowsNeverChangeTheVerdict(t *testing.T) {
	d := NewDetector()
	all := readCaptures(t)
	rapid.Check(t, func(t *rapid.T) {
		o := rapid.SampledFrom(all).Draw(t, "capture").observation()
		before := d.Detect(o)
		rows := strings.Split(o.Screen, "\n")
		for i := range rows {
			if missing := o.Width - len([]rune(clean(rows[i]))); missing > 0 && rapid.Bool().Draw(t, "padded") {
				rows[i] += "\x1b[48;2;30;30;30m" + strings.Repeat(" ", missing) + "\x1b[49m"
			}
		}
		o.Screen = strings.Join(rows, "\n")
		if diff := cmp.Diff(before, d.Detect(o)); diff != "" {
			t.Fatalf("-before +after:\n%s", diff)
		}
	})
}

func TestTheSameObservationAlwaysGivesTheSameVerdict(t *testing.T) {
	all := readCaptures(t)
	// Nor does it depend on how the profiles were read.
	var detectors []*Detector
	for range 10 {
		detectors = append(detectors, &Detector{profiles: loadBuiltin()})
	}
	anyOf := rapid.SampledFrom(detectors)
	rapid.Check(t, func(t *rapid.T) {
		o := rapid.SampledFrom(all).Draw(t, "capture").observation()
		rows := strings.Split(o.Screen, "\n")
		from := rapid.IntRange(0, len(rows)-1).Draw(t, "from")
		o.Screen = strings.Join(rows[from:], "\n")
		if diff := cmp.Diff(anyOf.Draw(t, "first").Detect(o), anyOf.Draw(t, "second").Detect(o)); diff != "" {
			t.Fatalf("-first +second:\n%s", diff)
		}
	})
}

func TestAHalfDrawnScreenIsNeverCalledCrashed(t *testing.T) {
	d := NewDetector()
	all := readCaptures(t)
	rapid.Check(t, func(t *rapid.T) {
		alive := func(c capture) bool { return c.CurrentCommand != "bash" }
		c := rapid.SampledFrom(all).Filter(alive).Draw(t, "capture")
		o := c.observation()
		rows := strings.Split(o.Screen, "\n")
		o.Screen = strings.Join(rows[:rapid.IntRange(0, len(rows)).Draw(t, "to")], "\n")
		if v := d.Detect(o); v.Kind != c.Kind || v.State == StateCrashed || v.State == StateExited {
			t.Fatalf("%s: got %q %s by %s", c.ID, v.Kind, v.State, v.Evidence.Rule)
		}
	})
}
