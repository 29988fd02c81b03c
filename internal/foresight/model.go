package foresight

import (
	"math"
	"time"
)

// Model predicts turns, and knows how good it is at it. New makes one.
type Model struct {
	lengths survival
	ends    tally
	byTime  map[int]*tally
	byKind  map[string]*tally
	causes  logistic

	when, how contest
	// inside counts the turns that ended within the range they were given.
	inside, ranged float64
	reliability    [reliabilityBins]Reliability
	turns          int
	unseen         int

	whenSpeaks, howSpeaks bool
	// scored is told of each turn's losses; nil for nobody.
	scored func(scored)
}

// reliabilityBins is how many groups the predicted chances are sorted into.
const reliabilityBins = 5

// Reliability says for predictions of about the same chance how often they came true.
type Reliability struct {
	// Predicted is the mean of the chances, Came how often it came so, of Count.
	Predicted, Came float64
	Count           int
}

// New returns a Model that knows nothing.
func New() *Model {
	return &Model{
		byTime: make(map[int]*tally), byKind: make(map[string]*tally),
		when: contest{names: []string{"all turns' lengths", "elapsed time alone", "its kind's lengths"}},
		how:  contest{names: []string{"base rate", "elapsed time alone", "its kind's rate"}},
	}
}

// rangeChances are the chances to have ended by the bounds of a range and its middle.
func rangeChances() []float64 { return []float64{0.2, 0.5, 0.8} }

// Forecast is what is foreseen of a turn.
type Forecast struct {
	// Low to High is how long it will go on: in three of five turns it does. Mid
	// halves them. All are zero unless When is set.
	When           bool
	Low, Mid, High time.Duration
	// End is how it will most likely end, Chance how likely that is, Why what moved
	// that, strongest first. They count only if How is set.
	How    bool
	End    End
	Chance float64
	Why    []string
}

// Speaks tells whether the model says anything at the moment.
func (m *Model) Speaks() bool { return m.whenSpeaks || m.howSpeaks }

// Foresee says what is foreseen of a turn that has gone on for some time, as far as
// the model may speak.
func (m *Model) Foresee(s Situation, elapsed time.Duration) Forecast {
	var f Forecast
	if m.whenSpeaks {
		own, _, _ := m.lengths.hazards(s)
		r := own.remaining(elapsed, rangeChances())
		f.When, f.Low, f.Mid, f.High = true, r[0], r[1], r[2]
	}
	if m.howSpeaks {
		fs := features(s, elapsed)
		c := m.causes.predict(m.atTime(elapsed), fs)
		for e, chance := range c {
			if chance > f.Chance {
				f.End, f.Chance = End(e), chance
			}
		}
		f.How, f.Why = true, m.causes.why(fs, f.End)
	}
	return f
}

// atTime are the chances by elapsed time alone.
func (m *Model) atTime(elapsed time.Duration) chances {
	return m.byTime[checkpoint(elapsed)].within(m.base(), prior, m.clock())
}

// base are the chances of all turns.
func (m *Model) base() chances { return m.ends.within(even(), firstPrior, m.clock()) }

// clock counts the turns that were learnt.
func (m *Model) clock() uint64 { return m.lengths.clock }

// ofKind are the chances of a kind's turns.
func (m *Model) ofKind(kind string) chances {
	return m.byKind[kind].within(m.base(), prior, m.clock())
}

// Learn predicts a turn as it would have at its checkpoints, notes how good that was,
// and then learns from it.
func (m *Model) Learn(t Turn) {
	t.Took = max(t.Took, 0) // clocks are set back
	reached := reached(t)
	if t.End == EndUnknown {
		m.unseen++
	} else {
		m.score(t, checkpoints()[:reached])
		m.turns++
		m.learnEnd(t, checkpoints()[:reached])
	}
	m.lengths.learn(t)
	m.whenSpeaks, m.howSpeaks = m.when.speaks(), m.how.speaks()
}

// reached is how many checkpoints a turn has reached.
func reached(t Turn) int {
	n := 0
	for _, at := range checkpoints() {
		if at == 0 || t.Took > at {
			n++
		}
	}
	return n
}

