package plugin

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
)

// Limits of what a strategy says of itself.
const (
	maxNameBytes    = 32
	maxSummaryRunes = 200
)

// checkName refuses names that are hard to type or to show.
func checkName(name string) error {
	if name == "" {
		return errors.New("it is missing")
	}
	if len(name) > maxNameBytes {
		return fmt.Errorf("%.40q has more than %d letters", name, maxNameBytes)
	}
	if strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" || name[0] == '-' {
		return fmt.Errorf("%q has other characters than a-z, 0-9 and \"-\", or begins with \"-\"", name)
	}
	return nil
}

// checkSummary refuses what is no line of text: it is drawn on the screen.
func checkSummary(text string) (string, error) {
	text = strings.TrimSpace(text)
	if n := len([]rune(text)); n > maxSummaryRunes {
		return "", fmt.Errorf("it has %d characters, more than %d", n, maxSummaryRunes)
	}
	if i := strings.IndexFunc(text, func(r rune) bool { return !unicode.IsPrint(r) }); i >= 0 {
		return "", fmt.Errorf("it has a control character at byte %d", i)
	}
	return text, nil
}
