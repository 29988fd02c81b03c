package cli

import (
	"testing"

	"agentwatch/engine"
	"agentwatch/engine/api"
	"agentwatch/themes"
	"agentwatch/ui/style"
)

func TestTheStatusLineNamesWhoNeedsYouAndIsShortOtherwise(t *testing.T) {
	glyphs := style.New(style.Options{Theme: themes.Default(true)}).Glyphs
	for _, c := range []struct {
		counts        map[engine.Urgency]int
		plain, styled string
	}{
		{nil, "", ""},
		{map[engine.Urgency]int{engine.UrgencyWorking: 14}, "● 14", "● 14"},
		{map[engine.Urgency]int{engine.UrgencyWorking: 1, engine.UrgencyStarting: 1, engine.UrgencyIdle: 3}, "● 2", "● 2"},
		{map[engine.Urgency]int{engine.UrgencyIdle: 3, engine.UrgencyExited: 1}, "○ 3", "○ 3"},
		{map[engine.Urgency]int{engine.UrgencyExited: 2}, "· 2", "· 2"},
		{
			map[engine.Urgency]int{
				engine.UrgencyWaiting: 3, engine.UrgencyCrashed: 1, engine.UrgencyLimited: 1, engine.UrgencyWorking: 14, engine.UrgencyIdle: 2,
			},
			"▲3 ✖1 ◆1 ●14", "#[fg=yellow]▲3#[default] #[fg=red]✖1#[default] #[fg=magenta]◆1#[default] ●14",
		},
		{map[engine.Urgency]int{engine.UrgencyDone: 2}, "✓2", "#[fg=green]✓2#[default]"},
	} {
		s := api.Status{Counts: c.counts}
		for _, n := range c.counts {
			s.Agents += n
		}
		if got := statusLine(s, glyphs, false); got != c.plain {
			t.Errorf("%v: %q, want %q", c.counts, got, c.plain)
		}
		if got := statusLine(s, glyphs, true); got != c.styled {
			t.Errorf("%v: %q, want %q", c.counts, got, c.styled)
		}
	}
}
