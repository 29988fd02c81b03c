package cli

import (
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"
)

func TestNoLineOfATableIsPaddedAtItsEnd(t *testing.T) {
	table := plainTable(2, "CHECK", "FOUND")
	table.Row("short", "well")
	table.Row("long", strings.Repeat("told at length ", 20)+"here")
	want := []string{"CHECK  FOUND", "short  well"}
	for i, line := range strings.Split(trimmed(table), "\n")[:2] {
		if got := ansi.Strip(line); got != want[i] {
			t.Errorf("line %d is %q, want %q", i, got, want[i])
		}
	}
}
