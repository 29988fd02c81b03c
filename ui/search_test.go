package ui

import (
	"strings"
	"testing"
)

// searching opens the selected agent and searches what it has shown.
func (d *driver) searching(text string) {
	d.press("enter", "/")
	d.press(strings.Split(text, "")...)
	d.press("enter")
}

func TestAMatchBeyondTheRightEdgeIsMovedTo(t *testing.T) {
	s := scene()
	s.Previews = nil
	drive(t, Options{}, 80, 24, s, func(d *driver) {
		d.monitor.history = strings.Repeat("row\n", 40) + "begin " + strings.Repeat("-", 90) + " Needle and " + strings.Repeat("+", 60) + " needle\n" + strings.Repeat("end\n", 30)
		d.searching("needle")
		d.expect("needle", "match 1 of 2", "+++")
		d.refuse("Needle")
		d.press("n")
		d.expect("Needle and", "match 2 of 2")
		d.press("home", "/")
		d.press(strings.Split("begin", "")...)
		d.expect("begin ---")
		d.press("esc")
		d.refuse("begin")
	})
}

func TestAMatchInAShortHistoryStandsOut(t *testing.T) {
	s := scene()
	drive(t, Options{}, 120, 60, s, func(d *driver) {
		d.monitor.history = previewOf(s).Text
		d.searching("do you want")
		d.expect("live", "match 1 of 1")
		if found := d.m.styles().Found.Paint("Do you want"); !strings.Contains(d.m.View().Content, found) {
			t.Errorf("%q does not stand out:\n%s", "Do you want", d.text())
		}
	})
}

func TestSearchAndFilterFindAccentsHoweverTheyAreWritten(t *testing.T) {
	s := scene()
	s.Agents[0].Window, s.Agents[1].Window = "cafe\u0301", "Café"
	drive(t, Options{}, 120, 40, s, func(d *driver) {
		d.press("/", "C", "A", "F", "É")
		d.expect("2 of 17 agents")
		d.monitor.history = strings.Repeat("row\n", 40) + "Cafe\u0301 and CAFÉ\n"
		d.press("enter")
		d.searching("café")
		d.expect("match 1 of 2")
	})
}
