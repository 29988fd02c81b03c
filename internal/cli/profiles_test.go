package cli

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestAPackIsSealedCheckedScoredAndInstalledFromTheCommandLine(t *testing.T) {
	home, folder := t.TempDir(), t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(folder, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	write("packed.toml", "kind = 'packed'\nseen = '1.2'\ncommon = true\n\n[command]\nprograms = ['packed']\n\n[layout]\nprompts = '>'\nruled = true\nitems = '●'\nusers = '>'\n")
	run := func(code int, args ...string) string {
		t.Helper()
		var stdout, stderr bytes.Buffer
		got := Main(Process{
			Args: args, Stdin: strings.NewReader(""), Stdout: &stdout, Stderr: &stderr,
			Getenv: func(name string) string { return map[string]string{"XDG_CONFIG_HOME": home}[name] },
		})
		out, complaints := stdout.String(), stderr.String()
		if got != code {
			t.Errorf("%v: exit code %d, want %d: %s%s", args, got, code, out, complaints)
		}
		return out + complaints
	}
	screen := "● Done.\n\n" + strings.Repeat("─", 40) + "\n> \n" + strings.Repeat("─", 40)
	sample := func(kind string) string {
		line, err := json.Marshal(map[string]any{
			"id": "x", "kind": kind, "state": "idle", "screen": screen, "width": 40, "height": 6, "processes": []string{"7 6 S+ 0.0 packed | packed"},
		})
		if err != nil {
			t.Fatal(err)
		}
		return string(line) + "\n"
	}
	right := filepath.Join(t.TempDir(), "right.jsonl")
	wrong := filepath.Join(t.TempDir(), "wrong.jsonl")
	for path, text := range map[string]string{right: sample("packed"), wrong: strings.Replace(sample("none"), "idle", "none", 1)} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}

	run(exitError, "profiles", "check", folder)
	run(exitOK, "profiles", "seal", folder, "--name", "mine", "--version", "1.0")
	if out := run(exitOK, "profiles", "check", folder); !strings.Contains(out, "mine 1.0, 1 profile") || !strings.Contains(out, "not scored") {
		t.Error(out)
	}
	out := run(exitOK, "profiles", "check", folder, "--screens", right)
	if !strings.Contains(out, "without the pack    0.0 % of 1 screens right") || !strings.Contains(out, "with the pack     100.0 %") {
		t.Error(out)
	}
	if out := run(exitError, "profiles", "install", folder, "--screens", wrong); !strings.Contains(out, "with the pack less is right") {
		t.Error(out)
	}
	if out := run(exitOK, "profiles"); !strings.Contains(out, "no pack is installed") {
		t.Error(out)
	}
	run(exitOK, "profiles", "install", folder, "--screens", right)
	if out := run(exitOK, "profiles"); !strings.Contains(out, "mine 1.0, 1 profile") {
		t.Error(out)
	}
	if out := run(exitOK, "eval", right); !strings.Contains(out, "100") {
		t.Error(out)
	}
	write("packed.toml", "kind = 'packed'\n")
	if out := run(exitError, "profiles", "check", folder); !strings.Contains(out, "checksum") {
		t.Error(out)
	}
	run(exitOK, "profiles", "remove", "mine")
	run(exitError, "profiles", "remove", "mine")
	run(exitUsage, "profiles", "check")
}
