package history

import (
	"slices"
	"testing"
	"time"

	"agentwatch/engine"
	"agentwatch/health"
)

func TestAnEngineProcessThatWasKilledLeavesAgesMarksAndWhatWasTold(t *testing.T) {
	now := noon().Add(time.Hour)
	s := opened(t, Options{Now: func() time.Time { return now }})
	agent := api()
	agent.PID = 4711
	run := NewRunID()
	first, done := change(run, 1, noon(), engine.UrgencyUnknown, engine.UrgencyWorking), change(run, 2, noon().Add(time.Minute), engine.UrgencyWorking, engine.UrgencyDone)
	first.Agent, first.First, done.Agent = agent, true, agent
	appended(t, s,
		RunBegun{Run: run, Socket: agent.Socket, At: noon()}, first, done,
		Notification{At: noon().Add(time.Minute + time.Second), Agent: agent, Channel: "phone"},
		Notification{At: noon().Add(time.Minute + time.Second), Agent: agent, Channel: "bell", Outcome: OutcomeRefused, Error: "agentwatch ended first"},
		RunSeen{Run: run, At: noon().Add(2 * time.Minute)},
	)
	left, err := s.Left(t.Context(), noon().Add(90*time.Second))
	if err != nil || !left.Seen.Equal(noon().Add(2*time.Minute)) || len(left.Agents) != 1 {
		t.Fatalf("%+v, %v", left, err)
	}
	a := left.Agents[0]
	if a.State != health.StateIdle || !a.Unseen || !a.Since.Equal(noon().Add(time.Minute)) || a.PID != 4711 || len(a.Past) != 2 {
		t.Errorf("%+v", a)
	}
	if len(left.Told) != 1 || left.Told[0].Channel != "phone" {
		t.Errorf("%+v", left.Told)
	}
	if left.Appeared[a.Ref] {
		t.Error("it was there when the process began")
	}
	later := agent
	later.Pane = "%2"
	came := change(run, 3, noon().Add(time.Minute), engine.UrgencyUnknown, engine.UrgencyWaiting)
	came.Agent, came.First = later, true
	appended(t, s, came)
	if left, err = s.Left(t.Context(), noon().Add(90*time.Second)); err != nil || !left.Appeared[later.Ref()] || len(left.Agents) != 2 {
		t.Errorf("%+v, %v", left, err)
	}
	if left, err = s.Left(t.Context(), noon().Add(3*time.Minute)); err != nil || len(left.Agents) != 0 {
		t.Errorf("one that ended earlier: %+v, %v", left, err)
	}
}

func TestANotificationIsUncertainUntilItIsKnownWhatCameOfIt(t *testing.T) {
	s := opened(t, Options{})
	begun := Notification{At: noon(), Agent: api(), Channel: "phone", Outcome: OutcomeUncertain}
	appended(t, s, begun)
	other := begun
	other.Channel = "bell"
	appended(t, s, other)
	ended := begun
	ended.Outcome = OutcomeDone
	appended(t, s, ended)
	never := begun
	never.At, never.Outcome = noon().Add(time.Second), OutcomeFailed
	appended(t, s, never)
	outcomes := make(map[Channel][]Outcome)
	for _, n := range all(t, s.Notifications(t.Context(), Filter{OldestFirst: true})) {
		outcomes[n.Channel] = append(outcomes[n.Channel], n.Outcome)
	}
	if phone, bell := outcomes["phone"], outcomes["bell"]; !slices.Equal(phone, []Outcome{OutcomeDone, OutcomeFailed}) || !slices.Equal(bell, []Outcome{OutcomeUncertain}) {
		t.Errorf("%v", outcomes)
	}
}
