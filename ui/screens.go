package ui

import (
	"maps"
	"strings"
	"time"

	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/ansi"

	"agentwatch/engine"
	"agentwatch/health"
	"agentwatch/ui/block"
	"agentwatch/ui/sanitize"
)

// screen is a pane's screen, made safe to draw. It is never changed.
type screen struct {
	revision uint64
	rows     []string
	at       time.Time
	failed   bool
	// cleaner has cleaned the rows, and cleans those of the pane's next screen.
	cleaner *sanitize.Rows
}

// screens are those of the panes that are followed. One is cleaned when it is
// drawn: most of those that are only likely to be shown never are.
type screens struct {
	previews map[health.PaneRef]*engine.Preview
	by       map[health.PaneRef]*screen
	// profile is how many colours there are to show them in.
	profile colorprofile.Profile
}

func newScreens() screens {
	return screens{by: map[health.PaneRef]*screen{}, profile: colorprofile.TrueColor}
}

// update takes the previews of a snapshot. What does not come any more is
// forgotten.
func (s *screens) update(previews map[health.PaneRef]*engine.Preview) {
	s.previews = previews
	maps.DeleteFunc(s.by, func(ref health.PaneRef, _ *screen) bool { return previews[ref] == nil })
}

// colours takes how many colours there are; what is shown is cleaned again.
func (s *screens) colours(profile colorprofile.Profile) {
	if profile != s.profile {
		s.profile = profile
		clear(s.by)
	}
}

// of is a pane's screen, nil when it has not come yet.
func (s *screens) of(ref health.PaneRef) *screen {
	p, kept := s.previews[ref], s.by[ref]
	switch {
	case p == nil:
		return nil
	case kept != nil && kept.revision == p.Revision:
		return kept
	}
	cleaner := sanitize.RowsIn(s.profile)
	if kept != nil {
		cleaner = kept.cleaner
	}
	next := &screen{p.Revision, trimTail(cleaner.Screen(p.Text)), p.At, p.Err != nil, cleaner}
	s.by[ref] = next
	return next
}

// trimTail drops the blank rows at the end.
func trimTail(rows []string) []string {
	end := len(rows)
	for end > 0 && strings.TrimSpace(ansi.Strip(rows[end-1])) == "" {
		end--
	}
	return rows[:end]
}

// window cuts the rows to those seen, up rows above the end.
func window(rows []string, height, up int) []string {
	end := max(len(rows)-up, min(height, len(rows)))
	return rows[max(end-height, 0):end]
}

// panned moves the view of the rows to the right by so many cells.
func panned(rows []string, by int) []string {
	if by <= 0 {
		return rows
	}
	out := make([]string, len(rows))
	for i, row := range rows {
		out[i] = block.DropLeft(row, by)
	}
	return out
}
