package cli

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"agentwatch/engine"
	"agentwatch/health"
	"agentwatch/internal/eval"
)

func TestASampleIsShownMaskedAndWrittenOnlyWhenTheUserAgrees(t *testing.T) {
	detector := health.NewDetector()
	o := health.Observation{
		Title: "ada's work", CurrentCommand: "claude", Width: 80, Height: 8,
		Processes: []health.Process{{PID: 7, PPID: 6, Comm: "claude", Args: []string{"/home/ada/bin/claude", "my secret task"}, Foreground: true}},
		Screen: "● Bash(deploy)\n\n Bash command\n\n   curl -H 'Authorization: Bearer abcdef123' https://bank.example/x\n\n Do you want to proceed?\n" +
			" ❯ 1. Yes\n   2. No\n\n Esc to cancel · Tab to amend",
	}
	e := engine.Explained{Explanation: detector.Explain(o), Observation: o}
	for _, c := range []struct {
		name, answer string
		yes          bool
		want         error
		written      bool
	}{
		{"no answer", "", false, errNotKept, false},
		{"no", "n\n", false, errNotKept, false},
		{"yes", "y\n", false, nil, true},
		{"without a question", "", true, nil, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			var out bytes.Buffer
			folder := t.TempDir()
			file := filepath.Join(folder, "sample.jsonl")
			getenv := func(name string) string { return map[string]string{"USER": "ada", "HOME": folder}[name] }
			p := Process{Stdin: strings.NewReader(c.answer), Stdout: &out, Stderr: &out, Getenv: getenv}
			s := sampleOptions{output: file, yes: c.yes}
			if err := s.run(t.Context(), p, e); !errors.Is(err, c.want) {
				t.Fatalf("%v, want %v", err, c.want)
			}
			text, err := os.ReadFile(file)
			if c.written != (err == nil) {
				t.Fatalf("the file: %v", err)
			}
			for _, shown := range []string{out.String(), string(text)} {
				for _, secret := range []string{"abcdef123", "bank.example", "ada", "secret task"} {
					if strings.Contains(shown, secret) {
						t.Errorf("%q is in\n%s", secret, shown)
					}
				}
			}
			if !strings.Contains(out.String(), "Do you want to proceed?") || strings.Contains(out.String(), "judged otherwise") {
				t.Errorf("it showed\n%s", out.String())
			}
			if !c.written {
				return
			}
			if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
				t.Errorf("%v, %v", info.Mode(), err)
			}
			samples, err := readSamples(t.Context(), file, nil)
			if err != nil || len(samples) != 1 {
				t.Fatalf("eval reads %d samples: %v", len(samples), err)
			}
			if score := eval.Run(detector, samples, eval.ModeAll).Total; score.Share() != 1 {
				t.Errorf("the sample is judged %+v", score)
			}
			if err := s.run(t.Context(), p, e); c.yes && !errors.Is(err, fs.ErrExist) {
				t.Errorf("written over: %v", err)
			}
		})
	}
}
