package health

import (
	"fmt"
	"regexp"
	"strings"
)

// FactName says what a fact is about.
type FactName uint8

// The facts that a screen can tell.
const (
	// FactModel: the model's name.
	FactModel FactName = iota
	// FactContext: how much of the context is left or used, as written.
	FactContext
	// FactTokens: tokens of the turn or the session, as written.
	FactTokens
	// FactCost: money spent, as written.
	FactCost
	// FactReset: when a limit ends, as written.
	FactReset
	// FactElapsed: how long the turn has run, as written.
	FactElapsed
	// FactMode: the mode of permission, as written.
	FactMode
	// FactPrompt: what the user has asked for last, its first line.
	FactPrompt

	// unknownFact is a fact of a newer build.
	unknownFact
)

func factWords() [unknownFact]string {
	return [...]string{
		FactModel: "model", FactContext: "context", FactTokens: "tokens", FactCost: "cost", FactReset: "reset",
		FactElapsed: "elapsed", FactMode: "mode", FactPrompt: "prompt",
	}
}

// String returns the fact's word.
func (n FactName) String() string {
	words := factWords()
	if int(n) < len(words) {
		return words[n]
	}
	return fmt.Sprintf("fact(%d)", uint8(n))
}

// MarshalText writes the fact's word.
func (n FactName) MarshalText() ([]byte, error) { return []byte(n.String()), nil }

// UnmarshalText reads a fact's word.
func (n *FactName) UnmarshalText(text []byte) error {
	words := factWords()
	for i, word := range words {
		if word == string(text) {
			*n = FactName(i)
			return nil
		}
	}
	return fmt.Errorf("no fact is called %q; there are %s", text, strings.Join(words[:], ", "))
}

// Fact is one thing that an agent tells beside its state.
type Fact struct {
	Name FactName `json:"name"`
	// Value is as the program writes it.
	Value string `json:"value,omitempty"`
	// Source is where it was found, Line the row of the screen from 1; 0 when it
	// is not on the screen.
	Source Source `json:"source"`
	Line   int    `json:"line,omitempty"`
}

// factRule finds a fact by a regular expression (RE2: linear in the text) with
// one group, in the rows of a region.
type factRule struct {
	Fact    FactName `toml:"fact"`
	Region  region   `toml:"region"`
	Rows    int      `toml:"rows"`
	Pattern string   `toml:"pattern"`
	// Needs is a phrase that must be in the row: cheaper than the expression.
	Needs string `toml:"needs"`
	// Under is what the row above must begin with; empty for anything.
	Under string `toml:"under"`

	compiled *regexp.Regexp
}

func (p *profile) compileFacts(fail func(at, format string, args ...any) error) error {
	for i := range p.Facts {
		rule := &p.Facts[i]
		if rule.Needs == "" {
			return fail(rule.Pattern, "the fact %s has no needs: a phrase that is in its row", rule.Fact)
		}
		rule.Needs = strings.ToLower(rule.Needs)
		compiled, err := regexp.Compile(rule.Pattern)
		if err != nil {
			return fail(rule.Pattern, "the pattern of the fact %s: %v", rule.Fact, err)
		}
		if compiled.NumSubexp() != 1 {
			return fail(rule.Pattern, "the pattern of the fact %s needs one group in parentheses, it has %d", rule.Fact, compiled.NumSubexp())
		}
		rule.compiled = compiled
	}
	return nil
}

// facts returns what the screen tells beside the state, each fact once.
func (l look) facts() []Fact {
	var found []Fact
	for i := range l.p.Facts {
		rule := &l.p.Facts[i]
		if f, ok := l.findFact(rule); ok && !hasFact(found, rule.Fact) {
			found = append(found, f)
		}
	}
	if l.o.Session != nil {
		for _, f := range l.o.Session.Facts {
			if !hasFact(found, f.Name) {
				found = append(found, f)
			}
		}
	}
	return found
}

func hasFact(facts []Fact, name FactName) bool {
	for _, f := range facts {
		if f.Name == name {
			return true
		}
	}
	return false
}

func (l look) findFact(rule *factRule) (Fact, bool) {
	in := l.region(rule.Region)
	rows := rule.Rows
	if rows <= 0 {
		rows = defaultMarkerRows
	}
	for i := in.to - 1; i >= in.from && rows > 0; i-- {
		r := l.s.rows[i]
		if r.blank() {
			continue
		}
		rows--
		if !containsFold(r.text, rule.Needs) || rule.Under != "" && (i == 0 || !strings.HasPrefix(l.s.rows[i-1].text, rule.Under)) {
			continue
		}
		if match := rule.compiled.FindStringSubmatch(r.text); match != nil && match[1] != "" {
			return Fact{Name: rule.Fact, Value: shorten(match[1]), Source: SourceScreen, Line: l.s.line(i)}, true
		}
	}
	return Fact{}, false
}

// resetPhrase returns the part of a limit's announcement that says when it ends.
func resetPhrase(text string) string {
	for _, opening := range [...]string{"resets ", "try again ", "available again ", "retry after ", "wait "} {
		if i := indexFold(text, opening); i >= 0 {
			phrase := text[i:]
			if opening == "wait " && !containsDigit(phrase) {
				continue
			}
			for _, end := range [...]string{" · ", " ∙ ", ". ", " or ", " / "} {
				phrase, _, _ = strings.Cut(phrase, end)
			}
			return shorten(strings.TrimRight(phrase, ". "))
		}
	}
	return ""
}
