package e2e

import (
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"agentwatch/internal/tmuxtest"
)

func TestTwoDashboardsShareOneEngineProcessThatIsReplacedWhenItIsKilledAndGoneAfterThem(t *testing.T) {
	t.Parallel()
	u := newUser(t)
	screens, s := corpus(t), newStage(t)
	server := tmuxtest.New(t)
	s.play(server, "api", screens["claude-code/waiting-bash-40x24-1"])
	first := openDashboard(u, 120, 40, server)
	first.shows("agents 1", "1 needs you")
	second := openDashboard(u, 100, 30, server)
	second.shows("agents 1", "1 needs you")
	// Each follows what it shows, and both see what changes.
	s.play(server, "web", screens["codex/working-tool-120x40-1"])
	first.shows("agents 2", "codex")
	second.shows("agents 2", "codex")
	before, ok := u.engine()
	if !ok {
		t.Fatal("no engine process answers")
	}

	if err := syscall.Kill(before.PID, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	killed := time.Now()
	// What they show stays on their screens all the time.
	second.await("another engine process", func(screen string) bool {
		if !strings.Contains(screen, "agents 2") || strings.Contains(screen, "no agent") {
			t.Fatalf("%s after the engine process was killed, a dashboard shows:\n%s", time.Since(killed), screen)
		}
		after, ok := u.engine()
		return ok && after.ID != before.ID
	})
	s.play(server, "docs", screens["claude-code/idle-declined-80x24-1"])
	first.shows("agents 3")
	second.shows("agents 3")

	first.quit()
	if out, err := u.command("status", "--json", "-S", server.SocketPath()).Output(); err != nil || !strings.Contains(string(out), `"source":"instance"`) {
		t.Errorf("nobody serves while a dashboard is open: %s, %v", out, err)
	}
	second.quit()
	tmuxtest.Eventually(t, patience, "the engine process to be gone", func() bool {
		_, ok := u.engine()
		return !ok
	})
}

func TestServeStaysWithoutADashboardAndTakesTheEngineProcessOver(t *testing.T) {
	t.Parallel()
	u := newUser(t)
	screens, s := corpus(t), newStage(t)
	server := tmuxtest.New(t)
	s.play(server, "api", screens["claude-code/waiting-bash-40x24-1"])
	d := openDashboard(u, 120, 40, server)
	d.shows("agents 1")
	transient, ok := u.engine()
	if !ok || transient.Held {
		t.Fatalf("%+v, %t", transient, ok)
	}
	serve := u.command("serve")
	if err := serve.Start(); err != nil {
		t.Fatal(err)
	}
	tmuxtest.Eventually(t, patience, "serve to take over", func() bool {
		e, ok := u.engine()
		return ok && e.Held && e.PID == serve.Process.Pid
	})
	s.play(server, "web", screens["codex/working-tool-120x40-1"])
	d.shows("agents 2")
	d.quit()
	if out, err := u.command("serve").CombinedOutput(); err == nil || !strings.Contains(string(out), "another agentwatch serve is running") {
		t.Errorf("%s, %v", out, err)
	}
	if err := serve.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	_ = serve.Wait()
	if _, ok := u.engine(); ok {
		t.Error("it still answers")
	}
}

func TestADashboardEndsTheEngineProcessThatWasLeftWithOtherSettingsButNoneThatIsInUse(t *testing.T) {
	t.Parallel()
	u := newUser(t)
	screens, s := corpus(t), newStage(t)
	server := tmuxtest.New(t)
	s.play(server, "api", screens["claude-code/waiting-bash-40x24-1"])
	open := func(flags ...string) (d *dashboard, id string) {
		t.Helper()
		d = openIn(u, 120, 40, append(flags, "-S", server.SocketPath())...)
		d.shows("agents 1")
		e, ok := u.engine()
		if !ok {
			t.Fatal("no engine process answers")
		}
		return d, e.ID
	}
	first, before := open()
	second, shared := open("--strategy", "pipelined")
	if shared != before {
		t.Error("an engine process that is in use was replaced")
	}
	second.shows("--strategy=pipelined has no effect")
	second.quit()
	first.quit()
	third, flagged := open("--strategy", "pipelined")
	third.shows("pipelined")
	if flagged == before {
		t.Error("the engine process that was left goes on with other flags")
	}
	third.quit()
	s.write(filepath.Join(u.configFolder(), "config.toml"), "[watch]\ngeneric = false\n", 0o600)
	fourth, changed := open("--strategy", "pipelined")
	if changed == flagged {
		t.Error("the engine process that was left goes on with an older configuration")
	}
	fourth.quit()
}
