package notify

import (
	"strings"
	"testing"
	"time"

	"agentwatch/engine"
)

func TestABudgetIsToldOnceADayAndNotOfWhatWasUsedBefore(t *testing.T) {
	c := Defaults()
	c.Rules = []Rule{
		{Budget: Budget{Tokens: 1000}, Channels: []string{"bell"}},
		{Budget: Budget{Cost: 5}, Kinds: []string{"codex"}, Channels: []string{"bell"}},
	}
	c.Quiet = []Quiet{{Start: "22:00", End: "23:00"}}
	d, err := NewDecider(c)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 11, 29, 12, 0, 0, 0, time.Local)
	told := func(session string, tokens int64, cost float64) string {
		a := agentIn(session, engine.UrgencyWorking)
		a.Tokens = &engine.Tokens{Day: now.Format(time.DateOnly), Currency: "EUR"}
		a.Tokens.Today.Input, a.Tokens.Today.Cost = tokens, cost
		d.Spent([]engine.Agent{a}, now)
		var all []string
		decisions, _ := d.Overspent(now)
		for _, one := range decisions {
			all = append(all, one.Channel+": "+one.Message.Title())
		}
		return strings.Join(all, "\n")
	}
	for _, step := range []struct {
		tokens int64
		want   string
	}{{900, ""}, {1000, ""}, {1100, "bell: a (claude) has used 1 100 tokens today, more than 1 000"}, {1200, ""}} {
		if got := told("a", step.tokens, 9); got != step.want {
			t.Errorf("%d: got %q, want %q", step.tokens, got, step.want)
		}
	}
	if got := told("b", 5000, 0); got != "" {
		t.Errorf("what was used before it was seen: %q", got)
	}
	told("b", 10, 0)
	now = time.Date(2026, 11, 30, 22, 30, 0, 0, time.Local)
	if got := told("b", 5000, 0); got != "" {
		t.Errorf("in quiet hours: %q", got)
	}
	_, next := d.Overspent(now)
	now = next
	if got := told("b", 5000, 0); !strings.Contains(got, "5 000 tokens") || next.Hour() != 23 {
		t.Errorf("after quiet hours, %s: %q", next, got)
	}
}

func TestABudgetOfMoneyIsTold(t *testing.T) {
	tokens := &engine.Tokens{Day: "2026-11-29", Currency: "EUR"}
	tokens.Today.Cost = 5.5
	if got := (Budget{Cost: 5}).exceeded(tokens, "2026-11-29"); got != "has used 5.50 EUR today, more than 5.00 EUR" {
		t.Errorf("%q", got)
	}
	if got := (Budget{Cost: 5}).exceeded(tokens, "2026-11-30"); got != "" {
		t.Errorf("of another day: %q", got)
	}
}

func TestABudgetIsNoRuleAboutStates(t *testing.T) {
	for _, r := range []Rule{
		{Budget: Budget{Tokens: 1}, To: []string{"waiting"}, Channels: []string{"bell"}},
		{Budget: Budget{Tokens: -1}, Channels: []string{"bell"}},
		{Channels: []string{"bell"}},
	} {
		c := Defaults()
		c.Rules = []Rule{r}
		if len(c.Validate()) == 0 {
			t.Errorf("%+v is taken", r)
		}
	}
}
