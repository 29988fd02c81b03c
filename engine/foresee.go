package engine

import (
	"context"
	"slices"
	"time"

	"agentwatch/health"
)

// Forecast is what is foreseen of an agent that works. There is one only while such
// forecasts have proved better than every simple guess on the user's own history.
type Forecast struct {
	// At is when it was made. Low to High is how much longer from then on the agent
	// will work, in three of five cases; Mid halves them. High is zero when that is
	// not foreseen.
	At   time.Time     `json:"at"`
	Low  time.Duration `json:"low_ns,omitempty"`
	Mid  time.Duration `json:"mid_ns,omitempty"`
	High time.Duration `json:"high_ns,omitempty"`
	// End is what the agent will most likely be then, Chance how likely that is, 0 to
	// 1; 0 when that is not foreseen. Why is what moved it, strongest first.
	End    Urgency  `json:"end"`
	Chance float64  `json:"chance,omitempty"`
	Why    []string `json:"why,omitempty"`
}

// equal tells whether both say the same, whenever they were made.
func (f *Forecast) equal(other *Forecast) bool {
	if f == nil || other == nil {
		return f == other
	}
	return f.Low == other.Low && f.Mid == other.Mid && f.High == other.High && f.End == other.End && f.Chance == other.Chance && slices.Equal(f.Why, other.Why)
}

// Foresee gives agents their forecasts, in place of all those before them. The values
// must not be changed afterwards. An agent that does not work has none.
func (s *Service) Foresee(ctx context.Context, forecasts map[health.PaneRef]*Forecast) {
	for _, w := range s.current() {
		// A watcher that has ended has no agents.
		_ = s.send(ctx, w, foreseen{forecasts})
	}
}

type foreseen struct {
	forecasts map[health.PaneRef]*Forecast
}

func (c foreseen) apply(w *watcher) error {
	for _, p := range w.order {
		if f := c.forecasts[p.ref]; !f.equal(p.forecast) {
			p.forecast = f
			w.touch(p)
		}
	}
	return nil
}

// silentAfter is how long an agent that works prints nothing until that is said.
const silentAfter = 5 * time.Minute

// noteSilence notes since when agents that work have printed nothing, and reports
// whether that is news.
func (w *watcher) noteSilence(now time.Time) (news bool) {
	for _, p := range w.order {
		since := time.Time{}
		if active := time.Unix(p.print.activity, 0); p.tracked && !p.stale && p.track.state == health.StateWorking && p.print.activity > 0 && now.Sub(active) >= silentAfter {
			since = active
		}
		if !since.Equal(p.silent) {
			p.silent, news = since, true
			w.touch(p)
		}
	}
	return news
}
