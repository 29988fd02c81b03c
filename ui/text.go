package ui

import (
	"strconv"
	"strings"

	"github.com/charmbracelet/x/ansi"
)

// wrapped breaks clean text into lines of at most that width, at spaces where
// there are any.
func wrapped(text string, width int) string {
	return ansi.Wrap(text, width, "/")
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