func (m *Model) learnEnd(t Turn, at []time.Duration) {
	for _, elapsed := range at {
		m.causes.learn(m.atTime(elapsed), features(t.Situation, elapsed), t.End, 1/math.Sqrt(float64(len(at))))
	}
	m.ends.learn(t.End, m.clock())
	for i := range at {
		if m.byTime[i] == nil {
			m.byTime[i] = &tally{}
		}
		m.byTime[i].learn(t.End, m.clock())
	}
	if m.byKind[t.Kind] == nil {
		m.byKind[t.Kind] = &tally{}
	}
	m.byKind[t.Kind].learn(t.End, m.clock())
}

// score notes the losses of the predictions at some times, each turn's as one.
func (m *Model) score(t Turn, at []time.Duration) {
	when := make([]float64, 1+len(m.when.names))
	how := make([]float64, 1+len(m.how.names))
	own, all, kind := m.lengths.hazards(t.Situation)
	share := 1 / float64(len(at))
	allLengths, kindLengths := all.remaining(0, rangeChances()), kind.remaining(0, rangeChances())
	base, ofKind := m.base(), m.ofKind(t.Kind)
	for _, elapsed := range at {
		left := t.Took - elapsed
		r := own.remaining(elapsed, rangeChances())
		for i, guess := range [][]time.Duration{r, less(allLengths, elapsed), all.remaining(elapsed, rangeChances()), less(kindLengths, elapsed)} {
			when[i] += share * pinball(guess, left)
		}
		m.ranged += share
		if left >= r[0] && left <= r[2] {
			m.inside += share
		}
		elapsedOnly := m.atTime(elapsed)
		c := m.causes.predict(elapsedOnly, features(t.Situation, elapsed))
		for i, guess := range []chances{c, base, elapsedOnly, ofKind} {
			how[i] += share * brier(guess, t.End)
		}
		m.noteReliability(c, t.End)
	}
	m.when.add(when)
	m.how.add(how)
	if m.scored != nil {
		m.scored(scored{t.Place, when, how})
	}
}

func (m *Model) noteReliability(c chances, end End) {
	for e, chance := range c {
		r := &m.reliability[min(int(chance*reliabilityBins), reliabilityBins-1)]
		r.Predicted += chance
		r.Count++
		if End(e) == end {
			r.Came++
		}
	}
}

// less are lengths of turns less what has passed already, of which at least a second
// is left.
func less(lengths []time.Duration, elapsed time.Duration) []time.Duration {
	var left []time.Duration
	for _, l := range lengths {
		left = append(left, max(l-elapsed, time.Second))
	}
	return left
}

// pinball is the loss of quantiles, of the logarithm: a minute too many matters more
// where a turn takes two than where it takes an hour.
func pinball(guess []time.Duration, left time.Duration) float64 {
	loss := 0.0
	truth := math.Log1p(left.Seconds())
	for i, chance := range rangeChances() {
		d := truth - math.Log1p(guess[i].Seconds())
		loss += max(chance*d, (chance-1)*d)
	}
	return loss / float64(len(guess))
}

// brier is the loss of chances.
func brier(c chances, end End) float64 {
	loss := 0.0
	for e, chance := range c {
		if End(e) == end {
			chance--
		}
		loss += chance * chance
	}
	return loss
}

// Standing is how good a model is.
type Standing struct {
	// Turns were predicted and learnt; of Unseen ones nobody saw the end.
	Turns, Unseen int
	When, How     Question
	// Inside is the share of turns that ended within their range, which should be
	// three of five.
	Inside      float64
	Reliability []Reliability
}

// Question is one of the two that are asked.
type Question struct {
	// Speaks tells whether the answer is shown. Scored is over how many of the last
	// turns the skills are measured.
	Speaks bool
	Scored int
	Skills []Skill
}

// Standing says how good the model is at the moment.
func (m *Model) Standing() Standing {
	s := Standing{
		Turns: m.turns, Unseen: m.unseen,
		When: Question{m.whenSpeaks, len(m.when.losses), m.when.skills()},
		How:  Question{m.howSpeaks, len(m.how.losses), m.how.skills()},
	}
	if m.ranged > 0 {
		s.Inside = m.inside / m.ranged
	}
	for _, r := range m.reliability {
		if r.Count > 0 {
			n := float64(r.Count)
			s.Reliability = append(s.Reliability, Reliability{r.Predicted / n, r.Came / n, r.Count})
		}
	}
	return s
}
