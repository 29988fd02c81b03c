package redact

import (
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"
	"pgregory.net/rapid"
)

func TestWhatNobodyElseShouldReadIsMaskedAndTheRestStays(t *testing.T) {
	r := New("ada", "lovelace-box")
	for _, c := range []struct{ text, want string }{
		{"export KEY=sk-ant-api03-Zk39fLq0_2xY", "export KEY=xx-xxx-xxx00-Xx00xXx0_0xX"},
		{"token: hunter2hunter", "token: xxxxxx0xxxxxx"},
		{`"password": "correct-horse"`, `"password": "xxxxxxx-xxxxx"`},
		{"Authorization: Bearer abcdefgh", "Authorization: Bearer xxxxxxxx"},
		{"ghp_16C7e42F292c6912E7710c838347Ae178B4a", "xxx_00X0x00X000x0000X0000x000000Xx000X0x"},
		{"session 11603bd8-627c-4a5c-a631-d09885ea607d", "session 00000xx0-000x-0x0x-x000-x00000xx000x"},
		{"open /home/ada/src/api/main.go:12 now", "open /xxxx/xxx/xxx/xxx/xxxx.xx:12 now"},
		{"cd ~/clients/acme && ls", "cd ~/xxxxxxx/xxxx && ls"},
		{"Edit src/server/handler.go", "Edit xxx/xxxxxx/xxxxxxx.xx"},
		{"ada@lovelace-box:~$", "xxx@xxxxxxxx-xxx:~$"},
		{"mail ada.l@example.org today", "mail xxx.x@xxxxxxx.xxx today"},
		{"see https://git.example.org/a/b?c=1", "see https://xxx.xxxxxxx.xxx/x/x?x=0"},
		{"at 10.1.22.3", "at 00.0.00.0"},
		{"Ada wrote it", "Xxx wrote it"},
		{"│ key sk-proj-abcdefghijk1 │", "│ key xx-xxxx-xxxxxxxxxxx0 │"},
		{"/home/ada/a/very/long\n  path/name.txt is here", "/xxxx/xxx/x/xxxx/xxxx\n  xxxx/xxxx.xxx is here"},
		{"/home/\x1b[1mada\x1b[0m/secret", "/xxxx/\x1b[1mxxx\x1b[0m/xxxxxx"},
		{"~/项目/代码", "~/口口/口口"},
	} {
		masked := Masked{}
		if got := r.Text(c.text, masked); got != c.want {
			t.Errorf("%q became %q, want %q", c.text, got, c.want)
		} else if len(masked) == 0 {
			t.Errorf("%q: nothing was counted", c.text)
		}
	}
	for _, kept := range []string{
		"✢ Puzzling… (3m 3s · ↓ 1.2k tokens · esc to interrupt)", "❯ 1. Yes, and don’t ask again", "Retrying (2/3) in 5 s", "/help for commands",
		"  gpt-5-codex default · 100% left", "? for shortcuts", "Worked for 26s • 07:13", "API Error: 529 overloaded_error", "shift+tab to cycle",
		"Do you want to proceed? [y/N]", "claude --permission-mode default", "Claude Code v2.1.330", "adaptation and/or canada",
	} {
		if got := r.Text(kept, Masked{}); got != kept {
			t.Errorf("%q became %q", kept, got)
		}
	}
}

func TestAnArgumentKeepsWhatNamesTheProgram(t *testing.T) {
	r := New("ada")
	for argument, want := range map[string]string{
		"/home/ada/.npm/lib/node_modules/@anthropic-ai/claude-code/cli.js": "/xxxx/xxx/.xxx/xxx/node_modules/@anthropic-ai/claude-code/cli.js",
		"/home/ada/bin/codex":       "/xxxx/xxx/xxx/codex",
		"--dangerously-skip":        "--dangerously-skip",
		"--key=abc":                 "--key=xxx",
		"aider":                     "aider",
		"Fix the login of our bank": "Xxx xxx xxxxx xx xxx xxxx",
	} {
		if got := r.Argument(argument, Masked{}); got != want {
			t.Errorf("%q became %q, want %q", argument, got, want)
		}
	}
}

func TestMaskingKeepsRowsAndWidths(t *testing.T) {
	r := New("ada")
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringOf(rapid.SampledFrom([]rune("ab/~.@:=- 1\n│é语\x1b[m;sk"))).Draw(t, "text")
		got := r.Text(text, Masked{})
		before, after := strings.Split(text, "\n"), strings.Split(got, "\n")
		if len(before) != len(after) {
			t.Fatalf("%q has %d rows, %q %d", text, len(before), got, len(after))
		}
		for i := range before {
			if ansi.StringWidth(before[i]) != ansi.StringWidth(after[i]) {
				t.Fatalf("%q is as wide as %q", before[i], after[i])
			}
		}
		if again := r.Text(got, Masked{}); strings.Count(again, "\n") != len(before)-1 {
			t.Fatalf("%q", again)
		}
	})
}
