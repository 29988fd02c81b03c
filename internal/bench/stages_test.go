package bench

import (
	"testing"
	"time"

	"agentwatch/engine"
)

func TestWhereTheTimeOfARoundGoesIsMeasured(t *testing.T) {
	s, err := RunStages(t.Context(), Options{Agents: 4, Rounds: 3, Plain: true})
	if err != nil {
		t.Fatal(err)
	}
	if len(s.Stages) != 5 || s.Rounds != 3 || s.WallMS <= 0 || s.OwnCPUMS <= 0 || len(s.Detection) == 0 || s.Detection[0].WallMS <= 0 {
		t.Errorf("%+v", s)
	}
	sum := 0.0
	for _, stage := range s.Stages {
		sum += stage.WallMS
	}
	// Medians do not add up exactly.
	if sum > 3*s.WallMS || sum < s.WallMS/3 {
		t.Errorf("the stages take %.1f ms, the round %.1f ms", sum, s.WallMS)
	}
	if b := s.Bound(); b <= 0 || b > 1 {
		t.Errorf("bound %v", b)
	}
}

func TestCapturesMadeBeforeTheListCountAsCaptures(t *testing.T) {
	began := time.Unix(1000, 0)
	r := engine.RoundTrace{Began: began, Ahead: 30 * time.Millisecond, AheadUsed: 3 * time.Millisecond}
	for i, ms := range []int{40, 50, 60, 70, 80} {
		r.Ends[i] = began.Add(time.Duration(ms) * time.Millisecond)
		r.Used[i] = 5 * time.Millisecond
	}
	shares := stageShares([]engine.RoundTrace{r})
	for i, want := range []StageShare{{"list", 10, 2}, {"plan", 10, 5}, {"capture", 40, 8}, {"check", 10, 5}, {"publish", 10, 5}} {
		if shares[i] != want {
			t.Errorf("%+v, not %+v", shares[i], want)
		}
	}
}
