package serve

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"agentwatch/engine"
	"agentwatch/health"
)

// busyFleet is a fleet in which every fifth agent works and shows another line
// in each snapshot, and all have a past of fifty phases.
func busyFleet(agents int) *engine.Snapshot {
	all := make([]engine.Agent, agents)
	now := time.Now()
	for i := range all {
		a := agentIn(fmt.Sprintf("%%%d", i), health.StateIdle)
		a.Title, a.CWD, a.Command = "✳ Refactor the parser", "/home/user/src/project", "claude"
		a.Evidence = health.Evidence{Source: health.SourceScreen, Rule: "claude.composer", Line: 22, Text: "> "}
		a.PID, a.PanePID, a.Width, a.Height, a.CheckedAt, a.ActiveAt = 1000+i, 900+i, 120, 40, now, now
		for p := range 50 {
			a.Past = append(a.Past, engine.Phase{At: now.Add(time.Duration(p-60) * time.Minute), Urgency: engine.UrgencyWorking})
		}
		all[i] = a
	}
	s := snapshotOf(all...)
	for range 60 {
		s.Trend = append(s.Trend, engine.Sample{At: now, Busy: 1, HitRate: 0.9, Captured: 12, Round: time.Millisecond})
	}
	s.Strategies = make([]engine.StrategyInfo, 5)
	s.Cache.Layers = make([]engine.LayerStats, 4)
	return s
}

// step is the next snapshot of a busy fleet.
func step(s *engine.Snapshot, n int) *engine.Snapshot {
	next := *s
	next.Seq++
	next.At = s.At.Add(250 * time.Millisecond)
	next.Agents = append([]engine.Agent(nil), s.Agents...)
	for i := 0; i < len(next.Agents); i += 5 {
		a := &next.Agents[i]
		a.Revision, a.CheckedAt, a.State = a.Revision+1, next.At, health.StateWorking
		a.Activity = fmt.Sprintf("✶ Percolating… (%ds · ↓ 1.2k tokens · esc to interrupt)", n)
	}
	return &next
}

// BenchmarkFrames carries the snapshots of busy fleets to one client and back
// into values, and reports the bytes of the first frame and of each one after.
func BenchmarkFrames(b *testing.B) {
	for _, agents := range []int{40, 1000} {
		b.Run(fmt.Sprintf("agents=%d", agents), func(b *testing.B) {
			var l line
			s := busyFleet(agents)
			_, first := l.carry(b, s)
			bytes, n := 0, 0
			for b.Loop() {
				n++
				s = step(s, n)
				_, size := l.carry(b, s)
				bytes += size
			}
			b.ReportMetric(float64(first), "first-B")
			b.ReportMetric(float64(bytes)/float64(n), "B/frame")
		})
	}
}

// BenchmarkEncode is what one client costs the engine's process.
func BenchmarkEncode(b *testing.B) {
	for _, agents := range []int{40, 1000} {
		b.Run(fmt.Sprintf("agents=%d", agents), func(b *testing.B) {
			var e encoder
			s := busyFleet(agents)
			e.encode(s)
			for n := 0; b.Loop(); n++ {
				s = step(s, n)
				f := e.encode(s)
				if _, err := json.Marshal(&f); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
