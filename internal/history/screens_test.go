package history

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"agentwatch/engine"
)

// filmed keeps frames of an agent as a recorder does.
func filmed(t testing.TB, s *Store, f *film, agent Agent, frames ...Frame) {
	t.Helper()
	c := newCompressor()
	var entries []Entry
	for _, frame := range frames {
		if e, differs := f.next(agent, frame.At, frame.Text, c); differs {
			entries = append(entries, e)
		}
	}
	appended(t, s, entries...)
}

// screenAt is what a busy agent shows at a step: it scrolls and counts.
func screenAt(step int) string {
	rows := make([]string, 0, 30)
	for i := range 24 {
		rows = append(rows, fmt.Sprintf("\x1b[2mline %d of what it did\x1b[0m", step/7+i))
	}
	return textOf(append(rows, "", fmt.Sprintf("\x1b[38;5;174m✻ Ruminating… (%ds)\x1b[39m", step), "", "❯ ", ""))
}

// filmOf are so many screens of a busy agent, one a second.
func filmOf(n int) []Frame {
	frames := make([]Frame, n)
	for i := range frames {
		frames[i] = Frame{At: noon().Add(time.Duration(i) * time.Second), Text: screenAt(i)}
	}
	return frames
}

// requireFrames fails when frames are not those that are wanted.
func requireFrames(t interface {
	Fatalf(format string, args ...any)
}, got, want []Frame,
) {
	same := func(a, b Frame) bool { return a.At.Equal(b.At) && a.Text == b.Text }
	if !slices.EqualFunc(got, want, same) {
		t.Fatalf("%d frames are not the %d that were kept", len(got), len(want))
	}
}

// drawnFrames draws a sequence of screens: what is kept of it, and what goes in.
func drawnFrames(t *rapid.T) (in, kept []Frame) {
	at, rows := noon(), []string{"begin"}
	for range rapid.IntRange(1, 200).Draw(t, "screens") {
		at = at.Add(time.Duration(rapid.IntRange(1, 40_000).Draw(t, "later")) * time.Millisecond)
		rows = changed(t, rows)
		in = append(in, Frame{at, textOf(rows)})
		if n := len(kept); n == 0 || kept[n-1].Text != textOf(rows) {
			kept = append(kept, in[len(in)-1])
		}
	}
	return in, kept
}

func TestAnySequenceOfScreensIsReadBackExactlyFromAnyTimeAlsoAfterPruning(t *testing.T) {
	ctx, pid := context.Background(), 0
	now := noon()
	s := opened(t, Options{Retention: time.Hour, Delay: time.Nanosecond, Now: func() time.Time { return now }})
	rapid.Check(t, func(rt *rapid.T) {
		now = noon()
		in, kept := drawnFrames(rt)
		pid++
		agent := api()
		agent.PanePID = pid
		filmed(t, s, &film{}, agent, in...)
		for range 5 {
			from := noon().Add(time.Duration(rapid.IntRange(-1000, 8_000_000).Draw(rt, "from")) * time.Millisecond)
			to := from.Add(time.Duration(rapid.IntRange(0, 2_000_000).Draw(rt, "lasts")) * time.Millisecond)
			var want []Frame
			last := Frame{}
			for _, f := range kept {
				if !f.At.Before(from) && f.At.Before(to) {
					want = append(want, f)
				}
				if !f.At.After(from) {
					last = f
				}
			}
			requireFrames(rt, all(t, s.Frames(ctx, agent, from, to)), want)
			got, err := s.FrameAt(ctx, agent, from)
			if none := last.At.IsZero(); none != errors.Is(err, ErrNoFrame) || !none && (err != nil || !got.At.Equal(last.At) || got.Text != last.Text) {
				rt.Fatalf("at %s: %v %v, want that of %s", from, got.At, err, last.At)
			}
		}
		now = noon().Add(time.Hour + time.Duration(rapid.IntRange(0, 4000).Draw(rt, "pruned"))*time.Second)
		pruneAll(t, s)
		left := all(t, s.Frames(ctx, agent, time.Unix(0, 0), now.Add(24*time.Hour)))
		requireFrames(rt, left, kept[len(kept)-len(left):])
		if oldest := now.Add(-time.Hour); len(left) > 0 && left[0].At.Before(oldest) {
			rt.Fatalf("a screen of %s is left, the oldest may be of %s", left[0].At, oldest)
		}
		for _, f := range kept[:len(kept)-len(left)] {
			// What goes early belongs to a segment with something old in it.
			if f.At.After(now.Add(-time.Hour).Add(segmentLasts)) {
				rt.Fatalf("a screen of %s is gone too early", f.At)
			}
		}
	})
}

