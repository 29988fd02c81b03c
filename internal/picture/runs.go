package picture

import (
	"image/color"
	"unicode/utf8"

	uv "github.com/charmbracelet/ultraviolet"
	"github.com/charmbracelet/x/ansi"
)

// Attributes say how a run is written beside its colours.
type Attributes uint8

// The attributes. Wide is set for one character that takes two cells.
const (
	Bold Attributes = 1 << iota
	Faint
	Italic
	Underline
	Reverse
	Strike
	Wide
)

// Ink is a colour that may be the terminal's own. The zero value is its default.
type Ink struct {
	// Set is false for the default; Indexed is set for one of the 256 colours, whose
	// number is then in Value. Otherwise Value is 0xrrggbb.
	Set, Indexed bool
	Value        uint32
}

// Run is a piece of a row that is written in one way.
type Run struct {
	Text       string
	Fg, Bg     Ink
	Attributes Attributes
}

// Runs takes a row apart, as a terminal would show it: text with SGR sequences and
// without line breaks. Other sequences are left out.
func Runs(row string) []Run {
	var runs []Run
	var style uv.Style
	parser := ansi.NewParser()
	for state := byte(0); row != ""; {
		sequence, width, length, next := ansi.DecodeSequenceWc(row, state, parser)
		row, state = row[length:], next
		switch {
		case width > 0:
			runs = appended(runs, runOf(style, sequence, width))
		case ansi.HasCsiPrefix(sequence) && parser.Command() == 'm':
			uv.ReadStyle(parser.Params(), &style)
		default:
			if first, _ := utf8.DecodeRuneInString(sequence); isMark(first) && len(runs) > 0 {
				runs[len(runs)-1].Text += sequence
			}
		}
	}
	return runs
}

// appended adds a run to those before, to the last one where they look the same.
func appended(runs []Run, next Run) []Run {
	if n := len(runs); n > 0 && next.Attributes&Wide == 0 {
		last := &runs[n-1]
		same := last.Fg == next.Fg && last.Attributes == next.Attributes
		// A blank shows nothing of its foreground, so it needs no run of its own.
		blank := next.Text == " " && (last.Attributes|next.Attributes)&(Underline|Reverse|Strike|Wide) == 0
		if last.Bg == next.Bg && (same || blank) {
			last.Text += next.Text
			return runs
		}
	}
	return append(runs, next)
}

func runOf(style uv.Style, text string, width int) Run {
	r := Run{Text: text, Fg: inkOf(style.Fg), Bg: inkOf(style.Bg)}
	for _, a := range [...]struct {
		of   uint8
		flag Attributes
	}{
		{uv.AttrBold, Bold}, {uv.AttrFaint, Faint}, {uv.AttrItalic, Italic}, {uv.AttrReverse, Reverse}, {uv.AttrStrikethrough, Strike},
	} {
		if style.Attrs&a.of != 0 {
			r.Attributes |= a.flag
		}
	}
	if style.Underline != ansi.UnderlineNone {
		r.Attributes |= Underline
	}
	if width > 1 {
		r.Attributes |= Wide
	}
	return r
}

func inkOf(c color.Color) Ink {
	switch c := c.(type) {
	case nil:
		return Ink{}
	case ansi.BasicColor:
		return Ink{Set: true, Indexed: true, Value: uint32(c)}
	case ansi.IndexedColor:
		return Ink{Set: true, Indexed: true, Value: uint32(c)}
	}
	solid, _ := color.RGBAModel.Convert(c).(color.RGBA)
	return Ink{Set: true, Value: uint32(solid.R)<<16 | uint32(solid.G)<<8 | uint32(solid.B)}
}
