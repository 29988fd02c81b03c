package foresight

import (
	"reflect"
	"testing"
)

// livedTurns are turns of a made history.
func livedTurns(seed uint64, signal bool) (turns []Turn) {
	l := newLife(seed)
	for range 600 {
		turns = append(turns, l.next(signal))
	}
	return turns
}

func TestAnEvaluationFindsASignalAndSaysSo(t *testing.T) {
	e := Evaluate(livedTurns(3, true))
	if e.Rolling.Places != 4 || e.Rolling.Turns < 500 || len(e.Without) != 3 {
		t.Fatalf("%+v", e)
	}
	for _, c := range append(e.Rolling.When, e.Rolling.How...) {
		if !c.Known || c.Low <= 0 || c.Low > c.Skill || c.High < c.Skill || c.Model >= c.Guess {
			t.Errorf("%+v", c)
		}
	}
	// Where it runs tells how it ends, of a kind that was never seen, too.
	for _, w := range e.Without {
		if base := w.How[0]; base.Skill <= 0.1 {
			t.Errorf("%s: %+v", w.Kind, base)
		}
	}
}

func TestAnEvaluationFindsNothingWhereThereIsNothing(t *testing.T) {
	found := 0
	for seed := range uint64(20) {
		for _, c := range Evaluate(livedTurns(seed, false)).Rolling.How[:1] {
			if c.Low > 0 {
				found++
			}
		}
	}
	if found > 4 {
		t.Errorf("a signal is found in %d of 20 lives without any", found)
	}
}

func TestTheSameTurnsAreEvaluatedAlike(t *testing.T) {
	turns := livedTurns(1, true)
	if a, b := Evaluate(turns), Evaluate(turns); !reflect.DeepEqual(a, b) {
		t.Error("twice the same turns, and two results")
	}
	if e := Evaluate(nil); e.Rolling.Turns != 0 || len(e.Without) != 0 {
		t.Errorf("of no turn: %+v", e)
	}
	for i := range turns {
		turns[i].Place = "one"
	}
	if c := Evaluate(turns).Rolling.When[0]; c.Known {
		t.Errorf("one session has an interval: %+v", c)
	}
}

func TestAKindThatIsLeftOutIsNotLearnt(t *testing.T) {
	var turns []Turn
	for range 200 {
		turns = append(turns, Turn{Situation: Situation{Kind: "a", Place: "x"}, Took: 60e9, End: EndDone}, Turn{Situation: Situation{Kind: "b", Place: "y"}, Took: 60e9, End: EndAsks})
	}
	for _, w := range Evaluate(turns).Without {
		if w.How[0].Model < 1 {
			t.Errorf("%s always ends as nothing else does, and is foreseen with a loss of %.2f", w.Kind, w.How[0].Model)
		}
	}
}
