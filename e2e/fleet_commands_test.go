package e2e

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"agentwatch/internal/fleet"
)

// knows makes a user's configuration name hosts, beside the one server that is
// watched here.
func (u *user) knows(socket string, hosts ...fleet.Host) {
	u.t.Helper()
	var text strings.Builder
	fmt.Fprintf(&text, "[watch]\nsockets = [%q]\n", socket)
	for _, h := range hosts {
		command, err := json.Marshal(h.Command)
		if err != nil {
			u.t.Fatal(err)
		}
		fmt.Fprintf(&text, "\n[[fleet.host]]\nname = %q\ncommand = %s\n", h.Name, command)
	}
	newStage(u.t).write(filepath.Join(u.configFolder(), "config.toml"), text.String(), 0o600)
}

func TestCommandsAskOtherMachinesToo(t *testing.T) {
	t.Parallel()
	me, server, minePane := machine(t, "permission", "waiting")
	a, _, aPane := machine(t, "permission", "waiting")
	me.knows(server.SocketPath(), over("a", a), fleet.Host{Name: "off", Command: []string{"sh", "-c", "echo gone fishing >&2; exit 1"}})

	both := me.runs("list", "--hosts", "here,a", "--json")
	var listed []struct{ Host, Pane, State string }
	if err := json.Unmarshal([]byte(both.out), &listed); err != nil || both.code != 0 || len(listed) != 2 ||
		listed[0].Host != "" || listed[0].Pane != minePane || listed[1].Host != "a" || listed[1].Pane != aPane || listed[1].State != "waiting" {
		t.Errorf("list: %+v, %v", both, err)
	}
	if got := me.runs("list", "--hosts", "all"); got.code != 5 || !strings.Contains(got.out, "a:"+aPane) || !strings.Contains(got.complaint, "off cannot be reached: gone fishing") {
		t.Errorf("list, one host is away: %+v", got)
	}
	if got := me.runs("list", "--hosts", "nobody"); got.code != 2 || !strings.Contains(got.complaint, `"nobody"`) || !strings.Contains(got.complaint, "a, off") {
		t.Errorf("list, an unknown host: %+v", got)
	}
	if got := me.runs("status", "--hosts", "a,here", "--json"); got.code != 0 || !strings.Contains(got.out, `"need_you":2`) {
		t.Errorf("status: %+v", got)
	}
	if got := me.runs("next", "--hosts", "a", "--json"); got.code != 0 || !strings.Contains(got.out, `"host":"a"`) {
		t.Errorf("next: %+v", got)
	}
	if got := me.runs("explain", "a:"+aPane, "--json"); got.code != 0 || !strings.Contains(got.out, `"host": "a"`) || !strings.Contains(got.out, `"state": "waiting"`) {
		t.Errorf("explain: %+v", got)
	}
	if got := me.runs("explain", "off:%0"); got.code != 5 || !strings.Contains(got.complaint, "gone fishing") {
		t.Errorf("explain, the host is away: %+v", got)
	}
	if got := me.runs("wait", "--pane", "a:"+aPane, "--state", "waiting", "--timeout", "40s", "--json"); got.code != 0 || !strings.Contains(got.out, `"host":"a"`) {
		t.Errorf("wait: %+v", got)
	}
	if got := me.runs("wait", "--hosts", "off", "--any", "--state", "waiting", "--timeout", "40s"); got.code != 5 {
		t.Errorf("wait, the host is away: %+v", got)
	}
	if got := me.runs("send", "a:"+aPane, "--approve", "--yes", "--json"); got.code != 0 || !strings.Contains(got.out, `"host":"a"`) || !strings.Contains(got.out, `"confirmed":true`) {
		t.Errorf("send: %+v", got)
	}
	if got := me.runs("send", "off:%0", "--approve", "--yes"); got.code != 5 {
		t.Errorf("send, the host is away: %+v", got)
	}
	a.awaitNoEngine()
	if got := me.runs("history", "--hosts", "here,a", "--answers", "--json"); got.code != 0 || !strings.Contains(got.out, `"host":"a"`) || !strings.Contains(got.out, "approve") {
		t.Errorf("history: %+v", got)
	}
	if got := me.runs("report", "--hosts", "a", "--json"); got.code != 0 || !strings.Contains(got.out, `"host":"a"`) {
		t.Errorf("report: %+v", got)
	}
	watch := me.command("watch", "--hosts", "a", "--no-history")
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
	if err := json.NewDecoder(out).Decode(&line); err != nil || line.Host != "a" || line.Pane != aPane || !line.First {
		t.Errorf("watch: %+v, %v", line, err)
	}
	_ = watch.Process.Kill()
	_ = watch.Wait()
}
