package monitor

import (
	"time"

	"agentwatch/engine"
	"agentwatch/engine/strategies"
	"agentwatch/health"
)

// warmPace is the least time between two coloured captures of a pane that the
// user is likely to look at next.
const warmPace = 500 * time.Millisecond

// warmFor is how long the screen of a likely pane is kept of which the kernel tells
// that it has printed nothing: until the next round of the safety net and longer,
// but not as long as a verdict, so that a full look finds no screen in the cache.
const warmFor = 3 * strategies.NetAtRest

// warmth is how far the coloured screen of a pane is ready that the user is likely
// to look at next.
type warmth struct {
	// at is when it was captured, by our clock; zero for never. of is when the screen
	// behind the pane's verdict was captured, as of then: as long as that is the
	// same, nothing new is known of the pane.
	at, of time.Time
}

// paced tells whether the pane may be captured in colour again.
func (h warmth) paced(now time.Time) bool { return now.Sub(h.at) >= warmPace }

// cold tells whether the pane has been captured since its coloured screen was
// made ready. Time alone does not make it cold.
func (p *pane) cold() bool { return p.warmth.at.IsZero() || !p.warmth.of.Equal(p.captured.at) }

// warmed takes note that the pane's coloured screen is ready, as captured at a time.
func (p *pane) warmed(at time.Time) { p.warmth = warmth{at: at, of: p.captured.at} }

// colours are those of the panes whose captures have colours from now on: the ones
// that are shown, and the likely ones whose pace allows it.
func (w *watcher) colours(panes []*pane, follow followed) map[health.PaneRef]bool {
	now, coloured := w.now(), make(map[health.PaneRef]bool)
	for _, p := range panes {
		if follow.has(p.ref) || follow.likely[p.ref] && p.warmth.paced(now) {
			coloured[p.ref] = true
		}
	}
	return coloured
}

// warm makes the screens of likely panes ready that are cold: from the cache where
// the look at a pane has just been made in colour. It returns those that have to be
// captured for it, and whether a preview has changed.
func (w *watcher) warm(follow followed) (capture []*pane, changed bool) {
	w.warmDue = time.Time{}
	if len(follow.likely) == 0 {
		return nil, false
	}
	now := w.now()
	for _, p := range w.order {
		switch {
		case !follow.likely[p.ref]:
			continue
		case p.cold():
			if kept, there := w.layers.screens.Peek(key(p.ref)); there && kept.coloured {
				p.warmed(kept.at)
				changed = w.keepPreview(p.ref, engine.Preview{Text: kept.text, At: kept.at}) || changed
			}
		}
		switch {
		case !p.cold():
			w.keepWarm(p, now)
		case !p.warmth.at.IsZero() && !p.dueAt.IsZero():
			// It is about to be looked at, and that look brings it.
		case p.warmth.paced(now):
			capture = append(capture, p)
		default:
			if due := p.warmth.at.Add(warmPace); w.warmDue.IsZero() || due.Before(w.warmDue) {
				w.warmDue = due
			}
		}
	}
	return capture, changed
}

// keepWarm keeps a ready screen in the cache as long as it is known to be good.
func (w *watcher) keepWarm(p *pane, now time.Time) {
	if w.stands(p, now) {
		w.layers.screens.Renew(key(p.ref), warmFor)
	}
}
