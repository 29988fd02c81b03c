package cli

import (
	"slices"
	"strings"
	"testing"
	"time"

	"agentwatch/engine/api"
)

func TestWhoSharesAnEngineProcessIsToldWhatIsNotAsAskedFor(t *testing.T) {
	now := time.Now()
	own := ownBuild(Process{})
	for _, c := range []struct {
		name   string
		own    watchOptions
		flags  []string
		engine api.Engine
		want   []string
	}{
		{name: "all as usual", engine: api.Engine{Build: own, Started: now, History: true}},
		{name: "it is read-only", engine: api.Engine{Build: own, Started: now, History: true, ReadOnly: true}, want: []string{"is read-only"}},
		{name: "both are read-only", own: watchOptions{readOnly: true}, engine: api.Engine{Build: own, Started: now, History: true, ReadOnly: true}},
		{name: "it records nothing", engine: api.Engine{Build: own, Started: now}, want: []string{"records no history"}},
		{name: "neither records", own: watchOptions{noHistory: true}, engine: api.Engine{Build: own, Started: now, Flags: []string{"--no-history"}}},
		{
			name: "flags that do not count", flags: []string{"strategy"}, own: watchOptions{strategy: "pipelined"},
			engine: api.Engine{Build: own, Started: now.Add(-time.Minute), History: true}, want: []string{"--strategy=pipelined has no effect"},
		},
		{
			name: "it has the same flags", flags: []string{"strategy"}, own: watchOptions{strategy: "pipelined"},
			engine: api.Engine{Build: own, Started: now.Add(-time.Minute), History: true, Flags: []string{"--strategy=pipelined"}},
		},
		{
			name: "an older build", engine: api.Engine{Build: api.Build{Version: "v0", Installed: own.Installed.Add(-time.Hour)}, Started: now, History: true},
			want: []string{"engine process is of an older build (v0"},
		},
		{
			name: "a newer build", engine: api.Engine{Build: api.Build{Version: "v9", Installed: own.Installed.Add(time.Hour)}, Started: now, History: true},
			want: []string{"This dashboard is of an older build"},
		},
	} {
		c.own.given = func(flag string) bool { return slices.Contains(c.flags, flag) }
		got := greeter{Process{}, c.own}.greet(t.Context(), nil, c.engine)
		fits := len(got) == len(c.want)
		for i := range min(len(got), len(c.want)) {
			fits = fits && strings.Contains(got[i].Text, c.want[i])
		}
		if !fits {
			t.Errorf("%s: %+v instead of %q", c.name, got, c.want)
		}
	}
}
