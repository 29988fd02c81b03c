package serve

import (
	"testing"
	"time"

	"agentwatch/engine"
	"agentwatch/health"
)

func TestAScreenKeepsWhatItShowsUntilTheNextSourceHasLooked(t *testing.T) {
	now := time.Now()
	agent := agentIn("%1", health.StateWaiting)
	s := screen{wanted: []health.PaneRef{agent.Ref}}
	s.begin(now)
	starting := snapshotOf()
	starting.Ready = false
	if s.show(starting, now) == nil {
		t.Error("the first source is shown from its beginning")
	}
	first := snapshotOf(agent)
	first.Previews[agent.Ref] = &engine.Preview{Ref: agent.Ref, Text: "before", Revision: 4}
	before := s.show(first, now)

	if told := s.lost(); len(told.Notices) != 1 || len(told.Agents) != 1 || told.Seq <= before.Seq {
		t.Errorf("%+v", told)
	}
	s.begin(now)
	if got := s.show(starting, now.Add(time.Second)); got != nil {
		t.Errorf("shown: %+v", got)
	}
	// The new source has not read the screen yet, and begins its revisions anew.
	got := s.show(snapshotOf(agent), now.Add(time.Second))
	if got.Seq <= before.Seq || len(got.Notices) != 0 {
		t.Errorf("%+v", got)
	}
	if got.Agents[0].Revision == before.Agents[0].Revision {
		t.Error("a card of the source before would be taken for one of this")
	}
	if p := got.Previews[agent.Ref]; p == nil || p.Text != "before" {
		t.Errorf("%+v", got.Previews)
	}
	second := snapshotOf(agent)
	second.Previews[agent.Ref] = &engine.Preview{Ref: agent.Ref, Text: "after", Revision: 4}
	if p := s.show(second, now.Add(time.Second)).Previews[agent.Ref]; p.Text != "after" || p.Revision == 4 {
		t.Errorf("%+v", p)
	}
	if got := s.show(snapshotOf(agent), now.Add(screensKept)); len(got.Previews) != 0 {
		t.Error("an old screen is shown for ever")
	}
}

func TestASourceThatNeverHasLookedAtAllIsShownInTheEnd(t *testing.T) {
	now := time.Now()
	var s screen
	s.begin(now)
	s.show(snapshotOf(agentIn("%1", health.StateIdle)), now)
	s.begin(now)
	hung := snapshotOf(agentIn("%2", health.StateIdle))
	hung.Ready = false
	if s.show(hung, now.Add(heldFor-time.Millisecond)) != nil {
		t.Error("too early")
	}
	if got := s.show(hung, now.Add(heldFor)); got == nil || got.Agents[0].Ref.Pane != "%2" {
		t.Errorf("%+v", got)
	}
}
