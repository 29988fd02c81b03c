package monitor

import (
	"context"
	"time"

	"agentwatch/engine"
	"agentwatch/health"
)

// Foresee gives agents their forecasts, in place of all those before them. The values
// must not be changed afterwards. An agent that does not work has none.
func (s *Service) Foresee(ctx context.Context, forecasts map[health.PaneRef]*engine.Forecast) {
	for _, w := range s.current() {
		// A watcher that has ended has no agents.
		_ = s.send(ctx, w, foreseen{forecasts})
	}
}

type foreseen struct {
	forecasts map[health.PaneRef]*engine.Forecast
}

func (c foreseen) apply(w *watcher) error {
	for _, p := range w.order {
		if f := c.forecasts[p.ref]; !f.Equal(p.forecast) {
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
