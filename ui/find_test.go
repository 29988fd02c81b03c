package ui

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
)

func typed(text string) (keys []string) {
	for _, r := range text {
		keys = append(keys, string(r))
	}
	return keys
}

func TestTheSearchOfAllAgentsLooksAsItShould(t *testing.T) {
	for name, c := range map[string]struct{ keys []string }{
		"empty": {nil}, "found": {append(typed("Row 39"), "enter", "wait", "down")}, "nothing": {append(typed("zzz"), "enter", "wait")},
		"running": {append(typed("row 39"), "enter")},
	} {
		for _, size := range [][2]int{{40, 12}, {80, 24}, {120, 40}, {200, 50}} {
			t.Run(fmt.Sprintf("%s-%dx%d", name, size[0], size[1]), func(t *testing.T) {
				drive(t, Options{}, size[0], size[1], withScreens(scene()), func(d *driver) {
					if name == "running" {
						d.monitor.set(func() { d.monitor.slow = time.Second })
					}
					d.press("S")
					for _, key := range c.keys {
						if key == "wait" {
							d.settle()
							continue
						}
						d.press(key)
					}
					requireGolden(t, d.text())
				})
			})
		}
	}
}

func TestWhatIsFoundIsOpenedAtItsPlaceInTheScrollBack(t *testing.T) {
	drive(t, Options{}, 120, 40, withScreens(scene()), func(d *driver) {
		n := len(scene().Agents)
		d.press("S")
		d.press(typed("history row 123")...)
		d.expect("enter searches screens and scroll-back")
		d.press("enter")
		d.settle()
		d.expect("search all agents", fmt.Sprintf("%d matches in %d agents", n, n), "history row 123 of %1", "enter goes there")
		d.press("down", "down", "enter")
		d.settle()
		d.refuse("search all agents")
		d.expect("history row 123 of", "match 1 of 1", "rows back")
		d.press("esc", "S")
		d.expect("/history row 123")
		d.press("esc")
		d.refuse("search all agents")
	})
}

func TestARegularExpressionBetweenSlashesIsSearchedForAndHighlighted(t *testing.T) {
	drive(t, Options{}, 120, 40, withScreens(scene()), func(d *driver) {
		d.press("S")
		d.press(typed("/row 12[34] of %1$/")...)
		d.press("enter")
		d.settle()
		d.expect("history row 124 of %1", "history row 123 of %1")
		d.refuse("history row 125")
		d.press("enter")
		d.settle()
		d.expect("match 1 of")
		d.press("esc", "S")
		d.press(typed("(")...)
		d.press("home", "/", "end", "/", "enter")
		d.expect("no regular expression")
	})
}

func TestASearchOfAllAgentsIsStoppedAndSaysWhatItCouldNotRead(t *testing.T) {
	drive(t, Options{}, 120, 40, withScreens(scene()), func(d *driver) {
		n := len(scene().Agents)
		d.monitor.set(func() { d.monitor.slow = time.Second })
		d.press("S", "o", "enter")
		d.expect(fmt.Sprintf("0 of %d agents", n), "esc stops it")
		d.wait(1500 * time.Millisecond)
		d.expect(fmt.Sprintf("3 of %d agents", n))
		d.press("esc")
		d.wait(5 * time.Second)
		d.expect(fmt.Sprintf("3 of %d agents, stopped", n), "search all agents")
		d.monitor.set(func() { d.monitor.slow, d.monitor.fail = 0, errors.New("the server does not answer") })
		d.press("x", "enter")
		d.settle()
		d.expect(fmt.Sprintf("%d not read", n), "the server does not answer")
		d.press("enter")
		d.expect("nothing is found that could be opened")
		d.press("esc")
		d.refuse("search all agents")
	})
}

func TestOnlyTheNewestMatchesAreKeptAndTheChosenOneStaysChosen(t *testing.T) {
	var text strings.Builder
	for i := range 3 * findMost {
		fmt.Fprintf(&text, "needle %d %s\n", i, strings.Repeat("x", 2*findWidth))
	}
	drive(t, Options{}, 80, 24, withScreens(scene()), func(d *driver) {
		n := len(scene().Agents)
		d.monitor.set(func() { d.monitor.history = text.String() })
		d.press("S")
		d.press(append(typed("needle"), "enter")...)
		d.settle()
		d.expect(fmt.Sprintf("%d matches, the newest %d shown", n*3*findMost, n*findMost), "needle 599")
		d.refuse("needle 399")
		v, ok := d.m.overlays[0].(*findView)
		if !ok || v.run.kept > findAll || len(v.run.found[0][0].Text) > findWidth {
			t.Fatalf("%d matches are kept", v.run.kept)
		}
	})
}
