package tmuxpool

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

const testMark = "k7q2m9x4c1"

// listed writes a pane as a server lists it with DetailFull.
func listed(p Pane) string { return listedStarted(p, `"cat 'x'"`) }

// listedStarted is listed for a pane with a start command.
func listedStarted(p Pane, start string) string {
	facts := p.ID + ",77,$1,@2,3,1,80,24,1,,9,0,1,0,,1,1,2,1795441180,500,/dev/pts/4"
	return testMark + strings.Join([]string{facts, start, p.Session, p.Window, p.Title, p.Says, p.CurrentCommand, p.CurrentPath}, testMark) + testMark + "\n"
}

func TestNamesOfAnySortComeThroughTheList(t *testing.T) {
	text := rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{
		"", "a b", "a\tb", "a\nb", "\n", ",", "%1", `"'\`, "#{pane_id}", "é界", "$1 @2", testMark[1:],
	}))
	rapid.Check(t, func(t *rapid.T) {
		want := Pane{
			ID: "%5", PID: 77, SessionID: "$1", WindowID: "@2", WindowIndex: 3, PaneIndex: 1, Width: 80, Height: 24,
			Dead: true, DeadSignal: 9, AlternateOn: true, Active: true, WindowActive: true, SessionAttached: 2,
			WindowActivity: 1795441180, HistorySize: 500, TTY: "/dev/pts/4",
			Session: "s" + text.Draw(t, "session"), Window: text.Draw(t, "window"), Title: text.Draw(t, "title"), Says: text.Draw(t, "says"),
			CurrentCommand: text.Draw(t, "command"), CurrentPath: text.Draw(t, "path"),
		}
		other := want
		other.ID = "%6"
		twice := want
		twice.Session = "another"
		kept := listedStarted(Pane{ID: "%7", Session: "renamed"}, `"`+keeper(1, "_agentwatch-1-x")+`"`)
		other.Session = "_agentwatch-1-x"
		got, err := parsePanes(listed(want)+kept+listed(other)+listed(twice), DetailFull, testMark)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]Pane{want, other}, got); diff != "" {
			t.Error(diff)
		}
	})
}

func TestARowThatTmuxCutShortIsNotTakenForAPane(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		row := strings.TrimSuffix(listed(Pane{ID: "%5", Session: "main", Window: "w", Title: "t", CurrentCommand: "cat", CurrentPath: "/"}), "\n")
		cut := row[:rapid.IntRange(0, len(row)-1).Draw(t, "bytes")] + "\n"
		other := listed(Pane{ID: "%6", Session: "main"})
		for _, output := range []string{other + cut, other + cut + other} {
			if panes, err := parsePanes(output, DetailFull, testMark); err == nil {
				t.Errorf("%q is read as %+v", output, panes)
			}
		}
	})
}

func TestSignalsAreReadByNumberAndByName(t *testing.T) {
	for text, want := range map[string]int{"": 0, "9": 9, "KILL": 9, "term": 15, "NOSUCH": 0} {
		if got := signalNumber(text); got != want {
			t.Errorf("%q is %d", text, got)
		}
	}
}

func FuzzParsePanes(f *testing.F) {
	f.Add(listed(Pane{ID: "%1", Session: "main"}))
	f.Add(listedStarted(Pane{ID: "%1"}, keeper(1, "_agentwatch-1-x")))
	f.Add(testMark)
	f.Add("\n")
	f.Fuzz(func(t *testing.T, output string) {
		panes, err := parsePanes(output, DetailFull, testMark)
		if err != nil && panes != nil {
			t.Error("an error and panes")
		}
		for _, p := range panes {
			if !argPane.accepts(p.ID) {
				t.Errorf("a pane %q", p.ID)
			}
		}
	})
}
