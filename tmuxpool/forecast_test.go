package tmuxpool

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

// forecastOf returns the forecast after a series.
func forecastOf(series ...float64) float64 {
	var h holt
	for _, value := range series {
		h.observe(value)
	}
	return h.next()
}

// closeTo tells whether two numbers differ by no more than what rounding does.
func closeTo(a, b float64) bool { return math.Abs(a-b) <= 1e-9*max(1, math.Abs(a), math.Abs(b)) }

// measurements draws a series of them.
func measurements(t *rapid.T) []float64 {
	return rapid.SliceOfN(rapid.Float64Range(0, 1e6), 1, 60).Draw(t, "series")
}

func TestTheForecastOfNothingIsNothing(t *testing.T) {
	if got := forecastOf(); got != 0 {
		t.Errorf("it is %v", got)
	}
}

func TestTheForecastOfWhatIsConstantIsExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		value := rapid.Float64Range(0, 1e6).Draw(t, "value")
		series := make([]float64, rapid.IntRange(1, 100).Draw(t, "length"))
		for i := range series {
			series[i] = value
		}
		if got := forecastOf(series...); !closeTo(got, value) {
			t.Errorf("of %v it is %v", value, got)
		}
	})
}

func TestARampIsForeseenAndNotOnlyFollowed(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		start, slope := rapid.Float64Range(0, 1e4).Draw(t, "start"), rapid.Float64Range(0.1, 1e4).Draw(t, "slope")
		var h holt
		for i := range 80 {
			h.observe(start + slope*float64(i))
		}
		next := start + slope*80
		if got := h.next(); math.Abs(got-next) > slope/100 {
			t.Errorf("after 80 steps of %v it is %v and not %v", slope, got, next)
		}
	})
}

func TestAForecastIsNeverNegativeAndAlwaysFinite(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		series := measurements(t)
		if got := forecastOf(series...); got < 0 || math.IsNaN(got) || math.IsInf(got, 0) {
			t.Errorf("of %v it is %v", series, got)
		}
	})
}

func TestAForecastIsInTheUnitOfWhatWasMeasured(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		series, unit := measurements(t), rapid.Float64Range(1e-3, 1e3).Draw(t, "unit")
		scaled := make([]float64, len(series))
		for i := range series {
			scaled[i] = series[i] * unit
		}
		if got, want := forecastOf(scaled...), unit*forecastOf(series...); !closeTo(got, want) {
			t.Errorf("it is %v and not %v", got, want)
		}
	})
}

func TestASingleStepIsOvershotByThirteenHundredthsAndThenSettles(t *testing.T) {
	h := holt{}
	h.observe(0)
	most := 0.0
	for range 100 {
		h.observe(1)
		most = max(most, h.next())
	}
	if most < 1 || most > 1.13 || math.Abs(h.next()-1) > 1e-4 {
		t.Errorf("at most it is %v, in the end %v", most, h.next())
	}
}
