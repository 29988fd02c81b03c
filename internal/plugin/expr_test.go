package plugin

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"agentwatch/engine"
	"agentwatch/health"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// night is the example of docs/plugins.md.
func night() ExprConfig {
	return ExprConfig{
		Name: "night", Summary: "rarely", Every: "1s",
		Recapture: "pane.dirty && (pane.state == 'waiting' || pane.age > 5)",
	}
}

// panes are n of them: every third dirty, in all states.
func panes(n int, now time.Time) []engine.PaneView {
	views := make([]engine.PaneView, n)
	for i := range views {
		views[i] = engine.PaneView{
			Ref: health.PaneRef{Server: "/tmp/tmux-1000/default", Pane: fmt.Sprintf("%%%d", i)}, Kind: health.KindClaude,
			State: health.State(i % 9), CapturedAt: now.Add(-time.Duration(i) * time.Second), ChangedAt: now.Add(-time.Second),
		}
		if i%3 == 0 {
			views[i].Change, views[i].DirtySince = engine.ChangeSeen, now
		}
	}
	return views
}

func planned(plan engine.Plan) string {
	var ids []string
	for _, ref := range plan.Recapture {
		ids = append(ids, ref.Pane)
	}
	return strings.Join(ids, " ")
}

func TestAnExpressionPlansTheWatchedPanesForWhichItIsTrue(t *testing.T) {
	now := time.Date(2027, 3, 1, 23, 30, 0, 0, time.UTC) // a monday
	in := engine.PlanInput{Now: now, Interval: 250 * time.Millisecond, Panes: panes(10, now)}
	in.Panes[4].CapturedAt, in.Panes[4].Change = time.Time{}, engine.ChangeNew
	in.Panes[2].Focused = true
	for expression, want := range map[string]string{
		night().Recapture:                                                  "%3 %4 %6 %9",
		"pane.state in ['limited', 'error']":                               "%4 %5",
		"pane.focused or pane.change == 'new'":                             "%2 %4",
		"pane.pending > 0":                                                 "",
		"hour >= 22 && weekday == 'monday' && pane.dirty":                  "%0 %3 %4 %6 %9",
		"let far = pane.age > 8; far && pane.age < 1000":                   "%9",
		"panes == 10 && pane.kind startsWith 'cl' && pane.id endsWith '1'": "%1",
		"max(pane.age, pane.quiet) < 3":                                    "%0 %1 %2",
	} {
		c := night()
		c.Recapture = expression
		s, err := Compile(c)
		if err != nil {
			t.Errorf("%s: %v", expression, err)
			continue
		}
		plan := s.Plan(in)
		if planned(plan) != want || plan.NextIn != time.Second {
			t.Errorf("%s: planned %s in %v, want %s", expression, planned(plan), plan.NextIn, want)
		}
	}
}

func TestWhatIsWrongWithAnExpressionIsSaidWithPlaceAndAdvice(t *testing.T) {
	for expression, want := range map[string]string{
		"":                                     "it is missing",
		"pane.dirty &&":                        "line 1, column 13: unexpected token EOF",
		"pane.dirty &&\n  pane.stat == 'idle'": "line 2, column 8: there is no pane.stat; did you mean pane.state?",
		"pane.state == 'wating'":               "line 1, column 15: pane.state is never 'wating'; did you mean waiting?",
		"pane.change in ['new', 'sen']":        "column 24: pane.change is never 'sen'; did you mean seen?",
		"weekday == 'Montag'":                  "did you mean monday?",
		"pain.dirty":                           "column 1: there is no pain; did you mean pane?",
		"pane.xyzzy":                           "there are: age, change, dirty",
		"now().Hour() > 3":                     "column 1: there is no now(); there are: abs, ceil",
		"pane.age":                             "expected bool, but got float64",
		"pane.age > '5'":                       "line 1, column 10: invalid operation",
		"any(1..100, # > 5)":                   "there is no any()",
		"repeat('x', 1000000) == ''":           "there is no repeat()",
		strings.Repeat("pane.dirty||", 400) + "true": "more than 4096",
		strings.Repeat("!", 600) + "true":            "exceeds maximum allowed nodes",
		strings.Repeat("(", 2000) + "true":           "line 1",
	} {
		c := night()
		c.Recapture = expression
		_, err := Compile(c)
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), `strategy "night": recapture: `) {
			t.Errorf("%.60q: %v, want %q", expression, err, want)
		}
	}
}

