package engine

import (
	"slices"
	"time"
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

// Equal tells whether both say the same, whenever they were made.
func (f *Forecast) Equal(other *Forecast) bool {
	if f == nil || other == nil {
		return f == other
	}
	return f.Low == other.Low && f.Mid == other.Mid && f.High == other.High && f.End == other.End && f.Chance == other.Chance && slices.Equal(f.Why, other.Why)
}
