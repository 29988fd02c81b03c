package picture

import (
	"image/color"
	"strings"
	"unicode"
	"unicode/utf8"

	uv "github.com/charmbracelet/ultraviolet"
	"github.com/charmbracelet/x/ansi"
)

// look is how a cell looks, with all colours resolved.
type look struct {
	fg, bg                          color.RGBA
	bold, italic, underline, strike bool
}

// cell is one cell of the grid. A wide character is in its first cell; those
// that it covers have width 0.
type cell struct {
	text  string
	width int
	look  look
}

// blank says whether nothing is to be drawn but background and lines.
func (c cell) blank() bool {
	return strings.TrimFunc(c.text, unicode.IsSpace) == ""
}

// grid is a screen as cells. Rows may be shorter than the screen is wide.
type grid struct {
	rows          [][]cell
	width, height int
}

// tabStop is the distance of a terminal's tab stops.
const tabStop = 8

// reader builds a grid from text.
type reader struct {
	palette Palette
	style   uv.Style
	rows    [][]cell
}

// readGrid takes the text apart, and cuts it to the size that is asked for.
func readGrid(text string, o Options) grid {
	r := reader{palette: o.Palette, rows: [][]cell{nil}}
	text = strings.TrimSuffix(strings.ToValidUTF8(text, "\uFFFD"), "\n")
	parser := ansi.NewParser()
	for state := byte(0); text != ""; {
		sequence, width, length, next := ansi.DecodeSequenceWc(text, state, parser)
		r.take(sequence, width, parser)
		text, state = text[length:], next
	}
	g := grid{rows: r.rows, width: o.Width, height: o.Height}
	if g.height <= 0 {
		g.height = len(g.rows)
	}
	g.rows = g.rows[:min(len(g.rows), g.height)]
	if g.width <= 0 {
		for _, row := range g.rows {
			g.width = max(g.width, len(row))
		}
	}
	for i := range g.rows {
		g.rows[i] = clip(g.rows[i], g.width)
	}
	return g
}

// clip cuts a row to width; a wide character that no longer fits is blanked.
func clip(row []cell, width int) []cell {
	if len(row) <= width {
		return row
	}
	row = row[:width]
	for i := range row {
		if i+row[i].width > width {
			for j := range row[i:] {
				row[i+j].text, row[i+j].width = " ", 1
			}
			break
		}
	}
	return row
}

// take adds one character, or obeys one sequence; those that do not style are
// left out.
func (r *reader) take(sequence string, width int, parser *ansi.Parser) {
	row := &r.rows[len(r.rows)-1]
	switch {
	case width > 0:
		*row = append(*row, cell{text: sequence, width: width, look: r.look()})
		for range width - 1 {
			*row = append(*row, cell{look: r.look()})
		}
	case ansi.HasCsiPrefix(sequence) && parser.Command() == 'm':
		uv.ReadStyle(parser.Params(), &r.style)
	case sequence == "\n":
		r.rows = append(r.rows, nil)
	case sequence == "\t":
		for range tabStop - len(*row)%tabStop {
			*row = append(*row, cell{text: " ", width: 1, look: r.look()})
		}
	default:
		r.combine(sequence)
	}
}

// isMark tells whether a character is written over the one before it.
func isMark(r rune) bool { return unicode.IsMark(r) }

// combine adds a mark without a width of its own to the character before it.
func (r *reader) combine(mark string) {
	row := r.rows[len(r.rows)-1]
	if first, _ := utf8.DecodeRuneInString(mark); !isMark(first) {
		return
	}
	for i := len(row) - 1; i >= 0; i-- {
		if row[i].width > 0 {
			row[i].text += mark
			return
		}
	}
}

// look resolves the style in force. Faint text is dimmed before it is reversed,
// as terminals do.
func (r *reader) look() look {
	has := func(attribute uint8) bool { return r.style.Attrs&attribute != 0 }
	l := look{
		fg:   r.palette.resolve(r.style.Fg, r.palette.Foreground),
		bg:   r.palette.resolve(r.style.Bg, r.palette.Background),
		bold: has(uv.AttrBold), italic: has(uv.AttrItalic), strike: has(uv.AttrStrikethrough),
		underline: r.style.Underline != ansi.UnderlineNone,
	}
	if has(uv.AttrFaint) {
		l.fg = mix(l.fg, l.bg, 0.55)
	}
	if has(uv.AttrReverse) {
		l.fg, l.bg = l.bg, l.fg
	}
	if has(uv.AttrConceal) {
		l.fg = l.bg
	}
	return l
}
