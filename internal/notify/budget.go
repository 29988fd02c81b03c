package notify

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"agentwatch/engine"
	"agentwatch/health"
)

// Budget is what an agent may use in a day, as its session files tell. Both may be set:
// then the first that is exceeded counts.
type Budget struct {
	// Tokens are those of all sorts, Cost is money by the user's own prices.
	Tokens int64   `toml:"tokens"`
	Cost   float64 `toml:"cost"`
}

// exceeded says in words that an agent has used more than the budget today; empty when
// it has not, or when that is not known.
func (b Budget) exceeded(t *engine.Tokens, day string) string {
	switch {
	case t == nil || t.Day != day:
		return ""
	case b.Cost > 0 && t.Today.Cost > b.Cost:
		return "has used " + money(t.Today.Cost, t.Currency) + " today, more than " + money(b.Cost, t.Currency)
	case b.Tokens > 0 && t.Today.Total() > b.Tokens:
		return fmt.Sprintf("has used %s tokens today, more than %s", thousands(t.Today.Total()), thousands(b.Tokens))
	}
	return ""
}

func money(amount float64, currency string) string {
	return strings.TrimSpace(strconv.FormatFloat(amount, 'f', 2, 64) + " " + currency)
}

// thousands is a number with its thousands apart.
func thousands(n int64) string {
	digits, out := strconv.FormatInt(n, 10), ""
	for len(digits) > 3 {
		digits, out = digits[:len(digits)-3], " "+digits[len(digits)-3:]+out
	}
	return digits + out
}

// spender is one agent on one day, under one rule.
type spender struct {
	rule         int
	ref          health.PaneRef
	panePID, pid int
	day          string
}

// met is one agent that has been seen with its tokens.
type met struct {
	ref          health.PaneRef
	panePID, pid int
}

// overspent is what is to be told over one channel.
type overspent struct {
	channel string
	item    Item
}

// Spent notes what agents have used. Each that exceeds a budget is told once a day and
// rule. What an agent had used before it was first seen is not told: that is no change.
func (d *Decider) Spent(agents []engine.Agent, now time.Time) {
	day := now.Format(time.DateOnly)
	for key := range d.over {
		if key.day != day {
			delete(d.over, key)
		}
	}
	seen := make(map[met]bool, len(agents))
	for _, a := range agents {
		who := met{a.Ref, a.PanePID, a.PID}
		if seen[who] = a.Tokens != nil || d.met[who]; a.Tokens == nil {
			continue
		}
		for i, r := range d.rules {
			words := r.budget.exceeded(a.Tokens, day)
			key := spender{i, a.Ref, a.PanePID, a.PID, day}
			if words == "" || d.over[key] || !r.concerns(a) {
				continue
			}
			d.over[key] = true
			if !d.met[who] || !d.enabled || d.muted(a) {
				continue
			}
			for _, channel := range r.channels {
				d.overspent = append(d.overspent, overspent{channel, Item{Agent: a, From: a.Urgency(), State: a.Urgency(), Since: a.Since, Over: words}})
			}
		}
	}
	d.met = seen
}

// Overspent returns what is to be told now of budgets, and when there is more to be told
// that quiet hours hold back; zero for never.
func (d *Decider) Overspent(now time.Time) (decisions []Decision, next time.Time) {
	var later []overspent
	for _, o := range d.overspent {
		if clear := d.quiet.clear(now, o.item.State, o.channel); clear.After(now) {
			if later = append(later, o); next.IsZero() || clear.Before(next) {
				next = clear
			}
			continue
		}
		i := slices.IndexFunc(decisions, func(d Decision) bool { return d.Channel == o.channel })
		if i < 0 {
			i = len(decisions)
			decisions = append(decisions, Decision{Channel: o.channel, Message: Message{At: now}})
		}
		decisions[i].Message.Items = append(decisions[i].Message.Items, o.item)
	}
	d.overspent = later
	return decisions, next
}

// budgets tells whether a rule has one.
func (d *Decider) budgets() bool {
	return slices.ContainsFunc(d.rules, func(r rule) bool { return r.budget != Budget{} })
}
