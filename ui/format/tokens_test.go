package format

import (
	"testing"
	"time"

	"agentwatch/engine"
)

func TestTokensAndMoneyAreShort(t *testing.T) {
	now := time.Date(2026, 11, 29, 20, 0, 0, 0, time.Local)
	used := engine.TokenTotals{}
	used.Input, used.CacheRead, used.Output = 5700, 40, 135
	tokens := &engine.Tokens{Day: "2026-11-29", Today: used, Context: 1942, Window: 258400, Currency: "$"}
	priced := *tokens
	priced.Today.Cost, priced.Today.Unpriced = 0.07, 100
	yesterday := *tokens
	yesterday.Day = "2026-11-28"
	whole := *tokens
	whole.Window = 0
	for got, want := range map[string]string{
		Spent(tokens, now): "5.9k today", Spent(&priced, now): "$0.07 today", Spent(&yesterday, now): "", Spent(nil, now): "",
		Used(tokens.Today, "$"): "5.9k tokens (5.7k in, 40 cached, 135 out)",
		Used(priced.Today, "$"): "5.9k tokens (5.7k in, 40 cached, 135 out), $0.07 and 100 without a price",
		ContextLeft(tokens):     "99.2 % left, 1.9k of 258k used", ContextLeft(&whole): "1.9k tokens", ContextLeft(nil): "",
		PlanLimit(engine.TokenLimit{Used: 9.5, Window: 5 * time.Hour, Resets: now.Add(time.Hour)}, now):          "9.5 % of 5h used, anew at 21:00",
		PlanLimit(engine.TokenLimit{Used: 18, Window: 7 * 24 * time.Hour, Resets: now.Add(48 * time.Hour)}, now): "18 % of 7d used, anew Tue 20:00",
		PlanLimit(engine.TokenLimit{Used: 18}, now):                                                              "18 % used",
		Money(0.001, "EUR"): "<0.01 EUR", Money(1234.5, "EUR"): "1234 EUR", Money(12.4, ""): "12.40",
	} {
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
