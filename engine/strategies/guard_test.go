package strategies

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"agentwatch/engine"
	"agentwatch/health"
	"agentwatch/tmuxpool"
)

func TestAGuardedPlanStaysWithinItsBoundsAndNeglectsNoPane(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		now := time.Unix(1_800_000_000, 0)
		in := engine.PlanInput{Now: now}
		neglected := map[health.PaneRef]bool{}
		dirty := map[health.PaneRef]time.Duration{}
		for i := range rapid.IntRange(0, 12).Draw(t, "panes") {
			p := engine.PaneView{Ref: health.PaneRef{Server: "s", Pane: fmt.Sprintf("%%%d", i)}}
			p.Change = engine.Change(rapid.IntRange(0, 3).Draw(t, "change"))
			if p.Change != engine.ChangeNone {
				age := time.Duration(rapid.IntRange(0, 10_000).Draw(t, "dirty for")) * time.Millisecond
				p.DirtySince, dirty[p.Ref] = now.Add(-age), age
				neglected[p.Ref] = age >= NeglectedAfter
			}
			in.Panes = append(in.Panes, p)
		}
		plan := engine.Plan{
			Method: tmuxpool.Method(rapid.Byte().Draw(t, "method")), Limit: rapid.Int().Draw(t, "limit"),
			NextIn: time.Duration(rapid.Int64().Draw(t, "next")),
		}
		for range rapid.IntRange(0, 40).Draw(t, "named") {
			pane := fmt.Sprintf("%%%d", rapid.IntRange(0, 20).Draw(t, "pane"))
			plan.Recapture = append(plan.Recapture, health.PaneRef{Server: rapid.SampledFrom([]string{"s", "other"}).Draw(t, "server"), Pane: pane})
		}
		got := guard(in, plan)
		if got.NextIn < minNextIn || got.NextIn > maxNextIn || got.Limit < 1 || got.Limit > health.MaxChecks || got.Method > tmuxpool.MethodProcess {
			t.Fatalf("out of bounds: %+v", got)
		}
		planned := map[health.PaneRef]int{}
		for _, ref := range got.Recapture {
			planned[ref]++
			if planned[ref] > 1 {
				t.Fatalf("%s is planned twice", ref)
			}
		}
		known := 0
		for _, p := range in.Panes {
			known += planned[p.Ref]
			if neglected[p.Ref] && planned[p.Ref] == 0 {
				t.Fatalf("%s has been dirty for %v and is left out", p.Ref, dirty[p.Ref])
			}
			if age, is := dirty[p.Ref]; is && planned[p.Ref] == 0 && got.NextIn > max(NeglectedAfter-age, minNextIn) {
				t.Fatalf("%s is due in %v, the next round in %v", p.Ref, NeglectedAfter-age, got.NextIn)
			}
		}
		if known != len(got.Recapture) {
			t.Fatalf("panes that do not exist are planned: %v", got.Recapture)
		}
	})
}
