package notify

import (
	"path"
	"strings"
	"time"

	"agentwatch/engine"
)

// states is a set of engine.Urgency.
type states uint16

func (s states) has(u engine.Urgency) bool { return s&(1<<u) != 0 }

func stateWords() []string {
	var words []string
	for u := engine.UrgencyWaiting; u <= engine.UrgencyExited; u++ {
		words = append(words, u.String())
	}
	return words
}

func stateOf(word string) (engine.Urgency, bool) {
	for u := engine.UrgencyWaiting; u <= engine.UrgencyExited; u++ {
		if u.String() == word {
			return u, true
		}
	}
	return 0, false
}

// statesOf takes valid words.
func statesOf(words []string) states {
	var set states
	for _, word := range words {
		if u, ok := stateOf(word); ok {
			set |= 1 << u
		}
	}
	return set
}

// patterns match a name when one of them does.
type patterns []string

func (p patterns) match(name string) bool {
	for _, pattern := range p {
		// A slash is a character like others in the name of a session.
		if ok, err := path.Match(unslashed(pattern), unslashed(name)); err == nil && ok {
			return true
		}
	}
	return false
}

func unslashed(s string) string { return strings.ReplaceAll(s, "/", "\x00") }

// matchOrEmpty is match, where no pattern matches everything.
func (p patterns) matchOrEmpty(name string) bool { return len(p) == 0 || p.match(name) }

// rule is one Rule, ready for use.
type rule struct {
	to, from                          states
	kinds, sessions, windows, servers patterns
	after, cooldown                   time.Duration
	channels                          []string
	escalateAfter                     time.Duration
	escalateTo                        []string
	budget                            Budget
}

// compileRule takes a valid rule.
func compileRule(c Config, r Rule) rule {
	compiled := rule{
		to: statesOf(r.To), from: statesOf(r.From),
		kinds: r.Kinds, sessions: r.Sessions, windows: r.Windows, servers: r.Servers,
		after: time.Duration(c.After), cooldown: time.Duration(c.Cooldown), channels: r.Channels, budget: r.Budget,
	}
	if r.After != nil {
		compiled.after = time.Duration(*r.After)
	}
	if r.Cooldown != nil {
		compiled.cooldown = time.Duration(*r.Cooldown)
	}
	if r.Escalate != nil {
		compiled.escalateAfter, compiled.escalateTo = time.Duration(r.Escalate.After), r.Escalate.Channels
	}
	return compiled
}

func (r rule) matches(a engine.Agent, from, to engine.Urgency) bool {
	return r.to.has(to) && (r.from == 0 || r.from.has(from)) && r.concerns(a)
}

// concerns tells whether the rule is about an agent, whatever it does.
func (r rule) concerns(a engine.Agent) bool {
	return r.kinds.matchOrEmpty(string(a.Kind)) &&
		r.sessions.matchOrEmpty(a.Session) && r.windows.matchOrEmpty(a.Window) && r.servers.matchOrEmpty(a.Server)
}
