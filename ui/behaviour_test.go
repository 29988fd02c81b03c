package ui

import (
	"errors"
	"maps"
	"slices"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/google/go-cmp/cmp"

	"agentwatch/engine"
	"agentwatch/health"
)

func TestTheDashboardSaysFirstWhoNeedsTheUser(t *testing.T) {
	drive(t, Options{}, 120, 40, scene(), func(d *driver) {
		d.expect("▲ 3 need you", "needs you 3", "fix-auth", "Do you want to proceed?")
		if got := d.m.View().WindowTitle; got != "agentwatch: 3 need you" {
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

func TestTheMonitorFollowsTheSelection(t *testing.T) {
	s := scene()
	drive(t, Options{}, 120, 40, s, func(d *driver) {
		d.press("j")
		want := [][]health.PaneRef{{refOf(s, "fix-auth")}, {refOf(s, "css-grid")}}
		if diff := cmp.Diff(want, d.monitor.followed); diff != "" {
			t.Error(diff)
		}
		d.expect("reading its screen")
	})
}

func TestOpeningAnAgentReadsItsHistoryAndMarksItSeen(t *testing.T) {
	s := scene()
	drive(t, Options{}, 120, 40, s, func(d *driver) {
		d.m.fleet.list.Select(refOf(s, "readme"))
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
		d.press("home")
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

func TestTheFilterNarrowsAndEscapeShowsAll(t *testing.T) {
	drive(t, Options{}, 120, 40, scene(), func(d *driver) {
		d.press("/", "c", "s", "s")
		d.expect("/css", "1 of 17 agents", "css-grid")
		d.refuse("refactor-db")
		d.press("z", "z")
		d.expect("no agent matches csszz", "esc shows all 17 agents")
		d.press("backspace", "backspace", "enter")
		d.expect("1 of 17")
		d.press("o")
		d.expect("sorted by name")
		d.press("esc")
		d.expect("refactor-db", "agents 17")
	})
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
		d.press("R")
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

func TestFiguresFollowByTheSecondAndSlowerWhileNothingIsCaptured(t *testing.T) {
	drive(t, Options{}, 200, 50, scene(), func(d *driver) {
		at := func(after time.Duration, rounds, captured uint64) {
			s := scene()
			s.At = s.At.Truncate(figuresAtRest).Add(figuresAtRest + after)
			s.Round.Rounds, s.Round.Captured = rounds, captured
			d.show(s)
		}
		at(0, 401, 100)
		d.expect("rounds 401")
		at(900*time.Millisecond, 402, 101)
		d.expect("rounds 401")
		at(1100*time.Millisecond, 403, 102)
		d.expect("rounds 403")
		at(4900*time.Millisecond, 404, 102)
		d.expect("rounds 403")
		at(5*time.Second, 405, 102)
		d.expect("rounds 405")
	})
}

func TestWhatIsOutOfSightIsCountedAsTheHeaderCountsIt(t *testing.T) {
	drive(t, Options{}, 120, 40, scene(), func(d *driver) {
		d.expect("3 need you")
		d.press("/", "z", "z", "z")
		d.expect("3 hidden need you")
	})
	drive(t, Options{}, 80, 14, scene(), func(d *driver) {
		d.press("2")
		d.expect("3 need you", "1 on other pages needs you")
		d.press("down")
		d.press("end")
		d.expect("3 on other pages need you")
	})
}

// TestMovingDownShowsTheNextScreenInTheNextFrame moves and looks at once: before any
// call to the monitor or snapshot that follows from it.
func TestMovingDownShowsTheNextScreenInTheNextFrame(t *testing.T) {
	s := scene()
	for _, step := range []struct{ view, key, name string }{{"board", "j", "css-grid"}, {"agent", "tab", "css-grid"}} {
		drive(t, Options{}, 120, 40, s, func(d *driver) {
			if step.view == "agent" {
				d.press("enter")
			}
			if !slices.Contains(d.monitor.likely, refOf(s, step.name)) {
				t.Fatalf("%s: %v are likely", step.view, d.monitor.likely)
			}
			with := *s
			with.Previews = maps.Clone(s.Previews)
			for _, ref := range d.monitor.likely {
				with.Previews[ref] = &engine.Preview{Ref: ref, Text: "the screen of " + ref.Pane, At: s.At, Revision: 11}
			}
			d.show(&with)
			d.m.Update(keyPress(step.key))
			d.expect("the screen of " + refOf(s, step.name).Pane)
			d.refuse("reading its screen")
		})
	}
}

func TestTheScreensToWhichAKeyLeadsAreLikely(t *testing.T) {
	s := withScreens(crowd(60))
	drive(t, Options{}, 200, 50, s, func(d *driver) {
		agents := d.m.fleet.roster().Agents()
		expect := func(where string, want ...health.PaneRef) {
			t.Helper()
			if diff := cmp.Diff(want, d.monitor.likely); diff != "" {
				t.Errorf("%s: %s", where, diff)
			}
		}
		urgent := d.m.fleet.roster().Urgent()
		expect("at the first agent", agents[1].Ref, urgent[len(urgent)-1].Ref)
		d.press("j")
		expect("at the second agent", agents[2].Ref, agents[0].Ref)
		d.press("enter")
		expect("in the second agent", agents[2].Ref, agents[0].Ref)
		d.press("esc", "2")
		page := d.m.views[ViewGrid].(*grid).layout.page()
		var next []health.PaneRef
		for _, a := range agents[page:min(2*page, len(agents))] {
			next = append(next, a.Ref)
		}
		expect("in the grid", next...)
		d.press("end")
		expect("on the grid's last page")
		d.press("6", "home")
		expect("in the inbox", urgent[1].Ref)
		d.send(tea.BlurMsg{})
		expect("without the focus")
		d.send(tea.FocusMsg{})
		expect("with the focus again", urgent[1].Ref)
		d.press("5")
		expect("in the engine view")
	})
}
