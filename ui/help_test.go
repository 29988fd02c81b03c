package ui

import (
	"strings"
	"testing"

	"agentwatch/engine"
	"agentwatch/ui/keys"
)

func TestTheHelpExplainsTheSignsOfListsAndLanes(t *testing.T) {
	for _, ascii := range []bool{false, true} {
		drive(t, Options{Settings: Settings{ASCII: ascii}}, 160, 80, scene(), func(d *driver) {
			d.press("4", "?")
			g := d.m.styles().Glyphs
			for u := engine.UrgencyWaiting; u <= engine.UrgencyExited; u++ {
				sign := g.State(u)
				if !ascii {
					sign += " " + g.Lane(u) + g.Lane(u)
				}
				d.expect(sign + " " + u.String())
			}
		})
	}
}

func TestTheHelpIsReadAsAWholeUnderItsHeadings(t *testing.T) {
	keymap, _ := keys.New(nil)
	for _, size := range [][2]int{{40, 12}, {80, 24}, {120, 40}, {200, 50}} {
		drive(t, Options{}, size[0], size[1], scene(), func(d *driver) {
			d.press("?")
			pieces := []string{"moving", "agents", "list", "views", "agentwatch", "states", "mouse"}
			for _, b := range keymap.Bindings(keys.OnBoard) {
				pieces = append(pieces, b.Does)
			}
			d.reads(pieces, "down", 100)
		})
	}
}

func TestASectionOfTheHelpStandsInOneColumn(t *testing.T) {
	sections := [][]string{{"a", "a"}, {"b", "b", "b", "b", "b"}, {"c"}, {"d", "d"}, {"e", "e", "e"}}
	for n, want := range map[int]int{1: 17, 2: 8, 3: 7, 4: 5} {
		columns := distributed(sections, n)
		highest, order := 0, ""
		for _, c := range columns {
			highest = max(highest, len(c))
			order += strings.ReplaceAll(strings.Join(c, ""), " ", "")
		}
		if len(columns) > n || highest != want || order != "aabbbbbcddeee" {
			t.Errorf("%d columns: %q, %d high, want %d", n, columns, highest, want)
		}
	}
}

func TestWhatDoesNotFitIntoAListToChooseFromIsCounted(t *testing.T) {
	drive(t, Options{}, 80, 16, scene(), func(d *driver) {
		for key, moves := range map[string]int{":": 30, "T": 14} {
			d.press(key)
			d.expect(" more ─╯")
			d.refuse(" above ─")
			for range moves {
				d.press("down")
			}
			d.expect(" above ─", " more ─╯")
			for range 200 {
				d.press("down")
			}
			d.refuse(" more ─╯")
			d.press("esc")
		}
	})
}
