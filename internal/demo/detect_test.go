package demo

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"agentwatch/health"
)

// meaning is what agentwatch has to find in a stage.
func meaning(at stage) (health.State, health.WaitReason) {
	switch at {
	case stageTrust:
		return health.StateWaiting, health.WaitTrust
	case stageWorking:
		return health.StateWorking, health.WaitNone
	case stagePermission:
		return health.StateWaiting, health.WaitPermission
	case stageQuestion:
		return health.StateWaiting, health.WaitQuestion
	case stagePlan:
		return health.StateWaiting, health.WaitPlan
	case stageLimited:
		return health.StateLimited, health.WaitNone
	case stageError:
		return health.StateError, health.WaitNone
	default:
		return health.StateIdle, health.WaitNone
	}
}

// detected is what the detector makes of a frame.
func detected(d *health.Detector, k Kind, s shot, width, height int) health.Verdict {
	return d.Detect(health.Observation{
		Title: s.title, CurrentCommand: k.String(), AlternateOn: true, Width: width, Height: height, Screen: s.text(),
		Processes: []health.Process{{Comm: k.String(), Args: []string{k.String()}, Foreground: true}},
	})
}

func TestTheDetectorIsRightAboutEveryFrame(t *testing.T) {
	detector := health.NewDetector()
	for _, k := range Kinds() {
		for _, script := range Scripts() {
			for _, size := range [][2]int{{120, 40}, {80, 24}} {
				t.Run(fmt.Sprintf("%v/%v/%dx%d", k, script, size[0], size[1]), func(t *testing.T) {
					for seed := range int64(3) {
						o := SimulateOptions{Kind: k, Script: script, Seed: seed, Width: size[0], Height: size[1]}
						synctest.Test(t, func(t *testing.T) {
							shots, _ := playFor(o, 45*time.Second)
							expectVerdicts(t, detector, o, shots)
						})
					}
				})
			}
		}
	}
}

// expectVerdicts looks at each change and at some of the frames between, in
// which only a spinner has turned.
func expectVerdicts(t *testing.T, d *health.Detector, o SimulateOptions, shots []shot) {
	t.Helper()
	for i, s := range shots {
		if s.stage == stageBoot || i%7 != 0 && s.stage == shots[i-1].stage {
			continue
		}
		state, wait := meaning(s.stage)
		if o.Kind == OpenCode && s.stage == stagePlan {
			// opencode asks about its plan with the same dialog as about all else.
			wait = health.WaitQuestion
		}
		v := detected(d, o.Kind, s, o.Width, o.Height)
		if string(v.Kind) != o.Kind.String() || v.State != state || v.Wait != wait {
			t.Fatalf("seed %d, stage %d: taken for %v %v %v by %+v:\n%s", o.Seed, s.stage, v.Kind, v.State, v.Wait, v.Evidence, s.text())
		}
	}
}
