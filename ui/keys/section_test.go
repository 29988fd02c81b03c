package keys

import (
	"slices"
	"testing"
)

func TestTheHelpListsUnderMovingOnlyWhatMoves(t *testing.T) {
	moves := []Action{
		None, Up, Down, Left, Right, PageUp, PageDown, Top, Bottom, Open, Back, Next, Previous, NextAgent, PreviousAgent,
		PanLeft, PanRight, Search, SearchNext, SearchPrevious, ZoomIn, ZoomOut, Now,
	}
	for a := None; a < actions; a++ {
		if (a.Section() == Moving) != slices.Contains(moves, a) {
			t.Errorf("%s stands under %q", a, a.Section())
		}
	}
}
