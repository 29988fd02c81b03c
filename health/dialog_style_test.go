package health

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// Rows as opencode 1.18, kilo 7 and grok 0.0.34 draw them.
const (
	rowBase    = "\x1b[48;2;10;10;10m  \x1b[38;2;245;167;66m\x1b[48;2;20;20;20m┃"
	styleBar   = "\x1b[38;2;255;255;255m\x1b[48;2;30;30;30m"
	styleTaken = "\x1b[48;2;245;167;66m \x1b[38;2;10;10;10m"
	styleFree  = "\x1b[48;2;30;30;30m \x1b[38;2;128;128;128m"
)

// buttonsWith is a permission of opencode's with its answers side by side; chosen is
// the index of the one that stands out, -1 for none.
func buttonsWith(chosen int, hints string, labels ...string) string {
	var b strings.Builder
	b.WriteString(rowBase + "  △ \x1b[38;2;238;238;238mPermission required\n" + rowBase + "\n" + rowBase + "  $ ./run_tests.sh\n" + rowBase + "\n" + rowBase + styleBar + "  ")
	for i, label := range labels {
		if i == chosen {
			b.WriteString(styleTaken + label + "\x1b[38;2;255;255;255m \x1b[48;2;30;30;30m")
		} else {
			b.WriteString(styleFree + label + "\x1b[38;2;255;255;255m ")
		}
	}
	b.WriteString(hints + "\x1b[48;2;10;10;10m\n" + rowBase + "\n")
	return b.String()
}

// listWith is grok's permission; full fills the rows with the background.
func listWith(chosen int, full bool, labels ...string) string {
	var b strings.Builder
	b.WriteString("\x1b[36m  Do you want to proceed with this operation?\n\x1b[39m\n")
	for i, label := range labels {
		before, between := "   ", ""
		if full {
			before, between = "", "   "
		}
		text := between + string(rune('1'+i)) + ". " + label
		if i == chosen {
			b.WriteString("\x1b[39m" + before + "\x1b[30m\x1b[46m" + text + "\n")
		} else {
			b.WriteString("\x1b[39m\x1b[49m" + before + "\x1b[37m" + text + "\n")
		}
	}
	b.WriteString("\x1b[39m\x1b[49m\n  ↑↓ navigate • Enter select • Esc cancel\n")
	return b.String()
}

func chosenOn(kind Kind, screen string) (int, *Dialog) {
	v := NewDetector().Detect(Observation{Kind: kind, Screen: screen, Width: 120})
	if v.Dialog == nil {
		return -1, nil
	}
	return slices.IndexFunc(v.Dialog.Options, func(o Option) bool { return o.Selected }), v.Dialog
}

func TestTheOptionThatOnlyItsBackgroundTellsIsSelected(t *testing.T) {
	hints := "                  ⇆ select  enter confirm"
	for _, kind := range []Kind{"opencode", "kilo"} {
		for _, labels := range [][]string{{"Allow once", "Allow always", "Reject"}, {"Allow once", "Reject"}} {
			for chosen := range labels {
				for _, end := range []string{hints, "  enter confirm"} {
					if got, d := chosenOn(kind, buttonsWith(chosen, end, labels...)); got != chosen {
						t.Errorf("%s, %q chosen of %q: %d in %+v", kind, labels[chosen], labels, got, d)
					}
				}
			}
		}
	}
	for _, labels := range [][]string{{"Yes", "Yes, and don't ask again this session", "No", "No, with feedback"}, {"Yes", "No"}} {
		for chosen := range labels {
			for _, full := range []bool{false, true} {
				if got, d := chosenOn("grok", listWith(chosen, full, labels...)); got != chosen {
					t.Errorf("grok, %q chosen of %q, rows filled %t: %d in %+v", labels[chosen], labels, full, got, d)
				}
			}
		}
	}
}

