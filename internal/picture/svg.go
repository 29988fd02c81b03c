package picture

import (
	"bytes"
	"encoding/xml"
	"image/color"
	"strconv"
	"strings"
)

// The window around the screen.
const (
	paddingX, paddingY = 18, 16
	cornerRadius       = 10
)

// fontStyle asks for a font whose characters are three fifths of its size wide,
// as most are; ligatures and colourful emoji would leave the grid.
const fontStyle = "font:15px 'JetBrains Mono',ui-monospace,SFMono-Regular,Menlo,'Cascadia Mono',Consolas,'DejaVu Sans Mono','Liberation Mono',monospace;" +
	"font-variant-ligatures:none;font-variant-emoji:text"

// document writes the canvas as an SVG document.
func (c *canvas) document(g grid, o Options) string {
	var b strings.Builder
	opening(&b, g, o)
	b.WriteString(`<g transform="translate(` + strconv.Itoa(paddingX) + " " + strconv.Itoa(paddingY) + `)">` + "\n")
	c.fills(&b)
	c.strokes(&b)
	b.WriteString(`<g style="` + fontStyle + `">` + "\n")
	c.faces(&b)
	b.WriteString("</g>\n</g>\n</svg>\n")
	return b.String()
}

// opening begins a document of the size of a screen, with the window around it.
func opening(b *strings.Builder, g grid, o Options) {
	width, height := g.width*cellWidth+2*paddingX, g.height*cellHeight+2*paddingY
	w, h := strconv.Itoa(width), strconv.Itoa(height)
	b.WriteString(`<svg xmlns="http://www.w3.org/2000/svg" width="` + w + `" height="` + h + `" viewBox="0 0 ` + w + " " + h + `" role="img">` + "\n")
	if o.Title != "" {
		b.WriteString("<title>" + escape(o.Title) + "</title>\n")
	}
	edge := mix(o.Palette.Foreground, o.Palette.Background, 0.16)
	b.WriteString(`<rect x=".5" y=".5" width="` + strconv.Itoa(width-1) + `" height="` + strconv.Itoa(height-1) + `" rx="` + strconv.Itoa(cornerRadius) +
		`" fill="` + hex(o.Palette.Background) + `" stroke="` + hex(edge) + `"/>` + "\n")
}

// fills writes backgrounds, blocks and dots. The edges of the first two are not
// smoothed: neighbours would show a seam where the picture is scaled.
func (c *canvas) fills(b *strings.Builder) {
	b.WriteString(`<g shape-rendering="crispEdges">` + "\n")
	for _, rectangles := range []layer[color.RGBA, block]{c.grounds, c.blocks} {
		for _, colour := range rectangles.order {
			b.WriteString(`<path fill="` + hex(colour) + `" d="` + area(rectangles.of[colour]) + `"/>` + "\n")
		}
	}
	b.WriteString("</g>\n")
	for _, colour := range c.dots.order {
		b.WriteString(`<path fill="` + hex(colour) + `" d="` + strings.Join(c.dots.of[colour], "") + `"/>` + "\n")
	}
}

// strokes writes lines and curves.
func (c *canvas) strokes(b *strings.Builder) {
	b.WriteString(`<g fill="none">` + "\n")
	stroke := func(with pen, data string) {
		b.WriteString(`<path stroke="` + hex(with.colour) + `"`)
		if with.width != 1 {
			b.WriteString(` stroke-width="` + number(with.width) + `"`)
		}
		b.WriteString(` d="` + data + `"/>` + "\n")
	}
	for _, with := range c.lines.order {
		stroke(with, path(c.lines.of[with]))
	}
	for _, with := range c.curves.order {
		stroke(with, strings.Join(c.curves.of[with], ""))
	}
	b.WriteString("</g>\n")
}

// faces writes the text, a group for each face.
func (c *canvas) faces(b *strings.Builder) {
	for _, f := range c.text.order {
		b.WriteString(`<g fill="` + hex(f.colour) + `"`)
		if f.bold {
			b.WriteString(` font-weight="700"`)
		}
		if f.italic {
			b.WriteString(` font-style="italic"`)
		}
		b.WriteString(">\n")
		for _, r := range c.text.of[f] {
			r.write(b)
		}
		b.WriteString("</g>\n")
	}
}

func (r run) write(b *strings.Builder) {
	x, width := float64(r.col*cellWidth), r.cells*cellWidth
	if r.centred {
		x += float64(width) / 2
	}
	b.WriteString(`<text x="` + number(x) + `" y="` + strconv.Itoa(r.row*cellHeight+baseline) + `"`)
	switch {
	case r.centred:
		b.WriteString(` text-anchor="middle"`)
	case r.cells > 1:
		b.WriteString(` textLength="` + strconv.Itoa(width) + `"`)
	}
	b.WriteString(">" + escape(r.text) + "</text>\n")
}

// escape makes text fit for XML; what XML cannot hold becomes U+FFFD.
func escape(text string) string {
	var b bytes.Buffer
	// A buffer does not fail.
	_ = xml.EscapeText(&b, []byte(text))
	return strings.NewReplacer("&#34;", `"`, "&#39;", "'").Replace(b.String())
}
