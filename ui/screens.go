package ui

import (
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

// screens are those of the panes that are followed.
type screens struct {
	by map[health.PaneRef]*screen
	// profile is how many colours there are to show them in.
	profile colorprofile.Profile
}

func newScreens() screens {
	return screens{by: map[health.PaneRef]*screen{}, profile: colorprofile.TrueColor}
}

// update takes the previews of a snapshot; only changed ones are cleaned again.
// One that does not come any more is forgotten.
func (s *screens) update(previews map[health.PaneRef]*engine.Preview) {
	next := make(map[health.PaneRef]*screen, len(previews))
	for ref, p := range previews {
		if p == nil {
			continue
		}
		kept := s.by[ref]
		if kept != nil && kept.revision == p.Revision {
			next[ref] = kept
			continue
		}
		cleaner := sanitize.RowsIn(s.profile)
		if kept != nil {
			cleaner = kept.cleaner
		}
		next[ref] = &screen{p.Revision, trimTail(cleaner.Screen(p.Text)), p.At, p.Err != nil, cleaner}
	}
	s.by = next
}

// colours takes how many colours there are; what is shown is cleaned again.
func (s *screens) colours(profile colorprofile.Profile, previews map[health.PaneRef]*engine.Preview) {
	if profile != s.profile {
		s.profile = profile
		clear(s.by)
		s.update(previews)
	}
}

// of is a pane's screen, nil when it has not come yet.
func (s *screens) of(ref health.PaneRef) *screen { return s.by[ref] }

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

// widest is the width of the widest row.
func widestRow(rows []string) int {
	widest := 0
	for _, row := range rows {
		widest = max(widest, block.Width(row))
	}
	return widest
}
