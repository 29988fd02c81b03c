package monitor

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"agentwatch/engine"
	"agentwatch/engine/strategies"
	"agentwatch/health"
)

// foreign is a strategy that somebody else has written.
type foreign struct {
	name    engine.StrategyName
	plan    engine.Plan
	health  engine.StrategyHealth
	asked   *atomic.Int64
	revived *atomic.Int64
}

func newForeign(name engine.StrategyName) foreign {
	return foreign{name: name, asked: new(atomic.Int64), revived: new(atomic.Int64), plan: engine.Plan{NextIn: 250 * time.Millisecond}}
}

func (f foreign) Name() engine.StrategyName                     { return f.name }
func (f foreign) Summary() string                               { return "somebody else's" }
func (f foreign) Source() string                                { return "/home/me/" + string(f.name) }
func (f foreign) Health() engine.StrategyHealth                 { return f.health }
func (f foreign) Revive()                                       { f.revived.Add(1) }
func (f foreign) Forecast(engine.PlanInput) (engine.Plan, bool) { return engine.Plan{}, false }
func (f foreign) Plan(engine.PlanInput) engine.Plan             { f.asked.Add(1); return f.plan }
func (f foreign) failing(reason string) foreign {
	f.health = engine.StrategyHealth{Status: engine.StrategyFailing, Reason: reason}
	return f
}

func infoOf(s *engine.Snapshot, n engine.StrategyName) (i engine.StrategyInfo) {
	for _, info := range s.Strategies {
		if info.Name == n {
			i = info
		}
	}
	return i
}

func TestAStrategyThatPlansNothingLosesNoAgent(t *testing.T) {
	f := newFakeServer()
	f.show("%0", claudeIdle)
	lazy := newForeign("lazy")
	running(t, Options{Strategies: []engine.Strategy{lazy}, Strategy: "lazy"}, map[string]*fakeServer{"one": f}, func(t *testing.T, s *Service) {
		if got := after(s, strategies.NeglectedAfter+2*time.Second); len(got.Agents) != 1 {
			t.Fatalf("%d agents", len(got.Agents))
		}
		for _, screen := range []string{claudeWaiting, claudeIdle, claudeWaiting} {
			f.show("%0", screen)
			want := map[string]health.State{claudeWaiting: health.StateWaiting, claudeIdle: health.StateIdle}[screen]
			if got := after(s, strategies.NeglectedAfter+2*time.Second); statesOf(got)["%0"] != want || got.Strategy != "lazy" {
				t.Errorf("%s by strategy %s, want %s", statesOf(got)["%0"], got.Strategy, want)
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
		s.SetStrategies([]engine.Strategy{mine}, nil)
		if err := s.SwitchStrategy(context.Background(), "mine"); err != nil {
			t.Fatal(err)
		}
		if got := after(s, time.Second); got.Strategy != "mine" || infoOf(got, "mine").Source != "/home/me/mine" || mine.asked.Load() == 0 {
			t.Errorf("in force: %s, %+v, asked %d times", got.Strategy, infoOf(got, "mine"), mine.asked.Load())
		}
		s.SetStrategies(nil, []error{errors.New("strategies: mine is broken")})
		got := after(s, time.Second)
		if got.Strategy != engine.StrategyPush || len(got.Notices) != 2 || !strings.Contains(got.Notices[0].Text, "mine is gone") {
			t.Errorf("gone: %s, notices %v", got.Strategy, got.Notices)
		}
		if err := s.SwitchStrategy(context.Background(), "mine"); !errors.Is(err, engine.ErrUnknownStrategy) {
			t.Errorf("picking one that is gone: %v", err)
		}
		s.SetStrategies([]engine.Strategy{mine}, nil)
		if got := after(s, time.Second); got.Strategy != "mine" || len(got.Notices) != 0 {
			t.Errorf("back: %s, notices %v", got.Strategy, got.Notices)
		}
	})
}

func TestAStrategyThatFailsIsANoticeAndPickingItAgainRevivesIt(t *testing.T) {
	f := newFakeServer()
	f.show("%0", claudeIdle)
	broken := newForeign("broken").failing("it died")
	running(t, Options{Strategies: []engine.Strategy{broken}}, map[string]*fakeServer{"one": f}, func(t *testing.T, s *Service) {
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
	running(t, Options{Strategies: []engine.Strategy{costly}}, map[string]*fakeServer{"one": f}, func(t *testing.T, s *Service) {
		got := after(s, 5*time.Second)
		if costly.asked.Load() != 0 || infoOf(got, "costly").Foreseen || !infoOf(got, engine.StrategyPush).Foreseen {
			t.Errorf("asked %d times, %+v", costly.asked.Load(), got.Strategies)
		}
	})
}

func TestAStrategyCannotTakeTheNameOfAnother(t *testing.T) {
	s, err := New(Options{Strategies: []engine.Strategy{newForeign("push"), newForeign("mine"), newForeign("mine")}})
	if err != nil {
		t.Fatal(err)
	}
	if len(s.chosen.strategies) != len(strategies.Builtin())+1 || len(s.strategyProblems) != 2 {
		t.Errorf("%d strategies, problems %v", len(s.chosen.strategies), s.strategyProblems)
	}
	if s.chosen.strategy.Name() != engine.StrategyPush {
		t.Errorf("in force: %T", s.chosen.strategy)
	}
}
