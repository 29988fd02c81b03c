package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"agentwatch/internal/hub"
)

// startHub starts a redis-server for a test.
func startHub(t *testing.T) *hub.Redis {
	t.Helper()
	dir, err := os.MkdirTemp("/tmp", "awhub")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	r, err := hub.StartRedis(context.Background(), dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.Kill)
	return r
}

// collects lets a user's machine write to a hub; it ends with the test, or by end.
func (u *user) collects(r *hub.Redis, name string) (end func()) {
	u.t.Helper()
	command := u.command("collect", "--hub", r.URL(), "--name", name)
	var said strings.Builder
	command.Stderr = &said
	if err := command.Start(); err != nil {
		u.t.Fatal(err)
	}
	ended := false
	end = func() {
		if ended {
			return
		}
		ended = true
		_ = command.Process.Signal(syscall.SIGTERM)
		if err := command.Wait(); err != nil {
			u.t.Errorf("collect: %v: %s", err, said.String())
		}
	}
	u.t.Cleanup(end)
	return end
}

func TestCommandsAskTheHubToo(t *testing.T) {
	t.Parallel()
	r := startHub(t)
	me, server, minePane := machine(t, "permission", "waiting")
	a, _, aPane := machine(t, "permission", "waiting")
	newStage(t).write(filepath.Join(me.configFolder(), "config.toml"),
		fmt.Sprintf("[watch]\nsockets = [%q]\n\n[fleet]\nhub = %q\n", server.SocketPath(), r.URL()), 0o600)
	end := a.collects(r, "far")

	var listed []struct{ Host, Pane, State string }
	for late := time.Now().Add(patience); len(listed) < 2; time.Sleep(50 * time.Millisecond) {
		got := me.runs("list", "--hosts", "all", "--json")
		if err := json.Unmarshal([]byte(got.out), &listed); err != nil || got.code != 0 || time.Now().After(late) {
			t.Fatalf("list: %+v, %v", got, err)
		}
	}
	if listed[0].Host != "" || listed[0].Pane != minePane || listed[1].Host != "far" || listed[1].Pane != aPane || listed[1].State != "waiting" {
		t.Errorf("list: %+v", listed)
	}
	if got := me.runs("status", "--hosts", "far", "--json"); got.code != 0 || !strings.Contains(got.out, `"need_you":1`) {
		t.Errorf("status: %+v", got)
	}
	if got := me.runs("next", "--hosts", "far", "--print"); got.code != 0 || !strings.HasPrefix(got.out, "far:") || !strings.Contains(got.out, aPane) {
		t.Errorf("next: %+v", got)
	}
	if got := me.runs("wait", "--hosts", "far", "--any", "--state", "waiting", "--timeout", "40s", "--json"); got.code != 0 || !strings.Contains(got.out, `"host":"far"`) {
		t.Errorf("wait: %+v", got)
	}
	if got := me.runs("list", "--hosts", "nobody"); got.code != 2 || !strings.Contains(got.complaint, `"nobody"`) {
		t.Errorf("an unknown host: %+v", got)
	}
	watch := me.command("watch", "--hosts", "far", "--no-history")
	out, err := watch.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := watch.Start(); err != nil {
		t.Fatal(err)
	}
	var line struct {
		Host, Pane string
		First      bool
	}
	if err := json.NewDecoder(out).Decode(&line); err != nil || line.Host != "far" || line.Pane != aPane || !line.First {
		t.Errorf("watch: %+v, %v", line, err)
	}
	_ = watch.Process.Kill()
	_ = watch.Wait()

	end()
	if got := me.runs("list", "--hosts", "far"); got.code != 5 || !strings.Contains(got.out, "far:"+aPane) || !strings.Contains(got.complaint, "far is ended at the hub") {
		t.Errorf("a host that has ended: %+v", got)
	}
	r.Kill()
	if got := me.runs("list", "--hosts", "all"); got.code != 5 || !strings.Contains(got.out, minePane) || !strings.Contains(got.complaint, "the hub cannot be read") {
		t.Errorf("without the hub: %+v", got)
	}
}
