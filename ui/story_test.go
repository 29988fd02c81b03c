package ui

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"agentwatch/engine"
	"agentwatch/health"
	"agentwatch/themes"
	"agentwatch/ui/keys"
)

func TestStrategiesAreTriedWhileTheUserMovesThroughThem(t *testing.T) {
	drive(t, Options{}, 100, 30, scene(), func(d *driver) {
		d.press("s")
		d.expect("push  in force", "round p50 178 ms", "latency p99 420 ms", "forecast 68 captures/s", "not measured yet")
		d.press("up")
		d.expect("pipelined  in force")
		d.press("up")
		d.expect("concurrent  in force")
		d.press("esc")
		if want := []engine.StrategyName{"pipelined", "concurrent", "push"}; !slices.Equal(d.monitor.switched, want) {
			t.Errorf("asked for %v, want %v", d.monitor.switched, want)
		}
		d.press("s", "up", "enter")
		d.expect("strategy is now pipelined")
		d.monitor.fail = errors.New("no pool")
		d.press("s", "up")
		d.expect("no pool")
	})
}

func TestThemesAreTriedWhileTheUserMovesThroughThem(t *testing.T) {
	drive(t, Options{}, 100, 30, scene(), func(d *driver) {
		before := d.m.look.theme.Name
		d.press("T", "down")
		if d.m.look.theme.Name != themes.Names()[0] {
			t.Errorf("%s is tried, want %s", d.m.look.theme.Name, themes.Names()[0])
		}
		d.press("esc")
		if d.m.look.theme.Name != before || d.m.look.fixed {
			t.Errorf("after esc it is %s", d.m.look.theme.Name)
		}
		d.press("T", "end", "enter")
		d.expect("theme is now")
		if d.m.look.theme.Name == before && before != themes.Names()[len(themes.Names())-1] {
			t.Error("the theme is as before")
		}
	})
}

func TestTheGridShowsEveryAgentLiveAndIsPaged(t *testing.T) {
	s := withScreens(crowd(40))
	drive(t, Options{}, 120, 40, s, func(d *driver) {
		d.press("2")
		shown := d.monitor.followed[len(d.monitor.followed)-1]
		if page := d.m.views[ViewGrid].(*grid).layout.page(); len(shown) != min(page, 40) {
			t.Errorf("%d panes are followed, the page has %d", len(shown), page)
		}
		d.expect("page 1 of", "Ruminating")
		first := d.selected()
		d.press("right", "down", "left", "up")
		if d.selected() != first {
			t.Error("right, down, left and up do not lead back")
		}
		d.press("up")
		d.expect("this is the first row")
		d.press("pgdown")
		d.expect("page 2 of")
		d.press("enter")
		d.expect("facts")
		d.press("esc")
		d.expect("page 2 of")
		d.press("esc")
		d.expect("agents 40")
	})
}

func TestTheTileOfAnAgentThatAsksShowsTheQuestion(t *testing.T) {
	drive(t, Options{}, 80, 24, withScreens(scene()), func(d *driver) {
		d.press("2")
		d.expect("Do you want to proceed?", "❯ 1. Yes", "permission")
		d.refuse("This command requires approval")
	})
}

func TestTheTimelineZoomsAndMovesThroughThePast(t *testing.T) {
	drive(t, Options{}, 120, 40, scene(), func(d *driver) {
		d.press("4")
		d.expect("last hour", "agents worked", "waited for you", "longest wait", "turns")
		d.press("-")
		d.expect("last 3 hours")
		d.press("+", "+", "+")
		d.expect("last 5 minutes")
		d.press("+")
		d.expect("last 2 minutes")
		d.press("+")
		d.expect("last minute", "14:31:45")
		d.press("+")
		d.expect("that is as far as it goes")
		d.press("-", "left")
		d.expect("up to", "ago")
		d.press(".")
		d.refuse("ago")
		d.press("right")
		d.expect("this is the present")
	})
}

func TestTheInboxHoldsWhatNeedsTheUserAndWhatItAsks(t *testing.T) {
	s := scene()
	drive(t, Options{}, 120, 40, s, func(d *driver) {
		d.press("6")
		d.expect("3 need you", "needs you 3", "limited 1", "finished, unseen 2", "waited for you today 5h51m, these 2h13m", "Do you want to proceed?", "1. Yes", "waited today", "killed, shell is back")
		for _, want := range []string{"css-grid", "migrate", "tune", "lint", "readme"} {
			d.press("j")
			if d.selected() != refOf(s, want) {
				t.Fatalf("selected %v, want %s", d.selected(), want)
			}
		}
		d.press("j")
		d.expect("this is the last one")
		d.press("x")
		if want := []health.PaneRef{refOf(s, "readme")}; !slices.Equal(d.monitor.seen, want) {
			t.Errorf("seen %v, want %v", d.monitor.seen, want)
		}
	})
}

