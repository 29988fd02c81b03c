package cli

import (
	"context"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"agentwatch/engine"
	"agentwatch/engine/api"
	"agentwatch/internal/config"
	"agentwatch/internal/tokens"
)

// tokensConfig is the section [tokens].
type tokensConfig struct {
	Currency string         `toml:"currency"`
	Prices   []tokens.Price `toml:"prices"`
}

// engine is the section as the engine takes it.
func (c tokensConfig) engine() engine.Prices {
	return engine.Prices{Models: c.Prices, Currency: c.Currency}
}

// tokensSection says what tokens cost.
func tokensSection() *config.Section[tokensConfig] {
	return config.NewSection("tokens", config.Spec[tokensConfig]{
		About: "What the tokens cost that agents use, as their session files tell (docs/tokens.md). No price is built in: they change, and plans have none. " +
			"Budgets are rules of [notify].",
		Defaults: func() tokensConfig { return tokensConfig{Currency: "$"} },
		Settings: []config.Setting{
			{Key: "currency", Meaning: "What money is called: a sign, which comes before the amount, or letters, which come after it."},
			{
				Key: "prices", Meaning: "The prices of models; the first that fits counts. Amounts are for a million tokens.",
				Example: "[[tokens.prices]]\nmodel = \"my-model-*\"\ninput = 1.0\ncache_read = 0.1\ncache_write = 1.25\noutput = 5.0",
			},
			{Key: "prices.model", Meaning: "The model as its program names it; * is any text."},
			{Key: "prices.input", Meaning: "What is sent and in no cache."},
			{Key: "prices.cache_read", Meaning: "What is found in the provider's cache."},
			{Key: "prices.cache_write", Meaning: "What is put there."},
			{Key: "prices.output", Meaning: "What the model writes, what it thinks included."},
		},
		Check: func(c tokensConfig) []config.Fault {
			var faults []config.Fault
			add := func(i int, key, what, suggestion string) {
				faults = append(faults, config.Fault{Key: fmt.Sprintf("prices.%d.%s", i, key), What: what, Suggestion: suggestion})
			}
			for i, p := range c.Prices {
				if _, err := path.Match(p.Model, ""); err != nil || p.Model == "" {
					add(i, "model", fmt.Sprintf("%q is no name of models", p.Model), `write the model's name, or a pattern such as "my-model-*"`)
				}
				for key, amount := range map[string]float64{"input": p.Input, "cache_read": p.CacheRead, "cache_write": p.CacheWrite, "output": p.Output} {
					if !(amount >= 0 && amount <= 1e9) {
						add(i, key, fmt.Sprintf("%v is no price", amount), "write what a million tokens cost")
					}
				}
			}
			slices.SortFunc(faults, func(a, b config.Fault) int { return strings.Compare(a.Key, b.Key) })
			return faults
		},
	})
}

// tokenReport reads what all sessions of the user's home, and of those in which agents
// run, have used.
type tokenReport struct {
	process Process
	// agents are those that run.
	agents func() []engine.Agent
}

// nobody are the agents where none are watched.
func nobody() []engine.Agent { return nil }

// Tokens implements daemon.Spending.
func (r tokenReport) Tokens(ctx context.Context, from, to time.Time, location *time.Location, take func(api.TokenLine) error) error {
	file := loadQuietly(r.process)
	c := newConfiguration(r.process)
	if !c.Watch.In(file).SessionFiles {
		return take(api.TokenLine{Problem: "[watch] session_files = false: the files that agents keep are left alone"})
	}
	settings := c.Tokens.In(file)
	homes := []tokens.Home{tokens.HomeOf(r.process.Getenv)}
	for _, a := range r.agents() {
		if h := tokens.HomeOfProcess(a.PID); tokens.Knows(string(a.Kind)) && h != (tokens.Home{}) && !slices.Contains(homes, h) {
			homes = append(homes, h)
		}
	}
	var failed error
	err := tokens.Report(ctx, homes, from, to, location, func(row tokens.Row) error {
		line := api.TokenRow{TokenRow: row, Currency: settings.Currency}
		line.Cost, line.Priced = row.Cost(settings.Prices)
		return take(api.TokenLine{Row: &line})
	}, func(problem string) {
		if failed == nil {
			failed = take(api.TokenLine{Problem: problem})
		}
	})
	if err != nil {
		return err
	}
	return failed
}
