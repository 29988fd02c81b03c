package health

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestAProcessLineIsRead(t *testing.T) {
	for line, want := range map[string]Process{
		"1554 1508 Sl+ 7.9 claude | claude --permission-mode default": {
			PID: 1554, PPID: 1508, Comm: "claude", Foreground: true,
			Args: []string{"claude", "--permission-mode", "default"},
		},
		"822 8667 Ss 0.0 bash | bash --norc": {
			PID: 822, PPID: 8667, Comm: "bash", Args: []string{"bash", "--norc"},
		},
		"12885 9431 Zs 0.0 git | [git] <defunct>":  {PID: 12885, PPID: 9431, Comm: "git"},
		"  7     1 R+   12.5 tmux: server | a | b": {PID: 7, PPID: 1, Comm: "tmux: server", Foreground: true, Args: []string{"a", "|", "b"}},
		"7 0 S 0.0 kthreadd |":                     {PID: 7, Comm: "kthreadd"},
	} {
		got, err := ParseProcessLine(line)
		if err != nil {
			t.Errorf("%q: %v", line, err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%q (-want +got):\n%s", line, diff)
		}
	}
}

func TestABadProcessLineIsAnError(t *testing.T) {
	for _, line := range []string{
		"", " ", "1", "1 2 S 0.0", "x 2 S 0.0 a | b", "0 2 S 0.0 a | b", "-4 2 S 0.0 a | b",
		"1 -2 S 0.0 a | b", "1 2 S cpu a | b", "1 2 S 0.0 claude", "1 2 S 0.0  | b", "1 2 S 0.0 a|b",
		"99999999999999999999 2 S 0.0 a | b",
	} {
		got, err := ParseProcessLine(line)
		if !errors.Is(err, ErrProcessFormat) || !cmp.Equal(got, Process{}) {
			t.Errorf("%q reads as %+v, %v", line, got, err)
		}
	}
}

func TestAProcessLineReadsBackWhatItWasMadeFrom(t *testing.T) {
	word := rapid.StringMatching(`[!-{}~é]{1,12}`)
	rapid.Check(t, func(t *rapid.T) {
		want := Process{
			PID:        rapid.IntRange(1, 1<<22).Draw(t, "pid"),
			PPID:       rapid.IntRange(0, 1<<22).Draw(t, "ppid"),
			Comm:       strings.Join(rapid.SliceOfN(word, 1, 3).Draw(t, "comm"), " "),
			Args:       rapid.SliceOfN(word, 1, 6).Draw(t, "args"),
			Foreground: rapid.Bool().Draw(t, "foreground"),
		}
		stat := rapid.SampledFrom([]string{"S", "Ssl", "R", "T<"}).Draw(t, "stat")
		if want.Foreground {
			stat += "+"
		}
		line := fmt.Sprintf("%d %d %s 0.3 %s | %s", want.PID, want.PPID, stat, want.Comm, strings.Join(want.Args, " "))
		got, err := ParseProcessLine(line)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("%q (-want +got):\n%s", line, diff)
		}
	})
}

func FuzzParseProcessLine(f *testing.F) {
	f.Add("1554 1508 Sl+ 7.9 claude | claude --permission-mode default")
	f.Add("12885 9431 Zs 0.0 git | [git] <defunct>")
	f.Add("8736 8723 Sl+ 9.1 MainThread | node /srv/wk/bin/gemini")
	f.Add("7 0 S 0.0 a | b | c")
	f.Fuzz(func(t *testing.T, line string) {
		p, err := ParseProcessLine(line)
		if err != nil {
			if !errors.Is(err, ErrProcessFormat) || !cmp.Equal(p, Process{}) {
				t.Fatalf("%q gives %+v with error %v", line, p, err)
			}
			return
		}
		if p.PID <= 0 || p.PPID < 0 || p.Comm == "" || !strings.Contains(line, p.Comm) {
			t.Fatalf("%q gives %+v", line, p)
		}
		if p.Args != nil && !strings.HasSuffix(strings.TrimSpace(line), strings.Join(p.Args, " ")) {
			t.Fatalf("%q gives arguments %q", line, p.Args)
		}
	})
}

func TestACommandLineIsSplitAtItsNULs(t *testing.T) {
	for raw, want := range map[string][]string{
		"":                                nil,
		"\x00\x00":                        nil,
		"claude\x00":                      {"claude"},
		"sh\x00-c\x00\x00x y\x00":         {"sh", "-c", "", "x y"},
		"a title over it\x00\x00\x00":     {"a title over it"},
		"cut short\x00in the mid":         {"cut short", "in the mid"},
		"\x00first argument is empty\x00": {"", "first argument is empty"},
	} {
		if diff := cmp.Diff(want, splitArgs(raw)); diff != "" {
			t.Errorf("%q (-want +got):\n%s", raw, diff)
		}
	}
}

func TestArgumentsOfMacOSEndBeforeTheEnvironment(t *testing.T) {
	const raw = "/usr/local/bin/node\x00\x00\x00\x00node\x00\x00/opt/claude/cli.js\x00HOME=/Users/me\x00"
	for count, want := range map[int][]string{
		-1: nil, 0: nil, 1: {"node"}, 3: {"node", "", "/opt/claude/cli.js"},
		1 << 30: {"node", "", "/opt/claude/cli.js", "HOME=/Users/me"},
	} {
		if diff := cmp.Diff(want, parseProcArgs(raw, count)); diff != "" {
			t.Errorf("%d arguments (-want +got):\n%s", count, diff)
		}
	}
	if got := parseProcArgs("no end", 1); got != nil {
		t.Errorf("an answer without a program's end gives %q", got)
	}
	if got := parseProcArgs("x\x00"+strings.Repeat("a\x00", 1<<20), 1<<20); len(got) > maxCommandLine {
		t.Errorf("%d arguments from a hostile command line", len(got))
	}
}
