//go:build fleet

package fleet

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"agentwatch/internal/hub"
)

var deaths = flag.Int("deaths", 20, "how many viewers are killed while they tell")

// TestHoweverManyTellersDieNothingIsLostOrToldTwiceUnsaid is F9: the viewer that tells is
// killed at any moment around a delivery, and the other one takes over.
func TestHoweverManyTellersDieNothingIsLostOrToldTwiceUnsaid(t *testing.T) {
	t.Parallel()
	const perDeath = 3
	r := startRedis(t)
	log := filepath.Join(t.TempDir(), "told")
	w := collected(t, hub.Options{URL: r.URL(), Fleet: "test"}, *deaths*(perDeath+1)+1)
	view := func() process { return startAs(t, "viewer", log, r.URL()) }
	viewers := []process{view()}
	next := 0
	begin := func() {
		w.begin(next)
		next++
	}
	// told waits until all is told that has begun.
	told := func() {
		t.Helper()
		for late := time.Now().Add(patience); ; time.Sleep(5 * time.Millisecond) {
			all, _ := sayings(t, log)
			if len(all) == next {
				return
			}
			if time.Now().After(late) {
				for i := range next {
					if session := fmt.Sprintf("s%d", i); all[session] == 0 {
						t.Errorf("of %d, %s is never told", next, session)
					}
				}
				// What it does is said by its stacks.
				_ = viewers[len(viewers)-1].Process.Signal(syscall.SIGQUIT)
				_ = viewers[len(viewers)-1].Wait()
				t.FailNow()
			}
		}
	}
	time.Sleep(3 * time.Second)
	for range *deaths {
		// Whoever is told by this is the one who tells: it is the only one there.
		begin()
		told()
		heir := view()
		for range perDeath {
			begin()
			time.Sleep(time.Duration(rand.IntN(60)) * time.Millisecond)
		}
		time.Sleep(time.Duration(rand.IntN(60)) * time.Millisecond)
		viewers[len(viewers)-1].kill()
		viewers = append(viewers, heir)
	}
	begin()
	told()
	time.Sleep(3 * time.Second)
	all, sure := sayings(t, log)
	twice := 0
	for session, n := range all {
		if n > 1 {
			twice++
		}
		if sure[session] > 1 {
			t.Errorf("%s is told %d times, %d of them as if for the first time", session, n, sure[session])
		}
	}
	t.Logf("%d waits, %d deaths: %d told twice, and said so", next, *deaths, twice)
}
