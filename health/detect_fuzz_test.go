package health

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func FuzzDetect(f *testing.F) {
	for _, c := range readCaptures(f) {
		f.Add(c.Screen, c.Title, c.CurrentCommand, c.Width)
	}
	f.Add("", "", "", 0)
	f.Add("\xff\xfe\x00\x1b[", "\x1b]0;", "claude", -1)
	f.Add(strings.Repeat("❯", 10_000), "⠋", "codex", 10_000)
	f.Add(strings.Repeat("─", 20)+"\n❯ \n"+strings.Repeat("─", 20), "✳", "2.1.330", 1)
	f.Add("┃  △ Permission required\n┃   Allow once   Reject", "", "opencode", 40)
	f.Add("x\n   ⏵⏵  Press Enter to open, any other key to close", "", "cline", 40)
	f.Add("? Shell ls\nAllow execution of…\n› 1. Yes\n  2. No (esc)", "", "qwen", 40)
	f.Add("[a] A [b] B\n❯ 1. x\n(esc)\n\x1b]8;;http://x", "", "node", 3)
	d := NewDetector()
	f.Fuzz(func(t *testing.T, text, title, command string, width int) {
		for _, kind := range []Kind{KindNone, KindClaude, KindCodex, "opencode", "cline", "qwen"} {
			v := d.Detect(Observation{Kind: kind, Screen: text, Title: title, CurrentCommand: command, Width: width})
			if kind != KindNone && v.Kind != kind {
				t.Errorf("%q became %q", kind, v.Kind)
			}
			if v.Confidence < 0 || v.Confidence >= 1 {
				t.Errorf("confidence %v", v.Confidence)
			}
			if v.State != StateUnknown && v.Evidence.Rule == "" {
				t.Errorf("%s without a rule", v.State)
			}
			texts := []string{v.Activity, v.Evidence.Text}
			if d := v.Dialog; d != nil {
				texts = append(append(texts, d.Question, d.Footer), d.Body...)
				if d.From < 1 || d.From > d.To {
					t.Errorf("a dialog from %d to %d", d.From, d.To)
				}
				for _, o := range d.Options {
					texts = append(texts, o.Label)
					if o.Line < 1 || o.Line > d.To {
						t.Errorf("an option in row %d of a dialog up to %d", o.Line, d.To)
					}
				}
			}
			for _, shown := range texts {
				if !utf8.ValidString(shown) || strings.ContainsAny(shown, "\x1b\n\x00\x7f\u009b") {
					t.Errorf("unsafe text %q", shown)
				}
			}
		}
	})
}

func FuzzClean(f *testing.F) {
	for _, seed := range []string{"", "a\tb", "\x1b[31mred\x1b[0m", "\x1b]0;title\x07x", "\x1b[", "\u00a0\u200b", "\xff"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		out := clean(text)
		if again := clean(out); again != out {
			t.Errorf("cleaning %q twice gives %q, then %q", text, out, again)
		}
		if strings.Count(out, "\n") > strings.Count(text, "\n") {
			t.Errorf("cleaning %q adds rows: %q", text, out)
		}
	})
}
