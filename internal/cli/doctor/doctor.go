// Package doctor looks at everything that agentwatch depends on, says what is
// wrong, and how to mend it. It only looks: nothing is changed, neither in tmux
// nor on disk.
package doctor

import (
	"context"
	"fmt"

	"agentwatch/tmuxpool"
)

// Verdict grades a finding.
type Verdict uint8

// The verdicts.
const (
	// OK: all is as it should be.
	OK Verdict = iota
	// Warn: agentwatch works, but something less well than it could.
	Warn
	// Fail: something does not work.
	Fail
)

// String returns the verdict's word.
func (v Verdict) String() string {
	words := [...]string{"ok", "warn", "fail"}
	if int(v) < len(words) {
		return words[v]
	}
	return fmt.Sprintf("verdict(%d)", uint8(v))
}

// MarshalText writes the verdict's word.
func (v Verdict) MarshalText() ([]byte, error) { return []byte(v.String()), nil }

// Finding is what one check found.
type Finding struct {
	// Check is what was looked at, in a word or two.
	Check string `json:"check"`
	// Verdict says how good it is.
	Verdict Verdict `json:"verdict"`
	// Found says what is the case.
	Found string `json:"found"`
	// Mend says how to better it; empty when there is nothing to do.
	Mend string `json:"mend,omitempty"`
}

// Surroundings are what checks look at.
type Surroundings struct {
	// Getenv reads the environment.
	Getenv func(string) string
	// UID is the user that agentwatch runs as.
	UID int
	// Discover says which servers are meant.
	Discover tmuxpool.DiscoverOptions
	// Clients says which servers get control clients.
	Clients tmuxpool.Clients
	// Size tells the terminal's size in cells; ok is false when standard output
	// is not a terminal.
	Size func() (width, height int, ok bool)
}

// Check looks at one thing. It may find several.
type Check func(context.Context, Surroundings) []Finding

// Standard returns the checks of tmux, the terminal, folders and the kernel, in
// the order in which they are shown.
func Standard() []Check {
	return []Check{
		checkProgram, checkSocketFolder, checkServers, checkInside, checkTerminal, checkColours, checkLocale,
		checkSize, checkFolders, checkProcesses, checkHearing,
	}
}

// Run makes the checks one after another. A check that is cut short by the end
// of ctx says so in its findings.
func Run(ctx context.Context, s Surroundings, checks ...Check) []Finding {
	var all []Finding
	for _, check := range checks {
		all = append(all, check(ctx, s)...)
	}
	return all
}

// Problems returns a check of things that have been found out already: each is a
// warning. None of them is said to be all well.
func Problems(check, well, mend string, problems []error) Check {
	return func(context.Context, Surroundings) []Finding {
		if len(problems) == 0 {
			return []Finding{{check, OK, well, ""}}
		}
		var all []Finding
		for _, problem := range problems {
			all = append(all, Finding{check, Warn, problem.Error(), mend})
		}
		return all
	}
}
