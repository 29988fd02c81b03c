package health

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

// Any program can set the option of its pane.
func FuzzWhatAnAgentSaysIsAStateOrNothing(f *testing.F) {
	now := time.Unix(1_800_000_000, 0)
	f.Add("waiting 1800000000 the tests", int64(0), int64(0))
	f.Add("working -9223372036854775808", int64(1), int64(-1))
	f.Add("idle 9223372036854775807 \x1b]0;x\a", int64(-1<<40), int64(1<<40))
	f.Add("error\t1800000000\u202e", int64(5), int64(0))
	f.Fuzz(func(t *testing.T, text string, printed, started int64) {
		said := ReadSaid(text, now, now.Add(time.Duration(printed)), now.Add(time.Duration(started)))
		if said == nil {
			return
		}
		switch said.State {
		case StateWorking, StateWaiting, StateIdle, StateError, StateLimited:
		default:
			t.Errorf("%q says %s", text, said.State)
		}
		for _, shown := range []string{said.Note, said.String()} {
			if !utf8.ValidString(shown) || strings.ContainsAny(shown, "\x1b\n\x00\x7f\u009b") || len(shown) > 2*maxSaid {
				t.Errorf("unsafe text %q", shown)
			}
		}
		if said.Doubt == "" && said.At.After(now.Add(saidAhead)) {
			t.Errorf("%q counts, and its time has not come", text)
		}
	})
}
