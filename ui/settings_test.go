package ui

import (
	"os"
	"slices"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/google/go-cmp/cmp"

	"agentwatch/health"
	"agentwatch/themes"
)

func TestWhatTheUserHasSetIsRememberedByTheNextRun(t *testing.T) {
	s := scene()
	var saved []byte
	save := func(data []byte) error { saved = slices.Clone(data); return nil }
	drive(t, Options{Save: save}, 120, 40, s, func(d *driver) {
		d.press("o", "O", "f", "/", "a", "enter", "space", "}", "4", "-")
		d.press("T", "end", "enter")
		d.wait(3 * time.Second)
	})
	if saved == nil {
		t.Fatal("nothing is saved")
	}
	drive(t, Options{Remembered: saved}, 120, 40, s, func(d *driver) {
		q := d.m.fleet.query
		got := []string{d.m.at.String(), q.Sort.String(), q.Grouping.String(), q.Only.String(), q.Text, d.m.look.theme.Name}
		want := []string{"timeline", "name", "session", "needs you", "a", themes.Names()[len(themes.Names())-1]}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
		if len(q.Marked) != 1 || d.m.board().split == 0 || d.m.timeline().minutes() != 180 {
			t.Errorf("marked %v, split %d, span %d", q.Marked, d.m.board().split, d.m.timeline().minutes())
		}
	})
	after := scene()
	for i := range after.Agents {
		after.Agents[i].PanePID = 7
	}
	drive(t, Options{Remembered: saved}, 120, 40, after, func(d *driver) {
		if n := len(d.m.fleet.query.Marked); n != 0 {
			t.Errorf("%d agents of another tmux server are marked", n)
		}
	})
	for _, nonsense := range []string{"", "{", `{"sort":"x","view":7}`, `{"split":-9,"span":99,"minutes":7,"view":"focus","theme":"gone"}`} {
		drive(t, Options{Remembered: []byte(nonsense)}, 120, 40, s, func(d *driver) {
			d.press("4", "+", "1")
			d.expect("agents 17")
		})
	}
}

func TestNewerSettingsTakeEffectAtOnce(t *testing.T) {
	drive(t, Options{}, 100, 30, scene(), func(d *driver) {
		d.expect("╭")
		d.changes <- Settings{ASCII: true, NoMouse: true, Keys: map[string][]string{"grid": {"Z"}, "nothing": {"x"}}}
		d.settle()
		d.refuse("╭")
		d.expect("there is no action", "configuration has been read anew")
		if d.m.View().MouseMode != tea.MouseModeNone {
			t.Error("the mouse is not free")
		}
		d.press("Z")
		d.expect("page 1 of")
	})
}

func TestADoubleClickOpensAndTheEdgeCanBeDragged(t *testing.T) {
	s := scene()
	drive(t, Options{}, 120, 40, s, func(d *driver) {
		body, rows := d.m.layout.body, d.m.board().layout.listRows()
		on := tea.MouseClickMsg{X: rows.x + 4, Y: body.y + rows.y + 3, Button: tea.MouseLeft}
		d.send(on)
		if got := d.selected(); got != refOf(s, "migrate") {
			t.Fatalf("selected %v", got)
		}
		d.wait(time.Second)
		d.send(on)
		d.refuse("facts")
		d.send(on)
		d.expect("facts", "migrate")
		d.press("esc")
		edge := d.m.board().layout.list.w - 1
		d.send(tea.MouseClickMsg{X: edge, Y: body.y + 5, Button: tea.MouseLeft})
		d.send(tea.MouseMotionMsg{X: 80, Y: body.y + 9, Button: tea.MouseLeft})
		d.send(tea.MouseReleaseMsg{X: 80, Y: body.y + 9})
		d.send(tea.MouseMotionMsg{X: 20, Y: body.y + 9})
		if w := d.m.board().layout.list.w; w < 79 || w > 82 {
			t.Errorf("the list is %d wide", w)
		}
	})
}

func TestTheWheelScrollsWhatItIsOver(t *testing.T) {
	s := crowd(100)
	drive(t, Options{}, 80, 24, s, func(d *driver) {
		before := d.selected()
		d.send(tea.MouseWheelMsg{X: 5, Y: 10, Button: tea.MouseWheelDown})
		d.expect("+ 2 above")
		if d.selected() != before {
			t.Error("the selection has moved")
		}
		d.expect("Esc to cancel")
		d.send(tea.MouseWheelMsg{X: 70, Y: 10, Button: tea.MouseWheelUp})
		d.refuse("Esc to cancel")
	})
}

func TestAClickBesideAnOverlayClosesIt(t *testing.T) {
	drive(t, Options{}, 100, 30, scene(), func(d *driver) {
		d.press("s")
		d.send(tea.MouseClickMsg{X: 0, Y: 0, Button: tea.MouseLeft})
		d.refuse("in force")
		d.press("s")
		top := d.m.overlays[0]
		place := d.m.placeOf(top, top.draw(d.m.covered(), &d.m.look))
		on := tea.MouseClickMsg{X: place.x + 4, Y: place.y + 1, Button: tea.MouseLeft}
		d.send(on)
		d.send(on)
		d.expect("strategy is now sequential")
	})
}

func TestNothingMovesWhileTheTerminalIsNotLookedAt(t *testing.T) {
	s := scene()
	drive(t, Options{}, 100, 30, s, func(d *driver) {
		d.send(tea.BlurMsg{})
		after := scene()
		after.Agents[1].State, after.Agents[1].Revision = health.StateWaiting, 2
		count(after)
		d.show(after)
		if d.m.glow.ticking || d.m.glow.strength(after.Agents[1].Ref, d.m.now) > 0 {
			t.Error("it glows")
		}
	})
}

func TestReducedMotionShowsAChangeWithoutFading(t *testing.T) {
	drive(t, Options{Settings: Settings{ReducedMotion: true}}, 100, 30, scene(), func(d *driver) {
		after := scene()
		after.Agents[1].State, after.Agents[1].Revision = health.StateWaiting, 2
		count(after)
		d.show(after)
		d.wait(700 * time.Millisecond)
		if got := d.m.glow.strength(after.Agents[1].Ref, d.m.now); got != 1 {
			t.Errorf("strength %v", got)
		}
		d.wait(time.Second)
		if len(d.m.glow.since) > 0 {
			t.Error("it never ends")
		}
	})
}

func TestWhatAnOlderBuildHasRememberedIsTakenUp(t *testing.T) {
	saved, err := os.ReadFile("../internal/cli/testdata/upgrade/dashboard.json")
	if err != nil {
		t.Fatal(err)
	}
	m := New(newFakeMonitor(), Options{Remembered: saved})
	if m.at != ViewTimeline || len(m.memory.marks) != 1 || m.memory.marks[0].Pane != "%2" {
		t.Errorf("view %v, marks %+v", m.at, m.memory.marks)
	}
}
