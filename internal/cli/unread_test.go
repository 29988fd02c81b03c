package cli

import (
	"testing"
	"time"

	"agentwatch/engine"
)

func TestAMachineOfWhichNothingIsKnownYetMayStillBeAway(t *testing.T) {
	p, _, _ := newHome(t, "[[fleet.host]]\nname = \"off\"\nssh = \"off\"\n").process()
	began := time.Now()
	first := &firstRead{process: p, machines: machines{words: []string{"off"}}, began: began}
	s := &engine.Snapshot{Ready: true, Hosts: []engine.HostStatus{{Name: "off"}}}
	if err := first.check(s, began); err != nil {
		t.Errorf("before it is known: %v", err)
	}
	s.Hosts[0].Problem = "gone fishing"
	if err := first.check(s, began.Add(time.Second)); err != nil {
		t.Errorf("it may still come: %v", err)
	}
	if err := first.check(s, began.Add(unreadGrace)); err == nil {
		t.Error("it is waited for without end")
	}
	s.Hosts[0].Heard, s.Hosts[0].Problem = began, ""
	if err := first.check(s, began.Add(time.Minute)); err != nil {
		t.Error(err)
	}
	s.Hosts[0].Problem = "lost"
	if err := first.check(s, began.Add(time.Hour)); err != nil {
		t.Errorf("one that was there is given up: %v", err)
	}
}
