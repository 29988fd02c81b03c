package foresight

import (
	"cmp"
	"maps"
	"math/rand/v2"
	"slices"
)

// Comparison says how much smaller a model's losses were than those of a baseline.
type Comparison struct {
	Baseline string
	// Model and Guess are the mean losses of a turn: the model's, and the baseline's.
	Model, Guess float64
	// Skill is how much smaller the model's is, as a share; Low and High are its 95 %
	// interval, by a bootstrap over places. They count only if Known is set: with one
	// place there is nothing to draw from.
	Skill, Low, High float64
	Known            bool
}

// Scored is how a model did on some turns.
type Scored struct {
	Turns, Places int
	When, How     []Comparison
}

// WithoutKind is how a model did on the turns of a kind that it had never seen.
type WithoutKind struct {
	Kind string
	Scored
}

// Evaluation is how good predictions are on recorded turns.
type Evaluation struct {
	// Rolling has each turn predicted first and then learnt, as it is in use.
	Rolling Scored
	// Without leaves out a kind each: all others are learnt, and it is predicted.
	Without []WithoutKind
}

// scored are the losses of one turn's predictions, the model's first.
type scored struct {
	place     string
	when, how []float64
}

// Evaluate predicts turns, which are in the order of their ends. The same turns give
// the same result.
func Evaluate(turns []Turn) Evaluation {
	var e Evaluation
	var all []scored
	m := New()
	m.scored = func(s scored) { all = append(all, s) }
	kinds := make(map[string]bool)
	for _, t := range turns {
		m.Learn(t)
		kinds[t.Kind] = true
	}
	e.Rolling = m.compare(all)
	if len(kinds) < 2 {
		return e
	}
	for _, kind := range slices.Sorted(maps.Keys(kinds)) {
		m, all := New(), []scored(nil)
		for _, t := range turns {
			if t.Kind != kind {
				m.Learn(t)
			}
		}
		m.scored = func(s scored) { all = append(all, s) }
		for _, t := range turns {
			if t.Kind == kind && t.End != EndUnknown {
				m.score(t, checkpoints()[:reached(t)])
			}
		}
		e.Without = append(e.Without, WithoutKind{kind, m.compare(all)})
	}
	return e
}

// compare sums up what was scored.
func (m *Model) compare(all []scored) Scored {
	s := Scored{Turns: len(all)}
	places := make(map[string][]int)
	for i, one := range all {
		places[one.place] = append(places[one.place], i)
	}
	s.Places = len(places)
	for b, name := range m.when.names {
		s.When = append(s.When, comparison(name, all, places, func(one scored) (float64, float64) { return one.when[0], one.when[b+1] }))
	}
	for b, name := range m.how.names {
		s.How = append(s.How, comparison(name, all, places, func(one scored) (float64, float64) { return one.how[0], one.how[b+1] }))
	}
	return s
}

// draws is how often a bootstrap draws.
const draws = 1000

// comparison compares the losses that of tells: the model's, and a baseline's.
func comparison(name string, all []scored, places map[string][]int, of func(scored) (model, guess float64)) Comparison {
	c := Comparison{Baseline: name}
	if len(all) == 0 {
		return c
	}
	type sum struct{ model, guess float64 }
	var total sum
	var byPlace []sum
	for _, place := range slices.Sorted(maps.Keys(places)) {
		var s sum
		for _, i := range places[place] {
			model, guess := of(all[i])
			s.model, s.guess = s.model+model, s.guess+guess
		}
		total.model, total.guess = total.model+s.model, total.guess+s.guess
		byPlace = append(byPlace, s)
	}
	skill := func(s sum) float64 {
		if s.guess == 0 {
			return 0
		}
		return 1 - s.model/s.guess
	}
	n := float64(len(all))
	c.Model, c.Guess, c.Skill = total.model/n, total.guess/n, skill(total)
	if len(byPlace) < 2 {
		return c
	}
	random := rand.New(rand.NewPCG(1, 2))
	drawn := make([]float64, draws)
	for i := range drawn {
		var s sum
		for range byPlace {
			one := byPlace[random.IntN(len(byPlace))]
			s.model, s.guess = s.model+one.model, s.guess+one.guess
		}
		drawn[i] = skill(s)
	}
	slices.SortFunc(drawn, cmp.Compare[float64])
	c.Known, c.Low, c.High = true, drawn[draws*25/1000], drawn[draws*975/1000-1]
	return c
}