func TestTheInboxTellsWhatTheFilterHides(t *testing.T) {
	drive(t, Options{}, 120, 40, scene(), func(d *driver) {
		d.press("/", "m", "l", "enter", "6")
		d.expect("limited 1", "the filter hides 5 more")
		d.press("esc", "tab")
		d.expect("the filter hides 5 more")
	})
}

func TestTheEngineViewSaysWhatEachStrategyWouldCost(t *testing.T) {
	drive(t, Options{}, 120, 50, scene(), func(d *driver) {
		d.press("5")
		d.expect("pool", "cache", "rounds", "strategies", "servers", "forecast", "68 captures/s", "3.2 captures/s", "178 ms", "invalidated", "latency p50 130 ms")
	})
	drive(t, Options{}, 60, 16, scene(), func(d *driver) {
		d.press("5", "end")
		d.expect("forecast: the captures")
		d.press("down")
		d.expect("there is no more to see here")
	})
}

func TestEverythingCanBeDoneByItsName(t *testing.T) {
	s := scene()
	drive(t, Options{}, 120, 40, s, func(d *driver) {
		d.press(":")
		d.press(strings.Split("only: idle", "")...)
		d.press("enter")
		d.expect("only idle", "4 of 17")
		d.press("ctrl+p")
		d.press(strings.Split("zoom in", "")...)
		d.expect("it works on the timeline")
		d.press("enter")
		d.expect("zoom in: not here; it works on the timeline")
		d.press(":")
		d.press(strings.Split("timeline", "")...)
		d.press("enter")
		d.expect("last hour")
		d.press(":")
		d.press(strings.Split("xyzzy", "")...)
		d.expect("nothing is called that")
		d.press("esc", "esc", "esc")
	})
}

func TestTheHelpListsEveryKeyOfTheViewItWasCalledFrom(t *testing.T) {
	keymap, _ := keys.New(nil)
	for view, lead := range lookedAt() {
		drive(t, Options{}, 160, 80, scene(), func(d *driver) {
			d.press(lead...)
			place := d.m.place()
			d.press("?")
			d.expect("help: " + view)
			for _, b := range keymap.Bindings(place) {
				d.expect(b.Does)
			}
		})
	}
}

func TestEveryKeyOfEveryViewDoesSomethingOrSaysWhyNot(t *testing.T) {
	keymap, _ := keys.New(nil)
	for view, lead := range lookedAt() {
		place := map[string]keys.Place{
			"board": keys.OnBoard, "grid": keys.OnGrid, "focus": keys.OnFocus, "timeline": keys.OnTimeline, "engine": keys.OnEngine, "inbox": keys.OnInbox,
		}[view]
		for _, b := range keymap.Bindings(place) {
			for _, name := range b.Keys {
				if name != "shift+tab" && strings.HasPrefix(name, "shift+") {
					continue // how terminals with an extended keyboard name it
				}
				drive(t, Options{Jumper: &fakeJumper{}}, 100, 30, withScreens(scene()), func(d *driver) {
					d.press(lead...)
					before, mouse := d.m.View().Content, d.m.View().MouseMode
					d.press(name)
					if d.m.View().Content == before && d.m.View().MouseMode == mouse && !d.quit {
						t.Errorf("%s: %q does nothing", view, name)
					}
				})
			}
		}
	}
}

func TestAKeyThatCannotBeUsedSaysWhy(t *testing.T) {
	drive(t, Options{}, 100, 30, scene(), func(d *driver) {
		for key, want := range map[string]string{
			"Z": "Z does nothing here; ? shows the keys", "up": "this is the first agent", "esc": "there is nothing to go back to; q quits",
			"g": "there is no tmux to jump with", "x": "it is not marked as finished", "u": "no agent is marked",
		} {
			d.press(key)
			d.expect(want)
		}
	})
	drive(t, Options{}, 100, 30, nil, func(d *driver) {
		for key, want := range map[string]string{
			"s": "no strategy to choose", "enter": "no agent to open", "tab": "no other agent needs you", "j": "no agent to select",
			"space": "no agent to mark", "e": "no agent to explain", ">": "there is no screen to move",
		} {
			d.press(key)
			d.expect(want)
		}
	})
}

