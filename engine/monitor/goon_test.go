package monitor

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"agentwatch/engine"
	"agentwatch/health"
)

// limitedBy is claude's screen under a limit.
func limitedBy(words string) string {
	return "❯ go on\n\n● You've hit your 5-hour limit · " + words + "\n\n" +
		"────────────────────────────────────────\n❯ \n────────────────────────────────────────\n  ⏸ manual mode on · ? for shortcuts"
}

// limiting runs a service with a claude that has hit a limit, and that works once it
// is told to go on.
func limiting(t *testing.T, words string, o Options, test func(t *testing.T, s *Service, f *fakeTypist, a engine.Agent)) {
	t.Helper()
	o.Interval = time.Minute // much time passes
	answering(t, limitedBy(words), o, func(t *testing.T, s *Service, f *fakeTypist, a engine.Agent) {
		f.becomes(map[string]string{`"continue"`: strings.Replace(limitedBy(words), "❯ \n─", "❯ continue\n─", 1), "Enter": claudeWorking})
		if a.State != health.StateLimited {
			t.Fatalf("%s", a.State)
		}
		test(t, s, f, a)
	})
}

func TestNobodyGoesOnAfterALimitUnlessTheUserHasSaidSo(t *testing.T) {
	limiting(t, "resets 12:10am (UTC)", Options{}, func(t *testing.T, s *Service, f *fakeTypist, a engine.Agent) {
		if got := after(s, time.Hour); f.all() != "" || got.Agents[0].GoOn {
			t.Errorf("typed %s", f.all())
		}
	})
}

func TestAnAgentGoesOnOnceAMinuteAfterThePrintedTime(t *testing.T) {
	var kept saved
	limiting(t, "resets 12:10am (UTC)", Options{Wishes: kept.keep(engine.Wishes{})}, func(t *testing.T, s *Service, f *fakeTypist, a engine.Agent) {
		if err := s.LetGoOn(context.Background(), a.Ref, true); err != nil {
			t.Fatal(err)
		}
		told := s.Answers()
		if got := after(s, 10*time.Minute); f.all() != "" || !got.Agents[0].GoOn || got.Agents[0].LimitUntil.Minute() != 10 || !s.Waiting() {
			t.Fatalf("half a minute after: typed %s, %+v", f.all(), got.Agents[0])
		}
		got := after(s, 3*time.Minute)
		if f.all() != `"continue", Enter` || len(got.Notices) != 1 || !strings.Contains(got.Notices[0].Text, "went on at 00:1") {
			t.Fatalf("typed %s, notices %v", f.all(), got.Notices)
		}
		if o, err := told.Next(context.Background()); err != nil || !o.Confirmed || o.Request.By != "limit" {
			t.Errorf("the history gets %+v, %v", o, err)
		}
		// The very same limit comes back at once: its time is over, and what it says is
		// the next day.
		f.server.show("%0", limitedBy("resets 12:10am (UTC)"))
		if got := after(s, 2*time.Hour); f.all() != `"continue", Enter` || got.Agents[0].LimitUntil.Sub(s.now()) < 20*time.Hour || !s.Waiting() {
			t.Errorf("before the new time: typed %s, until %s", f.all(), got.Agents[0].LimitUntil)
		}
	})
}

func TestALimitThatComesBackAgainAndAgainIsAnsweredAFewTimesADay(t *testing.T) {
	const words = "try again in 10 minutes"
	limiting(t, words, Options{GoOn: engine.GoOn{Kinds: []health.Kind{health.KindClaude}, AtMost: 3}}, func(t *testing.T, s *Service, f *fakeTypist, a engine.Agent) {
		f.react = func(what string) {
			switch what {
			case `"continue"`:
				f.server.show("%0", strings.Replace(limitedBy(words), "❯ \n─", "❯ continue\n─", 1))
			case "Enter":
				f.server.show("%0", claudeWorking)
				time.AfterFunc(5*time.Minute, func() { f.server.show("%0", limitedBy(words)) })
			}
		}
		after(s, 9*time.Minute)
		if f.all() != "" {
			t.Fatalf("before its time: %s", f.all())
		}
		after(s, 2*time.Hour)
		if n := strings.Count(f.all(), "Enter"); n != 3 {
			t.Errorf("%d times in a day", n)
		}
	})
}

func TestALimitWithoutATimeOneThatIsGoneAndATypingUserAreLeftAlone(t *testing.T) {
	all := Options{GoOn: engine.GoOn{Kinds: []health.Kind{health.KindClaude}}}
	limiting(t, "upgrade to go on", all, func(t *testing.T, s *Service, f *fakeTypist, a engine.Agent) {
		if after(s, time.Hour); f.all() != "" {
			t.Errorf("without a time: %s", f.all())
		}
	})
	limiting(t, "resets 12:10am (UTC)", all, func(t *testing.T, s *Service, f *fakeTypist, a engine.Agent) {
		after(s, 5*time.Minute)
		// Another row tells of it, and then the user goes on.
		f.server.show("%0", limitedBy("resets 12:10am (UTC), be patient"))
		after(s, 2*time.Minute)
		f.server.show("%0", claudeIdle)
		if after(s, time.Hour); f.all() != "" {
			t.Errorf("the user has gone on: %s", f.all())
		}
	})
	limiting(t, "resets 12:10am (UTC)", all, func(t *testing.T, s *Service, f *fakeTypist, a engine.Agent) {
		after(s, 5*time.Minute)
		f.server.show("%0", strings.Replace(limitedBy("resets 12:10am (UTC)"), "❯ \n─", "❯ what I am\n─", 1))
		if after(s, time.Hour); f.all() != "" {
			t.Errorf("behind what the user types: %s", f.all())
		}
	})
	limiting(t, "resets 12:10am (UTC)", all, func(t *testing.T, s *Service, f *fakeTypist, a engine.Agent) {
		after(s, 5*time.Minute)
		f.server.show("%0", limitedBy("resets 12:10am (UTC), be patient"))
		if after(s, time.Hour); !strings.HasPrefix(f.all(), `"continue"`) {
			t.Errorf("another row of the same limit: typed %q", f.all())
		}
	})
	limiting(t, "resets 12:10am (UTC)", all, func(t *testing.T, s *Service, f *fakeTypist, a engine.Agent) {
		if err := s.LetGoOn(context.Background(), a.Ref, false); err != nil {
			t.Fatal(err)
		}
		if after(s, time.Hour); f.all() != "" {
			t.Errorf("switched off for this one: %s", f.all())
		}
	})
}

func TestWhatWasBegunForALimitIsNeverBegunAgainByTheNextService(t *testing.T) {
	var kept saved
	limiting(t, "resets 12:10am (UTC)", Options{Wishes: kept.keep(engine.Wishes{})}, func(t *testing.T, s *Service, f *fakeTypist, a engine.Agent) {
		if err := s.LetGoOn(context.Background(), a.Ref, true); err != nil {
			t.Fatal(err)
		}
		after(s, 5*time.Minute)
	})
	kept.last.Limits[0].Begun = true
	limiting(t, "resets 12:10am (UTC)", Options{Wishes: kept.keep(kept.last)}, func(t *testing.T, s *Service, f *fakeTypist, a engine.Agent) {
		if after(s, time.Hour); f.all() != "" {
			t.Errorf("typed %s", f.all())
		}
	})
	answering(t, claudeIdle, Options{ReadOnly: true}, func(t *testing.T, s *Service, _ *fakeTypist, a engine.Agent) {
		if err := s.LetGoOn(context.Background(), a.Ref, true); !errors.Is(err, engine.ErrReadOnly) {
			t.Error(err)
		}
	})
}
