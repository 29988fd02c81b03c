package ui

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"agentwatch/engine"
	"agentwatch/health"
)

func TestTheDashboardSaysFirstWhoNeedsTheUser(t *testing.T) {
	drive(t, Options{}, 120, 40, scene(), func(d *driver) {
		d.expect("▲ 3 need you", "needs you 3", "fix-auth", "Do you want to proceed?")
		if got := d.m.View().WindowTitle; got != "agentwatch: 3 waiting for you" {
			t.Errorf("title %q", got)
		}
		calm := scene()
		for i := range calm.Agents {
			calm.Agents[i].State = health.StateWorking
		}
		count(calm)
		d.show(calm)
		d.expect("nobody needs you")
	})
}

func TestMovingTheSelectionMovesTheMonitorsFocus(t *testing.T) {
	s := scene()
	drive(t, Options{}, 120, 40, s, func(d *driver) {
		d.press("j")
		want := []health.PaneRef{refOf(s, "fix-auth"), refOf(s, "css-grid")}
		if !slices.Equal(d.monitor.focused, want) {
			t.Errorf("focused %v, want %v", d.monitor.focused, want)
		}
		d.expect("reading its screen")
	})
}

func TestOpeningAnAgentReadsItsHistoryAndMarksItSeen(t *testing.T) {
	s := scene()
	drive(t, Options{}, 120, 40, s, func(d *driver) {
		d.m.list.Select(refOf(s, "readme"))
		d.press("enter")
		d.expect("facts", "finished, unseen", "of history", "/home/ada/src/api", "title spinner, 2 s old")
		if want := []health.PaneRef{refOf(s, "readme")}; !slices.Equal(d.monitor.seen, want) {
			t.Errorf("seen %v, want %v", d.monitor.seen, want)
		}
		d.show(s)
		if len(d.monitor.seen) != 1 {
			t.Errorf("marked %d times", len(d.monitor.seen))
		}
		d.press("esc")
		d.expect("agents 17")
	})
}

func TestAnOpenAgentScrollsBackThroughItsHistory(t *testing.T) {
	drive(t, Options{}, 100, 30, scene(), func(d *driver) {
		d.press("enter")
		d.expect("live", "Do you want to proceed?")
		d.press("pgup", "pgup")
		d.expect("rows back", "history row 3")
		d.press("g")
		d.expect("history row 1 of %1")
		d.press("up")
		d.expect("there is nothing before this")
		d.press("G")
		d.expect("live", "Do you want to proceed?")
		d.press("down")
		d.expect("this is the live screen")
	})
}

func TestAnOpenAgentWhosePaneClosesSaysSo(t *testing.T) {
	s := scene()
	drive(t, Options{}, 100, 30, s, func(d *driver) {
		d.press("enter")
		without := scene()
		without.Agents = without.Agents[1:]
		count(without)
		d.show(without)
		d.expect("this pane has closed", "fix-auth")
	})
}

func TestTheStrategyIsPickedAndTheAnswerShown(t *testing.T) {
	drive(t, Options{}, 100, 30, scene(), func(d *driver) {
		d.press("s")
		d.expect("push  in force", "p50 178 ms")
		d.monitor.fail = errors.New("no pool")
		d.press("up", "enter")
		d.expect("no pool", "pipelined")
		d.monitor.fail = nil
		d.press("enter")
		d.expect("strategy is now pipelined")
		d.refuse("in force")
		if want := []engine.StrategyName{"pipelined", "pipelined"}; !slices.Equal(d.monitor.switched, want) {
			t.Errorf("asked for %v", d.monitor.switched)
		}
	})
}

func TestTheHelpListsEveryKeyOfThePlaceItWasCalledFrom(t *testing.T) {
	for place, keys := range map[keyContext][]string{onBoard: {"?"}, onAgent: {"enter", "?"}} {
		drive(t, Options{}, 120, 40, scene(), func(d *driver) {
			d.press(keys...)
			for _, b := range d.m.look.keys.bindings(place) {
				d.expect(b.binding.Help().Desc)
			}
		})
	}
}

func TestTheFilterNarrowsAndEscapeShowsAll(t *testing.T) {
	drive(t, Options{}, 120, 40, scene(), func(d *driver) {
		d.press("/", "c", "s", "s")
		d.expect("/css", "1 of 17", "css-grid")
		d.refuse("refactor-db")
		d.press("z", "z")
		d.expect("no agent matches csszz", "esc shows all 17 agents")
		d.press("backspace", "backspace", "enter")
		d.expect("1 of 17")
		d.press("o")
		d.expect("listed by tmux order")
		d.press("esc")
		d.expect("refactor-db", "agents 17")
	})
}

func TestAKeyThatCannotBeUsedSaysWhy(t *testing.T) {
	drive(t, Options{}, 100, 30, scene(), func(d *driver) {
		for keys, want := range map[string]string{
			"x": "x does nothing here", "up": "this is the first agent", "esc": "there is nothing to go back to",
		} {
			d.press(keys)
			d.expect(want)
		}
	})
	drive(t, Options{}, 100, 30, nil, func(d *driver) {
		for keys, want := range map[string]string{
			"s": "no strategy to choose", "enter": "no agent to open", "tab": "no other agent needs you", "j": "no agent to select",
		} {
			d.press(keys)
			d.expect(want)
		}
	})
}

func TestEveryKeyOfTheBoardDoesSomething(t *testing.T) {
	s := scene()
	for _, b := range newKeymap(newLook(Options{}).styles.Glyphs).bindings(onBoard) {
		for _, name := range b.binding.Keys() {
			if strings.HasPrefix(name, "shift+") {
				continue // how terminals with an extended keyboard name it
			}
			drive(t, Options{}, 100, 30, s, func(d *driver) {
				before := d.m.View().Content
				d.press(name)
				if d.m.View().Content == before && !d.quit {
					t.Errorf("%q does nothing", name)
				}
			})
		}
	}
}

func TestTabGoesToTheNextThatNeedsTheUser(t *testing.T) {
	s := scene()
	drive(t, Options{}, 120, 40, s, func(d *driver) {
		for _, want := range []string{"css-grid", "migrate", "tune", "lint", "readme", "fix-auth"} {
			d.press("tab")
			if got := d.selected(); got != refOf(s, want) {
				t.Fatalf("selected %v, want %s", got, want)
			}
		}
	})
}

func TestRefreshAndQuitReachTheirEnds(t *testing.T) {
	drive(t, Options{}, 100, 30, scene(), func(d *driver) {
		d.press("r")
		d.expect("looked at anew")
		if d.monitor.refreshed != 1 {
			t.Errorf("refreshed %d times", d.monitor.refreshed)
		}
		d.press("enter", "?", "ctrl+c")
		if !d.quit {
			t.Error("ctrl+c does not quit")
		}
	})
}

func TestTheExplanationOfAVerdictIsOneKeyAway(t *testing.T) {
	drive(t, Options{}, 120, 40, scene(), func(d *driver) {
		d.press("e")
		d.expect("why", "verdict", "claude.dialog.permission", "what was tried, in the order of precedence")
		d.press("G")
		d.expect("the screen (> marks what decided)", "dialog")
		d.press("esc")
		d.expect("agents 17")
		d.monitor.fail = errors.New("the pane is gone")
		d.press("enter", "e")
		d.expect("the pane is gone", "esc closes this")
		d.press("esc", "esc")
		d.expect("agents 17")
	})
}
