package health

import (
	"strings"
	"unicode/utf8"
)

// maxRows bounds how many rows are looked at: only the end of a screen tells
// what is going on now, and no terminal shows more.
const maxRows = 500

// maxRowBytes bounds how much of one row is looked at.
const maxRowBytes = 4000

// row is one line of a screen without control sequences.
type row struct {
	// text is the row's content without margins and without the vertical
	// borders of a box around it.
	text string
	// full is the row as it stands, without trailing blanks.
	full string
	// indent is the column in which full's first character stands.
	indent int
	// boxed is set when vertical borders enclosed text.
	boxed bool
}

func (r row) blank() bool { return r.text == "" }

// column is where the row's words begin, borders and bars before them left out.
func (r row) column() int {
	words := strings.TrimLeft(r.full, "│┃ ")
	return utf8.RuneCountInString(r.full) - utf8.RuneCountInString(words)
}

// width is the number of columns the row reaches to, taking every character as
// one column wide.
func (r row) width() int { return utf8.RuneCountInString(r.full) }

// screen is the visible text of a pane, trailing blank rows left out.
type screen struct {
	rows []row
	// first is the number, from 1, of rows[0] in the pane.
	first int
	// width is the pane's, or the widest row's when the pane's is not known.
	width int
}

// line returns the number, from 1, of the row with index i.
func (s screen) line(i int) int { return s.first + i }

// parseScreen reads what capture-pane gives. Colours are dropped: the engine
// captures without them, so no rule may depend on one.
func parseScreen(text string, width int) screen {
	lines := strings.Split(clean(text), "\n")
	for len(lines) > 0 && strings.TrimRight(lines[len(lines)-1], " ") == "" {
		lines = lines[:len(lines)-1]
	}
	s := screen{first: 1, width: width}
	if skip := len(lines) - maxRows; skip > 0 {
		lines, s.first = lines[skip:], skip+1
	}
	s.rows = make([]row, len(lines))
	widest := 0
	for i, line := range lines {
		s.rows[i] = newRow(line)
		if s.width <= 0 {
			widest = max(widest, s.rows[i].width())
		}
	}
	if s.width <= 0 {
		s.width = widest
	}
	return s
}

func newRow(line string) row {
	if end := maxRowBytes; len(line) > end {
		for !utf8.RuneStart(line[end]) {
			end--
		}
		line = line[:end]
	}
	r := row{full: strings.TrimRight(line, " ")}
	r.text = strings.TrimLeft(r.full, " ")
	r.indent = len(r.full) - len(r.text)
	for _, border := range [...]string{"│", "┃"} {
		inner, opened := strings.CutPrefix(r.text, border)
		if !opened {
			continue
		}
		if inner, closed := strings.CutSuffix(inner, border); closed {
			r.text, r.boxed = strings.TrimSpace(inner), true
		}
	}
	return r
}

// clean drops escape sequences, control and formatting characters, and turns
// tabs and no-break spaces into spaces; invalid UTF-8 becomes U+FFFD.
func clean(text string) string {
	if plain(text) {
		return text
	}
	out := make([]byte, 0, len(text))
	for i := 0; i < len(text); {
		c := text[i]
		switch {
		case c == 0x1b:
			i = escapeEnd(text, i)
			continue
		case c == '\n' || (c >= 0x20 && c < 0x7f):
			out = append(out, c)
		case c == '\t':
			out = append(out, ' ')
		case c >= utf8.RuneSelf:
			r, size := utf8.DecodeRuneInString(text[i:])
			i += size
			switch {
			case r == '\u00a0':
				out = append(out, ' ')
			case !invisible(r):
				out = utf8.AppendRune(out, r)
			}
			continue
		}
		i++
	}
	return string(out)
}

// plain tells whether text is printable ASCII and newlines only.
func plain(text string) bool {
	for i := range len(text) {
		if c := text[i]; c != '\n' && (c < 0x20 || c >= 0x7f) {
			return false
		}
	}
	return true
}

// invisible tells whether r controls or formats and has no picture: C1
// controls, zero-width and bidirectional marks.
func invisible(r rune) bool {
	return r < 0xa0 || (r >= 0x200b && r <= 0x200f) || (r >= 0x2028 && r <= 0x202e) ||
		(r >= 0x2060 && r <= 0x206f) || r == 0xfeff
}

// escapeEnd returns the index behind the escape sequence that starts at i. A
// sequence that is cut off ends with its line.
func escapeEnd(text string, i int) int {
	i++
	if i >= len(text) {
		return i
	}
	switch text[i] {
	case '[':
		for i++; i < len(text); i++ {
			if c := text[i]; c < 0x20 || c >= 0x7f {
				return i
			} else if c >= 0x40 {
				return i + 1
			}
		}
		return i
	case ']', 'P', 'X', '^', '_':
		for i++; i < len(text); i++ {
			switch text[i] {
			case '\a':
				return i + 1
			case '\n':
				return i
			case 0x1b:
				return min(i+2, len(text))
			}
		}
		return i
	case '(', ')', '*', '+':
		return min(i+2, len(text))
	case '\n':
		return i
	}
	return i + 1
}
