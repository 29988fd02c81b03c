package agentlist

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/ansi"
	"pgregory.net/rapid"

	"agentwatch/engine"
	"agentwatch/health"
	"agentwatch/themes"
	"agentwatch/ui/block"
	"agentwatch/ui/roster"
	"agentwatch/ui/style"
)

func ref(i int) health.PaneRef { return health.PaneRef{Server: "s", Pane: fmt.Sprintf("%%%d", i)} }

// crew makes n working agents in one session.
func crew(n int) []engine.Agent {
	agents := make([]engine.Agent, n)
	for i := range agents {
		agents[i] = engine.Agent{Ref: ref(i), Session: "api", Window: fmt.Sprintf("w%d", i), Kind: "claude", State: health.StateWorking, Revision: 1}
	}
	return agents
}

func look() Look {
	return Look{
		Styles: style.New(style.Options{Theme: themes.Default(true), Profile: colorprofile.ASCII}), Now: time.Unix(1000, 0),
		Glow: func(health.PaneRef) float64 { return 0 }, Marked: func(health.PaneRef) bool { return false },
	}
}

func listOf(agents []engine.Agent, height int) *List {
	l := New()
	l.Resize(height)
	l.SetRoster(roster.Build(agents, roster.Query{}))
	return l
}

func selected(t *testing.T, l *List) health.PaneRef {
	t.Helper()
	a, ok := l.Selected()
	if !ok {
		t.Fatal("nothing is selected")
	}
	return a.Ref
}

func TestTheSelectionStaysOnItsAgentWhenTheOrderChanges(t *testing.T) {
	agents := crew(5)
	l := listOf(agents, 10)
	l.Select(ref(3))
	agents = crew(5)
	agents[4].State = health.StateWaiting
	l.SetRoster(roster.Build(agents, roster.Query{}))
	if got := selected(t, l); got != ref(3) {
		t.Errorf("selected %v", got)
	}
}

func TestTheSelectionGoesToTheNeighbourWhenItsAgentHasGone(t *testing.T) {
	agents := crew(5)
	l := listOf(agents, 10)
	l.Select(ref(2))
	l.SetRoster(roster.Build(append(crew(2), agents[3:]...), roster.Query{}))
	if got := selected(t, l); got != ref(3) {
		t.Errorf("selected %v", got)
	}
}

func TestScrollingLeavesTheSelectionAloneAndMovingBringsItBack(t *testing.T) {
	l := listOf(crew(50), 10)
	l.Scroll(20)
	if got := selected(t, l); got != ref(0) {
		t.Errorf("selected %v", got)
	}
	if above, below := l.Hidden(); above != 19 || below != 21 {
		t.Errorf("%d above, %d below", above, below)
	}
	l.Move(1)
	if at, ok := l.At(0); !ok || at != ref(1) {
		t.Errorf("row 0 holds %v, %v", at, ok)
	}
}

func TestSectionsArePartedWhenThereIsRoom(t *testing.T) {
	agents := crew(3)
	agents[0].State = health.StateWaiting
	draw := func(height int) string {
		l := listOf(agents, height)
		return ansi.Strip(View{l, look()}.Draw(block.Size{W: 30, H: height}).String())
	}
	if got := strings.Split(draw(6), "\n"); strings.TrimSpace(got[2]) != "" {
		t.Errorf("no blank row between the sections:\n%s", strings.Join(got, "\n"))
	}
	if got := strings.Split(draw(5), "\n"); strings.TrimSpace(got[2]) == "" {
		t.Errorf("a blank row although there is no room:\n%s", strings.Join(got, "\n"))
	}
}

func TestTheSelectedAgentIsAlwaysSeenAndEveryRowFits(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		size := block.Size{W: rapid.IntRange(10, 120).Draw(t, "w"), H: rapid.IntRange(2, 20).Draw(t, "h")}
		l := listOf(crew(rapid.IntRange(1, 60).Draw(t, "agents")), size.H)
		for _, by := range rapid.SliceOfN(rapid.IntRange(-25, 25), 1, 10).Draw(t, "moves") {
			l.Move(by)
		}
		a, _ := l.Selected()
		drawn := View{l, look()}.Draw(size)
		seen := false
		for y, row := range drawn {
			if w := ansi.StringWidth(row); w != size.W {
				t.Fatalf("row %d is %d wide, want %d: %q", y, w, size.W, row)
			}
			if at, ok := l.At(y); ok && at == a.Ref {
				seen = true
			}
		}
		if !seen {
			t.Fatalf("the selected agent is not seen")
		}
	})
}

func TestARowShowsTheBranchAndItsChangesWhereThereIsRoomAndCutsTheNameOnly(t *testing.T) {
	agents := crew(2)
	agents[0].Repo = &engine.Repository{Branch: "feature/a-name-that-is-long", Dirty: 12, Added: 340, Removed: 7, Ahead: 2}
	agents[1].Repo = &engine.Repository{Head: "0123abc"}
	drawn := func(width int) string {
		v := View{listOf(agents, 5), look()}
		return ansi.Strip(v.Draw(block.Size{W: width, H: 5}).String())
	}
	for _, want := range []string{"feature/a-… *12 +340 -7 ↑2", "@0123abc"} {
		if wide := drawn(120); !strings.Contains(wide, want) {
			t.Errorf("%q is not in a wide list:\n%s", want, wide)
		}
	}
	if narrow := drawn(40); strings.Contains(narrow, "feature") {
		t.Errorf("a narrow list has no room for a branch:\n%s", narrow)
	}
	if ours := crew(2); widestBranch(roster.Build(ours, roster.Query{})) != 0 {
		t.Error("a column is kept for branches that nobody has")
	}
}

func TestARowSaysWhatIsForeseenAndThatAnAgentIsSilentOrRepeatsItselfOnlyWhereSomethingIs(t *testing.T) {
	agents := crew(3)
	draw := func() string {
		l := listOf(agents, 10)
		return ansi.Strip(View{l, look()}.Draw(block.Size{W: 120, H: 10}).String())
	}
	plain := draw()
	now := look().Now
	agents[0].Forecast = &engine.Forecast{At: now, Low: 2 * time.Minute, High: 9 * time.Minute, End: engine.UrgencyWaiting, Chance: 0.65}
	agents[1].SilentSince = now.Add(-7 * time.Minute)
	agents[2].SilentSince, agents[2].Repeating = agents[1].SilentSince, &engine.Repetition{Verb: "ran", Step: "npm test", Times: 4}
	rows := draw()
	for _, want := range []string{"2m", "9m", "asks 65", "silent 7m", "repeating 4x"} {
		if strings.Contains(plain, want) || !strings.Contains(rows, want) {
			t.Errorf("%q in:\n%s\nbefore:\n%s", want, rows, plain)
		}
	}
}
