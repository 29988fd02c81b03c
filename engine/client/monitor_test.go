package client

import (
	"testing"

	"agentwatch/engine"
	"agentwatch/engine/api"
)

func TestThatTheEngineProcessHasEndedIsSaidOnceHoweverManyOfItsStreamsEnd(t *testing.T) {
	m := &Monitor{last: &engine.Snapshot{}}
	for range 3 {
		m.lost(api.ErrLost)
	}
	if n := len(m.last.Notices); n != 1 {
		t.Errorf("%d notices: %+v", n, m.last.Notices)
	}
}
