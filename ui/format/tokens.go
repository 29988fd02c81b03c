package format

import (
	"strconv"
	"strings"
	"time"
	"unicode"

	"agentwatch/engine"
)

// Money writes an amount: $1.20, 12.40 EUR. Below ten it has cents, from a thousand on
// none; what is less than a cent says so.
func Money(amount float64, currency string) string {
	digits := 2
	text := ""
	switch {
	case amount > 0 && amount < 0.005:
		text = "<0.01"
	case amount >= 1000:
		digits = 0
		fallthrough
	default:
		text = strconv.FormatFloat(amount, 'f', digits, 64)
	}
	if currency == "" {
		return text
	}
	if strings.ContainsFunc(currency, unicode.IsLetter) {
		return text + " " + currency
	}
	return currency + text
}

// today tells whether what is known of today's tokens is of the day of now.
func today(t *engine.Tokens, now time.Time) bool {
	return t != nil && t.Day == now.Format(time.DateOnly) && t.Today.Total() > 0
}

// Spent writes in few characters what an agent has used today: "5.8k today", "$1.20
// today" where its price is known; empty when it has used nothing or that is not known.
// What is in it is not sanitised.
func Spent(t *engine.Tokens, now time.Time) string {
	switch {
	case !today(t, now):
		return ""
	case t.Today.Cost > 0:
		return Money(t.Today.Cost, t.Currency) + " today"
	default:
		return Short(uint64(t.Today.Total())) + " today"
	}
}

// Used writes what has been used in words: "5.8k tokens (5.7k in, 40 cached, 135 out),
// $0.07".
func Used(t engine.TokenTotals, currency string) string {
	parts := Short(uint64(t.Input)) + " in"
	if t.CacheRead > 0 {
		parts += ", " + Short(uint64(t.CacheRead)) + " cached"
	}
	if t.CacheWrite > 0 {
		parts += ", " + Short(uint64(t.CacheWrite)) + " to cache"
	}
	text := Short(uint64(t.Total())) + " tokens (" + parts + ", " + Short(uint64(t.Output)) + " out)"
	if t.Cost > 0 {
		text += ", " + Money(t.Cost, currency)
		if t.Unpriced > 0 {
			text += " and " + Short(uint64(t.Unpriced)) + " without a price"
		}
	}
	return text
}

// ContextLeft writes how much of the context is left, as far as the files tell:
// "99 % left, 1.9k of 258k used"; "1.9k tokens" where they do not tell how much there
// is; empty for nothing.
func ContextLeft(t *engine.Tokens) string {
	switch {
	case t == nil || t.Context <= 0:
		return ""
	case t.Window <= 0:
		return Short(uint64(t.Context)) + " tokens"
	}
	left := max(1-float64(t.Context)/float64(t.Window), 0)
	return Percent(left) + " left, " + Short(uint64(t.Context)) + " of " + Short(uint64(t.Window)) + " used"
}

// PlanLimit writes a limit of the plan: "9.5 % of 5h used, anew at 21:40".
func PlanLimit(l engine.TokenLimit, now time.Time) string {
	text := strconv.FormatFloat(l.Used, 'f', -1, 64) + " %"
	if l.Window > 0 {
		text += " of " + Age(l.Window)
	}
	text += " used"
	switch resets := l.Resets.Local(); {
	case l.Resets.IsZero():
	case resets.Sub(now) > 20*time.Hour:
		text += ", anew " + resets.Format("Mon 15:04")
	default:
		text += ", anew at " + resets.Format("15:04")
	}
	return text
}
