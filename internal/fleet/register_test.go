package fleet

import (
	"testing"
	"time"

	"agentwatch/internal/hub"
)

func TestAHostThatTheHubDoesNotHearOfIsNotTakenForOneOfWhichNothingWasTold(t *testing.T) {
	m := &Monitor{notify: true, teller: new(hub.Teller)}
	if marked, known := m.isMarked("away"); marked || known {
		t.Errorf("marked %t, known %t, before the hub has said what was told", marked, known)
	}
}

func TestBeforeWeTellWhatAHostShowsWhenItIsMetIsNoNews(t *testing.T) {
	met := time.Now()
	if m := (&Monitor{notify: true, teller: new(hub.Teller)}); !m.newSince("far", met).Equal(met) {
		t.Error("before we tell, a host's questions are its own")
	}
}
