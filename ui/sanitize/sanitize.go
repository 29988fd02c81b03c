// Package sanitize makes untrusted text safe to draw. What a pane shows, and
// what programs call themselves, is written by others: an escape sequence in it
// could move the cursor, change the clipboard or the window's title, or make a
// line wider than it is measured.
//
// Of all control sequences only SGR (colours and attributes) survives, and only
// in Screen; it is parsed and written anew, never copied. Control bytes, C1,
// DEL, invalid UTF-8, bidirectional controls, zero-width characters and
// variation selectors are removed, tabs become spaces. A character whose width
// terminals disagree about (by code point or by grapheme cluster) is reduced to
// a form that both measure alike, so that no frame breaks. Only letters keep their
// marks even so, for without its vowel signs a word of many scripts is another
// one: they are as wide as their code points together (ansi.StringWidthWc), which
// is how tmux and most terminals draw them.
//
// All functions are pure and safe for concurrent use.
package sanitize

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/ansi"
	"golang.org/x/text/unicode/norm"
)

const (
	tabStop = 8
	// maxMarks bounds the combining marks on one character: more is not
	// writing, but a way to draw over other lines.
	maxMarks = 3
	// maxCluster bounds the characters of a cluster: letters that are written as
	// one, with their marks.
	maxCluster = 16
)

// Text cleans one line of text: names, titles, paths. All control sequences are
// removed, line breaks become spaces.
func Text(s string) string {
	if isPlain(s) {
		return s
	}
	return strings.Join(clean(s, cleaner{}), " ")
}

// Screen cleans the text of a screen and returns its rows. Colours are kept;
// each row stands for itself: it begins with the colours in force and ends
// with none. Spaces at a row's end stay only where they can be seen: on a
// background, underlined or struck through.
func Screen(s string) []string {
	return ScreenIn(s, colorprofile.TrueColor)
}

// ScreenIn is Screen for a terminal that has so many colours. With sixteen what
// is drawn in others can be read all the same.
func ScreenIn(s string, profile colorprofile.Profile) []string {
	return clean(s, cleaner{keep: true, sixteen: profile == colorprofile.ANSI})
}

// Rows cleans the screens of one pane, one after another: a row that the screen
// before had, in whatever place, is not cleaned again. The zero value is ready.
// It is not safe for concurrent use.
type Rows struct {
	sixteen bool
	kept    map[rawRow]cleanRow
}

// RowsIn are Rows for a terminal that has so many colours, as ScreenIn.
func RowsIn(profile colorprofile.Profile) *Rows {
	return &Rows{sixteen: profile == colorprofile.ANSI}
}

// rawRow is a row as it came, with the colours in force at its beginning.
type rawRow struct {
	text string
	pen  pen
}

// cleanRow is a row that was cleaned, with the colours in force at its end.
type cleanRow struct {
	text string
	pen  pen
}

// Screen is Screen of the package, or ScreenIn. A sequence ends with its row, so that each row
// can be cleaned for itself.
func (r *Rows) Screen(s string) []string {
	kept := make(map[rawRow]cleanRow, len(r.kept))
	rows := make([]string, 0, strings.Count(s, "\n")+1)
	var in pen
	for text := range strings.SplitSeq(s, "\n") {
		raw := rawRow{text, in}
		clean, known := r.kept[raw]
		if !known {
			c := cleaner{keep: true, sixteen: r.sixteen, pen: in}
			c.clean(text)
			clean = cleanRow{c.rows[0], c.pen}
		}
		kept[raw] = clean
		rows, in = append(rows, clean.text), clean.pen
	}
	r.kept = kept
	return rows
}

// isPlain tells whether s is printable ASCII only.
func isPlain(s string) bool {
	for i := range len(s) {
		if s[i] < 0x20 || s[i] > 0x7e {
			return false
		}
	}
	return true
}

// cleaner holds what is being written. Rows are built in out; run collects the
// characters since the last sequence, for clusters are told apart within it.
type cleaner struct {
	rows   []string
	out    strings.Builder
	run    strings.Builder
	column int
	// keep says whether colours are kept, sixteen that there are no more. pen is
	// the one asked for, drawn the one that the terminal has.
	keep       bool
	sixteen    bool
	pen, drawn pen
	// seen is how much of out can be seen, and seenPen the pen that it ends with.
	seen    int
	seenPen pen
}

// clean cleans with a cleaner that has written nothing yet.
func clean(s string, c cleaner) []string {
	c.clean(s)
	return c.rows
}

// clean writes the rows of a text.
func (c *cleaner) clean(s string) {
	for i := 0; i < len(s); {
		switch b := s[i]; {
		case b == esc:
			if c.keep {
				c.flush()
			}
			seq := scanSequence(s[i:])
			if seq.sgr {
				c.pen.apply(seq.params)
			}
			i += seq.length
		case b == '\n':
			c.endRow()
			i++
		case b == '\t':
			c.flush()
			c.write(strings.Repeat(" ", tabStop-c.column%tabStop))
			i++
		case b < 0x20 || b == 0x7f:
			i++
		case b < utf8.RuneSelf:
			c.run.WriteByte(b)
			i++
		default:
			r, size := utf8.DecodeRuneInString(s[i:])
			if r != utf8.RuneError || size > 1 {
				c.run.WriteString(visible(r))
			}
			i += size
		}
	}
	c.endRow()
}

