package ui

import (
	"testing"

	"charm.land/bubbles/v2/key"
)

func TestNoKeyMeansTwoThingsInOnePlace(t *testing.T) {
	keys := newKeymap(newLook(Options{}).styles.Glyphs)
	for place := onBoard; place <= inFilter; place++ {
		meaning := map[string]action{}
		quits := false
		for _, b := range keys.bindings(place) {
			quits = quits || b.action == actQuit && key.Matches(namedKey("ctrl+c"), b.binding)
			for _, name := range b.binding.Keys() {
				if other, taken := meaning[name]; taken {
					t.Errorf("place %d: %q means %d and %d", place, name, b.action, other)
				}
				meaning[name] = b.action
			}
		}
		if !quits {
			t.Errorf("place %d: ctrl+c does not quit", place)
		}
	}
}
