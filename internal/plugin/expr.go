package plugin

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"sync/atomic"
	"time"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/parser"
	"github.com/expr-lang/expr/vm"

	"agentwatch/engine"
	"agentwatch/tmuxpool"
)

// Limits of an expression. There are no loops in it, so that its size bounds
// its time; the memory budget bounds lists such as 1..1000.
const (
	maxExprBytes     = 4096
	maxExprNodes     = 500
	exprMemoryBudget = 1000
	// planLimit is how many captures are under way at once, if nothing else is said.
	planLimit = 20
)

// Limits of the pace, as of --interval.
const (
	minEvery = 50 * time.Millisecond
	maxEvery = time.Minute
)

// SourceConfig is the source of strategies that the configuration names.
const SourceConfig = "config"

// ExprConfig is one [[strategy]] of the configuration.
type ExprConfig struct {
	// Name is what it is picked by: small letters, digits and "-".
	Name string `toml:"name"`
	// Summary is one line for the picker.
	Summary string `toml:"summary"`
	// Recapture is an expression that tells for each pane whether the round
	// captures it. docs/plugins.md names all that it may ask.
	Recapture string `toml:"recapture"`
	// Every is the time between two rounds, 50ms to 1m; the user's interval when
	// empty.
	Every string `toml:"every"`
}

// exprEnv is all that an expression may ask.
type exprEnv struct {
	Pane    exprPane `expr:"pane"`
	Panes   int      `expr:"panes"`
	Hour    int      `expr:"hour"`
	Minute  int      `expr:"minute"`
	Weekday string   `expr:"weekday"`
}

// exprPane is the pane in question. Times are ages in seconds, infinite for
// what has never been.
type exprPane struct {
	ID      string  `expr:"id"`
	Server  string  `expr:"server"`
	Kind    string  `expr:"kind"`
	State   string  `expr:"state"`
	Change  string  `expr:"change"`
	Dirty   bool    `expr:"dirty"`
	Focused bool    `expr:"focused"`
	Age     float64 `expr:"age"`
	Quiet   float64 `expr:"quiet"`
	Pending float64 `expr:"pending"`
}

// expression is a strategy that an expression makes.
type expression struct {
	name    engine.StrategyName
	summary string
	every   time.Duration
	program *vm.Program
	// failed is why the last plan could not be made as written; nil when it was.
	failed *atomic.Pointer[string]
}

// Compile makes a strategy from its configuration. An error names the strategy,
// the key, and for an expression line and column, and suggests what was meant.
func Compile(c ExprConfig) (engine.Strategy, error) {
	wrap := func(format string, args ...any) error {
		return fmt.Errorf("plugin: strategy %q: %w", c.Name, fmt.Errorf(format, args...))
	}
	if err := checkName(c.Name); err != nil {
		return nil, wrap("name: %w", err)
	}
	summary, err := checkSummary(c.Summary)
	if err != nil {
		return nil, wrap("summary: %w", err)
	}
	e := expression{name: engine.StrategyName(c.Name), summary: summary, failed: new(atomic.Pointer[string])}
	if e.summary == "" {
		e.summary = "recaptures where " + strings.Join(strings.Fields(c.Recapture), " ")
	}
	if c.Every != "" {
		if e.every, err = time.ParseDuration(c.Every); err != nil {
			return nil, wrap("every: %q is not a duration; write it like \"500ms\" or \"2s\"", c.Every)
		}
		if e.every < minEvery || e.every > maxEvery {
			return nil, wrap("every: %s is not between %s and %s", e.every, minEvery, maxEvery)
		}
	}
	if e.program, err = compile(c.Recapture); err != nil {
		return nil, wrap("recapture: %w", err)
	}
	return e, nil
}

// CompileAll makes all strategies that can be made; what is wrong with the
// others is in the errors.
func CompileAll(configs []ExprConfig) ([]engine.Strategy, []error) {
	var made []engine.Strategy
	var problems []error
	for _, c := range configs {
		s, err := Compile(c)
		if err != nil {
			problems = append(problems, err)
			continue
		}
		made = append(made, s)
	}
	return made, problems
}

