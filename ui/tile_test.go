package ui

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"agentwatch/ui/block"
)

func TestATileHasNoRoomForRulesAndTheEdgesOfBoxes(t *testing.T) {
	rows := []string{
		"╭──────────────────────────────╮", "│ > type here                  │", "│                              │", "╰──────────────────────────────╯",
		strings.Repeat("─", 60), "┃", "┃ question", "┃", "+------+", "", "user@host:~$ " + strings.Repeat("─", 40), "last",
	}
	want := []string{"│ > type here                  │", "┃ question", "user@host:~$", "last"}
	small := block.Size{W: 34, H: airyTile - 1}
	for name, draw := range map[string]func([]string, block.Size) []string{"head": denseHead, "tail": denseTail} {
		var got []string
		for _, row := range draw(rows, small) {
			got = append(got, strings.TrimSpace(row))
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	if airy := denseTail(rows, block.Size{W: 34, H: airyTile}); len(airy) != len(want)+2 || airy[1] != "" || airy[3] != "" {
		t.Errorf("with room: %q", airy)
	}
}

func TestWhatHasAWordInItIsNoRule(t *testing.T) {
	for text, want := range map[string]bool{
		"╭─ title ─╮": false, "│ x │": false, "──── 3 ────": false, "╭────╮": true, "├────┤": true, "│    │": true, "═════": true, "┌─┬─┐": true, "": true,
	} {
		if isRule(text) != want {
			t.Errorf("%q is a rule: %v", text, !want)
		}
	}
}

func TestALongRowIsFoldedUnlessItIsDrawnWithLines(t *testing.T) {
	long := strings.Repeat("word ", 8) + "end"
	for text, want := range map[string]int{long: 2, "┃  " + long: 2, "│ " + long + " │": 1, "a | " + long: 1, "short": 1} {
		if got := folded(text, 30); len(got) != want {
			t.Errorf("%q: %q", text, got)
		}
	}
}
