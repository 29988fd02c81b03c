package cli

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"agentwatch/internal/notify"
	"agentwatch/internal/tmuxtest"
	"agentwatch/ui"
)

// control attaches a client in control mode, as agentwatch itself does.
func control(t *testing.T, server *tmuxtest.Server) {
	t.Helper()
	cmd := exec.Command("tmux", "-S", server.SocketPath(), "-C", "attach-session", "-t", "=main")
	cmd.Env = tmuxtest.Environ()
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = stdin.Close()
		_ = cmd.Wait()
	})
	tmuxtest.Eventually(t, time.Minute, "the control client to be attached", func() bool {
		return strings.Contains(server.Run("list-clients", "-F", "#{client_control_mode}"), "1")
	})
}

func nothing(string) string { return "" }

func TestMessagesReachTheUsersClientsAndNoControlClient(t *testing.T) {
	server := tmuxtest.New(t)
	output := server.Attach("main")
	control(t, server)
	tmux := newUserTmux(nothing, nil, []string{server.SocketPath()})
	clients, err := tmux.Clients(t.Context())
	if err != nil || len(clients) != 1 {
		t.Fatalf("%v, %v", clients, err)
	}
	c := clients[0]
	if c.Server != server.SocketPath() || c.Pane != "%0" || time.Since(c.ActiveAt) > time.Minute || !strings.HasPrefix(c.Name, "/dev/") {
		t.Errorf("%+v", c)
	}
	for _, text := range []string{"api waits: #(touch /tmp/never) 100%H;", "-l begins like a flag", "kill;"} {
		if err := tmux.Show(t.Context(), c, notify.FormatOf(text), 2*time.Second); err != nil {
			t.Fatal(err)
		}
		tmuxtest.Eventually(t, time.Minute, fmt.Sprintf("%q to be shown", text), func() bool {
			return strings.Contains(output(), text)
		})
	}
}

func TestASequenceIsPassedOnOnlyWhereItArrives(t *testing.T) {
	server := tmuxtest.New(t)
	check := func(want bool, when string) {
		t.Helper()
		got, err := passesOn(t.Context(), server.SocketPath(), "%0")
		if err != nil || (got == notify.ReachThroughTmux) != want {
			t.Errorf("%s: %d, %v", when, got, err)
		}
	}
	server.Run("set-option", "-g", "allow-passthrough", "on")
	check(false, "nobody is attached")
	server.Attach("main")
	check(true, "in sight")
	server.Run("set-option", "-g", "allow-passthrough", "off")
	check(false, "switched off")
	server.Run("set-option", "-g", "allow-passthrough", "on")
	server.NewWindow("main", "other", "cat")
	server.Run("select-window", "-t", "=main:other")
	check(false, "in another window")
}

func TestAMistakeInTheConfigurationIsNamedWithItsPlace(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "agentwatch", "config.toml")
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	p := Process{Getenv: func(name string) string { return map[string]string{"XDG_CONFIG_HOME": dir}[name] }}
	if c := newConfiguration(p).Notify.In(loadQuietly(p)); len(c.Rules) != 1 {
		t.Errorf("without a file the defaults do not hold: %+v", c)
	}
	for text, want := range map[string]string{
		"[notify]\nbatch = \"soon\"": "config.toml:2:",
		"[notify":                    "config.toml:1:",
		"[[notify.rules]]\nto = [\"waitng\"]\nchannels = [\"bell\"]":        `no state is called "waitng"`,
		"[notify.channels.x]\ntype = \"slack\"\n[watch]\nno_clients = true": "a slack needs an address",
	} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		_, problems := configLoader(p).Load()
		if len(problems) != 1 || !strings.Contains(problems[0].Error(), want) || !strings.Contains(problems[0].Error(), path) {
			t.Errorf("%q: %v", text, problems)
		}
	}
}

func TestAChannelOfTheUsersStandsBesideTheUsualOnes(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "agentwatch", "config.toml")
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	text := "[notify.channels.phone]\ntype = \"ntfy\"\nurl = \"https://ntfy.example/x\"\n" +
		"[[notify.rules]]\nto = [\"waiting\"]\nchannels = [\"bell\", \"phone\"]\nescalate = { after = \"10m\", channels = [\"terminal\"] }\n"
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	p := Process{Getenv: func(name string) string { return map[string]string{"XDG_CONFIG_HOME": dir}[name] }}
	file, problems := configLoader(p).Load()
	c := newConfiguration(p).Notify.In(file)
	if len(problems) > 0 || len(c.Channels) != 3 || len(c.Rules) != 1 || c.Rules[0].Escalate == nil {
		t.Errorf("%v: %+v", problems, c)
	}
}

func TestADashboardsNotificationsOfOtherMachinesTakeUpANewerConfiguration(t *testing.T) {
	h := newHome(t, "[notify]\nbatch = \"1s\"\n")
	p := Process{Getenv: func(name string) string { return h.env[name] }}
	changed, notifying := make(chan struct{}, 1), make(chan notify.Config, 1)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		followAppearance(ctx, p, "", changed, make(chan ui.Settings, 1), notifying)
	}()
	h.write("[notify]\nbatch = \"7s\"\n")
	changed <- struct{}{}
	if c := <-notifying; c.Batch != notify.Duration(7*time.Second) {
		t.Errorf("messages are gathered for %v", c.Batch)
	}
	cancel()
	<-ended
}
