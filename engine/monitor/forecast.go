package monitor

import (
	"time"

	"agentwatch/engine"
	"agentwatch/engine/strategies"
)

const (
	// forecastEvery is how often the strategies are asked what they would do.
	forecastEvery = time.Second
	// forecastWeight is that of the newest answer in the mean.
	forecastWeight = 0.2
)

// forecast says what each strategy would do on a server's panes: plans are
// values, so that those which are not in force can be asked, too.
type forecast struct {
	at    time.Time
	rates map[engine.StrategyName]float64
}

// update asks every strategy but the one in force, whose plan is given, for its
// plan, at most once per forecastEvery, and tells whether it did.
func (f *forecast) update(set settings, in engine.PlanInput, inForce engine.Plan) bool {
	if in.Now.Sub(f.at) < forecastEvery {
		return false
	}
	f.at = in.Now
	rates := make(map[engine.StrategyName]float64, len(set.strategies))
	for _, s := range set.strategies {
		plan := inForce
		if s.Name() != set.strategy.Name() {
			foreseen, ok := strategies.Foresee(s, in)
			if !ok {
				continue
			}
			plan = foreseen
		}
		rate := float64(len(plan.Recapture)) / max(plan.NextIn, time.Millisecond).Seconds()
		if before, known := f.rates[s.Name()]; known {
			rate = forecastWeight*rate + (1-forecastWeight)*before
		}
		rates[s.Name()] = rate
	}
	f.rates = rates
	return true
}
