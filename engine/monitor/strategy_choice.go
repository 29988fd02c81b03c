package monitor

import (
	"fmt"
	"slices"

	"agentwatch/engine"
	"agentwatch/engine/strategies"
)

// SetStrategies exchanges the strategies beside the built-in ones, from each
// server's next round on. What they plan is held to the limits of guard. One
// whose name is taken is left out; problems are what is wrong with others, as
// notices until the next call.
//
// When the one in force is no longer there, rounds are planned by push, which
// is a notice, until it is back or another is picked.
func (s *Service) SetStrategies(extra []engine.Strategy, problems []error) {
	s.mu.Lock()
	s.setStrategies(extra, problems)
	s.mu.Unlock()
	for _, w := range s.current() {
		signal(w.kick)
	}
	s.publish()
}

// setStrategies is called under mu, or before anybody else knows s.
func (s *Service) setStrategies(extra []engine.Strategy, problems []error) {
	all := strategies.Builtin()
	problems = slices.Clone(problems)
	for _, candidate := range extra {
		name := candidate.Name()
		if slices.ContainsFunc(all, func(other engine.Strategy) bool { return other.Name() == name }) {
			problems = append(problems, fmt.Errorf("strategies: %q of %s is left out: there is another of that name", name, strategies.SourceOf(candidate)))
			continue
		}
		all = append(all, strategies.Guarded(candidate))
	}
	s.chosen.strategies, s.strategyProblems = all, problems
	s.enforce()
}

// enforce puts the wanted strategy in force, or push where there is none of
// that name. It is called under mu.
func (s *Service) enforce() {
	s.chosen.strategy = strategies.Push()
	for _, candidate := range s.chosen.strategies {
		if candidate.Name() == s.wanted {
			s.chosen.strategy = candidate
		}
	}
	s.meter.switched(s.chosen.strategy.Name())
}

// strategyNotices says what is wrong with strategies. It is called under mu.
func (s *Service) strategyNotices() []engine.Notice {
	var list []engine.Notice
	warn := func(format string, args ...any) {
		list = append(list, engine.Notice{Severity: engine.SeverityWarning, Text: fmt.Sprintf(format, args...)})
	}
	inForce := s.chosen.strategy
	if s.wanted != inForce.Name() {
		warn("strategy %s is gone; rounds are planned by %s until it is back or you pick another", s.wanted, inForce.Name())
	}
	switch health := strategies.HealthOf(inForce); health.Status {
	case engine.StrategyFailing:
		warn("strategy %s fails: %s; rounds are planned as by push until it is back", inForce.Name(), health.Reason)
	case engine.StrategyQuarantined:
		warn("strategy %s has failed too often: %s; rounds are planned as by push until its file changes or you pick it again", inForce.Name(), health.Reason)
	case engine.StrategyOK, engine.StrategyStarting:
	}
	for _, p := range s.strategyProblems {
		warn("%v", p)
	}
	return list
}
