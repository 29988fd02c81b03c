package cli

import (
	"slices"
	"testing"
)

func TestWhoUsesAnotherEngineIsToldWhatIsNotAsAskedFor(t *testing.T) {
	for _, c := range []struct {
		name  string
		own   watchOptions
		flags []string
		terms []string
		want  string
	}{
		{name: "all as usual"},
		{name: "it is read-only", terms: []string{termReadOnly}, want: "The agentwatch that ran before watches for all: it is read-only. End it, and this one takes over."},
		{name: "both are read-only", own: watchOptions{readOnly: true}, terms: []string{termReadOnly}},
		{name: "neither records", own: watchOptions{noHistory: true}, terms: []string{termNoHistory}},
		{
			name: "flags that do not count", own: watchOptions{noHistory: true}, flags: []string{"strategy", "interval"}, terms: []string{termReadOnly},
			want: "The agentwatch that ran before watches for all: it is read-only, knows nothing of --strategy, --interval, --no-history. End it, and this one takes over.",
		},
	} {
		c.own.given = func(flag string) bool { return slices.Contains(c.flags, flag) }
		got := c.own.guest(c.terms)
		if got == nil && c.want != "" || got != nil && got.Text != c.want {
			t.Errorf("%s: %+v instead of %q", c.name, got, c.want)
		}
	}
}
