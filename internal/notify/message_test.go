package notify

import (
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"agentwatch/engine"
	"agentwatch/health"
)

// messageOf is a message about agents in these states.
func messageOf(states ...engine.Urgency) Message {
	m := Message{At: noon()}
	for i, u := range states {
		a := agentIn(string(rune('a'+i)), u)
		m.Items = append(m.Items, Item{Agent: a, From: engine.UrgencyWorking, State: u, Since: noon().Add(-12 * time.Minute)})
	}
	return m
}

func TestMessagesSayWhoNeedsWhat(t *testing.T) {
	asked := messageOf(engine.UrgencyWaiting)
	asked.Items[0].Agent.Window, asked.Items[0].Agent.Activity = "fix-auth", "run ./run_tests.sh?"
	wordless := messageOf(engine.UrgencyWaiting)
	wordless.Items[0].Agent.Wait = health.WaitPermission
	dialog := messageOf(engine.UrgencyWaiting)
	dialog.Items[0].Agent.Dialog = &health.Dialog{Question: "Apply this plan?"}
	late := messageOf(engine.UrgencyLimited)
	late.Items[0].Level = LevelEscalation
	done := messageOf(engine.UrgencyDone, engine.UrgencyDone)
	many := messageOf(0, 0, 0, 0, 0, 0, 0, 0)
	for want, m := range map[string]Message{
		"fix-auth (claude) waits for you: run ./run_tests.sh?": asked,
		"a (claude) waits for you: permission":                 wordless,
		"a (claude) waits for you: Apply this plan?":           dialog,
		"a (claude) has been limited for 12m":                  late,
		"2 agents are done: a, b":                              done,
		"2 agents need you: a, b":                              messageOf(engine.UrgencyLimited, engine.UrgencyDone),
		"2 agents have changed: a, b":                          messageOf(engine.UrgencyDone, engine.UrgencyWorking),
		"8 agents need you: a, b, c, d, e, f and 2 more":       many,
		"agentwatch: this is a test: messages arrive here":     {At: noon()},
	} {
		if got := m.Text(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestAgesAreShort(t *testing.T) {
	for d, want := range map[time.Duration]string{
		-time.Second: "0s", 59 * time.Second: "59s", 12*time.Minute + 3*time.Second: "12m", 2*time.Hour + 5*time.Minute: "2h5m",
	} {
		if got := age(d); got != want {
			t.Errorf("%s is written %q, want %q", d, got, want)
		}
	}
}

// FuzzUntrustedTextBecomesOneHarmlessLine feeds what an agent may show.
func FuzzUntrustedTextBecomesOneHarmlessLine(f *testing.F) {
	for _, seed := range []string{
		"plain", "\x1b]0;title\a", "\x1b[31mred", "a\nb\tc", "\x9b31m", "evil\u202etxt", "zero\u200bwidth", "\xff\xfe",
		"\x1bPtmux;\x1b\x1b]52;c;AAAA\a\x1b\\", strings.Repeat("wide 漢字 ", 100), "\u2028", "   ", "x\x00y",
	} {
		f.Add(seed, 10)
	}
	f.Fuzz(func(t *testing.T, text string, limit int) {
		limit = min(max(limit, 1), 1000)
		got := plain(text, limit)
		if !utf8.ValidString(got) || utf8.RuneCountInString(got) > limit {
			t.Fatalf("%q became %q, with a limit of %d", text, got, limit)
		}
		for _, r := range got {
			if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == '\u2028' || r == '\u2029' {
				t.Fatalf("%q became %q, with %U in it", text, got, r)
			}
		}
		if strings.TrimSpace(got) != got || strings.Contains(got, "  ") {
			t.Fatalf("%q became %q: spaces to spare", text, got)
		}
	})
}

func TestTextsAreCutVisibly(t *testing.T) {
	for limit, want := range map[int]string{20: "one two three", 13: "one two three", 12: "one two thr…", 8: "one two…", 1: "…"} {
		if got := plain("one  two\nthree", limit); got != want {
			t.Errorf("with %d characters %q, want %q", limit, got, want)
		}
	}
}
