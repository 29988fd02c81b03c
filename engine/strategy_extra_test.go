package engine

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"pgregory.net/rapid"

	"agentwatch/health"
	"agentwatch/tmuxpool"
)

// foreign is a strategy that somebody else has written.
type foreign struct {
	name    StrategyName
	plan    Plan
	health  StrategyHealth
	asked   *atomic.Int64
	revived *atomic.Int64
}

func newForeign(name StrategyName) foreign {
	return foreign{name: name, asked: new(atomic.Int64), revived: new(atomic.Int64), plan: Plan{NextIn: 250 * time.Millisecond}}
}

func (f foreign) Name() StrategyName              { return f.name }
func (f foreign) Summary() string                 { return "somebody else's" }
func (f foreign) Source() string                  { return "/home/me/" + string(f.name) }
func (f foreign) Health() StrategyHealth          { return f.health }
func (f foreign) Revive()                         { f.revived.Add(1) }
func (f foreign) Forecast(PlanInput) (Plan, bool) { return Plan{}, false }
func (f foreign) Plan(PlanInput) Plan             { f.asked.Add(1); return f.plan }
func (f foreign) failing(reason string) foreign {
	f.health = StrategyHealth{StrategyFailing, reason}
	return f
}

func infoOf(s *Snapshot, n StrategyName) (i StrategyInfo) {
	for _, info := range s.Strategies {
		if info.Name == n {
			i = info
		}
	}
	return i
}

func TestAGuardedPlanStaysWithinItsBoundsAndNeglectsNoPane(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		now := time.Unix(1_800_000_000, 0)
		in := PlanInput{Now: now}
		neglected := map[health.PaneRef]bool{}
		dirty := map[health.PaneRef]time.Duration{}
		for i := range rapid.IntRange(0, 12).Draw(t, "panes") {
			p := PaneView{Ref: health.PaneRef{Server: "s", Pane: fmt.Sprintf("%%%d", i)}}
			p.Change = Change(rapid.IntRange(0, 3).Draw(t, "change"))
			if p.Change != ChangeNone {
				age := time.Duration(rapid.IntRange(0, 10_000).Draw(t, "dirty for")) * time.Millisecond
				p.DirtySince, dirty[p.Ref] = now.Add(-age), age
				neglected[p.Ref] = age >= neglectedAfter
			}
			in.Panes = append(in.Panes, p)
		}
		plan := Plan{
			Method: tmuxpool.Method(rapid.Byte().Draw(t, "method")), Limit: rapid.Int().Draw(t, "limit"),
			NextIn: time.Duration(rapid.Int64().Draw(t, "next")),
		}
		for range rapid.IntRange(0, 40).Draw(t, "named") {
			pane := fmt.Sprintf("%%%d", rapid.IntRange(0, 20).Draw(t, "pane"))
			plan.Recapture = append(plan.Recapture, health.PaneRef{Server: rapid.SampledFrom([]string{"s", "other"}).Draw(t, "server"), Pane: pane})
		}
		got := guard(in, plan)
		if got.NextIn < minNextIn || got.NextIn > maxNextIn || got.Limit < 1 || got.Limit > maxChecks || got.Method > tmuxpool.MethodProcess {
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
			if age, is := dirty[p.Ref]; is && planned[p.Ref] == 0 && got.NextIn > max(neglectedAfter-age, minNextIn) {
				t.Fatalf("%s is due in %v, the next round in %v", p.Ref, neglectedAfter-age, got.NextIn)
			}
		}
		if known != len(got.Recapture) {
			t.Fatalf("panes that do not exist are planned: %v", got.Recapture)
		}
	})
}

func TestAStrategyThatPlansNothingLosesNoAgent(t *testing.T) {
	f := newFakeServer()
	f.show("%0", claudeIdle)
	lazy := newForeign("lazy")
	running(t, Options{Strategies: []Strategy{lazy}, Strategy: "lazy"}, map[string]*fakeServer{"one": f}, func(t *testing.T, s *Service) {
		if got := after(s, neglectedAfter+2*time.Second); len(got.Agents) != 1 {
			t.Fatalf("%d agents", len(got.Agents))
		}
		for _, screen := range []string{claudeWaiting, claudeIdle, claudeWaiting} {
			f.show("%0", screen)
			want := map[string]health.State{claudeWaiting: health.StateWaiting, claudeIdle: health.StateIdle}[screen]
			if got := after(s, neglectedAfter+2*time.Second); got.states()["%0"] != want || got.Strategy != "lazy" {
				t.Errorf("%s by strategy %s, want %s", got.states()["%0"], got.Strategy, want)
			}
		}
	})
}

