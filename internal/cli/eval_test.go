package cli

import (
	"errors"
	"testing"

	"agentwatch/internal/eval"
)

func TestAScoreIsRefusedForWhatIsNotRightForWhatIsWrongAndForMissedNeeds(t *testing.T) {
	total := eval.Score{All: 100, Right: 90, Wrong: 4, Missed: 2}
	for _, c := range []struct {
		name string
		o    evalOptions
		want error
	}{
		{"good enough", evalOptions{under: 0.9, wrongOver: 0.04, missedOver: 0.02}, nil},
		{"too little right", evalOptions{under: 0.91, wrongOver: 1, missedOver: 1}, errUnder},
		{"too much wrong", evalOptions{wrongOver: 0.03, missedOver: 1}, errWrongOver},
		{"too many needs missed", evalOptions{wrongOver: 1, missedOver: 0.01}, errMissedOver},
	} {
		if err := c.o.gate(total); !errors.Is(err, c.want) || (err == nil) != (c.want == nil) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}