func TestAJumpMovesTheUsersTerminalAndClearsTheMark(t *testing.T) {
	s, jumper := scene(), &fakeJumper{}
	drive(t, Options{Jumper: jumper}, 100, 30, s, func(d *driver) {
		d.m.fleet.list.Select(refOf(s, "readme"))
		d.press("g")
		if want := []health.PaneRef{refOf(s, "readme")}; !slices.Equal(jumper.to, want) || !slices.Equal(d.monitor.seen, want) {
			t.Errorf("jumped to %v, seen %v", jumper.to, d.monitor.seen)
		}
		d.expect("C-b l comes back")
		jumper.fail = errors.New("pane %9 is gone")
		d.press("g")
		d.expect("cannot go to its pane: pane %9 is gone")
	})
}

func TestAgentsAreMarkedForWhatIsDoneToSeveral(t *testing.T) {
	s := scene()
	drive(t, Options{}, 120, 40, s, func(d *driver) {
		d.m.fleet.list.Select(refOf(s, "readme"))
		d.press("space")
		d.m.fleet.list.Select(refOf(s, "lint"))
		d.press("space")
		d.expect("2 marks", "✓*lint", "✓*readme")
		d.press("x")
		if len(d.monitor.seen) != 2 {
			t.Errorf("seen %v", d.monitor.seen)
		}
		d.press("F")
		d.expect("only marked", "2 of 17")
		d.press("u")
		d.expect("no agent is marked any more", "no agent is marked")
	})
}

func TestAMarkGoesWithItsAgent(t *testing.T) {
	drive(t, Options{}, 120, 40, scene(), func(d *driver) {
		d.press("space")
		d.expect("▲*fix-auth", "1 mark")
		d.show(scene())
		d.expect("▲*fix-auth", "1 mark")
		after := scene()
		after.Agents[0].PID, after.Agents[0].Revision = 9999, 2
		d.show(after)
		d.refuse("*fix-auth", "1 mark")
	})
}

func TestASearchFindsWhatAnAgentHasShown(t *testing.T) {
	drive(t, Options{}, 120, 40, scene(), func(d *driver) {
		d.press("enter", "/")
		d.press(strings.Split("row 12 ", "")...)
		d.expect("history row 12 of", "1 match")
		d.press("enter")
		d.expect("match 1 of 1")
		d.press("n")
		d.expect("there is no other match")
		d.press("/")
		d.press(strings.Split("row 3", "")...)
		d.press("enter")
		d.expect("match 1 of 111", "history row 399")
		d.press("n", "n")
		d.expect("match 3 of 111")
		d.press("N")
		d.expect("match 2 of 111")
		d.press("/")
		d.press(strings.Split("nowhere", "")...)
		d.press("enter")
		d.expect("nowhere is nowhere in its last 427 rows")
	})
}

func TestAKeyOfAnotherViewSaysWhereItWorks(t *testing.T) {
	drive(t, Options{}, 120, 40, scene(), func(d *driver) {
		d.press("5", "/")
		d.expect("filter: not here; it works on the board")
		d.press("6", "o")
		d.expect("sort: not here; it works on the board")
	})
}

func TestDownLeadsOntoAShortLastRowOfTheGrid(t *testing.T) {
	drive(t, Options{}, 160, 44, crowd(7), func(d *driver) {
		d.press("2")
		columns := d.m.views[ViewGrid].(*grid).layout.columns
		for range columns - 1 {
			d.press("right")
		}
		for range 7 {
			d.press("down")
		}
		if at := d.m.fleet.list.Index(); at/columns != 6/columns {
			t.Errorf("at %d of 7 with %d columns", at, columns)
		}
	})
}

func TestAgentsWithTheSameNameAreToldApartEverywhere(t *testing.T) {
	s := scene()
	s.Agents[0].Window, s.Agents[5].Window = "same", "same"
	first, second := "same "+s.Agents[0].Ref.Pane, "same "+s.Agents[5].Ref.Pane
	drive(t, Options{}, 120, 40, s, func(d *driver) {
		for _, key := range []string{"1", "2", "4", "6"} {
			d.press(key)
			d.expect(first, second)
		}
		d.press("y")
		d.expect("▲ " + first + "  waiting")
		d.press("enter")
		d.expect("approve sent to " + first)
		d.press("r")
		d.expect("reply to " + first)
	})
}
