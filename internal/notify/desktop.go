package notify

import (
	"context"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"

	"github.com/godbus/dbus/v5"
)

// desktop shows a notification of the freedesktop.org service.
type desktop struct {
	getenv func(string) string
	// act is told what the user has chosen; nil offers nothing. answers offers the options
	// of a dialog, too.
	act     func(context.Context, Act)
	answers bool
	// shown are the notifications whose actions are waited for.
	shown *shownNotes
}

// newDesktop returns the sender for the desktop of this system.
func newDesktop(getenv func(string) string, act func(context.Context, Act), answers bool) sender {
	if runtime.GOOS == "darwin" {
		return appleScript{program: "osascript"}
	}
	return desktop{getenv: getenv, act: act, answers: answers, shown: &shownNotes{}}
}

const (
	notifyService = "org.freedesktop.Notifications"
	notifyPath    = "/org/freedesktop/Notifications"
)

// Urgencies of the service.
const (
	desktopNormal   byte = 1
	desktopCritical byte = 2
)

// address is that of the session's bus. We never start one.
func (d desktop) address() string {
	if address := d.getenv("DBUS_SESSION_BUS_ADDRESS"); address != "" {
		return address
	}
	folder := d.getenv("XDG_RUNTIME_DIR")
	if folder == "" {
		folder = filepath.Join("/run/user", strconv.Itoa(os.Getuid()))
	}
	socket := filepath.Join(folder, "bus")
	if _, err := os.Stat(socket); err != nil {
		return ""
	}
	return "unix:path=" + socket
}

func (d desktop) send(ctx context.Context, m Message) error {
	address := d.address()
	if address == "" {
		return refused("there is no desktop session", "start agentwatch within the desktop's session (DBUS_SESSION_BUS_ADDRESS), or remove the channel")
	}
	// The connection outlives the sending where an action of the notification is waited for.
	lasting, cut := context.WithCancel(context.WithoutCancel(ctx))
	release := context.AfterFunc(ctx, cut)
	conn, err := dbus.Connect(address, dbus.WithContext(lasting))
	if err != nil {
		cut()
		return failed("the session's bus cannot be reached: "+plain(err.Error(), maxNote), "check DBUS_SESSION_BUS_ADDRESS", err)
	}
	waits := false
	defer func() {
		if !waits {
			cut()
			_ = conn.Close()
		}
	}()
	service := conn.Object(notifyService, notifyPath)
	var can []string
	if err := service.CallWithContext(ctx, notifyService+".GetCapabilities", 0).Store(&can); err != nil {
		return serviceFailure(ctx, err)
	}
	body, urgency := m.Body(), desktopNormal
	if slices.Contains(can, "body-markup") {
		body = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(body)
	}
	if m.Level() == LevelEscalation {
		urgency = desktopCritical
	}
	hints := map[string]dbus.Variant{"urgency": dbus.MakeVariant(urgency)}
	offers := []choice{}
	if slices.Contains(can, "actions") && d.act != nil {
		offers = d.offers(m)
	}
	var signals chan *dbus.Signal
	if len(offers) > 0 {
		signals = d.shown.listen(conn)
	}
	var id uint32
	err = service.CallWithContext(ctx, notifyService+".Notify", 0,
		"agentwatch", uint32(0), "", m.Title(), body, words(offers), hints, int32(-1)).Store(&id)
	if err != nil {
		return serviceFailure(ctx, err)
	}
	if signals != nil && release() {
		waits = d.shown.await(conn, signals, id, offers, d.act)
	}
	return nil
}

func serviceFailure(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return failed("the desktop has not answered in time", "", ctx.Err())
	}
	return failed("the desktop shows no notification: "+plain(err.Error(), maxNote), "start a notification service, such as dunst or mako", err)
}

// appleScript shows a notification of macOS. The texts are arguments, never
// part of the script.
type appleScript struct{ program string }

func (a appleScript) send(ctx context.Context, m Message) error {
	return runProgram(ctx, []string{
		a.program, "-e", "on run argv",
		"-e", "display notification (item 2 of argv) with title (item 1 of argv)", "-e", "end run", m.Title(), m.Body(),
	}, nil, nil)
}
