// Package lane draws an agent's past as one row: what it was in each part of a
// span of time. Everything here is pure.
package lane

import (
	"strings"
	"time"

	"agentwatch/engine"
)

// Window is a span of time cut into cells of equal length.
type Window struct {
	// From is when the first cell begins.
	From  time.Time
	Cell  time.Duration
	Cells int
}

// Ending is the window of so many cells that lasts so long and whose last cell
// has the moment end in it. Cells begin at multiples of their length, so that a
// drawn lane moves a whole cell at a time.
func Ending(end time.Time, lasts time.Duration, cells int) Window {
	cells = max(cells, 1)
	cell := max(lasts/time.Duration(cells), time.Millisecond).Round(time.Millisecond)
	return Window{From: end.Truncate(cell).Add(cell - time.Duration(cells)*cell), Cell: cell, Cells: cells}
}

// To is when the last cell ends.
func (w Window) To() time.Time { return w.From.Add(time.Duration(w.Cells) * w.Cell) }

// Index is the cell in which a time lies; it may lie outside.
func (w Window) Index(at time.Time) int {
	d := at.Sub(w.From)
	if d < 0 {
		return -1
	}
	return int(d / w.Cell)
}

// Cell is what an agent was in one part of the time.
type Cell struct {
	// Known is false before the agent was seen, while nobody watched, and in the
	// future.
	Known   bool
	Urgency engine.Urgency
}

// urgentWeight is how much more a time counts in which the agent stood still
// until the user acted: a short wait must not vanish in a long cell.
const urgentWeight = 4

// Cells tells what an agent with that past was in each cell of the window. The
// last phase lasts until now.
func Cells(past []engine.Phase, w Window, now time.Time) []Cell {
	cells := make([]Cell, w.Cells)
	weights := make([]time.Duration, w.Cells)
	var within engine.Durations
	at := -1
	flush := func() {
		if at < 0 {
			return
		}
		for u, d := range within {
			weight := d
			if engine.Urgency(u) <= engine.UrgencyLimited {
				weight *= urgentWeight
			}
			if weight > weights[at] {
				weights[at], cells[at] = weight, Cell{true, engine.Urgency(u)}
			}
		}
		within = engine.Durations{}
	}
	for i, phase := range past {
		if phase.Gap {
			continue
		}
		end := now
		if i+1 < len(past) && past[i+1].At.Before(now) {
			end = past[i+1].At
		}
		begin := phase.At
		if begin.Before(w.From) {
			begin = w.From
		}
		for cell := w.Index(begin); cell >= 0 && cell < w.Cells && begin.Before(end); cell++ {
			if cell != at {
				flush()
				at = cell
			}
			edge := w.From.Add(time.Duration(cell+1) * w.Cell)
			if end.Before(edge) {
				edge = end
			}
			within[phase.Urgency] += edge.Sub(begin)
			begin = edge
		}
	}
	flush()
	return cells
}

// Paint says how cells are drawn.
type Paint struct {
	// Glyph is one character wide.
	Glyph func(engine.Urgency) string
	Ink   func(engine.Urgency) func(string) string
}

// Draw writes the lane, as wide as the window has cells.
func Draw(past []engine.Phase, w Window, now time.Time, p Paint) string {
	cells := Cells(past, w, now)
	var out strings.Builder
	for i := 0; i < len(cells); {
		j := i
		for j < len(cells) && cells[j] == cells[i] {
			j++
		}
		if cells[i].Known {
			out.WriteString(p.Ink(cells[i].Urgency)(strings.Repeat(p.Glyph(cells[i].Urgency), j-i)))
		} else {
			out.WriteString(strings.Repeat(" ", j-i))
		}
		i = j
	}
	return out.String()
}

// Axis writes the times below which the cells stand: as many as have room, with
// seconds where they are less than a minute apart.
func Axis(w Window) string {
	const apart = 12
	row := []byte(strings.Repeat(" ", w.Cells))
	step := stepFor(time.Duration(apart) * w.Cell)
	_, offset := w.From.Zone()
	local := time.Duration(offset) * time.Second
	layout := "15:04"
	if step < time.Minute {
		layout = time.TimeOnly
	}
	at := w.From.Add(local).Truncate(step).Add(step - local)
	for ; at.Before(w.To()); at = at.Add(step) {
		if i := w.Index(at); i >= 0 && i+len(layout) <= w.Cells {
			copy(row[i:], at.Format(layout))
		}
	}
	return string(row)
}

// stepFor is the least round time between two labels.
func stepFor(least time.Duration) time.Duration {
	const s, m, h = time.Second, time.Minute, time.Hour
	for _, step := range []time.Duration{5 * s, 10 * s, 15 * s, 30 * s, m, 2 * m, 5 * m, 10 * m, 15 * m, 30 * m, h, 2 * h, 3 * h, 6 * h, 12 * h} {
		if step >= least {
			return step
		}
	}
	return 24 * h
}
