package ui

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"
	"go.uber.org/goleak"

	"agentwatch/engine"
	"agentwatch/health"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// driver runs a model the way Bubble Tea does, in the time of a synctest
// bubble: commands run beside it and their messages come back in turn.
type driver struct {
	t       *testing.T
	m       *Model
	monitor *fakeMonitor
	inbox   chan tea.Msg
	changes chan Settings
	quit    bool
}

// drive runs a test with a dashboard of that size that shows a snapshot.
func drive(t *testing.T, o Options, width, height int, snap *engine.Snapshot, test func(*driver)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		o.Now = func() time.Time { return sceneTime().Add(time.Since(start)) }
		d := &driver{t: t, monitor: newFakeMonitor(), inbox: make(chan tea.Msg, 1024), changes: make(chan Settings)}
		o.Changes = d.changes
		d.m = New(d.monitor, o)
		defer d.m.Close()
		d.run(d.m.Init())
		d.send(tea.WindowSizeMsg{Width: width, Height: height})
		if snap != nil {
			d.show(snap)
		}
		test(d)
	})
}

// run starts a command.
func (d *driver) run(cmd tea.Cmd) {
	if cmd == nil {
		return
	}
	go func() {
		if msg := cmd(); msg != nil {
			d.inbox <- msg
		}
	}()
}

// send hands over a message and everything that comes of it without waiting.
func (d *driver) send(msg tea.Msg) {
	_, cmd := d.m.Update(msg)
	d.run(cmd)
	d.settle()
}

// settle handles messages until there is none.
func (d *driver) settle() {
	for {
		synctest.Wait()
		select {
		case msg := <-d.inbox:
			switch msg := msg.(type) {
			case tea.BatchMsg:
				for _, cmd := range msg {
					d.run(cmd)
				}
			case tea.QuitMsg:
				d.quit = true
			default:
				_, cmd := d.m.Update(msg)
				d.run(cmd)
			}
		default:
			return
		}
	}
}

// wait lets time go by, in steps so that ticks are handled when they are due.
func (d *driver) wait(by time.Duration) {
	const step = 50 * time.Millisecond
	for ; by > 0; by -= step {
		time.Sleep(step)
		d.settle()
	}
}

// show delivers a snapshot the way the engine does.
func (d *driver) show(s *engine.Snapshot) {
	d.monitor.snapshots <- s
	d.settle()
}

// press presses keys by their names.
func (d *driver) press(keys ...string) {
	for _, k := range keys {
		d.send(keyPress(k))
	}
}

// keyPress makes the message of a key.
func keyPress(name string) tea.KeyPressMsg {
	codes := map[string]rune{
		"enter": tea.KeyEnter, "esc": tea.KeyEscape, "tab": tea.KeyTab, "up": tea.KeyUp, "down": tea.KeyDown, "left": tea.KeyLeft,
		"right": tea.KeyRight, "pgup": tea.KeyPgUp, "pgdown": tea.KeyPgDown, "home": tea.KeyHome, "end": tea.KeyEnd,
		"backspace": tea.KeyBackspace, "space": tea.KeySpace,
	}
	if code, ok := codes[name]; ok {
		return tea.KeyPressMsg{Code: code}
	}
	if name == "alt+esc" {
		return tea.KeyPressMsg{Code: tea.KeyEscape, Mod: tea.ModAlt}
	}
	if name == "shift+tab" {
		return tea.KeyPressMsg{Code: tea.KeyTab, Mod: tea.ModShift}
	}
	if letter, ok := strings.CutPrefix(name, "ctrl+"); ok {
		return tea.KeyPressMsg{Code: rune(letter[0]), Mod: tea.ModCtrl}
	}
	return tea.KeyPressMsg{Code: []rune(name)[0], Text: name}
}

// text is what is on the screen, without colours.
func (d *driver) text() string { return ansi.Strip(d.m.View().Content) }

// expect fails when the screen lacks one of the texts.
func (d *driver) expect(texts ...string) {
	d.t.Helper()
	for _, text := range texts {
		if !strings.Contains(d.text(), text) {
			d.t.Fatalf("%q is not on the screen:\n%s", text, d.text())
		}
	}
}

// refuse fails when the screen has one of the texts.
func (d *driver) refuse(texts ...string) {
	d.t.Helper()
	for _, text := range texts {
		if strings.Contains(d.text(), text) {
			d.t.Fatalf("%q is on the screen:\n%s", text, d.text())
		}
	}
}

// selected is the pane of the selected agent.
func (d *driver) selected() health.PaneRef {
	d.t.Helper()
	a, ok := d.m.selected()
	if !ok {
		d.t.Fatal("nothing is selected")
	}
	return a.Ref
}

// refOf is the pane of the agent whose window has that name.
func refOf(s *engine.Snapshot, window string) health.PaneRef {
	for _, a := range s.Agents {
		if a.Window == window {
			return a.Ref
		}
	}
	return health.PaneRef{}
}
