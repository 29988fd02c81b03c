package notify

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/godbus/dbus/v5"

	"agentwatch/engine"
	"agentwatch/health"
)

// busConfig is that of a private bus on which everything is allowed.
const busConfig = `<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:path=%s</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
</busconfig>`

// privateBus starts a bus for this test and returns its address.
func privateBus(t *testing.T) string {
	t.Helper()
	// A socket's path may have about 100 bytes, which t.TempDir can exceed.
	dir, err := os.MkdirTemp("/tmp", "awbus-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	config := filepath.Join(dir, "bus.conf")
	if err := os.WriteFile(config, fmt.Appendf(nil, busConfig, filepath.Join(dir, "bus")), 0o600); err != nil {
		t.Fatal(err)
	}
	daemon := exec.Command("dbus-daemon", "--config-file="+config, "--nofork", "--print-address")
	out, err := daemon.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := daemon.Start(); err != nil {
		t.Fatalf("this test needs dbus-daemon; scripts/ensure-program.sh dbus-daemon installs it: %v", err)
	}
	t.Cleanup(func() {
		_ = daemon.Process.Kill()
		_ = daemon.Wait()
	})
	address, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(address)
}

// shown is what the desktop was asked to show.
type shown struct {
	app, title, body string
	urgency          any
	expires          int32
	// actions are keys and labels in turn.
	actions string
}

// fakeDesktop is a notification service.
type fakeDesktop struct {
	can   []string
	shown chan shown
	err   *dbus.Error
}

func (f *fakeDesktop) GetCapabilities() ([]string, *dbus.Error) { return f.can, nil }

func (f *fakeDesktop) Notify(app string, _ uint32, _, title, body string, actions []string,
	hints map[string]dbus.Variant, expires int32,
) (uint32, *dbus.Error) {
	f.shown <- shown{app, title, body, hints["urgency"].Value(), expires, strings.Join(actions, "|")}
	return 1, f.err
}

// offer puts a notification service on a bus.
func offer(t *testing.T, address string, f *fakeDesktop) *dbus.Conn {
	t.Helper()
	conn, err := dbus.Connect(address, dbus.WithContext(t.Context()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	if err := conn.Export(f, notifyPath, notifyService); err != nil {
		t.Fatal(err)
	}
	reply, err := conn.RequestName(notifyService, dbus.NameFlagDoNotQueue)
	if err != nil || reply != dbus.RequestNameReplyPrimaryOwner {
		t.Fatalf("name: %v, %v", reply, err)
	}
	return conn
}

// onBus is the environment of a desktop session.
func onBus(address string) desktop {
	return desktop{getenv: func(name string) string { return map[string]string{"DBUS_SESSION_BUS_ADDRESS": address}[name] }}
}

func TestTheDesktopShowsTitleAndBodyWithoutMarkup(t *testing.T) {
	address := privateBus(t)
	service := &fakeDesktop{can: []string{"body", "body-markup"}, shown: make(chan shown, 1)}
	offer(t, address, service)
	m := messageOf(engine.UrgencyWaiting)
	m.Items[0].Agent.Activity = "<b>rm</b> & \x1b[31m?"
	if err := onBus(address).send(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	want := shown{"agentwatch", "a (claude) waits for you", "&lt;b&gt;rm&lt;/b&gt; &amp; ?", desktopNormal, -1, ""}
	if got := <-service.shown; got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestADesktopThatKnowsNoMarkupGetsTheTextAsItIs(t *testing.T) {
	address := privateBus(t)
	service := &fakeDesktop{shown: make(chan shown, 1)}
	offer(t, address, service)
	m := messageOf(engine.UrgencyWaiting)
	m.Items[0].Agent.Activity = "<b>rm</b> & ?"
	m.Items[0].Level = LevelEscalation
	if err := onBus(address).send(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	if got := <-service.shown; got.body != "<b>rm</b> & ?" || got.urgency != desktopCritical {
		t.Errorf("got: %+v", got)
	}
}

func TestADesktopThatShowsNothingSaysWhy(t *testing.T) {
	address := privateBus(t)
	nobody := desktop{getenv: func(name string) string { return map[string]string{"XDG_RUNTIME_DIR": t.TempDir()}[name] }}
	for want, d := range map[string]desktop{
		"shows no notification": onBus(address),
		"cannot be reached":     onBus("unix:path=/no/such/bus"),
		"no desktop session":    nobody,
	} {
		err := d.send(t.Context(), messageOf(engine.UrgencyWaiting))
		var f *failure
		if !errors.As(err, &f) || !strings.Contains(f.what, want) || f.hint == "" {
			t.Errorf("want %q, got %v", want, err)
		}
	}
	service := &fakeDesktop{shown: make(chan shown, 1), err: dbus.MakeFailedError(errors.New("too many"))}
	offer(t, address, service)
	if err := onBus(address).send(t.Context(), messageOf(engine.UrgencyWaiting)); err == nil || !strings.Contains(err.Error(), "too many") {
		t.Errorf("%v", err)
	}
}

func TestABusThatSaysNothingIsLeftAfterTheDeadline(t *testing.T) {
	dir, err := os.MkdirTemp("/tmp", "awbus-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	listener, err := net.Listen("unix", filepath.Join(dir, "bus"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	began := time.Now()
	err = onBus("unix:path="+filepath.Join(dir, "bus")).send(ctx, messageOf(engine.UrgencyWaiting))
	if took := time.Since(began); err == nil || took > 3*time.Second {
		t.Errorf("after %s: %v", took, err)
	}
}

// withActions is a channel's desktop that has begun to wait for actions.
func withActions(t *testing.T, address string, answers bool) (d desktop, acts chan Act) {
	t.Helper()
	acts = make(chan Act, 4)
	d = onBus(address)
	d.act, d.answers, d.shown = func(_ context.Context, a Act) { acts <- a }, answers, &shownNotes{}
	ctx, cancel := context.WithCancel(context.Background())
	var working sync.WaitGroup
	d.shown.begin(ctx, &working)
	t.Cleanup(func() {
		cancel()
		working.Wait()
	})
	return d, acts
}

func TestANotificationTakesTheUserThereAndAnswersOnlyWhereThatIsWanted(t *testing.T) {
	address := privateBus(t)
	service := &fakeDesktop{can: []string{"actions"}, shown: make(chan shown, 1)}
	desk := offer(t, address, service)
	m := messageOf(engine.UrgencyWaiting)
	m.Items[0].Agent.Dialog = &health.Dialog{Question: "Proceed?", Options: []health.Option{{Label: "Yes"}, {Label: "No,\x1b[31m stop"}}}
	invoke := func(id uint32, key string) {
		t.Helper()
		if err := desk.Emit(notifyPath, notifyService+".ActionInvoked", id, key); err != nil {
			t.Fatal(err)
		}
	}
	for _, test := range []struct {
		answers bool
		actions string
		key     string
		option  int
	}{
		{false, "default|Go|go|Go", "default", -1},
		{false, "default|Go|go|Go", "go", -1},
		{true, "default|Go|go|Go|option-0|Yes|option-1|No, stop", "option-1", 1},
	} {
		d, acts := withActions(t, address, test.answers)
		if err := d.send(t.Context(), m); err != nil {
			t.Fatal(err)
		}
		if got := <-service.shown; got.actions != test.actions {
			t.Errorf("offered %s", got.actions)
		}
		// What is not of this notification, or was not offered, does nothing.
		invoke(9, test.key)
		invoke(1, "option-7")
		invoke(1, test.key)
		if a := <-acts; a.Option != test.option || a.Agent.Ref != m.Items[0].Agent.Ref {
			t.Errorf("%s does %+v", test.key, a)
		}
		if len(acts) > 0 {
			t.Errorf("%s does more: %+v", test.key, <-acts)
		}
	}
}

func TestOfSeveralAgentsNoneIsAnsweredByANotification(t *testing.T) {
	d := desktop{answers: true}
	m := messageOf(engine.UrgencyWaiting)
	m.Items[0].Agent.Dialog = &health.Dialog{Options: []health.Option{{Label: "Yes"}}}
	if n := len(d.offers(m)); n != 3 {
		t.Errorf("of one there are %d actions", n)
	}
	m.Items = append(m.Items, m.Items[0])
	if n := len(d.offers(m)); n != 2 {
		t.Errorf("of two there are %d actions", n)
	}
	if n := len(d.offers(Message{})); n != 0 {
		t.Errorf("a test has %d actions", n)
	}
}

func TestANotificationThatIsClosedOrOldIsWaitedForNoLonger(t *testing.T) {
	address := privateBus(t)
	service := &fakeDesktop{can: []string{"actions"}, shown: make(chan shown, 1)}
	desk := offer(t, address, service)
	var working sync.WaitGroup
	d, acts := withActions(t, address, false)
	ctx, cancel := context.WithCancel(t.Context())
	d.shown.begin(ctx, &working)
	if err := d.send(t.Context(), messageOf(engine.UrgencyWaiting)); err != nil {
		t.Fatal(err)
	}
	<-service.shown
	if err := desk.Emit(notifyPath, notifyService+".NotificationClosed", uint32(1), uint32(2)); err != nil {
		t.Fatal(err)
	}
	working.Wait()
	for range mostShown + 3 {
		if err := d.send(t.Context(), messageOf(engine.UrgencyWaiting)); err != nil {
			t.Fatal(err)
		}
		<-service.shown
	}
	if n := len(d.shown.waiting); n != mostShown {
		t.Errorf("%d are waited for", n)
	}
	cancel()
	working.Wait()
	if len(acts) > 0 {
		t.Errorf("%+v", <-acts)
	}
}
