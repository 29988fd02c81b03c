package tmuxpool

// Weights of Holt's smoothing. They are fixed: what is smoothed comes in few
// and coarse steps (see demandMeter), too few to fit weights to.
const (
	// levelWeight is how much a new value moves the level, 0 to 1. At 0.5 three
	// values make seven eighths of it: a new load is believed within three
	// rounds. Higher follows single outliers; lower lags behind a ramp and
	// leaves all the work to the trend.
	levelWeight = 0.5
	// trendWeight is how much a change of level moves the trend, 0 to 1. At 0.1
	// the forecast of a steady ramp has nine tenths of it after ten values, and
	// a single step is overshot by 13 %. At 0.2 the ramp needs seven values, but
	// the step is overshot by 21 %: a client too many is attached, and stays
	// until calm. At 0 it is a mean, which always lags.
	trendWeight = 0.1
)

// holt forecasts the next value of a series of measurements that are never
// negative, by double exponential smoothing (C. C. Holt, 1957; chapter 8.2 of
// Hyndman and Athanasopoulos, Forecasting: Principles and Practice):
//
//	level' = w*value + (1-w)*(level + trend)       w = levelWeight
//	trend' = v*(level' - level) + (1-v)*trend      v = trendWeight
//	next   = level' + trend'
//
// The first value is the first level, with no trend: the difference of the
// first two would be a better start on a ramp and a much worse one on bursts.
// The zero value has seen nothing and forecasts 0. It is not safe for
// concurrent use.
type holt struct {
	level, trend float64
	started      bool
}

// observe takes the next value.
func (h *holt) observe(value float64) {
	if !h.started {
		h.level, h.started = value, true
		return
	}
	before := h.level
	h.level = levelWeight*value + (1-levelWeight)*(before+h.trend)
	h.trend = trendWeight*(h.level-before) + (1-trendWeight)*h.trend
}

// next forecasts the value to come; a falling trend ends at 0.
func (h *holt) next() float64 { return max(0, h.level+h.trend) }