func TestAStrategyThatDisappearsIsReplacedByPushUntilItIsBack(t *testing.T) {
	f := newFakeServer()
	f.show("%0", claudeIdle)
	running(t, Options{}, map[string]*fakeServer{"one": f}, func(t *testing.T, s *Service) {
		after(s, time.Second)
		mine := newForeign("mine")
		s.SetStrategies([]Strategy{mine}, nil)
		if err := s.SwitchStrategy(context.Background(), "mine"); err != nil {
			t.Fatal(err)
		}
		if got := after(s, time.Second); got.Strategy != "mine" || infoOf(got, "mine").Source != "/home/me/mine" || mine.asked.Load() == 0 {
			t.Errorf("in force: %s, %+v, asked %d times", got.Strategy, infoOf(got, "mine"), mine.asked.Load())
		}
		s.SetStrategies(nil, []error{errors.New("strategies: mine is broken")})
		got := after(s, time.Second)
		if got.Strategy != StrategyPush || len(got.Notices) != 2 || !strings.Contains(got.Notices[0].Text, "mine is gone") {
			t.Errorf("gone: %s, notices %v", got.Strategy, got.Notices)
		}
		if err := s.SwitchStrategy(context.Background(), "mine"); !errors.Is(err, ErrUnknownStrategy) {
			t.Errorf("picking one that is gone: %v", err)
		}
		s.SetStrategies([]Strategy{mine}, nil)
		if got := after(s, time.Second); got.Strategy != "mine" || len(got.Notices) != 0 {
			t.Errorf("back: %s, notices %v", got.Strategy, got.Notices)
		}
	})
}

func TestAStrategyThatFailsIsANoticeAndPickingItAgainRevivesIt(t *testing.T) {
	f := newFakeServer()
	f.show("%0", claudeIdle)
	broken := newForeign("broken").failing("it died")
	running(t, Options{Strategies: []Strategy{broken}}, map[string]*fakeServer{"one": f}, func(t *testing.T, s *Service) {
		if got := after(s, time.Second); len(got.Notices) != 0 || infoOf(got, "broken").Health.Reason != "it died" {
			t.Errorf("not in force: notices %v, %+v", got.Notices, infoOf(got, "broken"))
		}
		if err := s.SwitchStrategy(context.Background(), "broken"); err != nil {
			t.Fatal(err)
		}
		got := after(s, time.Second)
		if len(got.Notices) != 1 || !strings.Contains(got.Notices[0].Text, "it died") || broken.revived.Load() != 1 {
			t.Errorf("in force: notices %v, revived %d times", got.Notices, broken.revived.Load())
		}
	})
}

func TestAStrategyThatCostsSomethingIsNotAskedWhileItIsNotInForce(t *testing.T) {
	f := newFakeServer()
	f.show("%0", claudeIdle)
	costly := newForeign("costly")
	running(t, Options{Strategies: []Strategy{costly}}, map[string]*fakeServer{"one": f}, func(t *testing.T, s *Service) {
		got := after(s, 5*time.Second)
		if costly.asked.Load() != 0 || infoOf(got, "costly").Foreseen || !infoOf(got, StrategyPush).Foreseen {
			t.Errorf("asked %d times, %+v", costly.asked.Load(), got.Strategies)
		}
	})
}

func TestAStrategyCannotTakeTheNameOfAnother(t *testing.T) {
	s, err := New(Options{Strategies: []Strategy{newForeign("push"), newForeign("mine"), newForeign("mine")}})
	if err != nil {
		t.Fatal(err)
	}
	if len(s.chosen.strategies) != len(BuiltinStrategies())+1 || len(s.strategyProblems) != 2 {
		t.Errorf("%d strategies, problems %v", len(s.chosen.strategies), s.strategyProblems)
	}
	if _, is := s.chosen.strategy.(push); !is {
		t.Errorf("in force: %T", s.chosen.strategy)
	}
}
