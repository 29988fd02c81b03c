package fleet

import (
	"testing"

	"agentwatch/internal/hub"
)

func TestAHostThatTheHubDoesNotHearOfIsNotTakenForOneOfWhichNothingWasTold(t *testing.T) {
	m := &Monitor{notify: true, teller: new(hub.Teller)}
	if marked, known := m.isMarked("away"); marked || known {
		t.Errorf("marked %t, known %t, before the hub has said what was told", marked, known)
	}
}
