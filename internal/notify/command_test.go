package notify

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"agentwatch/engine"
	"agentwatch/internal/tmuxtest"
)

func contents(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestACommandGetsTheEventOnItsInputAndInItsEnvironment(t *testing.T) {
	dir := t.TempDir()
	p := program{shell: true, argv: []string{`cat > "$1/in"; env | grep ^AW_ | sort > "$1/env"`, dir}}
	m := messageOf(engine.UrgencyWaiting)
	m.Items[0].Agent.Activity = "$(touch /tmp/x); `id`\n\x1b[31m?"
	if err := p.send(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	if in := contents(t, filepath.Join(dir, "in")); !strings.Contains(in, `"state":"waiting"`) || !strings.HasSuffix(in, "}\n") {
		t.Errorf("input %q", in)
	}
	env := contents(t, filepath.Join(dir, "env"))
	for _, want := range []string{"AW_STATE=waiting\n", "AW_COUNT=1\n", "AW_PANE=%a\n", "AW_WHAT=$(touch /tmp/x); `id` ?\n", "AW_LEVEL=notice\n", "AW_TEST=false\n"} {
		if !strings.Contains(env, want) {
			t.Errorf("no %q in %q", want, env)
		}
	}
}

func TestACommandThatHangsIsKilledWithItsChildren(t *testing.T) {
	dir := t.TempDir()
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	p := program{shell: true, argv: []string{`sleep 1000 & echo $! > "$1/child"; wait`, dir}}
	err := p.send(ctx, messageOf(engine.UrgencyWaiting))
	if !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "was killed") {
		t.Fatalf("%v", err)
	}
	child, err := strconv.Atoi(strings.TrimSpace(contents(t, filepath.Join(dir, "child"))))
	if err != nil {
		t.Fatal(err)
	}
	tmuxtest.Eventually(t, time.Minute, "the child to be gone", func() bool {
		stat, err := os.ReadFile("/proc/" + strconv.Itoa(child) + "/stat")
		return syscall.Kill(child, 0) != nil || err == nil && strings.Contains(string(stat), ") Z ")
	})
}

func TestACommandMayLeaveSomethingInTheBackground(t *testing.T) {
	p := program{shell: true, argv: []string{"sleep 3 & exit 0"}}
	began := time.Now()
	if err := p.send(t.Context(), messageOf(engine.UrgencyWaiting)); err != nil {
		t.Errorf("%v", err)
	}
	if took := time.Since(began); took > 2500*time.Millisecond {
		t.Errorf("waited %s for what runs in the background", took)
	}
}

func TestAFailedCommandSaysWhy(t *testing.T) {
	plainFile := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(plainFile, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for want, p := range map[string]program{
		"was not found":                         {argv: []string{"no-such-program-of-agentwatch"}},
		"was not found ":                        {argv: []string{"/no/such/program"}},
		"may not be run":                        {argv: []string{plainFile}},
		"ended with exit status 3: no\u00a0bus": {shell: true, argv: []string{"printf 'no\\033[1m bus\\n' >&2; exit 3"}},
	} {
		want = strings.ReplaceAll(strings.TrimSpace(want), "\u00a0", " ")
		err := p.send(t.Context(), messageOf(engine.UrgencyWaiting))
		var f *failure
		if !errors.As(err, &f) || !strings.Contains(f.what, want) || f.hint == "" {
			t.Errorf("want %q, got %v", want, err)
		}
	}
}

func TestACommandThatSaysMuchIsCutOff(t *testing.T) {
	p := program{shell: true, argv: []string{"yes complaint | head -c 3000000 >&2; exit 1"}}
	if err := p.send(t.Context(), messageOf(engine.UrgencyWaiting)); err == nil || len(err.Error()) > 400 {
		t.Errorf("%v", err)
	}
}

func TestANotificationOfMacOSHasItsTextsAsArguments(t *testing.T) {
	dir := t.TempDir()
	fake := filepath.Join(dir, "osascript")
	if err := os.WriteFile(fake, []byte("#!/bin/sh\nprintf '%s\\n' \"$@\" > "+dir+"/args\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	m := messageOf(engine.UrgencyWaiting)
	m.Items[0].Agent.Activity = `" & do shell script "id`
	if err := (appleScript{program: fake}).send(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(contents(t, filepath.Join(dir, "args"))), "\n")
	if n := len(lines); n != 8 || lines[6] != "a (claude) waits for you" || lines[7] != `" & do shell script "id` {
		t.Errorf("%q", lines)
	}
}
