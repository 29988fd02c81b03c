package ui

import (
	"io"
	"strconv"
	"strings"

	"charm.land/lipgloss/v2"
	"github.com/charmbracelet/x/ansi"
)

// wrapped breaks clean text into lines of at most that width, at spaces where
// there are any.
func wrapped(text string, width int) string {
	return ansi.WrapWc(text, width, "/")
}

// wrappedColours breaks a coloured row into lines of at most that width. Colours
// that go on are begun anew in each.
func wrappedColours(row string, width int) string {
	var out strings.Builder
	w := lipgloss.NewWrapWriter(&out)
	defer w.Close()
	_, _ = io.WriteString(w, ansi.WrapWc(row, width, "")) // a strings.Builder takes everything
	return out.String()
}

// backgroundOf reads the variable COLORFGBG, "foreground;background" as colour
// numbers, which some terminals set and tmux hands on.
func backgroundOf(colorFGBG string) (dark, known bool) {
	fields := strings.Split(colorFGBG, ";")
	background, err := strconv.Atoi(fields[len(fields)-1])
	if err != nil || background < 0 || background > 15 {
		return false, false
	}
	return background != 7 && background != 15, true
}
