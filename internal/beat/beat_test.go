package beat

import (
	"testing"
	"testing/synctest"
	"time"
)

func TestLoopsThatBeganAtDifferentTimesWakeUpAtTheSame(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		wakes := make(map[int64]int)
		began := time.Now()
		for _, every := range []time.Duration{time.Second, 2 * time.Second, 2 * time.Second, 5 * time.Second} {
			time.Sleep(37 * time.Millisecond)
			ticker := NewTicker(every)
			defer ticker.Stop()
			for time.Since(began) < time.Minute {
				at := <-ticker.Next()
				if at.UnixNano()%int64(every) != 0 {
					t.Fatalf("a tick of %s at %s", every, at)
				}
				wakes[at.Unix()]++
				time.Sleep(time.Millisecond) // the look
			}
			began = time.Now()
		}
		if len(wakes) < 4*10 {
			t.Errorf("%d ticks", len(wakes))
		}
	})
}

func TestATickIsNeverNow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for range 3 {
			if got := Until(time.Second); got <= 0 || got > time.Second {
				t.Errorf("the next tick is in %s", got)
			}
			time.Sleep(Until(time.Second))
		}
	})
}