func TestNoOptionIsSelectedWhenStyleDoesNotTell(t *testing.T) {
	labels := []string{"Allow once", "Allow always", "Reject"}
	plain := clean(buttonsWith(0, "  ⇆ select  enter confirm", labels...))
	two := strings.Replace(buttonsWith(0, "  ⇆ select  enter confirm", labels...), styleFree+"Reject", styleTaken+"Reject", 1)
	for name, screen := range map[string]string{
		"no colours": plain, "none stands out": buttonsWith(-1, "  ⇆ select  enter confirm", labels...), "two stand out": two,
	} {
		if got, d := chosenOn("opencode", screen); got >= 0 || d == nil || len(d.Options) != 3 {
			t.Errorf("%s: %d in %+v", name, got, d)
		}
	}
	if got, _ := chosenOn(KindClaude, " Do you want to proceed?\n \x1b[46m1. Yes\x1b[49m\n   2. No\n\n Esc to cancel · Tab to amend\n"); got >= 0 {
		t.Error("a kind that draws its cursor is read by style")
	}
}

// TestColoursChangeNothingButTheSelection holds for any colours: what is asked and
// the state come from the text alone.
func TestColoursChangeNothingButTheSelection(t *testing.T) {
	detector := NewDetector()
	colours := []string{"\x1b[0m", "\x1b[m", "\x1b[7m", "\x1b[27m", "\x1b[46m", "\x1b[49m", "\x1b[48;5;7m", "\x1b[48;2;1;2;3m", "\x1b[1;30;103m", "\x1b[38;2;4", "\x1b[", "\x1b]8;;x\x1b\\"}
	base := clean(buttonsWith(0, "  ⇆ select  enter confirm", "Allow once", "Allow always", "Reject"))
	rapid.Check(t, func(t *rapid.T) {
		kind := rapid.SampledFrom([]Kind{"opencode", "kilo", "grok"}).Draw(t, "kind")
		var b strings.Builder
		for _, c := range base {
			if rapid.IntRange(0, 9).Draw(t, "coloured") == 0 {
				// One that is cut off ends with its line, so that it goes to an end.
				if at := rapid.IntRange(0, len(colours)-1).Draw(t, "colour"); c == '\n' || at < 9 {
					b.WriteString(colours[at])
				}
			}
			b.WriteRune(c)
		}
		want := detector.Detect(Observation{Kind: kind, Screen: base, Width: 120})
		got := detector.Detect(Observation{Kind: kind, Screen: b.String(), Width: 120})
		if got.State != want.State || got.Evidence.Rule != want.Evidence.Rule || !got.Dialog.Equal(want.Dialog) {
			t.Fatalf("%s %+v, without colours %s %+v", got.State, got.Dialog, want.State, want.Dialog)
		}
		if got.Dialog == nil {
			return
		}
		chosen := 0
		for _, o := range got.Dialog.Options {
			if o.Selected {
				chosen++
			}
		}
		if chosen > 1 {
			t.Fatalf("%d options are selected: %+v", chosen, got.Dialog.Options)
		}
	})
}

// A fork prints what its original does, so that its captures stand apart: only the
// process and the title tell them from each other.
func TestCapturesOfForksAreJudgedRightAndTheirSelectionIsRead(t *testing.T) {
	captures := readCaptureFile(t, "testdata/forks/kilo.jsonl")
	for _, c := range readCaptures(t) {
		if c.Kind == "grok" {
			captures = append(captures, c)
		}
	}
	asked := 0
	for _, c := range captures {
		v := NewDetector().Detect(c.observation())
		if v.Kind != c.Kind || !c.accepts(v.State) {
			t.Errorf("%s is %s %s by %s", c.ID, v.Kind, v.State, v.Evidence.Rule)
		}
		if v.State != StateWaiting {
			continue
		}
		asked++
		if first := v.Dialog.Options; len(first) < 3 || !first[0].Selected {
			t.Errorf("%s: its first answer is chosen, read is %+v", c.ID, first)
		}
	}
	if asked < 3 {
		t.Errorf("only %d captures ask", asked)
	}
}
