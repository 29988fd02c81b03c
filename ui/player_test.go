package ui

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"agentwatch/engine"
	"agentwatch/health"
)

// fakeRecordings are stored screens: one every second for ten minutes before the
// scene, with a minute in the middle of which there is none.
type fakeRecordings struct {
	mu    sync.Mutex
	asked int
	fail  error
	empty bool
	// slow is what reading a screen takes.
	slow time.Duration
}

func (f *fakeRecordings) begin() time.Time { return sceneTime().Add(-10 * time.Minute) }

func (f *fakeRecordings) Recording(context.Context, engine.Agent) (Recording, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.empty || f.fail != nil {
		return Recording{}, f.fail
	}
	r := Recording{Past: []engine.Phase{
		{At: f.begin().Add(-time.Hour), Urgency: engine.UrgencyIdle},
		{At: f.begin().Add(90 * time.Second), Urgency: engine.UrgencyWorking},
		{At: f.begin().Add(3*time.Minute + 200*time.Millisecond), Urgency: engine.UrgencyWaiting},
		{At: f.begin().Add(8 * time.Minute), Urgency: engine.UrgencyDone},
	}}
	for i := range 600 {
		if i < 240 || i >= 300 {
			r.Times = append(r.Times, f.begin().Add(time.Duration(i)*time.Second+700*time.Millisecond))
		}
	}
	return r, nil
}

func (f *fakeRecordings) Screen(_ context.Context, a engine.Agent, at time.Time) (StoredScreen, error) {
	time.Sleep(f.slow)
	f.mu.Lock()
	defer f.mu.Unlock()
	f.asked++
	text := fmt.Sprintf("\x1b[1mscreen of %s\x1b[0m\n\n\x1b[38;5;174m✻ Ruminating… (%ds)\x1b[39m", a.Ref.Pane, int(at.Sub(f.begin())/time.Second))
	return StoredScreen{At: at, Text: text}, f.fail
}

func recordedOptions() (Options, *fakeRecordings) {
	f := &fakeRecordings{}
	return Options{Recordings: f}, f
}

func TestThePlayerLooksAsItShould(t *testing.T) {
	for _, size := range [][2]int{{40, 12}, {80, 24}, {120, 40}} {
		t.Run(fmt.Sprintf("%dx%d", size[0], size[1]), func(t *testing.T) {
			o, _ := recordedOptions()
			drive(t, o, size[0], size[1], scene(), func(d *driver) {
				d.press("enter", "P", "N", "N")
				requireGolden(t, d.text())
			})
		})
	}
}

func TestThePlayerHasItsKeysInTheHelpAndInThePalette(t *testing.T) {
	o, _ := recordedOptions()
	drive(t, o, 120, 50, scene(), func(d *driver) {
		d.press("enter", "P", "?")
		d.expect("help: player", "screen before", "10 seconds back", "change before", "a tenth on")
		d.refuse("next that needs you")
		d.press("esc", ":")
		d.press("n", "e", "x", "t", " ", "c", "h")
		d.press("enter")
		d.expect("there is no later change of state", "screen 540 of 540")
		d.press("esc", ":")
		d.press("p", "l", "a", "y")
		d.expect("it works on the player")
	})
}

func TestWithoutStoredScreensTheKeySaysHowTheyAreStored(t *testing.T) {
	drive(t, Options{}, 80, 24, scene(), func(d *driver) {
		d.press("enter", "P")
		d.expect("no screens are stored; set history.screens = true in the configuration")
	})
	o, f := recordedOptions()
	f.empty = true
	drive(t, o, 80, 24, scene(), func(d *driver) {
		d.press("enter", "P")
		d.expect("no screen of fix-auth is stored yet", "live")
	})
	o, f = recordedOptions()
	f.fail = errors.New("the disk is gone")
	drive(t, o, 100, 24, scene(), func(d *driver) {
		d.press("enter", "P")
		d.expect("cannot be read: the disk is gone", "live")
	})
}

