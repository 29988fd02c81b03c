package health

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

func TestWhatAnAgentSaysItselfIsWeighedWithItsAge(t *testing.T) {
	now := time.Unix(1_800_000_000, 0)
	ago := func(d time.Duration) time.Time { return now.Add(-d) }
	say := func(word string, d time.Duration) string { return fmt.Sprintf("%s %d a note", word, ago(d).Unix()) }
	for _, c := range []struct {
		name, text       string
		printed, started time.Time
		state            State
		counts           bool
	}{
		{"just now", say("idle", time.Second), ago(time.Second), ago(time.Hour), StateIdle, true},
		{"long ago, and quiet since", say("idle", time.Hour), ago(time.Hour), ago(2 * time.Hour), StateIdle, true},
		{"a late or lost hook: it has gone on", say("idle", time.Minute), ago(time.Second), time.Time{}, StateIdle, false},
		{"the end was lost", say("working", time.Hour), ago(30 * time.Minute), time.Time{}, StateWorking, false},
		{"a long turn that prints", say("working", time.Hour), ago(time.Second), time.Time{}, StateWorking, true},
		{"left behind by a process before", say("working", time.Minute), ago(time.Second), ago(30 * time.Second), StateWorking, false},
		{"a clock that is ahead", say("idle", -time.Hour), time.Time{}, time.Time{}, StateIdle, false},
	} {
		got := ReadSaid(c.text, now, c.printed, c.started)
		if got == nil || got.State != c.state || (got.Doubt == "") != c.counts || got.Note != "a note" {
			t.Errorf("%s: %+v", c.name, got)
		}
	}
	for _, text := range []string{"", "idle", "idle soon", "sleeping 1800000000", "crashed 1800000000", strings.Repeat("idle 1 ", 100)} {
		if got := ReadSaid(text, now, now, now); got != nil {
			t.Errorf("%q: %+v", text, got)
		}
	}
}

func TestAnAgentsOwnWordDecidesOnlyWhereTheScreenLeavesADoubt(t *testing.T) {
	const (
		asks  = "● Bash(./run.sh)\n\n Bash command\n\n   ./run.sh\n\n Do you want to proceed?\n ❯ 1. Yes\n   2. No\n\n Esc to cancel · Tab to amend"
		works = "✽ Noodling… (12s · ↓ 21 tokens)\n\n────────────\n❯ \n────────────\n  ⏸ manual mode on"
		done  = "● Done.\n\n✻ Worked for 3s · done 7:13 AM\n\n────────────\n❯ \n────────────\n  ⏸ manual mode on"
		blank = "something that no rule knows\n"
	)
	for _, c := range []struct {
		name, screen string
		said         Said
		want         State
		source       Source
		heard        bool
	}{
		{"a lie beside a dialog", asks, Said{State: StateIdle}, StateWaiting, SourceScreen, true},
		{"a lie beside a turn", works, Said{State: StateIdle}, StateWorking, SourceScreen, true},
		{"the end of a turn that was lost", done, Said{State: StateWorking}, StateIdle, SourceScreen, true},
		{"a screen that tells nothing", blank, Said{State: StateWorking}, StateWorking, SourceSaid, false},
		{"that asks, as far as it says", blank, Said{State: StateWaiting}, StateWaiting, SourceSaid, false},
		{"with a doubt", blank, Said{State: StateWorking, Doubt: "it is old"}, StateUnknown, SourceNone, true},
		{"both say the same", works, Said{State: StateWorking}, StateWorking, SourceScreen, false},
	} {
		v := NewDetector().Detect(Observation{Kind: KindClaude, Screen: c.screen, Said: &c.said})
		heard := strings.Contains(strings.Join(v.Evidence.Against, "\n"), "says so itself")
		if c.want == StateUnknown {
			c.source = v.Evidence.Source
			if v.State == StateWorking {
				t.Errorf("%s: %+v", c.name, v)
			}
			continue
		}
		if v.State != c.want || v.Evidence.Source != c.source || heard != c.heard {
			t.Errorf("%s: %s by %s (%s), against %v", c.name, v.State, v.Evidence.Source, v.Evidence.Rule, v.Evidence.Against)
		}
	}
}
