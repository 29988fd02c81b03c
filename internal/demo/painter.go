package demo

import (
	"fmt"
	"io"
	"slices"
	"strings"
)

// painter brings frames to a terminal. It writes only the rows that differ from
// the frame before, so that a turning spinner costs some tens of bytes.
type painter struct {
	out    io.Writer
	shown  []string
	title  string
	cursor string
	alt    bool
	fresh  bool
}

func newPainter(out io.Writer) *painter { return &painter{out: out, fresh: true} }

// invalidate makes the next frame redraw every row: after a resize the terminal
// may have moved or lost what was there.
func (p *painter) invalidate() { p.fresh = true }

// paint shows f with one write, or none when nothing changed. A frame without
// rows leaves the screen as it is. The alternate screen is entered with the
// first frame that is not a primary one, and kept until leave.
func (p *painter) paint(f frame) error {
	var b strings.Builder
	if !p.alt && !f.primary {
		if len(p.shown) > 0 {
			b.WriteString("\x1b[2J\x1b[H")
		}
		b.WriteString("\x1b[?1049h\x1b[?2004h")
		p.alt, p.fresh = true, true
	}
	if len(f.rows) > 0 {
		p.rows(&b, f)
	}
	if f.title != p.title {
		b.WriteString("\x1b]2;" + f.title + "\x1b\\")
		p.title = f.title
	}
	if b.Len() == 0 {
		return nil
	}
	_, err := io.WriteString(p.out, b.String())
	return err
}

// rows writes the rows that changed, and puts the cursor back.
func (p *painter) rows(b *strings.Builder, f frame) {
	if p.fresh || len(f.rows) != len(p.shown) {
		b.WriteString("\x1b[0m\x1b[2J")
		p.shown, p.cursor, p.fresh = make([]string, len(f.rows)), "", false
	}
	var row strings.Builder
	moved := false
	for i, l := range f.rows {
		row.Reset()
		l.encode(&row)
		if row.String() != p.shown[i] {
			p.shown[i], moved = row.String(), true
			fmt.Fprintf(b, "\x1b[%d;1H%s\x1b[K", i+1, p.shown[i])
		}
	}
	cursor := fmt.Sprintf("\x1b[%d;%dH", f.cursorRow+1, f.cursorCol+1)
	if moved || cursor != p.cursor {
		b.WriteString(cursor)
		p.cursor = cursor
	}
}

// leave gives the terminal back as the real programs do when they end: primary
// screen, cursor shown, empty title, and then the farewell lines.
func (p *painter) leave(farewell []string) error {
	text := "\x1b[0m\x1b[?2004l\x1b[?1049l\x1b[?25h\x1b]2;\x1b\\"
	if len(farewell) > 0 {
		text += "\r\n" + strings.Join(slices.Concat(farewell, []string{""}), "\r\n")
	}
	_, err := io.WriteString(p.out, text)
	return err
}
