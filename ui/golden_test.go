package ui

import (
	"fmt"
	"testing"

	"agentwatch/engine"
	"agentwatch/themes"
)

func TestTheBoardLooksAsItShould(t *testing.T) {
	for _, size := range [][2]int{{40, 12}, {60, 30}, {80, 24}, {120, 40}, {200, 50}} {
		t.Run(fmt.Sprintf("%dx%d", size[0], size[1]), func(t *testing.T) {
			drive(t, Options{}, size[0], size[1], scene(), func(d *driver) { requireGolden(t, d.text()) })
		})
	}
}

func TestOtherScreensLookAsTheyShould(t *testing.T) {
	server := []engine.ServerStatus{{Name: "default", Link: engine.LinkControl}}
	cases := []struct {
		name          string
		width, height int
		snap          *engine.Snapshot
		options       Options
		keys          []string
	}{
		{name: "agent", width: 120, height: 40, snap: scene(), keys: []string{"enter"}},
		{name: "agent-history", width: 80, height: 24, snap: scene(), keys: []string{"enter", "pgup", "pgup"}},
		{name: "strategies", width: 100, height: 30, snap: scene(), keys: []string{"s", "up"}},
		{name: "help", width: 100, height: 30, snap: scene(), options: Options{Version: "0.1"}, keys: []string{"?"}},
		{name: "strategies-small", width: 40, height: 12, snap: scene(), keys: []string{"s"}},
		{name: "help-small", width: 40, height: 12, snap: scene(), keys: []string{"?", "G"}},
		{name: "filter", width: 80, height: 24, snap: scene(), keys: []string{"/", "w", "e", "b"}},
		{name: "no-match", width: 80, height: 16, snap: scene(), keys: []string{"/", "z", "z", "z"}},
		{name: "tmux-order-ascii", width: 80, height: 24, snap: scene(), options: Options{ASCII: true, NoColor: true}, keys: []string{"o"}},
		{name: "lost-server", width: 100, height: 30, snap: lostScene()},
		{name: "looking", width: 60, height: 12},
		{name: "no-server", width: 60, height: 16, snap: &engine.Snapshot{Ready: true}},
		{name: "no-agent", width: 80, height: 16, snap: &engine.Snapshot{Ready: true, Panes: 12, Servers: server}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			drive(t, c.options, c.width, c.height, c.snap, func(d *driver) {
				d.press(c.keys...)
				requireGolden(t, d.text())
			})
		})
	}
}

func TestTheColoursAreThoseOfTheTheme(t *testing.T) {
	for _, name := range themes.Names() {
		t.Run(name, func(t *testing.T) {
			theme, err := themes.Load(name)
			if err != nil {
				t.Fatal(err)
			}
			drive(t, Options{Theme: theme}, 80, 24, scene(), func(d *driver) { requireGolden(t, d.m.View().Content) })
		})
	}
}
