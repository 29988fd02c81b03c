package e2e

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"agentwatch/internal/tmuxtest"
)

// notifyTest runs `agentwatch notify test` with a configuration.
func notifyTest(t *testing.T, config string, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	s, home := newStage(t), t.TempDir()
	if err := exec.Command("mkdir", filepath.Join(home, "agentwatch")).Run(); err != nil {
		t.Fatal(err)
	}
	s.write(filepath.Join(home, "agentwatch", "config.toml"), config, 0o600)
	command := exec.Command(program, append([]string{"notify", "test"}, args...)...)
	command.Env = append(tmuxtest.Environ(), "XDG_CONFIG_HOME="+home, "TMUX_TMPDIR="+t.TempDir(), "HOOK_TOKEN=s3cret")
	var out, complaints strings.Builder
	command.Stdout, command.Stderr = &out, &complaints
	_ = command.Run()
	return out.String(), complaints.String(), command.ProcessState.ExitCode()
}

func TestNotifyTestSaysWhichChannelsWorkAndWhatToDo(t *testing.T) {
	got := make(chan string, 4)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		got <- r.Header.Get("Authorization") + " " + string(body)
		if r.URL.Path == "/closed" {
			w.WriteHeader(http.StatusForbidden)
		}
	}))
	defer server.Close()
	config := fmt.Sprintf(`
[notify.channels.hook]
type = "webhook"
url = "%s/open"
headers = { Authorization = "Bearer $HOOK_TOKEN" }

[notify.channels.shut]
type = "ntfy"
url = "%s/closed"
`, server.URL, server.URL)
	out, complaints, code := notifyTest(t, config, "hook")
	if code != 0 || !strings.HasPrefix(out, "hook  ok      webhook, ") {
		t.Errorf("exit %d, %q, %q", code, out, complaints)
	}
	if event := <-got; !strings.HasPrefix(event, "Bearer s3cret {") || !strings.Contains(event, `"test":true`) {
		t.Errorf("%q", event)
	}
	out, complaints, code = notifyTest(t, config)
	if code != 1 || !strings.Contains(out, "answered 403 Forbidden\n") || !strings.Contains(out, "check the token") || !strings.Contains(out, "hook      ok ") {
		t.Errorf("exit %d, %q, %q", code, out, complaints)
	}
	if _, complaints, code = notifyTest(t, config, "horn"); code != 2 || !strings.Contains(complaints, "there are: bell, hook, shut, terminal") {
		t.Errorf("exit %d, %q", code, complaints)
	}
}
