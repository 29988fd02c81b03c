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
		"claude": {"claude", 2, 3}, "codex": {"codex", 0, 1}, "none": {"none", 1, 2},
	} {
		found := false
		for _, got := range r.Kinds {
			found = found || got == want
		}
		if !found {
			t.Errorf("%s: %+v is not in %+v", name, want, r.Kinds)
		}
	}
	if len(r.Qualities) != 1 || r.Qualities[0] != (Score{"capture", 1, 1}) || len(r.Sizes) != 1 || r.Sizes[0].Name != "80x24" {
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
