package e2e

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
)

// notifyTest runs `agentwatch notify test` with a configuration.
func notifyTest(u *user, config string, args ...string) (stdout, stderr string, code int) {
	u.t.Helper()
	newStage(u.t).write(filepath.Join(u.configFolder(), "config.toml"), config, 0o600)
	command := u.command(append([]string{"notify", "test"}, args...)...)
	var out, complaints strings.Builder
	command.Stdout, command.Stderr = &out, &complaints
	_ = command.Run()
	return out.String(), complaints.String(), command.ProcessState.ExitCode()
}

func TestNotifyTestSaysWhichChannelsWorkAndWhatToDo(t *testing.T) {
	t.Parallel()
	u := newUser(t, "TMUX_TMPDIR="+t.TempDir(), "HOOK_TOKEN=s3cret")
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
	out, complaints, code := notifyTest(u, config, "hook")
	if code != 0 || !strings.HasPrefix(out, "hook  ok      webhook, ") {
		t.Errorf("exit %d, %q, %q", code, out, complaints)
	}
	if event := <-got; !strings.HasPrefix(event, "Bearer s3cret {") || !strings.Contains(event, `"test":true`) {
		t.Errorf("%q", event)
	}
	out, complaints, code = notifyTest(u, config)
	if code != 1 || !strings.Contains(out, "answered 403 Forbidden\n") || !strings.Contains(out, "check the token") || !strings.Contains(out, "hook      ok ") {
		t.Errorf("exit %d, %q, %q", code, out, complaints)
	}
	if _, complaints, code = notifyTest(u, config, "horn"); code != 2 || !strings.Contains(complaints, "there are: bell, hook, shut, terminal") {
		t.Errorf("exit %d, %q", code, complaints)
	}
}