func TestScreensArePrunedFirstOldestFirstWhenThereIsNoRoom(t *testing.T) {
	t.Parallel()
	const bound = 1 << 20
	s := opened(t, Options{Retention: -1, MaxBytes: bound})
	fill(t, s, 100, 100)
	frames := make([]Frame, 4000)
	for i := range frames {
		frames[i] = Frame{At: noon().Add(time.Duration(i) * time.Second), Text: screenAt(i) + rapid.StringN(400, 400, -1).Example(i)}
	}
	// As the recorder does, not all of them in one commit.
	var whole film
	for some := range slices.Chunk(frames, 100) {
		filmed(t, s, &whole, api(), some...)
	}
	pruneAll(t, s)
	left := all(t, s.Frames(context.Background(), api(), noon(), noon().Add(24*time.Hour)))
	requireFrames(t, left, frames[len(frames)-len(left):])
	if len(left) < 500 || len(left) == len(frames) {
		t.Errorf("%d screens are left", len(left))
	}
	if n := count(t, s, "transitions"); n != 100 {
		t.Errorf("%d of 100 transitions are left: screens are to go first", n)
	}
	if crowded, err := s.crowded(context.Background()); crowded || err != nil {
		t.Errorf("crowded %v, %v", crowded, err)
	}
}

func TestWhatIsAddedToASegmentThatHasBeenRemovedIsLeftOut(t *testing.T) {
	s := opened(t, Options{Retention: time.Minute, Now: func() time.Time { return noon().Add(time.Hour) }})
	frames, f := filmOf(segmentFrames+10), &film{}
	filmed(t, s, f, api(), frames[:10]...)
	pruneAll(t, s)
	filmed(t, s, f, api(), frames[10:]...)
	got := all(t, s.Frames(context.Background(), api(), noon(), noon().Add(time.Hour)))
	requireFrames(t, got, frames[segmentFrames:])
	if n := count(t, s, "frames"); n != 10 {
		t.Errorf("%d rows, want 10: what nobody can read takes room", n)
	}
}

func TestAnAgentKeepsItsScreensWhenItIsRenamedAndAnotherOneHasNone(t *testing.T) {
	ctx, s, f := context.Background(), opened(t, Options{}), &film{}
	frames := filmOf(20)
	renamed := api()
	renamed.Window, renamed.Session, renamed.PID = "other", "more", 7
	filmed(t, s, f, api(), frames[:10]...)
	filmed(t, s, f, renamed, frames[10:]...)
	again := &film{} // another process goes on
	filmed(t, s, again, renamed, Frame{noon().Add(time.Hour), "later"})
	for _, agent := range []Agent{api(), renamed} {
		requireFrames(t, all(t, s.Frames(ctx, agent, noon(), noon().Add(time.Minute))), frames)
		times, err := s.FrameTimes(ctx, agent, 5)
		if err != nil || len(times) != 5 || !times[0].Equal(frames[16].At) || !times[4].Equal(noon().Add(time.Hour)) {
			t.Errorf("times %v, %v", times, err)
		}
	}
	successor := api()
	successor.PanePID++
	if _, err := s.FrameAt(ctx, successor, noon().Add(time.Hour)); !errors.Is(err, ErrNoFrame) {
		t.Errorf("error %v, want ErrNoFrame", err)
	}
}

func TestAScreenThatIsMissingIsDamageAndNoOtherScreen(t *testing.T) {
	s := opened(t, Options{})
	filmed(t, s, &film{}, api(), filmOf(10)...)
	if _, err := s.write.Exec("DELETE FROM frames WHERE place = 4"); err != nil {
		t.Fatal(err)
	}
	_, err := s.FrameAt(context.Background(), api(), noon().Add(time.Minute))
	if !errors.Is(err, ErrDamaged) || !strings.Contains(err.Error(), "screen 4") {
		t.Errorf("error %v", err)
	}
	if got, err := s.FrameAt(context.Background(), api(), noon().Add(3*time.Second)); err != nil || got.Text != screenAt(3) {
		t.Errorf("what is whole cannot be read: %v", err)
	}
}

func TestAHistoryOfTheFirstSchemaGetsRoomForScreens(t *testing.T) {
	path := filepath.Join(t.TempDir(), "history.db")
	s := opened(t, Options{Path: path})
	appended(t, s, change(1, 1, noon(), engine.UrgencyIdle, engine.UrgencyWorking))
	if _, err := s.write.Exec("DROP TABLE frames; ALTER TABLE answers DROP COLUMN given_by; PRAGMA user_version = 1"); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = opened(t, Options{Path: path})
	filmed(t, s, &film{}, api(), filmOf(3)...)
	if got := all(t, s.Transitions(context.Background(), Filter{})); len(got) != 1 {
		t.Errorf("%d transitions are left", len(got))
	}
}
