package ui

import (
	"slices"
	"strings"
	"time"

	"agentwatch/engine"
)

// maxTold is how many notices of this session are kept beside those that stand.
const maxTold = 200

// told is a notice as it was shown.
type told struct {
	engine.Notice
	// at is when it was shown first, over when it was shown last; zero while it
	// stands.
	at, over time.Time
}

// journal is what the user was told in this session.
type journal struct {
	// standing are those that are shown now, past those before, oldest first.
	standing, past []told
}

// see takes the notices that stand now. One that only counts on is the same.
func (j *journal) see(now time.Time, standing []engine.Notice) {
	before := j.standing
	j.standing = make([]told, 0, len(standing))
	for _, n := range standing {
		at := now
		if i := slices.IndexFunc(before, func(t told) bool { return sameNotice(t.Notice, n) }); i >= 0 {
			at = before[i].at
			before = slices.Delete(slices.Clone(before), i, i+1)
		}
		j.standing = append(j.standing, told{Notice: n, at: at})
	}
	for _, t := range before {
		t.over = now
		j.keep(t)
	}
}

// note takes what was said for a moment.
func (j *journal) note(now time.Time, severity engine.Severity, text string) {
	j.keep(told{Notice: engine.Notice{Severity: severity, Text: text}, at: now, over: now})
}

func (j *journal) keep(t told) {
	j.past = append(j.past, t)
	j.past = j.past[max(len(j.past)-maxTold, 0):]
}

// sameNotice tells whether two notices differ in nothing but figures.
func sameNotice(a, b engine.Notice) bool {
	if a.Severity != b.Severity {
		return false
	}
	return a.Text == b.Text || unnumbered(a.Text) == unnumbered(b.Text)
}

func unnumbered(text string) string {
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return -1
		}
		return r
	}, text)
}
