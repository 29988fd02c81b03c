package ui

import (
	"testing"

	"agentwatch/engine"
)

func TestTheUserSnoozesWhatNeedsThemAndSeesUntilWhen(t *testing.T) {
	s := scene()
	s.Agents[0].Snooze = &engine.Snooze{At: sceneTime(), Until: engine.Tomorrow(sceneTime())}
	s.Counts, s.Snoozed = engine.CountsOf(s.Agents)
	drive(t, Options{}, 120, 40, s, func(d *driver) {
		d.expect("2 need you", "snoozed 1", "z fix-auth", "until Sun 09:00", "z 1")
		d.press("z")
		d.expect("snooze css-grid", "until it needs you for something new", "until tomorrow, 9:00")
		d.press("down", "enter")
		d.settle()
		d.monitor.mu.Lock()
		defer d.monitor.mu.Unlock()
		if got := d.monitor.wished; len(got) != 1 || got[0] != "%6 until 2026-03-14 14:47:07" {
			t.Errorf("asked for %v", got)
		}
	})
}

func TestAReplyThatWaitsIsShownAndTakenBack(t *testing.T) {
	s := scene()
	s.Agents[0].Texts = []engine.WaitingText{
		{ID: "7", Text: "add a test", At: sceneTime(), Begun: true, Uncertain: true}, {ID: "8", Text: "then push", At: sceneTime()},
	}
	drive(t, Options{}, 120, 40, s, func(d *driver) {
		d.expect("text uncertain")
		d.press("w")
		d.expect("waits for fix-auth", "uncertain whether it was sent, look: add a test", "then push", "take it back")
		d.press("enter")
		d.settle()
		d.press("esc", "r")
		d.expect("what had waited")
		d.press("ctrl+o")
		d.settle()
		d.refuse("reply to")
		d.monitor.mu.Lock()
		defer d.monitor.mu.Unlock()
		want := []string{"%1 takes back 7", "%1 when idle: what had waited"}
		if got := d.monitor.wished; len(got) != 2 || got[0] != want[0] || got[1] != want[1] {
			t.Errorf("asked for %v, want %v", got, want)
		}
	})
}

func TestAKeyLetsAnAgentGoOnAfterALimitAndNoLonger(t *testing.T) {
	s := scene()
	s.Agents[0].GoOn = true
	drive(t, Options{}, 120, 40, s, func(d *driver) {
		d.press("C")
		d.settle()
		d.expect("fix-auth will no longer go on by itself after a limit")
		d.monitor.mu.Lock()
		defer d.monitor.mu.Unlock()
		if got := d.monitor.wished; len(got) != 1 || got[0] != s.Agents[0].Ref.Pane+" goes on: false" {
			t.Errorf("asked for %v", got)
		}
	})
}
