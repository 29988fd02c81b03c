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

// update asks every strategy but the one in force, whose plan is given, for its
// plan, at most once per forecastEvery, and tells whether it did.
func (f *forecast) update(set settings, in PlanInput, inForce Plan) bool {
	if in.Now.Sub(f.at) < forecastEvery {
		return false
	}
	f.at = in.Now
	rates := make(map[StrategyName]float64, len(set.strategies))
	for _, s := range set.strategies {
		plan := inForce
		if s.Name() != set.strategy.Name() {
			foreseen, ok := foresee(s, in)
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

// foresee asks a strategy that is not in force what it would do; false when it
// does not know.
func foresee(s Strategy, in PlanInput) (Plan, bool) {
	if f, costly := as[Forecaster](s); costly {
		plan, ok := f.Forecast(in)
		return guard(in, plan), ok
	}
	return s.Plan(in), true
}
