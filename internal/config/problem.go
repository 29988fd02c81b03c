package config

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Problem is one thing that is wrong in a configuration file. It is an error.
type Problem struct {
	// File is the path of the file; Line and Column count from 1 and are 0 when
	// the problem is the file as a whole.
	File         string
	Line, Column int
	// Key is the full name of the setting, such as "watch.interval"; empty when
	// the problem is none of a setting's.
	Key string
	// What says what is wrong.
	What string
	// Suggestion says what to write instead; empty when there is no telling.
	Suggestion string
}

// Error returns "file:line:column: key: what; suggestion".
func (p Problem) Error() string {
	var b strings.Builder
	b.WriteString(p.Place())
	b.WriteString(": ")
	if p.Key != "" {
		b.WriteString(p.Key + ": ")
	}
	b.WriteString(p.What)
	if p.Suggestion != "" {
		b.WriteString("; " + p.Suggestion)
	}
	return b.String()
}

// Place returns "file:line:column", as far as they are known.
func (p Problem) Place() string {
	if p.Line == 0 {
		return p.File
	}
	return fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Column)
}

// Errors returns problems as errors.
func Errors(problems []Problem) []error {
	list := make([]error, 0, len(problems))
	for _, p := range problems {
		list = append(list, p)
	}
	return list
}

// sortProblems puts problems in the order of the file.
func sortProblems(problems []Problem) {
	slices.SortStableFunc(problems, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
}
