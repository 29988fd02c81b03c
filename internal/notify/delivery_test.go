package notify

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"agentwatch/engine"
)

// sendFunc is a sender made of a function.
type sendFunc func(context.Context, Message) error

func (f sendFunc) send(ctx context.Context, m Message) error { return f(ctx, m) }

// answers is a sender that gives these answers in turn, the last for ever.
func answers(tries *int, all ...error) sendFunc {
	return func(context.Context, Message) error {
		err := all[min(*tries, len(all)-1)]
		*tries++
		return err
	}
}

func TestAFailureIsTriedAgainWithGrowingPauses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tries := 0
		l := newLane("web", Channel{Type: TypeWebhook}, answers(&tries, failed("no", "", nil), failed("no", "", nil), nil))
		r := l.deliver(t.Context(), messageOf(engine.UrgencyWaiting), maxTries)
		if r.Outcome != OutcomeDelivered || r.Tries != 3 || r.Took != 3*time.Second || r.Reason != "" || r.Err != nil {
			t.Errorf("%+v", r)
		}
	})
}

func TestAfterThreeTriesItHasFailedWithTheReason(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tries := 0
		l := newLane("web", Channel{Type: TypeWebhook}, answers(&tries, failed("host is down", "wait", nil)))
		r := l.deliver(t.Context(), messageOf(engine.UrgencyWaiting), maxTries)
		if r.Outcome != OutcomeFailed || r.Tries != 3 || tries != 3 || r.Reason != "host is down" || r.Hint != "wait" || !errors.Is(r.Err, ErrDelivery) {
			t.Errorf("%+v", r)
		}
	})
}

func TestWhatCannotWorkIsNotTriedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tries := 0
		l := newLane("web", Channel{Type: TypeWebhook}, answers(&tries, refused("no such topic", "check")))
		if r := l.deliver(t.Context(), Message{}, maxTries); r.Tries != 1 || r.Outcome != OutcomeFailed {
			t.Errorf("%+v", r)
		}
	})
}

func TestASenderThatHangsIsLeftAfterItsDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLane("web", Channel{Type: TypeWebhook}, sendFunc(func(ctx context.Context, _ Message) error {
			<-ctx.Done()
			return ctx.Err()
		}))
		r := l.deliver(t.Context(), Message{}, maxTries)
		if want := 3*tryTimeout + 3*firstPause; r.Took != want || r.Reason != "no answer in time" {
			t.Errorf("took %s, want %s: %s", r.Took, want, r.Reason)
		}
	})
}

func TestTheOtherSideMayAskForALongerPauseWithinReason(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tries := 0
		busy := &failure{what: "busy", after: 20 * time.Second}
		l := newLane("web", Channel{Type: TypeWebhook}, answers(&tries, busy, nil))
		if r := l.deliver(t.Context(), Message{}, maxTries); r.Took != 20*time.Second || r.Outcome != OutcomeDelivered {
			t.Errorf("%+v", r)
		}
		tries = 0
		l = newLane("web", Channel{Type: TypeWebhook}, answers(&tries, &failure{what: "busy", after: time.Hour}))
		if r := l.deliver(t.Context(), Message{}, maxTries); r.Took != 0 || r.Outcome != OutcomeFailed {
			t.Errorf("an hour is too long to wait: %+v", r)
		}
	})
}

func TestADeadChannelCostsNothingUntilItIsTriedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tries := 0
		dead := failed("connection refused", "", nil)
		l := newLane("web", Channel{Type: TypeWebhook}, answers(&tries, dead, dead, dead, dead, dead, nil))
		l.deliver(t.Context(), Message{}, maxTries)
		if r := l.deliver(t.Context(), Message{}, maxTries); r.Reason != "connection refused" || tries != tripAfter {
			t.Errorf("%d tries, want %d: %+v", tries, tripAfter, r)
		}
		r := l.deliver(t.Context(), Message{}, maxTries)
		if tries != tripAfter || r.Took != 0 || !strings.Contains(r.Reason, "tried again from") {
			t.Errorf("%d tries while it rests, %+v", tries, r)
		}
		time.Sleep(restTime + time.Second)
		if r = l.deliver(t.Context(), Message{}, maxTries); r.Outcome != OutcomeDelivered {
			t.Errorf("it works again: %+v", r)
		}
	})
}

func TestMessagesThatAreLeftAtTheEndAreReported(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		l := newLane("web", Channel{Type: TypeWebhook}, sendFunc(func(ctx context.Context, _ Message) error {
			<-ctx.Done()
			return ctx.Err()
		}))
		var mu sync.Mutex
		var results []Result
		var working sync.WaitGroup
		working.Go(func() {
			l.run(ctx, &Notifier{failures: make(map[string]Result), options: Options{Report: func(r Result) {
				mu.Lock()
				results = append(results, r)
				mu.Unlock()
			}}})
		})
		accepted := 0
		for range queueLength + 2 {
			if l.put(Message{}) {
				accepted++
			}
			synctest.Wait()
		}
		if accepted != queueLength+1 {
			t.Errorf("%d accepted, want the queue of %d and the one under way", accepted, queueLength)
		}
		cancel()
		working.Wait()
		if len(results) != accepted {
			t.Errorf("%d results for %d messages", len(results), accepted)
		}
		for _, r := range results {
			if r.Outcome != OutcomeFailed || r.Reason != "agentwatch ended first" {
				t.Errorf("%+v", r)
			}
		}
	})
}
