package engine

import "time"

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
	rates map[StrategyName]float64
}

// update asks every strategy for its plan, at most once per forecastEvery, and
// tells whether it did.
func (f *forecast) update(all []Strategy, in PlanInput) bool {
	if in.Now.Sub(f.at) < forecastEvery {
		return false
	}
	first := f.at.IsZero()
	f.at = in.Now
	rates := make(map[StrategyName]float64, len(all))
	for _, s := range all {
		plan := s.Plan(in)
		rate := float64(len(plan.Recapture)) / max(plan.NextIn, time.Millisecond).Seconds()
		if !first {
			rate = forecastWeight*rate + (1-forecastWeight)*f.rates[s.Name()]
		}
		rates[s.Name()] = rate
	}
	f.rates = rates
	return true
}
