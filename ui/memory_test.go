package ui

import "testing"

// The file in which the dashboard remembers what was set may hold anything.
func FuzzWhatIsRememberedIsTakenUpWithoutHarm(f *testing.F) {
	f.Add([]byte(`{"view":"timeline","sort":"urgency","marks":[{"server":"s","pane":"%2"}],"replies":["go on"]}`))
	f.Add([]byte(`{"view":"focus","split":-9,"minutes":99999999999,"theme":"none","filter":"\u001b[31m"}`))
	f.Add([]byte(`[`))
	f.Fuzz(func(t *testing.T, remembered []byte) {
		m := New(newFakeMonitor(), Options{Remembered: remembered})
		if m.at == ViewFocus || len(m.replies.sent) > maxReplies {
			t.Fatalf("view %v, %d replies", m.at, len(m.replies.sent))
		}
		// What is kept of it must be taken up as it is.
		again := New(newFakeMonitor(), Options{Remembered: m.remember()})
		if again.at != m.at || again.board().split != m.board().split || len(again.memory.marks) != len(m.memory.marks) {
			t.Fatalf("%q became %q", remembered, m.remember())
		}
	})
}
