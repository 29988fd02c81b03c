package ui

import (
	"fmt"
	"testing"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"

	"agentwatch/engine"
	"agentwatch/themes"
)

// lookedAt lists the views with the keys that lead to them.
func lookedAt() map[string][]string {
	return map[string][]string{
		"board": nil, "grid": {"2", "space"}, "focus": {"enter"}, "timeline": {"4"}, "engine": {"5"}, "inbox": {"6"},
	}
}

func TestEveryViewLooksAsItShould(t *testing.T) {
	for view, keys := range lookedAt() {
		for _, size := range [][2]int{{40, 12}, {60, 30}, {80, 24}, {120, 40}, {200, 50}} {
			t.Run(fmt.Sprintf("%s-%dx%d", view, size[0], size[1]), func(t *testing.T) {
				drive(t, Options{}, size[0], size[1], withScreens(scene()), func(d *driver) {
					d.press(keys...)
					requireGolden(t, d.text())
				})
			})
		}
	}
}

func TestOtherScreensLookAsTheyShould(t *testing.T) {
	server := []engine.ServerStatus{{Name: "default", Link: engine.LinkControl}}
	plain := Options{NoColor: true, Settings: Settings{ASCII: true}}
	cases := []struct {
		name          string
		width, height int
		snap          *engine.Snapshot
		options       Options
		keys          []string
	}{
		{name: "focus-history", width: 80, height: 24, snap: scene(), keys: []string{"enter", "pgup", "pgup"}},
		{name: "focus-search", width: 100, height: 24, snap: scene(), keys: []string{"enter", "/", "r", "o", "w", " ", "3", "9"}},
		{name: "strategies", width: 100, height: 30, snap: scene(), keys: []string{"s", "up"}},
		{name: "strategies-foreign", width: 100, height: 34, snap: foreignScene(), keys: []string{"s", "up"}},
		{name: "strategies-foreign-small", width: 60, height: 12, snap: foreignScene(), keys: []string{"s"}},
		{name: "engine-foreign", width: 200, height: 50, snap: foreignScene(), keys: []string{"5"}},
		{name: "engine-foreign-narrow", width: 80, height: 40, snap: foreignScene(), keys: []string{"5", "end"}},
		{name: "themes", width: 100, height: 30, snap: scene(), keys: []string{"T"}},
		{name: "commands", width: 100, height: 30, snap: scene(), keys: []string{":", "s", "o", "r", "t"}},
		{name: "help", width: 120, height: 50, snap: scene(), options: Options{Version: "0.1"}, keys: []string{"?"}},
		{name: "help-grid", width: 80, height: 24, snap: scene(), options: Options{Version: "0.1"}, keys: []string{"2", "?"}},
		{name: "strategies-small", width: 40, height: 12, snap: scene(), keys: []string{"s"}},
		{name: "help-small", width: 40, height: 12, snap: scene(), keys: []string{"?", "end"}},
		{name: "filter", width: 80, height: 24, snap: scene(), keys: []string{"/", "w", "e", "b"}},
		{name: "no-match", width: 80, height: 16, snap: scene(), keys: []string{"/", "z", "z", "z"}},
		{name: "only-waiting", width: 100, height: 24, snap: scene(), keys: []string{"f", "f"}},
		{name: "tmux-order-ascii", width: 80, height: 24, snap: scene(), options: plain, keys: []string{"o", "o", "o", "o", "O"}},
		{name: "timeline-ascii", width: 100, height: 24, snap: scene(), options: plain, keys: []string{"4", "-"}},
		{name: "grid-page-2", width: 120, height: 30, snap: crowd(40), keys: []string{"2", "pgdown"}},
		{name: "lost-server", width: 100, height: 30, snap: lostScene()},
		{name: "looking", width: 60, height: 12},
		{name: "no-server", width: 60, height: 16, snap: &engine.Snapshot{Ready: true}},
		{name: "no-agent", width: 80, height: 16, snap: &engine.Snapshot{Ready: true, Panes: 12, Servers: server}},
		{name: "inbox-empty", width: 80, height: 16, snap: calmScene(), keys: []string{"6"}},
		{name: "grid-no-agent", width: 80, height: 16, snap: &engine.Snapshot{Ready: true, Panes: 12, Servers: server}, keys: []string{"2"}},
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

func TestEveryViewHasTheColoursOfItsTheme(t *testing.T) {
	for _, name := range []string{"mocha", "latte"} {
		theme, err := themes.Load(name)
		if err != nil {
			t.Fatal(err)
		}
		for view, keys := range lookedAt() {
			for _, size := range [][2]int{{80, 24}, {120, 40}, {200, 50}} {
				t.Run(fmt.Sprintf("%s-%s-%dx%d", name, view, size[0], size[1]), func(t *testing.T) {
					drive(t, Options{Settings: Settings{Theme: theme}}, size[0], size[1], withScreens(scene()), func(d *driver) {
						d.press(keys...)
						requireGolden(t, d.m.View().Content)
					})
				})
			}
		}
	}
}

func TestTheBoardLooksAsItShouldWithFewerColours(t *testing.T) {
	for _, name := range []string{"mocha", "latte"} {
		theme, err := themes.Load(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, profile := range []colorprofile.Profile{colorprofile.ANSI256, colorprofile.ANSI, colorprofile.ASCII} {
			t.Run(fmt.Sprintf("%s-%v", name, profile), func(t *testing.T) {
				drive(t, Options{Settings: Settings{Theme: theme}}, 80, 24, withScreens(scene()), func(d *driver) {
					d.send(tea.ColorProfileMsg{Profile: profile})
					requireGolden(t, d.m.View().Content)
				})
			})
		}
	}
}
