package notify

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"
)

// Limits of texts, in characters.
const (
	maxName  = 60
	maxTitle = 120
	maxBody  = 300
	// maxNote bounds what a server or a program said to a failure.
	maxNote = 160
)

// plain makes untrusted text fit for a message: one line without control
// sequences, control characters, directional marks or other invisible ones, of
// at most limit characters.
func plain(text string, limit int) string {
	var out strings.Builder
	length, gap := 0, false
	for _, r := range ansi.Strip(strings.ToValidUTF8(text, "")) {
		switch {
		case unicode.IsSpace(r), unicode.In(r, unicode.Zl, unicode.Zp):
			gap = length > 0
			continue
		case unicode.In(r, unicode.Cc, unicode.Cf, unicode.Cs, unicode.Co, unicode.Variation_Selector), r == utf8.RuneError:
			continue
		}
		room := 1
		if gap {
			room = 2
		}
		if length+room > limit {
			return shortened(out.String(), limit)
		}
		if gap {
			out.WriteByte(' ')
			gap = false
		}
		out.WriteRune(r)
		length += room
	}
	return out.String()
}

// shortened ends a text of at most limit characters with an ellipsis.
func shortened(text string, limit int) string {
	if utf8.RuneCountInString(text) >= limit {
		_, size := utf8.DecodeLastRuneInString(text)
		text = text[:len(text)-size]
	}
	return strings.TrimRight(text, " ") + "…"
}
