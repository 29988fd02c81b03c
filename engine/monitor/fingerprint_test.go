package monitor

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"agentwatch/engine"
)

func seenAt(second, activity int64) sighting {
	return sighting{at: time.Unix(second, 0), second: second, print: fingerprint{activity: activity}}
}

func TestAPaneThatWasNeverCapturedIsNew(t *testing.T) {
	if got := (sighting{}).change(fingerprint{activity: 5}); got != engine.ChangeNew {
		t.Errorf("got %s", got)
	}
}

func TestAPaneThatPrintedBeforeItsCaptureHasNotChanged(t *testing.T) {
	if got := seenAt(10, 9).change(fingerprint{activity: 9}); got != engine.ChangeNone {
		t.Errorf("got %s", got)
	}
}

func TestAPaneThatPrintedAfterItsCaptureHasChanged(t *testing.T) {
	if got := seenAt(10, 9).change(fingerprint{activity: 11}); got != engine.ChangeSeen {
		t.Errorf("got %s", got)
	}
}

func TestOutputNoticedInTheSecondOfTheCaptureHasChanged(t *testing.T) {
	if got := seenAt(10, 9).change(fingerprint{activity: 10}); got != engine.ChangeSeen {
		t.Errorf("got %s", got)
	}
}

func TestOutputInTheSecondOfTheCaptureStaysInDoubt(t *testing.T) {
	if got := seenAt(10, 10).change(fingerprint{activity: 10}); got != engine.ChangePossible {
		t.Errorf("got %s", got)
	}
}

func TestAnythingThatActivityMissesHasChanged(t *testing.T) {
	base := fingerprint{activity: 9, shape: shape{pid: 1, width: 80, height: 24, window: "@1", title: "a"}}
	seen := sighting{at: time.Unix(10, 0), second: 10, print: base}
	for name, change := range map[string]func(*shape){
		"respawn":          func(s *shape) { s.pid = 2 },
		"resize":           func(s *shape) { s.width = 81 },
		"death":            func(s *shape) { s.dead = true },
		"copy mode":        func(s *shape) { s.inMode = true },
		"alternate screen": func(s *shape) { s.alternate = true },
		"move":             func(s *shape) { s.window = "@2" },
		"title":            func(s *shape) { s.title = "b" },
	} {
		now := base
		change(&now.shape)
		if got := seen.change(now); got != engine.ChangeSeen {
			t.Errorf("%s: got %s", name, got)
		}
	}
}

// A model of tmux: output at any instant sets activity to that instant's
// second; a capture sees all output up to its own instant.
func TestNoOutputIsEverTakenForNoChange(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var now, activity, unseen int64 // now in tenths of a second
		var s sighting
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			now += rapid.Int64Range(0, 12).Draw(t, "pause")
			if rapid.Bool().Draw(t, "prints") {
				activity, unseen = now/10, unseen+1
				continue
			}
			print := fingerprint{activity: activity}
			if s.change(print) == engine.ChangeNone && unseen > 0 {
				t.Fatalf("at %d: %d outputs since the capture at second %d, and yet no change", now, unseen, s.second)
			}
			if rapid.Bool().Draw(t, "captures") {
				s = sighting{at: time.Unix(now, 0), second: now / 10, print: print}
				unseen = 0
			}
		}
	})
}
