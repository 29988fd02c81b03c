package engine

import (
	"fmt"
	"slices"
)

// StrategyStatus tells whether a strategy can be relied on.
type StrategyStatus uint8

// The statuses, best first. A strategy that is not StrategyOK can be picked all
// the same: rounds are planned as by push until it can be relied on.
const (
	// StrategyOK: it plans.
	StrategyOK StrategyStatus = iota
	// StrategyStarting: nothing has been heard of it yet.
	StrategyStarting
	// StrategyFailing: it has failed and is tried again.
	StrategyFailing
	// StrategyQuarantined: it has failed too often and is left alone, until it
	// is changed or picked again.
	StrategyQuarantined
)

// String returns the status's word.
func (s StrategyStatus) String() string {
	words := [...]string{"ok", "starting", "failing", "quarantined"}
	if int(s) < len(words) {
		return words[s]
	}
	return fmt.Sprintf("status(%d)", uint8(s))
}

// MarshalText writes the status's word.
func (s StrategyStatus) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads a status's word.
func (s *StrategyStatus) UnmarshalText(text []byte) error {
	for status := StrategyOK; status <= StrategyQuarantined; status++ {
		if status.String() == string(text) {
			*s = status
			return nil
		}
	}
	return fmt.Errorf("no status of a strategy is called %q", text)
}

// StrategyHealth is a status with its reason, which is empty for StrategyOK. The
// reason may quote what a foreign program wrote.
type StrategyHealth struct {
	Status StrategyStatus `json:"status"`
	Reason string         `json:"reason,omitempty"`
}

// SourceBuiltin is the source of the strategies that are always there.
const SourceBuiltin = "built in"

// The following are what a strategy may implement beside Strategy. All methods
// must be safe for concurrent use, return at once and do no I/O.
type (
	// Sourced says where the strategy comes from: "config", or a file's path.
	Sourced interface{ Source() string }
	// Fallible can fail.
	Fallible interface{ Health() StrategyHealth }
	// Revivable is told when the user picks it, so that one in quarantine gets
	// another chance.
	Revivable interface{ Revive() }
	// Forecaster has a Plan that costs something: it is asked for it only while
	// it is in force. Otherwise this is asked, once a second, what it would do;
	// false when that is not known.
	Forecaster interface {
		Forecast(in PlanInput) (Plan, bool)
	}
)

// SetStrategies exchanges the strategies beside the built-in ones, from each
// server's next round on. What they plan is held to the limits of guard. One
// whose name is taken is left out; problems are what is wrong with others, as
// notices until the next call.
//
// When the one in force is no longer there, rounds are planned by push, which
// is a notice, until it is back or another is picked.
func (s *Service) SetStrategies(extra []Strategy, problems []error) {
	s.mu.Lock()
	s.setStrategies(extra, problems)
	s.mu.Unlock()
	for _, w := range s.current() {
		signal(w.kick)
	}
	s.publish()
}

// setStrategies is called under mu, or before anybody else knows s.
func (s *Service) setStrategies(extra []Strategy, problems []error) {
	all := BuiltinStrategies()
	problems = slices.Clone(problems)
	for _, candidate := range extra {
		name := candidate.Name()
		if slices.ContainsFunc(all, func(other Strategy) bool { return other.Name() == name }) {
			problems = append(problems, fmt.Errorf("strategies: %q of %s is left out: there is another of that name", name, sourceOf(candidate)))
			continue
		}
		all = append(all, guarded{candidate})
	}
	s.chosen.strategies, s.strategyProblems = all, problems
	s.enforce()
}

// enforce puts the wanted strategy in force, or push where there is none of
// that name. It is called under mu.
func (s *Service) enforce() {
	s.chosen.strategy = push{}
	for _, candidate := range s.chosen.strategies {
		if candidate.Name() == s.wanted {
			s.chosen.strategy = candidate
		}
	}
	s.meter.switched(s.chosen.strategy.Name())
}

// strategyNotices says what is wrong with strategies. It is called under mu.
func (s *Service) strategyNotices() []Notice {
	var list []Notice
	warn := func(format string, args ...any) {
		list = append(list, Notice{Severity: SeverityWarning, Text: fmt.Sprintf(format, args...)})
	}
	inForce := s.chosen.strategy
	if s.wanted != inForce.Name() {
		warn("strategy %s is gone; rounds are planned by %s until it is back or you pick another", s.wanted, inForce.Name())
	}
	switch health := healthOf(inForce); health.Status {
	case StrategyFailing:
		warn("strategy %s fails: %s; rounds are planned as by push until it is back", inForce.Name(), health.Reason)
	case StrategyQuarantined:
		warn("strategy %s has failed too often: %s; rounds are planned as by push until its file changes or you pick it again", inForce.Name(), health.Reason)
	case StrategyOK, StrategyStarting:
	}
	for _, p := range s.strategyProblems {
		warn("%v", p)
	}
	return list
}

// guarded is a strategy whose plans are held to limits.
type guarded struct{ Strategy }

func (g guarded) Plan(in PlanInput) Plan { return guard(in, g.Strategy.Plan(in)) }

// as returns the strategy as one of the optional interfaces.
func as[T any](s Strategy) (T, bool) {
	if g, ok := s.(guarded); ok {
		s = g.Strategy
	}
	t, ok := s.(T)
	return t, ok
}

func sourceOf(s Strategy) string {
	if sourced, ok := as[Sourced](s); ok {
		return sourced.Source()
	}
	return SourceBuiltin
}

func healthOf(s Strategy) StrategyHealth {
	if fallible, ok := as[Fallible](s); ok {
		return fallible.Health()
	}
	return StrategyHealth{}
}

// Fallback is the plan where a strategy has none: that of push.
func Fallback(in PlanInput) Plan { return push{}.Plan(in) }
