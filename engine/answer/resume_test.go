package answer

import (
	"errors"
	"testing"

	"agentwatch/health"
	"agentwatch/tmuxpool/typing"
)

func TestOnlyAnAgentThatHasEndedIsBroughtBackByTheCommandThatWasShown(t *testing.T) {
	for _, c := range []struct {
		seen Seen
		want string
	}{
		{Seen{Kind: health.KindClaude, State: health.StateCrashed, Resume: "claude --continue"}, "claude --continue"},
		{Seen{Kind: health.KindClaude, State: health.StateExited, Resume: "claude --continue"}, "claude --continue"},
		{Seen{Kind: health.KindClaude, State: health.StateIdle, Resume: "claude --continue"}, ""},
		{Seen{Kind: "amp", State: health.StateCrashed}, ""},
	} {
		p, err := PlanFor(Request{Action: ActionResume, Seen: c.seen}, health.AnswerRules{})
		if p.Text != c.want || (err == nil) != (c.want != "") || err != nil && !errors.Is(err, ErrCannot) {
			t.Errorf("%+v: %+v, %v", c.seen, p, err)
		}
	}
}

func TestACommandIsThereWhenNothingElseStandsBehindThePrompt(t *testing.T) {
	const command = "claude --continue"
	for _, c := range []struct {
		name          string
		before, after []string
		x, y, toY     int
		want          bool
	}{
		{"typed", []string{"dev@box:~/wk$"}, []string{"dev@box:~/wk$ claude --continue"}, 14, 0, 0, true},
		{"half of it", []string{"dev@box:~/wk$"}, []string{"dev@box:~/wk$ claude --con"}, 14, 0, 0, false},
		{"behind something else", []string{"dev@box:~/wk$"}, []string{"dev@box:~/wk$ sudo claude --continue"}, 14, 0, 0, false},
		{"wrapped", []string{"a", "dev@box:~/wk$"}, []string{"a", "dev@box:~/wk$ clau", "de --continue"}, 14, 1, 2, true},
		{"wrapped, scrolled", []string{"a", "dev@box:~/wk$"}, []string{"dev@box:~/wk$ clau", "de --continue"}, 14, 1, 1, true},
		{"the right edge stays", []string{"~/wk $            12:30"}, []string{"~/wk $ claude --continue   12:30"}, 7, 0, 0, true},
		{"on the edge of a dead frame", []string{"dev@box:~/wk$ ────────────────────"}, []string{"dev@box:~/wk$ claude --continue───"}, 14, 0, 0, true},
		{"wide characters before it", []string{"🚀 ~/wk $"}, []string{"🚀 ~/wk $ claude --continue"}, 10, 0, 0, true},
		{"nothing", []string{"dev@box:~/wk$"}, []string{"dev@box:~/wk$"}, 14, 0, 0, false},
		{"the prompt is gone", []string{"dev@box:~/wk$"}, []string{"claude --continue"}, 14, 0, 0, false},
	} {
		before := typing.Look{Rows: c.before, CursorX: c.x, CursorY: c.y, Width: 18, Height: 5}
		now := typing.Look{Rows: c.after, CursorY: c.toY, Width: 18, Height: 5}
		if got := commandThere(before, now, command); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
	}
}