// compile checks the names and words of an expression, for which it has better
// advice than the compiler, and compiles it.
func compile(source string) (*vm.Program, error) {
	if strings.TrimSpace(source) == "" {
		return nil, errors.New("it is missing; write for example \"pane.dirty\"")
	}
	if len(source) > maxExprBytes {
		return nil, fmt.Errorf("it has %d bytes, more than %d", len(source), maxExprBytes)
	}
	tree, err := parser.Parse(source)
	if err != nil {
		return nil, located(err)
	}
	if err := checkWords(tree); err != nil {
		return nil, located(err)
	}
	options := []expr.Option{expr.Env(exprEnv{}), expr.AsBool(), expr.MaxNodes(maxExprNodes), expr.DisableAllBuiltins()}
	for _, name := range exprFunctions() {
		options = append(options, expr.EnableBuiltin(name))
	}
	program, err := expr.Compile(source, options...)
	if err != nil {
		return nil, located(err)
	}
	return program, nil
}

// exprFunctions are those of the language that take bounded time and know
// neither clock nor chance.
func exprFunctions() []string {
	return []string{"abs", "ceil", "floor", "float", "int", "len", "lower", "max", "min", "round", "upper"}
}

// located says where in an expression an error is.
func located(err error) error {
	var at *file.Error
	if !errors.As(err, &at) {
		return err
	}
	if at.Line == 0 {
		return errors.New(at.Message)
	}
	return fmt.Errorf("line %d, column %d: %s", at.Line, at.Column+1, at.Message)
}

func (e expression) Name() engine.StrategyName { return e.name }
func (e expression) Summary() string           { return e.summary }

// Source implements engine.Sourced.
func (e expression) Source() string { return SourceConfig }

// Health implements engine.Fallible.
func (e expression) Health() engine.StrategyHealth {
	if reason := e.failed.Load(); reason != nil {
		return engine.StrategyHealth{Status: engine.StrategyFailing, Reason: *reason}
	}
	return engine.StrategyHealth{}
}

// Plan recaptures the panes for which the expression is true. One for which it
// fails is recaptured when it may have changed.
func (e expression) Plan(in engine.PlanInput) engine.Plan {
	plan := engine.Plan{Method: tmuxpool.MethodPipelined, Limit: planLimit, NextIn: e.every}
	if e.every == 0 {
		plan.NextIn = in.Interval
	}
	machine := vm.VM{MemoryBudget: exprMemoryBudget}
	env := &exprEnv{
		Panes: len(in.Panes), Hour: in.Now.Hour(), Minute: in.Now.Minute(),
		Weekday: strings.ToLower(in.Now.Weekday().String()),
	}
	var failed *string
	for _, p := range in.Panes {
		env.Pane = exprPaneOf(p, in.Now)
		result, err := machine.Run(e.program, env)
		recapture, ok := result.(bool)
		if err != nil || !ok {
			reason := fmt.Sprintf("recapture of pane %s: %v", p.Ref.Pane, located(err))
			failed, recapture = &reason, env.Pane.Dirty
		}
		if recapture {
			plan.Recapture = append(plan.Recapture, p.Ref)
		}
	}
	e.failed.Store(failed)
	return plan
}

func exprPaneOf(p engine.PaneView, now time.Time) exprPane {
	return exprPane{
		ID: p.Ref.Pane, Server: p.Ref.Server, Kind: string(p.Kind), State: p.State.String(), Change: p.Change.String(),
		Dirty: p.Change != engine.ChangeNone, Focused: p.Focused,
		Age: secondsSince(p.CapturedAt, now), Quiet: secondsSince(p.ChangedAt, now), Pending: pending(p, now).Seconds(),
	}
}

// pending is for how long a change has waited for its capture.
func pending(p engine.PaneView, now time.Time) time.Duration {
	if p.DirtySince.IsZero() {
		return 0
	}
	return max(now.Sub(p.DirtySince), 0)
}

// secondsSince is infinite for a time that has never been.
func secondsSince(at, now time.Time) float64 {
	if at.IsZero() {
		return math.Inf(1)
	}
	return max(now.Sub(at).Seconds(), 0)
}
