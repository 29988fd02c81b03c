package ui

import (
	"strings"
	"unicode/utf8"

	tea "charm.land/bubbletea/v2"

	"agentwatch/ui/sanitize"
)

// filter is what the list is narrowed to: one line that is written at its end.
type filter struct {
	text string
	// typing is set while keys go to it.
	typing bool
}

// maxFilter bounds the filter's length in characters.
const maxFilter = 80

// insert adds text, made safe to draw.
func (f *filter) insert(text string) {
	f.text += sanitize.Text(text)
	for utf8.RuneCountInString(f.text) > maxFilter {
		f.text = dropLast(f.text)
	}
}

// edit does what a key does in a line of text and tells whether it did.
func (f *filter) edit(msg tea.KeyPressMsg) bool {
	switch pressed := msg.String(); {
	case pressed == "backspace", pressed == "ctrl+h":
		f.text = dropLast(f.text)
	case pressed == "ctrl+u":
		f.text = ""
	case pressed == "ctrl+w", pressed == "alt+backspace":
		words := strings.TrimRight(f.text, " ")
		f.text = words[:strings.LastIndex(words, " ")+1]
	case msg.Text != "":
		f.insert(msg.Text)
	default:
		return false
	}
	return true
}

func dropLast(s string) string {
	_, size := utf8.DecodeLastRuneInString(s)
	return s[:len(s)-size]
}
