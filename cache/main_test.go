package cache

import (
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// statsOf returns the figures of the only layer of a set.
func statsOf(t interface {
	Helper()
	Fatalf(string, ...any)
}, set *Set,
) Stats {
	t.Helper()
	all := set.Stats()
	if len(all) != 1 {
		t.Fatalf("the set has figures of %d layers, want 1", len(all))
	}
	return all[0]
}
