package eval

import (
	"testing"

	"agentwatch/health"
)

const asking = "Do you want to proceed?\n ❯ 1. Yes\n   2. No\n\n Esc to cancel · Tab to amend\n"

func claude() []health.Process {
	return []health.Process{{PID: 1, Comm: "claude", Args: []string{"claude"}, Foreground: true}}
}

func samples() []Sample {
	return []Sample{
		{ID: "right", Kind: "claude", State: "waiting", Quality: "capture", Observation: health.Observation{Screen: asking, Processes: claude(), Width: 80, Height: 24}},
		{ID: "accepted", Kind: "claude", State: "error", Accept: []string{"error", "waiting"}, Observation: health.Observation{Screen: asking, Processes: claude()}},
		{ID: "wrong state", Kind: "claude", State: "done", Observation: health.Observation{Screen: asking, Processes: claude()}},
		{ID: "wrong kind", Kind: "codex", State: "waiting", Observation: health.Observation{Screen: asking, Processes: claude()}},
		{ID: "no agent", Kind: "none", State: "unknown", Observation: health.Observation{Screen: "hello\n", Processes: []health.Process{}}},
		{ID: "false alarm", Kind: "none", State: "unknown", Observation: health.Observation{Screen: asking, Processes: claude()}},
	}
}

func TestAScoreCountsWhatIsRightByKindStateQualityAndSize(t *testing.T) {
	r := Run(health.NewDetector(), samples(), ModeAll)
	if r.Total.Right != 3 || r.Total.All != 6 || r.Total.Share() != 0.5 {
		t.Errorf("total %+v", r.Total)
	}
	for name, want := range map[string]Score{
		"claude": {"claude", 2, 3, 1, 0}, "codex": {"codex", 0, 1, 1, 0}, "none": {"none", 1, 2, 1, 0},
	} {
		found := false
		for _, got := range r.Kinds {
			found = found || got == want
		}
		if !found {
			t.Errorf("%s: %+v is not in %+v", name, want, r.Kinds)
		}
	}
	if len(r.Qualities) != 1 || r.Qualities[0] != (Score{"capture", 1, 1, 0, 0}) || len(r.Sizes) != 1 || r.Sizes[0].Name != "80x24" {
		t.Errorf("qualities %+v, sizes %+v", r.Qualities, r.Sizes)
	}
	if len(r.Misses) != 3 || r.Misses[0].ID != "wrong state" || r.Misses[0].Got != "waiting" || r.Misses[1].GotKind != "claude" {
		t.Errorf("misses %+v", r.Misses)
	}
	if r.Confusion["done"]["waiting"] != 1 || r.Confusion["error"]["error"] != 1 || r.Confusion["unknown"]["unknown"] != 1 || r.Confusion["waiting"]["none"] != 1 {
		t.Errorf("confusion %v", r.Confusion)
	}
}

func TestTheTextAloneIsJudgedWithoutProcesses(t *testing.T) {
	r := Run(health.NewDetector(), samples()[3:4], ModeScreenOnly)
	if r.Misses[0].GotKind != "codex" {
		t.Errorf("the kind that was given is not used: %+v", r.Misses)
	}
	if none := (Score{}); none.Share() != 0 {
		t.Error("no samples have no share")
	}
}

func TestUnknownIsNotWrongAndANeedThatIsNotShownIsMissed(t *testing.T) {
	verdict := func(kind health.Kind, state health.State) health.Verdict {
		return health.Verdict{Kind: kind, State: state}
	}
	waiting := Sample{Kind: "claude", State: "waiting"}
	limited := Sample{Kind: "claude", State: "limited", Accept: []string{"limited", "waiting"}}
	retry := Sample{Kind: "claude", State: "error", Accept: []string{"error", "working"}}
	idle := Sample{Kind: "claude", State: "idle"}
	for _, c := range []struct {
		name   string
		sample Sample
		v      health.Verdict
		want   grade
	}{
		{"right", waiting, verdict("claude", health.StateWaiting), grade{right: true}},
		{"cannot tell", waiting, verdict("claude", health.StateUnknown), grade{}},
		{"a need shown as work", waiting, verdict("claude", health.StateWorking), grade{wrong: true, missed: true}},
		{"a need shown as idle", limited, verdict("claude", health.StateIdle), grade{wrong: true, missed: true}},
		{"an agent that is not seen", waiting, verdict(health.KindNone, health.StateUnknown), grade{wrong: true, missed: true}},
		{"one need for another", waiting, verdict("claude", health.StateError), grade{wrong: true}},
		{"another kind that waits", waiting, verdict("codex", health.StateWaiting), grade{wrong: true}},
		{"what may also work", retry, verdict("claude", health.StateIdle), grade{wrong: true}},
		{"a false alarm", idle, verdict("claude", health.StateWaiting), grade{wrong: true}},
		{"an agent where none is", Sample{Kind: kindNone, State: "unknown"}, verdict("claude", health.StateWaiting), grade{wrong: true}},
	} {
		if got := c.sample.grade(c.v); got != c.want {
			t.Errorf("%s: %+v, want %+v", c.name, got, c.want)
		}
	}
}

func TestAKindIsJudgedWithoutItsProfileAndAVersionByWhatTheProfileClaims(t *testing.T) {
	all := samples()[:3]
	all[0].Version, all[1].Version, all[2].Version = "2.1.50", "2.1.50", "99.0"
	left := LeaveOut(health.NewDetector(), all, ModeAll)
	if len(left.Kinds) != 1 || left.Kinds[0].All != 3 || left.Kinds[0].OtherKind != 0 {
		t.Errorf("kinds %+v", left.Kinds)
	}
	if len(left.Versions) != 2 || !left.Versions[0].MadeFor || left.Versions[1].MadeFor {
		t.Errorf("versions %+v", left.Versions)
	}
	if left.Within.All != 2 || left.Within.Right != 2 || left.Beyond.All != 1 || left.Beyond.Wrong != 1 {
		t.Errorf("made for %+v, others %+v", left.Within, left.Beyond)
	}
}
