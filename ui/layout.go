package ui

import "agentwatch/ui/block"

// rect is a part of the screen. An empty one is not drawn.
type rect struct{ x, y, w, h int }

func (r rect) size() block.Size { return block.Size{W: r.w, H: r.h} }

func (r rect) empty() bool { return r.w <= 0 || r.h <= 0 }

func (r rect) contains(x, y int) bool {
	return x >= r.x && x < r.x+r.w && y >= r.y && y < r.y+r.h
}

// layout says where everything stands that is the same in every view.
type layout struct {
	header, notice, body, footer rect
	// tour is the line above the footer that leads a newcomer on.
	tour rect
	// margin is the space at the left and right of the lines without a frame.
	margin int
}

const (
	// frameWidth is the width from which there are frames and margins.
	frameWidth = 48
	// airyHeight is the height from which a blank line follows the header.
	airyHeight = 30
	// tourWidth and tourHeight are the size from which there is room for a tour.
	tourWidth, tourHeight = 60, 16
)

// layoutFor arranges the dashboard; noticed is set when there is a notice,
// touring while there is a tour.
func layoutFor(size block.Size, noticed, touring bool) layout {
	l := layout{header: rect{0, 0, size.W, min(size.H, 1)}}
	if size.W >= frameWidth {
		l.margin = 1
	}
	top, bottom := 1, size.H
	if bottom > top+1 {
		bottom--
		l.footer = rect{0, bottom, size.W, 1}
	}
	if touring && size.W >= tourWidth && size.H >= tourHeight {
		bottom--
		l.tour = rect{0, bottom, size.W, 1}
	}
	if noticed && bottom > top+1 {
		l.notice = rect{0, top, size.W, 1}
		top++
	}
	if size.H >= airyHeight {
		top++
	}
	l.body = rect{0, top, size.W, max(bottom-top, 0)}
	return l
}
