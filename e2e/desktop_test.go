//go:build linux

package e2e

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/godbus/dbus/v5"

	"agentwatch/internal/tmuxtest"
)

// noted is a notification that a desktop was asked to show.
type noted struct {
	id      uint32
	title   string
	actions []string
}

// fakeDesktop is a notification service on a bus of its own.
type fakeDesktop struct {
	conn  *dbus.Conn
	last  uint32
	shown chan noted
}

func (f *fakeDesktop) GetCapabilities() ([]string, *dbus.Error) { return []string{"actions"}, nil }

func (f *fakeDesktop) Notify(_ string, _ uint32, _, title, _ string, actions []string, _ map[string]dbus.Variant, _ int32) (uint32, *dbus.Error) {
	f.last++
	f.shown <- noted{f.last, title, actions}
	return f.last, nil
}

// newDesktop starts a bus with a notification service.
func newDesktop(t *testing.T) (f *fakeDesktop, address string) {
	t.Helper()
	dir, err := os.MkdirTemp("/tmp", "awbus-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	config := filepath.Join(dir, "bus.conf")
	newStage(t).write(config, `<busconfig><type>session</type><listen>unix:path=`+dir+`/bus</listen><auth>EXTERNAL</auth>
<policy context="default"><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/></policy></busconfig>`, 0o600)
	bus := exec.Command("dbus-daemon", "--config-file="+config, "--nofork", "--print-address")
	out, err := bus.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := bus.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = bus.Process.Kill()
		_ = bus.Wait()
	})
	address, err = bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	address = strings.TrimSpace(address)
	f = &fakeDesktop{shown: make(chan noted, 8)}
	if f.conn, err = dbus.Connect(address); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.conn.Close() })
	const service, path = "org.freedesktop.Notifications", "/org/freedesktop/Notifications"
	if err := f.conn.Export(f, path, service); err != nil {
		t.Fatal(err)
	}
	if _, err := f.conn.RequestName(service, dbus.NameFlagDoNotQueue); err != nil {
		t.Fatal(err)
	}
	return f, address
}

// next waits for the next notification.
func (f *fakeDesktop) next(t *testing.T) noted {
	t.Helper()
	select {
	case n := <-f.shown:
		return n
	case <-time.After(patience):
		t.Fatal("no notification came")
		return noted{}
	}
}

// choose is a click on one of its actions.
func (f *fakeDesktop) choose(t *testing.T, n noted, key string) {
	t.Helper()
	if err := f.conn.Emit("/org/freedesktop/Notifications", "org.freedesktop.Notifications.ActionInvoked", n.id, key); err != nil {
		t.Fatal(err)
	}
}

func TestANotificationOfTheDesktopLeadsToThePaneAndAnswersWhereThatIsAllowed(t *testing.T) {
	t.Parallel()
	desk, address := newDesktop(t)
	u := newUser(t, "DBUS_SESSION_BUS_ADDRESS="+address)
	server := tmuxtest.New(t, tmuxtest.Size(100, 40))
	server.Attach("main")
	newStage(t).write(filepath.Join(u.configFolder(), "config.toml"), `[watch]
sockets = ["`+server.SocketPath()+`"]
[notify]
after = "0s"
batch = "0s"
[notify.channels.desk]
type = "desktop"
answers = true
[[notify.rules]]
to = ["waiting"]
channels = ["desk"]
`, 0o600)
	d := openDashboard(u, 120, 40, server)
	d.shows("no agents")
	link := filepath.Join(t.TempDir(), "claude")
	if err := os.Symlink(program, link); err != nil {
		t.Fatal(err)
	}
	begin := func(session string) (pane string) {
		return server.Run("new-session", "-d", "-P", "-F", "#{pane_id}", "-s", session, "-x", "100", "-y", "40",
			link, "simulate", "--kind", "claude", "--script", "permission", "--speed", "0.02")
	}
	one := begin("one")
	n := desk.next(t)
	if !strings.Contains(n.title, "one") || !strings.HasPrefix(strings.Join(n.actions, "|"), "default|Go|go|Go|option-0|Yes") {
		t.Errorf("%+v", n)
	}
	desk.choose(t, n, "go")
	d.await("the terminal to be at the agent's pane", func(string) bool {
		return server.Run("list-clients", "-F", "#{pane_id}") == one
	})
	begin("two")
	n = desk.next(t)
	desk.choose(t, n, "option-0")
	tmuxtest.Eventually(t, patience, "the answer to be given and written down", func() bool {
		out, err := u.command("history", "--answers", "--json").Output()
		return err == nil && strings.Contains(string(out), `"by":"desktop"`) && strings.Contains(string(out), fmt.Sprintf("%q", "done"))
	})
	d.quit()
}