func TestTheUserStepsSkipsAndJumpsThroughStoredScreens(t *testing.T) {
	o, _ := recordedOptions()
	drive(t, o, 120, 40, scene(), func(d *driver) {
		d.press("enter", "P")
		d.expect("replay fix-auth", "14:32:06", "screen 540 of 540", "Ruminating… (599s)", "done")
		d.press("right")
		d.expect("this is the newest screen that is stored")
		d.press("left", "left")
		d.expect("Ruminating… (597s)", "screen 538 of 540")
		d.press("<")
		d.expect("Ruminating… (587s)")
		d.press(">", ">")
		d.expect("Ruminating… (599s)")
		d.press("home")
		d.expect("Ruminating… (0s)", "screen 1 of 540", "idle")
		d.press("<")
		d.expect("this is the oldest screen that is stored")
		d.press("pgdown")
		d.expect("Ruminating… (59s)")
		d.press("n")
		d.expect("14:23:37", "working", "Ruminating… (90s)")
		d.press("n")
		// The screen of the change was stored half a second after it.
		d.expect("14:25:07", "waiting", "Ruminating… (180s)")
		d.press("n")
		d.expect("14:30:07", "✓ done")
		d.press("n")
		d.expect("there is no later change of state")
		d.press("N", "N")
		d.expect("14:23:37", "working")
		d.press("n", "left", "right", "N")
		// The screen of the change is half a second after it: it counts as the change.
		d.expect("14:23:37", "working")
		d.press("N")
		d.expect("there is no earlier change of state")
		d.press("end")
		d.expect("screen 540 of 540")
		d.press("esc")
		d.refuse("replay fix-auth")
		d.expect("live")
	})
}

func TestItPlaysAtTheSpeedThatIsAskedForAndSkipsWhatNeverChanged(t *testing.T) {
	o, f := recordedOptions()
	drive(t, o, 120, 40, scene(), func(d *driver) {
		d.press("enter", "P", "home", "space")
		d.expect("playing 1x")
		d.wait(5 * time.Second)
		d.expect("Ruminating… (5s)")
		d.press("space")
		d.expect("paused at 1x")
		d.wait(5 * time.Second)
		d.expect("Ruminating… (5s)")
		d.press("+", "+", "+", "space")
		d.wait(10 * time.Second)
		d.expect("playing 8x", "Ruminating… (85s)")
		d.press("-", "-", "-", "-")
		d.expect("0.5x")
		d.press("-")
		d.expect("that is as far as it goes: 0.5x")
		d.send(tea.BlurMsg{})
		d.wait(10 * time.Second)
		d.expect("Ruminating… (90s)")
		d.press("+")
		// To the last screen before the gap of a minute, which takes 2 s.
		d.wait((240 - 90 + 3) * time.Second)
		d.expect("Ruminating… (30")
		d.press("+", "+", "+", "+", "+", "+")
		d.wait(10 * time.Second)
		d.expect("playing 64x"[len("playing "):], "Ruminating… (599s)", "paused at")
		if f.asked > 600 {
			t.Errorf("%d screens were read", f.asked)
		}
		d.press("space")
		d.expect("playing 64x", "screen 1 of 540")
	})
}

func TestSlowReadingNeverPilesUpAndTheLastScreenWantedComes(t *testing.T) {
	o, f := recordedOptions()
	f.slow = 700 * time.Millisecond
	drive(t, o, 120, 40, scene(), func(d *driver) {
		d.press("enter", "P")
		d.wait(time.Second)
		before := f.asked
		d.press("left", "left", "left", "left", "left", "left", "left", "left")
		d.wait(2 * time.Second)
		d.expect("Ruminating… (591s)")
		if n := f.asked - before; n != 2 {
			t.Errorf("%d screens were read for eight steps, want the first and the last", n)
		}
		f.fail = errors.New("no such\x1b[2J page")
		d.press("left")
		d.wait(time.Second)
		d.expect("this screen cannot be read: no such page")
	})
}

func TestWhatFinishesWhileOldScreensAreShownIsNotSeen(t *testing.T) {
	o, _ := recordedOptions()
	s := scene()
	drive(t, o, 120, 40, s, func(d *driver) {
		d.press("enter", "P")
		next := scene()
		next.Agents[0].State, next.Agents[0].Wait, next.Agents[0].Unseen = health.StateIdle, 0, true
		d.show(next)
		if len(d.monitor.seen) != 0 {
			t.Errorf("seen: %v", d.monitor.seen)
		}
		d.press("esc")
		if len(d.monitor.seen) != 1 {
			t.Errorf("seen after esc: %v", d.monitor.seen)
		}
	})
}

func TestAnotherViewOrAgentEndsTheReplay(t *testing.T) {
	o, f := recordedOptions()
	drive(t, o, 120, 40, scene(), func(d *driver) {
		d.press("enter", "P", "home", "space", ":")
		d.press("g", "r", "i", "d", "enter")
		if d.m.at != ViewGrid {
			t.Fatalf("this is the %s", d.m.at)
		}
		d.wait(2 * time.Second)
		asked := f.asked
		d.wait(5 * time.Second)
		if f.asked != asked || d.m.focus().replay != nil {
			t.Error("it plays on though it is not shown")
		}
		d.press("enter")
		d.refuse("replay fix-auth")
	})
}
