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
	"agentwatch/internal/tmuxtest"
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

// toldTo configures that questions are told at once, as lines of a file.
func toldTo(file string) string {
	return fmt.Sprintf(`
[notify]
batch = "0s"
after = "0s"
per_minute = 1000
[notify.channels.file]
type = "command"
command = ["sh", "-c", "cat >> %s"]
[[notify.rules]]
to = ["waiting"]
channels = ["file"]
cooldown = "0s"
`, file)
}

func TestAHostIsQuietWhileADashboardOfItsHubTellsAndThenTellsAgain(t *testing.T) {
	t.Parallel()
	r, s := startHub(t), newStage(t)
	me, far := newUser(t), newUser(t)
	mine, theirs := tmuxtest.New(t, tmuxtest.Size(80, 24)), tmuxtest.New(t, tmuxtest.Size(80, 24))
	mine.NewSession("shell", "cat")
	byMe, byFar := filepath.Join(t.TempDir(), "told"), filepath.Join(t.TempDir(), "told")
	config := func(u *user, server *tmuxtest.Server, text string) {
		s.write(filepath.Join(u.configFolder(), "config.toml"), fmt.Sprintf("[watch]\nsockets = [%q]\n%s", server.SocketPath(), text), 0o600)
	}
	config(far, theirs, toldTo(byFar))
	config(me, mine, fmt.Sprintf("[fleet]\nhub = %q\n", r.URL())+toldTo(byMe))
	// Each asks once: what the same one asks again soon is told later.
	agents := askers(s, theirs, 20)
	far.collects(r, "far")
	d := openIn(me, 120, 40)
	d.shows("agents 20", "20 working")
	defer func() {
		if t.Failed() {
			t.Logf("the dashboard has told %+v, the host %+v", events(t, byMe), events(t, byFar))
		}
	}()
	// told is how often a file says that an agent asks.
	told := func(file string, a asker) (n int) {
		for _, e := range events(t, file) {
			for _, told := range e.Agents {
				if told.Pane == a.pane {
					n++
				}
			}
		}
		return n
	}
	next := 0
	asks := func() (a asker) {
		if next == len(agents) {
			t.Fatal("the host is never quiet")
		}
		a = agents[next]
		next++
		theirs.SendKeys(a.pane, "z")
		return a
	}
	// Until some signs of life have passed, the host tells, too.
	for quiet := false; !quiet; {
		a := asks()
		tmuxtest.Eventually(t, patience, "a question is told", func() bool { return told(byMe, a)+told(byFar, a) > 0 })
		awaitState(far, theirs, a.pane, "waiting")
		quiet = told(byMe, a) == 1 && told(byFar, a) == 0
	}
	second := asks()
	tmuxtest.Eventually(t, patience, "the dashboard tells", func() bool { return told(byMe, second) > 0 })
	d.quit()
	third := asks()
	tmuxtest.Eventually(t, patience, "the host tells", func() bool { return told(byFar, third) > 0 })
	if told(byMe, second) != 1 || told(byFar, second) != 0 {
		t.Errorf("while the dashboard tells, it tells %d times, and the host %d", told(byMe, second), told(byFar, second))
	}
	if told(byMe, third) != 0 || told(byFar, third) != 1 {
		t.Errorf("afterwards the host tells %d times, and the dashboard %d", told(byFar, third), told(byMe, third))
	}
}