// endRow closes the row, so that no colour runs over into the next.
func (c *cleaner) endRow() {
	c.flush()
	row := c.out.String()
	if c.keep {
		row = row[:c.seen]
	}
	if c.seenPen != (pen{}) {
		row += reset
	}
	c.rows = append(c.rows, row)
	c.out.Reset()
	c.column, c.drawn, c.seen, c.seenPen = 0, pen{}, 0, pen{}
}

// flush writes the collected run.
func (c *cleaner) flush() {
	if c.run.Len() == 0 {
		return
	}
	text := c.run.String()
	c.run.Reset()
	if !isPlain(text) {
		text = agreed(text)
	}
	c.write(text)
}

// write puts clean text on the row, with the pen's colours.
func (c *cleaner) write(text string) {
	if text == "" {
		return
	}
	if pen := c.shown(); c.keep && pen != c.drawn {
		c.out.WriteString(pen.sequence())
		c.drawn = pen
	}
	c.out.WriteString(text)
	if unseen := len(text) - len(strings.TrimRight(text, " ")); c.drawn.marksBlanks() {
		c.seen, c.seenPen = c.out.Len(), c.drawn
	} else if unseen < len(text) {
		c.seen, c.seenPen = c.out.Len()-unseen, c.drawn
	}
	if isPlain(text) {
		c.column += len(text)
		return
	}
	c.column += ansi.StringWidthWc(text)
}

// shown is the pen as the terminal can show it.
func (c *cleaner) shown() pen {
	if c.sixteen {
		return c.pen.inSixteen()
	}
	return c.pen
}

// visible returns the character as it may be drawn; empty when it may not.
func visible(r rune) string {
	switch {
	case r >= 0x1F1E6 && r <= 0x1F1FF:
		// Two regional indicators make a flag, whose width nobody agrees on:
		// the letters say the same.
		return string('A' + r - 0x1F1E6)
	case unicode.In(r, unicode.Cc, unicode.Cf, unicode.Cs, unicode.Zl, unicode.Zp, unicode.Variation_Selector):
		return ""
	case unicode.Is(unicode.Other_Default_Ignorable_Code_Point, r):
		return ""
	case unicode.Is(unicode.Zs, r):
		if r == 0x3000 {
			return "  "
		}
		return " "
	}
	return string(r)
}

// agreed reduces every cluster whose width depends on who measures to the first
// character that its parts make, and drops what has nothing to stand on.
func agreed(text string) string {
	if uncontested(text) {
		return text
	}
	var out strings.Builder
	for len(text) > 0 {
		cluster, _ := ansi.FirstGraphemeCluster(text, ansi.GraphemeWidth)
		text = text[len(cluster):]
		if utf8.RuneCountInString(cluster) <= 1+maxMarks && standsAlone(cluster) || isWritten(cluster) {
			out.WriteString(cluster)
			continue
		}
		composed := norm.NFC.String(cluster)
		_, size := utf8.DecodeRuneInString(composed)
		if first := composed[:size]; standsAlone(first) {
			out.WriteString(first)
		}
	}
	return out.String()
}

// standsAlone tells whether a cluster takes room, as much for everyone, and
// does not melt into what stands beside it.
func standsAlone(cluster string) bool {
	if first, _ := utf8.DecodeRuneInString(cluster); isConjoining(first) {
		return false
	}
	width := ansi.StringWidth(cluster)
	between := "x" + cluster + "x"
	return width > 0 && ansi.StringWidth(between) == width+2 && ansi.StringWidthWc(between) == width+2
}

// isConjoining tells whether a character is a part of a Korean syllable: it joins
// any other part that comes to stand beside it.
func isConjoining(r rune) bool {
	return r >= 0x1100 && r <= 0x11ff || r >= 0xa960 && r <= 0xa97f || r >= 0xd7b0 && r <= 0xd7ff
}

// isWritten tells whether a cluster is a letter, or several that are written as
// one, with vowel signs and other marks. The parts of a Korean syllable are no
// letters of their own.
func isWritten(cluster string) bool {
	marks, length := 0, 0
	for _, r := range cluster {
		switch length++; {
		case unicode.IsMark(r) && length > 1:
			marks++
		case unicode.IsLetter(r) && !isConjoining(r):
			marks = 0
		default:
			return false
		}
		if marks > maxMarks || length > maxCluster {
			return false
		}
	}
	// What stands beside it does not join it.
	return ansi.StringWidth("x"+cluster+"x") == ansi.StringWidth(cluster)+2
}

// uncontested tells quickly that a text has only characters which never join
// with others and are one cell wide: Latin letters, dashes, frames, blocks.
func uncontested(text string) bool {
	for _, r := range text {
		switch {
		case r < 0x300 && r != 0xad && r != 0xa9 && r != 0xae:
		case r >= 0x2010 && r <= 0x2027, r >= 0x2500 && r <= 0x259f, r >= 0x2800 && r <= 0x28ff:
		default:
			return false
		}
	}
	return true
}
