package ui

import (
	"fmt"
	"strings"
	"testing"

	"agentwatch/ui/keys"
)

// tourText is the tour's line, empty where there is none.
func (d *driver) tourText() string {
	for line := range strings.Lines(d.text()) {
		if strings.Contains(line, "tour ") {
			return strings.TrimSpace(line)
		}
	}
	return ""
}

// leads fails when the tour's line lacks one of the texts.
func (d *driver) leads(texts ...string) {
	d.t.Helper()
	for _, text := range texts {
		if !strings.Contains(d.tourText(), text) {
			d.t.Fatalf("the tour does not say %q:\n%s", text, d.text())
		}
	}
}

func TestTheTourLeadsThroughWhatCanBeDone(t *testing.T) {
	drive(t, Options{Tour: true}, 120, 40, withScreens(scene()), func(d *driver) {
		d.leads("●○○○○○○", "shows who needs you")
		d.press("tab")
		d.leads("✓●○○○○○")
		for tries := 0; !strings.Contains(d.tourText(), "y approves"); tries++ {
			if tries > 10 {
				t.Fatalf("nobody is found who asks to be approved:\n%s", d.text())
			}
			d.leads("goes on to one that asks to be approved")
			d.press("tab")
		}
		d.press("y")
		d.leads("sends it")
		d.press("enter")
		d.leads("✓✓●○○○○")
		for tries := 0; !strings.Contains(d.tourText(), "r writes to it"); tries++ {
			if tries > 20 {
				t.Fatalf("nobody is found who can be written to:\n%s", d.text())
			}
			d.press("down")
		}
		d.press("r")
		d.leads("goes on, once you have written")
		d.press("h", "i", "enter")
		for tries := 0; strings.Contains(d.tourText(), "tour ✓✓●"); tries++ {
			if tries > 3 {
				t.Fatalf("a reply that was sent is not ticked:\n%s", d.text())
			}
			d.press("enter")
		}
		d.leads("✓✓✓●○○○", "shows one agent alone")
		d.press("esc", "enter")
		d.leads("✓✓✓✓●○○", "D shows what it has changed")
		d.press("D")
		d.leads("✓✓✓✓✓●○", "esc S searches all agents")
		d.press("esc", "S", "t", "e", "s", "t", "enter")
		d.leads("✓✓✓✓✓✓●", "esc ? lists all keys")
		d.press("esc", "?")
		d.leads("✓✓✓✓✓✓✓", "esc q quits")
		d.press("esc", "q")
		if !d.quit {
			t.Error("the tour's last key does not quit")
		}
	})
}

func TestStepsOfTheTourCanBeDoneInAnyOrder(t *testing.T) {
	drive(t, Options{Tour: true}, 120, 40, withScreens(scene()), func(d *driver) {
		d.press("?")
		d.leads("●○○○○○✓")
		d.press("esc", "enter")
		d.leads("●○○✓○○✓")
	})
}

func TestTheTourIsSkippedStepByStepAndAsAWhole(t *testing.T) {
	drive(t, Options{Tour: true}, 80, 24, withScreens(scene()), func(d *driver) {
		d.leads("ctrl+t skip")
		d.press("ctrl+t")
		d.leads("✓●○○○○○")
		d.press("/", "ctrl+t") // also while something is written
		d.leads("✓✓●○○○○")
		d.press("esc", "ctrl+x")
		if text := d.tourText(); text != "" {
			t.Errorf("a tour that was ended says %q", text)
		}
		d.press("ctrl+t")
		d.expect("ctrl+t does nothing here")
	})
}

func TestThereIsNoTourUnasked(t *testing.T) {
	drive(t, Options{}, 120, 40, withScreens(scene()), func(d *driver) {
		d.refuse("tour ")
		d.press("ctrl+x")
		d.expect("ctrl+x does nothing here")
	})
}

func TestTheTourLeavesTheKeysThatTheUserHasBound(t *testing.T) {
	o := Options{Tour: true, Settings: Settings{Keys: map[string][]string{keys.Help.Name(): {"ctrl+t"}, keys.Approve.Name(): {"f5"}}}}
	drive(t, o, 120, 40, withScreens(scene()), func(d *driver) {
		d.press("tab")
		for tries := 0; !strings.Contains(d.tourText(), "f5 approves"); tries++ {
			if tries > 10 {
				t.Fatalf("the tour does not name the user's own key:\n%s", d.text())
			}
			d.press("tab")
		}
		d.press("ctrl+t")
		d.expect("help: board")
		d.leads("✓●○○○○✓")
	})
}

func TestTheTourOfWhoOnlyLooksAnswersNobody(t *testing.T) {
	drive(t, Options{Tour: true, ReadOnly: true}, 120, 40, withScreens(scene()), func(d *driver) {
		d.leads("●✓✓○○○○")
		d.press("tab")
		d.leads("shows one agent alone")
	})
}

func TestTheTourLooksAsItShould(t *testing.T) {
	for _, size := range [][2]int{{59, 24}, {60, 16}, {80, 24}, {120, 40}} {
		for name, press := range map[string][]string{"begin": nil, "answer": {"ctrl+t", "y"}, "end": {"ctrl+t", "ctrl+t", "ctrl+t", "ctrl+t", "ctrl+t", "ctrl+t", "ctrl+t"}} {
			t.Run(fmt.Sprintf("%s-%dx%d", name, size[0], size[1]), func(t *testing.T) {
				drive(t, Options{Tour: true}, size[0], size[1], withScreens(scene()), func(d *driver) {
					d.press(press...)
					requireGolden(t, d.text())
				})
			})
		}
	}
}
