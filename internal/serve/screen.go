package serve

import (
	"slices"
	"time"

	"agentwatch/engine"
	"agentwatch/health"
)

const (
	// heldFor is how long what was seen last stays, while a new source has not
	// yet looked at all.
	heldFor = 10 * time.Second
	// screensKept is how long the screens of the source before stand in for
	// those that the new one has not read yet.
	screensKept = 3 * time.Second
	// epochBits leaves a source this many bits for its revisions.
	epochBits = 40
)

// screen makes one stream of the snapshots of one source after another: numbers
// that grow, and nothing that vanishes because somebody else looks now. Its
// owner's lock guards it. The zero value has shown nothing.
type screen struct {
	// wanted are the panes whose screens are shown.
	wanted []health.PaneRef
	// notice stands beside those of the engine; nil for none.
	notice *engine.Notice
	// last is what was shown last.
	last *engine.Snapshot
	seq  uint64
	// epoch counts the sources, since their revisions begin anew; began is when
	// the present one came.
	epoch uint64
	began time.Time
	// held is set until the source has looked at all.
	held bool
}

// begin says that the snapshots of another source follow.
func (s *screen) begin(now time.Time) {
	if s.last != nil {
		s.epoch++
		s.held = true
	}
	s.began = now
}

// show is what is to be shown of a source's snapshot; nil for nothing new.
func (s *screen) show(next *engine.Snapshot, now time.Time) *engine.Snapshot {
	if s.held && !next.Ready && now.Sub(s.began) < heldFor {
		return nil
	}
	s.held = false
	s.seq++
	shown := *only(next, s.wanted)
	shown.Seq = s.seq
	if s.notice != nil {
		shown.Notices = slices.Concat(next.Notices, []engine.Notice{*s.notice})
	}
	if s.epoch > 0 {
		s.renumber(&shown)
		if now.Sub(s.began) < screensKept {
			s.keepScreens(&shown)
		}
	}
	s.last = &shown
	return s.last
}

// lost is what was shown last, with a word about what is going on; nil when
// nothing was shown.
func (s *screen) lost() *engine.Snapshot {
	if s.last == nil {
		return nil
	}
	s.seq++
	shown := *s.last
	shown.Seq = s.seq
	shown.Notices = slices.Concat([]engine.Notice{{
		Severity: engine.SeverityInfo,
		Text:     "The agentwatch that watched for all has ended. Another one takes over; this is what was seen last.",
	}}, shown.Notices)
	return &shown
}

// renumber makes the revisions differ from those of the sources before.
func (s *screen) renumber(shown *engine.Snapshot) {
	shown.Agents = slices.Clone(shown.Agents)
	for i := range shown.Agents {
		shown.Agents[i].Revision += s.epoch << epochBits
	}
	previews := make(map[health.PaneRef]*engine.Preview, len(shown.Previews))
	for ref, p := range shown.Previews {
		renumbered := *p
		renumbered.Revision += s.epoch << epochBits
		previews[ref] = &renumbered
	}
	shown.Previews = previews
}

// keepScreens adds the screens that the source before had read.
func (s *screen) keepScreens(shown *engine.Snapshot) {
	if s.last == nil {
		return
	}
	for _, ref := range s.wanted {
		if kept := s.last.Previews[ref]; kept != nil && shown.Previews[ref] == nil {
			shown.Previews[ref] = kept
		}
	}
}
