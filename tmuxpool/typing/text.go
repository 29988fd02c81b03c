package typing

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// MaxText is how many bytes of text can be pasted at once.
const MaxText = 1 << 20

// Errors of a text.
var (
	// ErrNoText: nothing is left of the text that can be typed.
	ErrNoText = errors.New("there is no text")
	// ErrTooLong: the text has more than MaxText bytes.
	ErrTooLong = errors.New("the text is too long")
)

// Sanitise returns the text as it is pasted: valid UTF-8, lines end with a line
// feed, no control characters but that and the tab (an escape sequence could end
// the paste and type), no line ends behind the last line (they would submit).
func Sanitise(text string) (string, error) {
	if len(text) > MaxText {
		return "", fmt.Errorf("typing: %w: %d bytes, at most %d are typed", ErrTooLong, len(text), MaxText)
	}
	text = strings.ReplaceAll(text, "\r\n", "\n")
	clean := strings.Map(func(r rune) rune {
		switch {
		case r == '\r':
			return '\n'
		case r == '\n', r == '\t':
			return r
		case r < ' ', r >= 0x7f && r < 0xa0:
			return -1
		default:
			return r
		}
	}, strings.ToValidUTF8(text, string(utf8.RuneError)))
	clean = strings.TrimRight(clean, "\n")
	if strings.TrimSpace(clean) == "" {
		return "", fmt.Errorf("typing: %w", ErrNoText)
	}
	return clean, nil
}

// NeedsBracketing tells whether a sanitised text has characters that a program
// takes for keys unless it asks for pastes to be marked as such.
func NeedsBracketing(text string) bool { return strings.ContainsAny(text, "\n\t") }
