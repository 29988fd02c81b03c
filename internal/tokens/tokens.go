// Package tokens reads what coding agents have used from the files that they keep of
// their sessions: claude, codex and gemini write JSON lines, opencode an SQLite
// database. It only reads, in bounded time and memory, and of a file that grows only
// what is new. What a file does not tell is not guessed: a format that is not known is
// said to be so.
package tokens

import (
	"cmp"
	"math"
	"path"
	"reflect"
	"slices"
	"time"

	"agentwatch/internal/steps"
)

// Count are tokens, by how they are billed.
type Count struct {
	// Input are those that were sent and not found in a cache.
	Input int64 `json:"input"`
	// CacheRead and CacheWrite are those found in the provider's cache, and put there.
	CacheRead  int64 `json:"cache_read,omitempty"`
	CacheWrite int64 `json:"cache_write,omitempty"`
	// Output are those that the model wrote, what it thought included.
	Output int64 `json:"output"`
}

// Plus returns the sums of both.
func (c Count) Plus(d Count) Count {
	return Count{plus(c.Input, d.Input), plus(c.CacheRead, d.CacheRead), plus(c.CacheWrite, d.CacheWrite), plus(c.Output, d.Output)}
}

// Total is the sum of all sorts.
func (c Count) Total() int64 { return plus(plus(c.Input, c.CacheRead), plus(c.CacheWrite, c.Output)) }

// plus adds numbers that are not negative; what is too large stays the largest.
func plus(a, b int64) int64 {
	if a > math.MaxInt64-b {
		return math.MaxInt64
	}
	return a + b
}

// cleaned is the count without negative numbers, which no program writes.
func (c Count) cleaned() Count {
	return Count{max(c.Input, 0), max(c.CacheRead, 0), max(c.CacheWrite, 0), max(c.Output, 0)}
}

// Limit is a limit of the user's plan as the program has noted it.
type Limit struct {
	// Name is the program's word for it.
	Name string `json:"name"`
	// Used is the share that is used, in per cent.
	Used float64 `json:"used_percent"`
	// Window is the time that it is counted over, Resets when it begins anew; zero when
	// the program does not say.
	Window time.Duration `json:"window_ns,omitempty"`
	Resets time.Time     `json:"resets,omitzero"`
}

// Price says what a model's tokens cost: an amount of money for a million of each sort.
type Price struct {
	// Model is the model's name, or a pattern such as "claude-opus-*".
	Model      string  `toml:"model" json:"model"`
	Input      float64 `toml:"input" json:"input"`
	CacheRead  float64 `toml:"cache_read" json:"cache_read"`
	CacheWrite float64 `toml:"cache_write" json:"cache_write"`
	Output     float64 `toml:"output" json:"output"`
}

// Prices are the user's own table: none are built in, since they change, and plans
// have none. The first that fits a model's name counts.
type Prices []Price

// Of returns what a model's tokens cost; ok is false when the table does not have it.
func (p Prices) Of(model string, c Count) (cost float64, ok bool) {
	for _, price := range p {
		if fits, err := path.Match(price.Model, model); err == nil && fits && model != "" {
			sum := float64(c.Input)*price.Input + float64(c.CacheRead)*price.CacheRead +
				float64(c.CacheWrite)*price.CacheWrite + float64(c.Output)*price.Output
			return sum / 1e6, true
		}
	}
	return 0, false
}

// Use is what one model has used in one session on one day.
type Use struct {
	// Day is as 2006-01-02 in the reader's time zone.
	Day   string `json:"day"`
	Model string `json:"model,omitempty"`
	Count
	// Recorded is the money that the program itself has noted; zero when it notes none.
	Recorded float64 `json:"recorded_cost,omitempty"`
}

// Cost is the money that the use has cost: by the table where that has the model, else
// as the program has noted it; ok is false when neither tells.
func (u Use) Cost(prices Prices) (cost float64, ok bool) {
	if cost, ok = prices.Of(u.Model, u.Count); ok {
		return cost, true
	}
	return u.Recorded, u.Recorded > 0
}

// Session is what one session's file tells.
type Session struct {
	ID string `json:"id"`
	// Folder is where it was started, Version the program's; empty when not told.
	Folder  string `json:"folder,omitempty"`
	Version string `json:"version,omitempty"`
	// Uses are by day and model.
	Uses []Use `json:"uses,omitempty"`
	// Untold are answers whose tokens the file does not tell in a way that is known.
	Untold int `json:"untold,omitempty"`
	// Problem says why the file could not be read; empty when it could.
	Problem string `json:"problem,omitempty"`

	// context are the tokens of the last request, window how many the model takes.
	context, window int64
	limits          []Limit
	prompt          string
	started, last   time.Time
	// steps are followed as they are read, repeating is what they said at last.
	steps     steps.Log
	repeating *steps.Repetition
	// had are the steps that were noted, where they are written several times.
	had map[string]bool
}

// Totals are what is used and what that costs, as far as is known.
type Totals struct {
	Count
	// Cost is money in the currency of the configuration; Unpriced are the tokens
	// of which no price is known.
	Cost     float64 `json:"cost,omitempty"`
	Unpriced int64   `json:"unpriced,omitempty"`
}

// Add adds a use.
func (t *Totals) Add(u Use, prices Prices) {
	t.Count = t.Count.Plus(u.Count)
	if cost, ok := u.Cost(prices); ok {
		t.Cost += cost
	} else {
		t.Unpriced = plus(t.Unpriced, u.Total())
	}
}

// State is what an agent's session files tell of it.
type State struct {
	// Day is the day that Today is about, as 2006-01-02.
	Day     string `json:"day"`
	Today   Totals `json:"today"`
	Session Totals `json:"session"`
	// Context are the tokens of the last request, Window how many the model takes; zero
	// when the program does not tell.
	Context int64 `json:"context,omitempty"`
	Window  int64 `json:"window,omitempty"`
	// Limits are the plan's.
	Limits []Limit `json:"limits,omitempty"`
	// Prompt is what the user has asked for last, its first line. Untrusted.
	Prompt  string `json:"prompt,omitempty"`
	Model   string `json:"model,omitempty"`
	Version string `json:"version,omitempty"`
	// Repeating is what the agent does again and again; nil when nothing is.
	Repeating *steps.Repetition `json:"-"`
	// Currency is the configuration's word for money.
	Currency string `json:"currency,omitempty"`
	// Untold are answers whose tokens are not known. Problem says why nothing is known,
	// or not all.
	Untold  int    `json:"untold,omitempty"`
	Problem string `json:"problem,omitempty"`
}

// Equal tells whether two states are the same.
func (s *State) Equal(o *State) bool { return reflect.DeepEqual(s, o) }

// DayOf is a moment's day in a time zone.
func DayOf(at time.Time, location *time.Location) string {
	return at.In(location).Format(time.DateOnly)
}

// byDay orders uses by day, then by model.
func byDay(uses []Use) {
	slices.SortFunc(uses, func(a, b Use) int { return cmp.Or(cmp.Compare(a.Day, b.Day), cmp.Compare(a.Model, b.Model)) })
}
