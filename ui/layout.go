package ui

import "agentwatch/ui/block"

// rect is a part of the screen. An empty one is not drawn.
type rect struct{ x, y, w, h int }

func (r rect) size() block.Size { return block.Size{W: r.w, H: r.h} }

func (r rect) empty() bool { return r.w <= 0 || r.h <= 0 }

func (r rect) contains(x, y int) bool {
	return x >= r.x && x < r.x+r.w && y >= r.y && y < r.y+r.h
}

// layout says where everything stands.
type layout struct {
	header, notice, body, footer rect
	// list and preview share the body; panels and figures say the same at
	// length and in one line.
	list, preview, panels, figures rect
	// framed is set when the list has a frame.
	framed bool
	// margin is the space at the left and right of the lines without a frame.
	margin int
}

const (
	panelRows = 7
	// Sizes from which a part has room.
	panelWidth, panelHeight = 100, 30
	figuresHeight           = 18
	sideWidth, stackHeight  = 72, 24
	frameWidth              = 48
	airyHeight              = 30
)

// layoutFor arranges the dashboard; noticed is set when there is a notice.
func layoutFor(size block.Size, noticed bool) layout {
	l := layout{header: rect{0, 0, size.W, min(size.H, 1)}}
	if size.W >= frameWidth {
		l.margin = 1
	}
	top, bottom := 1, size.H
	if bottom > top+1 {
		bottom--
		l.footer = rect{0, bottom, size.W, 1}
	}
	if noticed && bottom > top+1 {
		l.notice = rect{0, top, size.W, 1}
		top++
	}
	if size.H >= airyHeight {
		top++
	}
	l.body = rect{0, top, size.W, max(bottom-top, 0)}
	below := l.body
	switch {
	case size.W >= panelWidth && size.H >= panelHeight:
		below.h -= panelRows
		l.panels = rect{0, below.y + below.h, size.W, panelRows}
	case size.W >= frameWidth && size.H >= figuresHeight:
		below.h--
		l.figures = rect{0, below.y + below.h, size.W, 1}
	}
	l.share(below, size)
	return l
}

// share divides the body between list and preview.
func (l *layout) share(body rect, size block.Size) {
	l.list = body
	l.framed = size.W >= frameWidth && body.h >= 6
	switch {
	case !l.framed && size.H < stackHeight:
	case size.W >= sideWidth:
		width := size.W*36/100 + 10
		if size.W > 120 {
			width = 53 + (size.W-120)/4
		}
		l.list.w = min(width, 100)
		l.preview = rect{l.list.w, body.y, size.W - l.list.w, body.h}
	case size.H >= stackHeight:
		l.framed = true
		l.list.h = body.h / 2
		l.preview = rect{body.x, body.y + l.list.h, body.w, body.h - l.list.h}
	}
}

// listRows is the part of the list that holds rows: inside its frame, or above
// the line that says how many more there are.
func (l layout) listRows() rect {
	if !l.framed {
		return rect{l.list.x, l.list.y, l.list.w, max(l.list.h-1, 0)}
	}
	return rect{l.list.x + 1, l.list.y + 1, max(l.list.w-2, 0), max(l.list.h-2, 0)}
}
