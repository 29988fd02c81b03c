package monitor

import (
	"testing"
	"time"

	"agentwatch/engine"
)

func TestTheFiguresBeginAnewWhenAnotherStrategyComesIntoForce(t *testing.T) {
	m := newMeter()
	m.switched("push")
	m.capture(100)
	m.round("push", 8*time.Millisecond, 1, 9)
	m.verdict("push", time.Second)
	m.switched("pipelined")
	m.round("pipelined", time.Millisecond, 10, 0)
	// A round of the strategy before ends late.
	m.round("push", 8*time.Millisecond, 2, 8)
	got, _, _ := m.read()
	want := engine.RoundStats{Rounds: 1, Last: time.Millisecond, P50: time.Millisecond, P99: time.Millisecond, LastCaptured: 10, Captured: 10, Bytes: 100}
	if got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
	if u := m.usage["push"]; u.rounds != 2 || u.captures != 3 {
		t.Errorf("what push has cost is forgotten: %d rounds, %d captures", u.rounds, u.captures)
	}
	m.switched("push")
	if got, _, _ := m.read(); got.Rounds != 0 || got.LatencyP99 != 0 || m.usage["push"] != nil {
		t.Errorf("push goes on with %+v", got)
	}
	m.round("push", time.Millisecond, 0, 1)
	m.switched("push")
	if got, _, _ := m.read(); got.Rounds != 1 {
		t.Error("what is in force already begins anew")
	}
}