func TestWhatIsWrongBesideTheExpressionIsSaid(t *testing.T) {
	for want, change := range map[string]func(*ExprConfig){
		"name: it is missing":                    func(c *ExprConfig) { c.Name = "" },
		"other characters":                       func(c *ExprConfig) { c.Name = "Night Owl" },
		"more than 32":                           func(c *ExprConfig) { c.Name = strings.Repeat("n", 33) },
		"summary: it has a control character":    func(c *ExprConfig) { c.Summary = "a\x1b[31mb" },
		"summary: it has 201 characters":         func(c *ExprConfig) { c.Summary = strings.Repeat("é", 201) },
		`every: "soon" is not a duration`:        func(c *ExprConfig) { c.Every = "soon" },
		"every: 10ms is not between 50ms and 1m": func(c *ExprConfig) { c.Every = "10ms" },
	} {
		c := night()
		change(&c)
		if _, err := Compile(c); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
	made, problems := CompileAll([]ExprConfig{night(), {Name: "broken", Recapture: "("}})
	if len(made) != 1 || len(problems) != 1 {
		t.Errorf("%d made, problems %v", len(made), problems)
	}
}

func TestAnExpressionThatFailsIsSaidAndLosesNoPane(t *testing.T) {
	c := night()
	c.Recapture = "len(1..int(pane.age)) > 3"
	s, err := Compile(c)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Unix(1_800_000_000, 0)
	in := engine.PlanInput{Now: now, Panes: panes(7, now)}
	in.Panes[3].CapturedAt = now.Add(-time.Hour)
	if got := planned(s.Plan(in)); got != "%3 %4 %5 %6" {
		t.Errorf("planned %s", got)
	}
	h := s.(engine.Fallible).Health()
	if h.Status != engine.StrategyFailing || !strings.Contains(h.Reason, "memory budget exceeded") || !strings.Contains(h.Reason, "pane %3") {
		t.Errorf("health %+v", h)
	}
	in.Panes[3].CapturedAt = now
	s.Plan(in)
	if h := s.(engine.Fallible).Health(); h.Status != engine.StrategyOK {
		t.Errorf("health afterwards %+v", h)
	}
}

func FuzzCompileAndPlanNeverPanic(f *testing.F) {
	for _, seed := range []string{night().Recapture, "1..1000000", "pane.id matches pane.state", "let x = 1; x in [1,2]", "pane?.age ?? 1", "'a' ** 2"} {
		f.Add(seed)
	}
	now := time.Unix(1_800_000_000, 0)
	in := engine.PlanInput{Now: now, Panes: panes(4, now)}
	f.Fuzz(func(t *testing.T, source string) {
		c := night()
		c.Recapture = source
		if s, err := Compile(c); err == nil {
			s.Plan(in)
		} else if err.Error() == "" {
			t.Error("an error without words")
		}
	})
}

// BenchmarkExpression is one plan of 200 panes.
func BenchmarkExpression(b *testing.B) {
	for name, source := range map[string]string{
		"simple": "pane.dirty", "night": night().Recapture,
		"long": "pane.dirty && (pane.state in ['waiting', 'error', 'limited'] || pane.focused || pane.age > 5 && (hour >= 22 || hour < 6))",
	} {
		b.Run(name, func(b *testing.B) {
			c := night()
			c.Recapture = source
			s, err := Compile(c)
			if err != nil {
				b.Fatal(err)
			}
			now := time.Unix(1_800_000_000, 0)
			in := engine.PlanInput{Now: now, Panes: panes(200, now)}
			b.ReportAllocs()
			for b.Loop() {
				s.Plan(in)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(in.Panes)), "ns/pane")
		})
	}
}
