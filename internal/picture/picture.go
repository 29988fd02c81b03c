// Package picture draws what a terminal shows as an SVG, for documents.
//
// The input is text with SGR sequences, as tmux capture-pane -p -e -N prints it
// (without -N it loses coloured ends of rows).
// Every cell has a fixed place, whatever font the viewer has: runs of text are
// stretched to their cells, symbols are centred in theirs, and what must join
// without gaps (box drawing, blocks, braille) is drawn as shapes and not as
// text. The same input always gives the same bytes.
package picture

import (
	"fmt"
	"io"
)

// Options say how a screen is drawn. The zero value is usable.
type Options struct {
	// Width and Height are the size of the screen in cells; what lies beyond is
	// left out. 0 means as wide or as high as the text is, which a terminal
	// prints without the blank ends of its rows.
	Width, Height int
	// Palette has the colours; the zero value means Mocha.
	Palette Palette
	// Title describes the picture to those who cannot see it; empty for none.
	Title string
}

// Draw writes the screen as an SVG document. The screen may be any text: what
// SVG cannot hold and what moves a cursor is left out. The error is that of w.
func Draw(w io.Writer, screen string, o Options) error {
	if o.Palette == (Palette{}) {
		o.Palette = Mocha()
	}
	g := readGrid(screen, o)
	if _, err := io.WriteString(w, g.draw(o).document(g, o)); err != nil {
		return fmt.Errorf("picture: write: %w", err)
	}
	return nil
}
