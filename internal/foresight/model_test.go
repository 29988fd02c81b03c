package foresight

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// life makes turns, one after another.
type life struct {
	random *rand.Rand
	last   map[string]Turn
	now    time.Time
}

func newLife(seed uint64) *life {
	return &life{random: rand.New(rand.NewPCG(seed, 18)), last: make(map[string]Turn), now: time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)}
}

// next makes a turn. With signal, its kind and place say how long it takes and how it
// ends, as far as chance lets them.
func (l *life) next(signal bool) Turn {
	kinds, places := []string{"claude", "codex", "gemini"}, []string{"api", "web", "docs", "infra"}
	k, p := l.random.IntN(len(kinds)), l.random.IntN(len(places))
	id := kinds[k] + places[p]
	before, known := l.last[id]
	t := Turn{Situation: Situation{Kind: kinds[k], Place: places[p], Began: l.now, Previous: EndUnknown}}
	if known {
		t.Previous, t.PreviousTook = before.End, before.Took
	}
	weights := []float64{60, 30, 6, 3, 1}
	scale := 90.0
	if signal {
		scale *= math.Pow(4, float64(k)-1)
		if p < 2 {
			weights[EndAsks] = 400
		}
	}
	t.Took = max(time.Duration(scale*math.Exp(1.1*l.random.NormFloat64())*float64(time.Second)), shortest)
	t.End = End(pick(l.random, weights))
	if l.random.IntN(20) == 0 {
		t.End = EndUnknown
	}
	l.now = l.now.Add(t.Took/3 + time.Duration(l.random.IntN(600))*time.Second)
	l.last[id] = t
	return t
}

func pick(random *rand.Rand, weights []float64) int {
	sum := 0.0
	for _, w := range weights {
		sum += w
	}
	at := random.Float64() * sum
	for i, w := range weights {
		if at -= w; at < 0 {
			return i
		}
	}
	return len(weights) - 1
}

func TestWhereKindAndPlaceTellIsComesToSpeakAndIsRight(t *testing.T) {
	for seed := range uint64(10) {
		l, m := newLife(seed), New()
		for range 1000 {
			m.Learn(l.next(true))
		}
		s := m.Standing()
		if !s.When.Speaks || !s.How.Speaks {
			t.Errorf("life %d: when %+v, how %+v", seed, s.When, s.How)
		}
		if math.Abs(s.Inside-0.6) > 0.06 {
			t.Errorf("life %d: %.2f of the turns ended in their range, three of five should", seed, s.Inside)
		}
		for _, r := range s.Reliability {
			if r.Count > 300 && math.Abs(r.Predicted-r.Came) > 0.07 {
				t.Errorf("life %d: predicted %.2f, came %.2f (%d)", seed, r.Predicted, r.Came, r.Count)
			}
		}
		f := m.Foresee(Situation{Kind: "claude", Place: "api", Began: l.now, Previous: EndDone, PreviousTook: time.Minute}, 0)
		slow := m.Foresee(Situation{Kind: "gemini", Place: "docs", Began: l.now, Previous: EndDone, PreviousTook: time.Minute}, 0)
		if f.End != EndAsks || f.Chance < 0.65 || slow.End == EndAsks && slow.Chance > 0.6 || f.Mid*3 > slow.Mid || f.Low > f.Mid || f.Mid > f.High || len(f.Why) == 0 {
			t.Errorf("life %d: %+v and %+v", seed, f, slow)
		}
	}
}

func TestNothingIsSaidBeforeItHasProvedItself(t *testing.T) {
	l, m := newLife(1), New()
	for range Needed - 1 {
		m.Learn(l.next(true))
		if f := m.Foresee(l.next(true).Situation, 0); m.Speaks() || f.When || f.How || f.High != 0 || f.Chance != 0 {
			t.Fatalf("after %d turns: %+v", m.turns, f)
		}
	}
}

func TestWithoutASignalItStaysSilentIn95Of100Lives(t *testing.T) {
	spoke := 0
	for seed := range uint64(100) {
		l, m := newLife(1000+seed), New()
		for range 1000 {
			m.Learn(l.next(false))
			if m.Speaks() {
				spoke++
				t.Logf("life %d after %d turns: %+v", seed, m.turns, m.Standing())
				break
			}
		}
	}
	t.Logf("spoke in %d of 100 lives of 1000 turns", spoke)
	if spoke > 5 {
		t.Errorf("it spoke in %d of 100 lives in which there was nothing to say", spoke)
	}
}

func TestWhenTheSignalEndsItFallsSilentAgain(t *testing.T) {
	for seed := range uint64(10) {
		l, m := newLife(2000+seed), New()
		for range 800 {
			m.Learn(l.next(true))
		}
		if !m.Speaks() {
			t.Fatalf("life %d: it never spoke", seed)
		}
		silent := 0
		for ; silent < 800 && m.Speaks(); silent++ {
			m.Learn(l.next(false))
		}
		if m.Speaks() {
			t.Errorf("life %d: it still speaks %d turns after the signal's end", seed, silent)
		}
	}
}

func TestARangeIsOneWhateverTheHazards(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var h hazards
		for i := range h {
			h[i] = rapid.Float64Range(0, 1).Draw(t, "hazard")
		}
		elapsed := time.Duration(rapid.Int64Range(0, int64(100*time.Hour)).Draw(t, "elapsed"))
		r := h.remaining(elapsed, rangeChances())
		if len(r) != 3 || r[0] < 0 || r[0] > r[1] || r[1] > r[2] {
			t.Fatalf("%v after %v", r, elapsed)
		}
	})
}

func TestTheChancesSumToOneWhateverWasLearnt(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := New()
		for range rapid.IntRange(0, 60).Draw(t, "turns") {
			m.Learn(Turn{
				Situation: Situation{
					Kind: rapid.SampledFrom([]string{"a", "b"}).Draw(t, "kind"), Place: rapid.String().Draw(t, "place"),
					Previous: End(rapid.IntRange(0, Ends).Draw(t, "previous")), PreviousTook: time.Duration(rapid.Int64().Draw(t, "before")),
				},
				Took: time.Duration(rapid.Int64().Draw(t, "took")), End: End(rapid.IntRange(0, Ends).Draw(t, "end")),
			})
		}
		sum := 0.0
		for _, c := range m.causes.predict(m.atTime(time.Hour), features(Situation{Kind: "a"}, time.Hour)) {
			sum += c
		}
		if math.Abs(sum-1) > 1e-9 {
			t.Fatalf("they sum to %v", sum)
		}
		for _, s := range append(m.when.skills(), m.how.skills()...) {
			if math.IsNaN(s.Mean) || math.IsNaN(s.Low) {
				t.Fatalf("%+v", s)
			}
		}
	})
}

func TestWhatIsLearntIsBounded(t *testing.T) {
	m := New()
	for i := range 30_000 {
		m.Learn(Turn{Situation: Situation{Kind: "claude", Place: time.Duration(i).String(), Previous: EndUnknown}, Took: time.Minute, End: EndDone})
	}
	if len(m.causes.weights) > maxWeights || len(m.lengths.groups) > maxGroups || len(m.when.losses) > window {
		t.Errorf("%d weights, %d groups, %d losses", len(m.causes.weights), len(m.lengths.groups), len(m.when.losses))
	}
}

// BenchmarkATurn is what it costs to predict a turn and to learn from it.
func BenchmarkATurn(b *testing.B) {
	l, m := newLife(1), New()
	for range window {
		m.Learn(l.next(true))
	}
	for b.Loop() {
		m.Learn(l.next(true))
	}
}
