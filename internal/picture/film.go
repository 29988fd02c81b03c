package picture

import (
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
)

// Frame is what a screen shows from a time on.
type Frame struct {
	// At is when it came, counted from the first frame.
	At     time.Duration
	Screen string
}

// ErrNoFilm is returned for frames that make no film: none, or not in the order
// of their times.
var ErrNoFilm = errors.New("picture: a film has frames in the order of their times, and ends after the last")

// Film writes frames as one SVG document that plays them again and again, each
// round as long as length. A row that several frames have is written once. Who
// has asked for less motion sees the first frame. The error is ErrNoFilm, or that
// of w.
func Film(w io.Writer, frames []Frame, length time.Duration, o Options) error {
	if len(frames) == 0 || length <= frames[len(frames)-1].At {
		return ErrNoFilm
	}
	for i := 1; i < len(frames); i++ {
		if frames[i].At <= frames[i-1].At {
			return ErrNoFilm
		}
	}
	if o.Palette == (Palette{}) {
		o.Palette = Mocha()
	}
	f := film{o: o, frames: frames, length: length}
	f.read()
	if _, err := io.WriteString(w, f.document()); err != nil {
		return fmt.Errorf("picture: write: %w", err)
	}
	return nil
}

// film is a film that is being made.
type film struct {
	o      Options
	frames []Frame
	length time.Duration
	size   grid
	// spans has the rows that are shown from one frame to before another one.
	spans layer[span, rowAt]
	// uses counts how often a row's drawing is shown.
	uses map[string]int
}

// span is a stretch of frames: from the first to before the last.
type span struct{ first, end int }

// rowAt is the drawing of a row, and where it is.
type rowAt struct {
	drawing string
	y       int
}

// read draws the rows of all frames and finds out how long each stays.
func (f *film) read() {
	f.uses = map[string]int{}
	rows := make([][]string, len(f.frames))
	for i := range f.frames {
		g := readGrid(f.frames[i].Screen, f.o)
		f.size.width, f.size.height = max(f.size.width, g.width), max(f.size.height, g.height)
		for y := range g.rows {
			one := grid{rows: g.rows[y : y+1], width: g.width, height: 1}
			rows[i] = append(rows[i], one.draw(f.o).markup())
		}
	}
	for y := range f.size.height {
		for first := 0; first < len(rows); {
			drawing, end := rowOf(rows[first], y), first+1
			for end < len(rows) && rowOf(rows[end], y) == drawing {
				end++
			}
			if drawing != "" {
				f.spans.add(span{first, end}, rowAt{drawing, y})
				f.uses[drawing]++
			}
			first = end
		}
	}
}

// rowOf is a row, empty where the screen has none.
func rowOf(rows []string, y int) string {
	if y >= len(rows) {
		return ""
	}
	return rows[y]
}

// document writes the film.
func (f *film) document() string {
	var b strings.Builder
	opening(&b, f.size, f.o)
	f.style(&b)
	names := f.definitions(&b)
	b.WriteString(`<g transform="translate(` + strconv.Itoa(paddingX) + " " + strconv.Itoa(paddingY) + `)" style="` + fontStyle + `">` + "\n")
	for i, s := range f.spans.order {
		switch {
		case s == span{0, len(f.frames)}:
			b.WriteString("<g>\n")
		case s.first == 0:
			b.WriteString(`<g class="f s" style="animation-name:k` + strconv.Itoa(i) + `">` + "\n")
		default:
			b.WriteString(`<g class="f" style="animation-name:k` + strconv.Itoa(i) + `">` + "\n")
		}
		for _, row := range f.spans.of[s] {
			y := strconv.Itoa(row.y * cellHeight)
			if name, shared := names[row.drawing]; shared {
				b.WriteString(`<use href="#` + name + `" y="` + y + `"/>` + "\n")
				continue
			}
			b.WriteString(`<g transform="translate(0 ` + y + `)">` + row.drawing + "</g>\n")
		}
		b.WriteString("</g>\n")
	}
	b.WriteString("</g>\n</svg>\n")
	return b.String()
}

// style says when each span is shown.
func (f *film) style(b *strings.Builder) {
	b.WriteString("<style>.f{visibility:hidden;animation:" + number(f.length.Seconds()) + "s step-end infinite}.s{visibility:visible}\n")
	for i, s := range f.spans.order {
		if s == (span{0, len(f.frames)}) {
			continue
		}
		b.WriteString("@keyframes k" + strconv.Itoa(i) + "{")
		if s.first > 0 {
			b.WriteString("0%{visibility:hidden}")
		}
		b.WriteString(f.percent(s.first) + "{visibility:visible}")
		if s.end < len(f.frames) {
			b.WriteString(f.percent(s.end) + "{visibility:hidden}")
		}
		b.WriteString("}\n")
	}
	b.WriteString("@media (prefers-reduced-motion:reduce){.f{animation:none}}</style>\n")
}

// percent is when a frame comes, as a share of the film.
func (f *film) percent(frame int) string {
	return number(100*f.frames[frame].At.Seconds()/f.length.Seconds()) + "%"
}

// definitions writes the rows that are shown more than once, and names them.
func (f *film) definitions(b *strings.Builder) map[string]string {
	names := map[string]string{}
	b.WriteString("<defs>\n")
	for _, s := range f.spans.order {
		for _, row := range f.spans.of[s] {
			if _, known := names[row.drawing]; known || f.uses[row.drawing] < 2 {
				continue
			}
			name := "r" + strconv.Itoa(len(names))
			names[row.drawing] = name
			b.WriteString(`<g id="` + name + `">` + row.drawing + "</g>\n")
		}
	}
	b.WriteString("</defs>\n")
	return names
}

// markup is what is on the canvas, without a document around it and without a
// font; empty when there is nothing.
func (c *canvas) markup() string {
	var b strings.Builder
	if len(c.grounds.order)+len(c.blocks.order)+len(c.dots.order) > 0 {
		c.fills(&b)
	}
	if len(c.lines.order)+len(c.curves.order) > 0 {
		c.strokes(&b)
	}
	c.faces(&b)
	return strings.ReplaceAll(b.String(), "\n", "")
}
