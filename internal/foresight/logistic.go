package foresight

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"time"
)

// chances are those of each end; they sum to 1.
type chances [Ends]float64

// checkpoints are the times at which a turn is predicted, if it lasts so long.
func checkpoints() []time.Duration {
	return []time.Duration{0, 30 * time.Second, 2 * time.Minute, 8 * time.Minute, 30 * time.Minute}
}

// checkpoint is the last of them that a turn has reached.
func checkpoint(elapsed time.Duration) int {
	at := 0
	for i, c := range checkpoints() {
		if elapsed >= c {
			at = i
		}
	}
	return at
}

// tally counts ends. Older ones count less with each newer one.
type tally struct {
	counts chances
	total  float64
	at     uint64
}

// learn takes in the model's turn number now.
func (t *tally) learn(e End, now uint64) {
	faded := math.Pow(memory, float64(now-t.at))
	t.at = now
	for i := range t.counts {
		t.counts[i] *= faded
	}
	t.total = t.total*faded + 1
	t.counts[e]++
}

// within are the tally's chances as of the model's turn number now, drawn to those
// above; t may be nil.
func (t *tally) within(above chances, prior float64, now uint64) chances {
	if t == nil {
		return above
	}
	var c chances
	faded := math.Pow(memory, float64(now-t.at))
	for i := range c {
		c[i] = (faded*t.counts[i] + prior*above[i]) / (faded*t.total + prior)
	}
	return c
}

func even() chances {
	var c chances
	for i := range c {
		c[i] = 1 / float64(Ends)
	}
	return c
}

// feature is something that may move the chances.
type feature struct {
	name  string // which weight; values of their own have their own
	words string // for the user
	value float64
}

// features are those of a turn after some time.
func features(s Situation, elapsed time.Duration) []feature {
	hour := s.Began.Hour()
	parts := [...]string{"at night", "in the morning", "in the afternoon", "in the evening"}
	part := parts[hour/6]
	previous := s.Previous.String()
	list := []feature{
		{"kind " + s.Kind, s.Kind, 1},
		{"place " + s.Place, "in " + s.Place, 1},
		{"kind and place " + s.Kind + " " + s.Place, s.Kind + " in " + s.Place, 1},
		{"hour " + part, part, 1},
		{"at " + fmt.Sprint(checkpoint(elapsed)) + " " + s.Kind, "how long it has worked", 1},
	}
	if s.Previous != EndUnknown {
		size := fmt.Sprint(int(position(s.PreviousTook)) / 6)
		list = append(list,
			feature{"previous " + previous, "the turn before: " + previous, 1},
			feature{"previous " + previous + " " + s.Kind, "the turn before: " + previous, 1},
			feature{"previous took " + size, "how long the turn before took", 1})
	}
	return list
}

const (
	// rate is how fast weights follow, fade how fast they forget: what is not seen
	// again is given up.
	rate = 0.1
	fade = 1 - 1.0/600
	// steady keeps the first steps small.
	steady = 2.0
	// maxWeights bounds what is kept; places come and go.
	maxWeights = 4096
)

// weight is what a feature does to each end, and how much it has moved so far.
type weight struct {
	of, moved chances
	used      uint64
}

// logistic is a regularised multinomial logistic regression which is trained turn by
// turn. Without weights it says what it is given to start from: it can only add what
// the features tell beyond that.
type logistic struct {
	weights map[string]*weight
	clock   uint64
}

// predict returns the chances, starting from others.
func (l *logistic) predict(from chances, fs []feature) chances {
	var scores chances
	for e := range scores {
		scores[e] = math.Log(max(from[e], 1e-6))
		for _, f := range fs {
			if w := l.weights[f.name]; w != nil {
				scores[e] += w.of[e] * f.value
			}
		}
	}
	top := slices.Max(scores[:])
	sum := 0.0
	for e := range scores {
		scores[e] = math.Exp(scores[e] - top)
		sum += scores[e]
	}
	for e := range scores {
		scores[e] /= sum
	}
	return scores
}

// learn moves the weights towards what happened. share is the turn's weight.
func (l *logistic) learn(from chances, fs []feature, e End, share float64) {
	predicted := l.predict(from, fs)
	if l.weights == nil {
		l.weights = make(map[string]*weight)
	}
	l.clock++
	for _, f := range fs {
		w := l.weights[f.name]
		if w == nil {
			w = &weight{}
			l.weights[f.name] = w
		}
		w.used = l.clock
		for i := range predicted {
			slope := predicted[i]
			if End(i) == e {
				slope--
			}
			slope *= f.value * share
			w.moved[i] += slope * slope
			w.of[i] = w.of[i]*fade - rate*slope/math.Sqrt(steady+w.moved[i])
		}
	}
	if len(l.weights) > maxWeights {
		forgetHalf(l.weights, func(w *weight) uint64 { return w.used })
	}
}

// why returns what moved the chance of an end most, in words, strongest first.
func (l *logistic) why(fs []feature, e End) []string {
	type push struct {
		words string
		size  float64
	}
	sums := make(map[string]float64)
	for _, f := range fs {
		if w := l.weights[f.name]; w != nil {
			mean := 0.0
			for _, other := range w.of {
				mean += other / float64(Ends)
			}
			sums[f.words] += (w.of[e] - mean) * f.value
		}
	}
	var pushes []push
	for words, size := range sums {
		if math.Abs(size) >= 0.1 {
			pushes = append(pushes, push{words, size})
		}
	}
	slices.SortFunc(pushes, func(a, b push) int {
		return cmp.Or(cmp.Compare(math.Abs(b.size), math.Abs(a.size)), cmp.Compare(a.words, b.words))
	})
	var out []string
	for _, p := range pushes[:min(len(pushes), 3)] {
		sign := "+"
		if p.size < 0 {
			sign = "-"
		}
		out = append(out, p.words+" ("+sign+")")
	}
	return out
}
