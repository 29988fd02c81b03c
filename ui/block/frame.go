package block

import "strings"

// Edges are the characters of a frame.
type Edges struct {
	TopLeft, TopRight, BottomLeft, BottomRight, Horizontal, Vertical string
}

// Frame draws a border that carries text in its edges: at the left and right
// of the upper one, and of the lower one. The texts are styled already. A text
// that has no room is cut, the right one first.
type Frame struct {
	Edges Edges
	// Paint colours the border.
	Paint func(string) string
	// Tight leaves out the space inside the left and right border.
	Tight bool
	// Ellipsis ends a text that was cut.
	Ellipsis                               string
	Title, Facts, BottomTitle, BottomFacts string
}

// MinWidth is the least width at which a frame can be drawn.
const MinWidth = 8

// Inner is the size of what fits into a frame of that size: one cell of border
// and, unless it is tight, one of space at each side, one row of border above
// and below.
func (f Frame) Inner(size Size) Size {
	sides := 4
	if f.Tight {
		sides = 2
	}
	return Size{W: max(size.W-sides, 0), H: max(size.H-2, 0)}
}

// Around draws the frame around a body of the size that Inner gave.
func (f Frame) Around(body Block, size Size) Block {
	out := make(Block, 0, size.H)
	out = append(out, f.edge(f.Edges.TopLeft, f.Edges.TopRight, f.Title, f.Facts, size.W))
	left, right := f.Paint(f.Edges.Vertical), f.Paint(f.Edges.Vertical)
	if !f.Tight {
		left, right = left+" ", " "+right
	}
	for _, row := range body {
		out = append(out, left+row+right)
	}
	return append(out, f.edge(f.Edges.BottomLeft, f.Edges.BottomRight, f.BottomTitle, f.BottomFacts, size.W))
}

// edge draws one horizontal edge with its two texts.
func (f Frame) edge(left, right, title, facts string, width int) string {
	const corners = 4 // two corners and one piece of line beside each
	room := width - corners
	title = Cut(title, max(room-2, 0), f.Ellipsis)
	if title != "" {
		title = " " + title + " "
	}
	room -= Width(title)
	const least = 8 // shorter remains of facts tell nothing
	if room < least+2 {
		facts = ""
	}
	if facts != "" {
		facts = " " + Cut(facts, room-3, f.Ellipsis) + " "
	}
	room -= Width(facts)
	line := f.Edges.Horizontal
	return f.Paint(left+line) + title + f.Paint(strings.Repeat(line, max(room, 0))) + facts + f.Paint(line+right)
}
