package hub

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"agentwatch/engine"
)

// hostTold is what a host has heard of those who tell of its agents.
type hostTold struct {
	mu    sync.Mutex
	tells []bool
	told  []engine.Telling
}

func (h *hostTold) is(t *testing.T, what string, is func() bool) {
	t.Helper()
	for late := time.Now().Add(patience); ; time.Sleep(5 * time.Millisecond) {
		h.mu.Lock()
		now := is()
		h.mu.Unlock()
		if now {
			return
		}
		if time.Now().After(late) {
			t.Fatalf("never: %s; %v, %+v", what, h.tells, h.told)
		}
	}
}

func TestAHostLeavesItToAViewerToTellAndKnowsAfterwardsWhatWasTold(t *testing.T) {
	t.Parallel()
	_, as := withACL(t)
	var host hostTold
	m := start(t, as("aw-h-"+string(idOf(1))), 1, 3)
	m.stop()
	m.options.tellerLasts = 7 * time.Second
	m.options.Tells = func(on bool) {
		host.mu.Lock()
		defer host.mu.Unlock()
		host.tells = append(host.tells, on)
	}
	m.options.Told = func(_ context.Context, what engine.Telling) {
		host.mu.Lock()
		defer host.mu.Unlock()
		host.told = append(host.told, what)
	}
	wait("May I?")(&m.agents[1])
	wait("And I?")(&m.agents[2])
	m.run()
	v := view(t, as("aw-view"))
	hosts := until(t, v, "the host", shows(1, 3))
	teller, err := v.Teller(TellOptions{Lease: time.Second})
	if err != nil {
		t.Fatal(err)
	}
	host.is(t, "a viewer tells", func() bool { return slices.Equal(host.tells, []bool{true}) })
	a := hosts[0].Agents[1]
	what := engine.Telling{Ref: a.Ref, Since: a.Since, Urgency: a.Urgency()}
	host.is(t, "the viewer may tell", func() bool { return teller.Ours(what) })
	if c, err := teller.Claim(t.Context(), what); c != engine.ClaimFirst || err != nil {
		t.Fatalf("%s, %v", c, err)
	}
	if err := teller.Sent(t.Context(), what); err != nil {
		t.Fatal(err)
	}
	teller.Close()
	host.is(t, "none tells any more", func() bool { return slices.Equal(host.tells, []bool{true, false}) })
	want := engine.Telling{Ref: m.agents[1].Ref, Since: m.agents[1].Since, Urgency: a.Urgency()}
	if len(host.told) != 1 || host.told[0].Ref != want.Ref || !host.told[0].Since.Equal(want.Since) || host.told[0].Urgency != want.Urgency {
		t.Errorf("it was told of %+v, and not of %+v", host.told, want)
	}
}

func TestAHostTellsItselfWhenTheHubIsAway(t *testing.T) {
	t.Parallel()
	r := redis(t)
	var host hostTold
	m := start(t, optionsOf(r), 1, 1)
	m.stop()
	m.options.tellerLasts = 7 * time.Second
	m.options.Tells = func(on bool) {
		host.mu.Lock()
		defer host.mu.Unlock()
		host.tells = append(host.tells, on)
	}
	v := view(t, optionsOf(r))
	teller, err := v.Teller(TellOptions{Lease: 500 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	defer teller.Close()
	m.run()
	host.is(t, "a viewer tells", func() bool { return slices.Equal(host.tells, []bool{true}) })
	r.Kill()
	host.is(t, "the host itself", func() bool { return slices.Equal(host.tells, []bool{true, false}) })
}
