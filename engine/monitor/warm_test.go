package monitor

import (
	"context"
	"fmt"
	"testing"
	"time"

	"agentwatch/cache"
	"agentwatch/engine"
	"agentwatch/health"
)

// tally is what a fake server has done with one pane.
type tally struct{ all, coloured int }

func (f *fakeServer) tally(pane string) tally {
	f.mu.Lock()
	defer f.mu.Unlock()
	return tally{f.captures[pane], f.colours[pane]}
}

// printingPane lets a pane print every so often, for so long, and returns the newest snapshot.
func printingPane(s *Service, f *fakeServer, pane string, every, length time.Duration) *engine.Snapshot {
	for n := range int(length / every) {
		f.show(pane, fmt.Sprintf("step %d\n%s", n, claudeWorking))
		after(s, every)
	}
	return after(s, 0)
}

func refs(panes ...string) []health.PaneRef {
	var list []health.PaneRef
	for _, pane := range panes {
		list = append(list, health.PaneRef{Server: "one", Pane: pane})
	}
	return list
}

func follow(t *testing.T, s *Service, shown, likely []health.PaneRef) {
	t.Helper()
	if err := s.Follow(context.Background(), shown, likely); err != nil {
		t.Fatal(err)
	}
}

// contents are the figures of the layer of screens.
func contents(s *engine.Snapshot) engine.LayerStats {
	for _, l := range s.Cache.Layers {
		if l.Name == cache.LayerPaneContent.String() {
			return l
		}
	}
	return engine.LayerStats{}
}

// warming runs a service on three idle agents, of which the first is shown and the
// second is likely to be shown next.
func warming(t *testing.T, test func(t *testing.T, s *Service, f *fakeServer)) {
	t.Helper()
	f := newFakeServer()
	for _, pane := range []string{"%0", "%1", "%2"} {
		f.show(pane, claudeIdle)
	}
	running(t, Options{}, map[string]*fakeServer{"one": f}, func(t *testing.T, s *Service) {
		after(s, 3*time.Second)
		follow(t, s, refs("%0"), refs("%1"))
		after(s, time.Second)
		test(t, s, f)
	})
}

func TestTheScreenOfALikelyPaneIsThereBeforeItIsAskedFor(t *testing.T) {
	warming(t, func(t *testing.T, s *Service, f *fakeServer) {
		got := after(s, 0)
		for _, ref := range refs("%0", "%1") {
			if got.Previews[ref] == nil || got.Previews[ref].Text != claudeIdle {
				t.Errorf("%s: %+v", ref.Pane, got.Previews[ref])
			}
		}
		if n := len(got.Previews); n != 2 {
			t.Errorf("%d previews", n)
		}
		before := f.tally("%1")
		if before.coloured != 1 {
			t.Errorf("%+v", before)
		}
		follow(t, s, refs("%1"), refs("%2"))
		got = after(s, time.Millisecond)
		if got.Previews[refs("%1")[0]] == nil || f.tally("%1") != before {
			t.Errorf("it was captured anew: %+v, before %+v", f.tally("%1"), before)
		}
		got = after(s, 2*time.Second)
		if l := contents(got); l.Warmed != 2 || l.WarmHits != 1 || l.WarmCaptures != 2 {
			t.Errorf("warmed %d, asked for %d, captured for it %d", l.Warmed, l.WarmHits, l.WarmCaptures)
		}
	})
}

func TestALikelyPaneCostsNothingAtRest(t *testing.T) {
	warming(t, func(t *testing.T, s *Service, f *fakeServer) {
		before, other := f.tally("%1"), f.tally("%2")
		got := after(s, 5*time.Minute)
		safetyNet := f.tally("%2").all - other.all
		if is := f.tally("%1"); is.all-before.all != safetyNet || safetyNet == 0 {
			t.Errorf("%d captures in five minutes, of a pane that is not likely %d", is.all-before.all, safetyNet)
		}
		if l := contents(got); l.WarmCaptures != 1 {
			t.Errorf("%d captures for it", l.WarmCaptures)
		}
		if got.Previews[refs("%1")[0]] == nil {
			t.Error("its screen is there no more")
		}
	})
}

func TestALikelyPaneThatKeepsPrintingIsCapturedInColourTwiceASecondAtMost(t *testing.T) {
	warming(t, func(t *testing.T, s *Service, f *fakeServer) {
		before := f.tally("%1")
		const length = 10 * time.Second
		printingPane(s, f, "%1", 100*time.Millisecond, length)
		is := f.tally("%1")
		if n := is.coloured - before.coloured; n > int(length/warmPace)+1 || n < int(length/warmPace)/2 {
			t.Errorf("%d captures in colour in %s", n, length)
		}
		want := fmt.Sprintf("step 99\n%s", claudeWorking)
		got := after(s, 2*time.Second)
		if text := got.Previews[refs("%1")[0]].Text; text != want {
			t.Errorf("in the end it shows %q", text)
		}
		f.show("%1", claudeWaiting)
		if got = after(s, time.Second); got.Previews[refs("%1")[0]].Text != claudeWaiting || statesOf(got)["%1"] != health.StateWaiting {
			t.Errorf("a second after the change it shows %q, %s", got.Previews[refs("%1")[0]].Text, statesOf(got)["%1"])
		}
		if l := contents(got); l.WarmHits != 0 {
			t.Errorf("%d were asked for", l.WarmHits)
		}
	})
}

func TestNothingIsWarmedWhileNobodyLooks(t *testing.T) {
	warming(t, func(t *testing.T, s *Service, f *fakeServer) {
		follow(t, s, nil, nil)
		before := f.tally("%1")
		got := printingPane(s, f, "%1", 250*time.Millisecond, 5*time.Second)
		if is := f.tally("%1"); is.coloured != before.coloured || is.all == before.all {
			t.Errorf("%+v, before %+v", is, before)
		}
		if len(got.Previews) != 0 {
			t.Errorf("%d previews", len(got.Previews))
		}
	})
}

func TestALikelyPaneThatCannotBeCapturedIsTriedOnce(t *testing.T) {
	warming(t, func(t *testing.T, s *Service, f *fakeServer) {
		f.mu.Lock()
		delete(f.screens, "%2")
		f.mu.Unlock()
		before := f.tally("%2")
		follow(t, s, refs("%0"), refs("%1", "%2"))
		got := after(s, 5*time.Second)
		if n := f.tally("%2").all - before.all; n != 1 || len(got.Previews) != 2 {
			t.Errorf("%d tries, %d previews", n, len(got.Previews))
		}
	})
}
