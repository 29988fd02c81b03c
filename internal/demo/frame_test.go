package demo

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"
	"unicode"

	"github.com/charmbracelet/x/ansi"
	"pgregory.net/rapid"
)

// errCrashed stands in for the SIGKILL of a simulator in tests.
var errCrashed = errors.New("crashed")

// shot is one frame as text, with its stage.
type shot struct {
	stage stage
	lines []line
	title string
}

// rows are what can be read on the screen.
func (s shot) rows() []string {
	rows := make([]string, 0, len(s.lines))
	for _, l := range s.lines {
		var b strings.Builder
		l.encode(&b)
		rows = append(rows, ansi.Strip(b.String()))
	}
	return rows
}

func (s shot) text() string { return strings.Join(s.rows(), "\n") }

// playFor plays a script for d of simulated time and returns all frames.
func playFor(o SimulateOptions, d time.Duration) (shots []shot, err error) {
	p := newPlayer(o, io.Discard)
	p.scene.dir = "~/api"
	p.crash = func() error { return errCrashed }
	p.observe = func(f frame, at stage) {
		shots = append(shots, shot{stage: at, title: f.title, lines: f.rows})
	}
	ctx, cancel := context.WithTimeout(context.Background(), d)
	defer cancel()
	err = p.play(ctx)
	return shots, err
}

func TestNoFrameIsWiderOrHigherThanItsScreen(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		o := SimulateOptions{
			Kind:   rapid.SampledFrom(Kinds()).Draw(rt, "kind"),
			Script: rapid.SampledFrom(Scripts()).Draw(rt, "script"),
			Seed:   rapid.Int64().Draw(rt, "seed"),
			Width:  rapid.IntRange(1, 210).Draw(rt, "width"),
			Height: rapid.IntRange(1, 60).Draw(rt, "height"),
		}
		synctest.Test(t, func(*testing.T) {
			shots, _ := playFor(o, 25*time.Second)
			for _, s := range shots {
				if len(s.lines) > o.Height {
					rt.Fatalf("%d rows on a screen of %d", len(s.lines), o.Height)
				}
				for _, row := range s.rows() {
					if i := strings.IndexFunc(row, unicode.IsControl); i >= 0 {
						rt.Fatalf("a control character at byte %d of %q", i, row)
					}
					if w := ansi.StringWidth(row); w > o.Width {
						rt.Fatalf("%d cells on a screen of %d: %q", w, o.Width, row)
					}
				}
			}
		})
	})
}

func TestTheCursorRestsOnTheScreen(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		s := scene{
			kind:  rapid.SampledFrom(Kinds()).Draw(rt, "kind"),
			stage: stage(rapid.IntRange(int(stageBoot), int(stageError)).Draw(rt, "stage")),
			draft: rapid.StringMatching(`[a-z ]{0,80}`).Draw(rt, "draft"),
			dir:   "~/api", question: apiTasks()[0].question, pending: apiTasks()[0].steps[3],
			entries: []entry{{kind: entryLimit, text: "limited"}},
		}
		width, height := rapid.IntRange(1, 120).Draw(rt, "width"), rapid.IntRange(1, 40).Draw(rt, "height")
		f := s.frame(time.Unix(0, 0), width, height)
		if f.cursorRow < 0 || f.cursorRow >= height || f.cursorCol < 0 || f.cursorCol >= width {
			rt.Fatalf("row %d, column %d on %dx%d", f.cursorRow, f.cursorCol, width, height)
		}
	})
}

func TestEachScriptBeginsInItsSituationWithItsMarks(t *testing.T) {
	for kind, scripts := range marks() {
		for script, wanted := range scripts {
			t.Run(kind.String()+"/"+script.String(), func(t *testing.T) {
				for seed := range int64(20) {
					o := SimulateOptions{Kind: kind, Script: script, Seed: seed, Width: 120, Height: 40, Project: "api"}
					synctest.Test(t, func(t *testing.T) { expectMarks(t, o, wanted) })
				}
			})
		}
	}
}

// expectMarks plays the first seconds and looks for marks in the first frames,
// while the script is still in its first situation.
func expectMarks(t *testing.T, o SimulateOptions, wanted []string) {
	t.Helper()
	shots, _ := playFor(o, 900*time.Millisecond)
	if len(shots) == 0 {
		t.Fatalf("seed %d: nothing is shown", o.Seed)
	}
	for _, mark := range wanted {
		// A spinner shows its time after three seconds only.
		if mark == "… (" {
			mark = "… "
		}
		if text := shots[0].text(); !strings.Contains(text, mark) {
			t.Fatalf("seed %d: %q is missing in\n%s", o.Seed, mark, text)
		}
	}
}

func TestTitlesAreThoseOfTheRealPrograms(t *testing.T) {
	named := map[Kind]string{Claude: "Fix it", Codex: "Fix it", Gemini: "(api)", OpenCode: "Fix it"}
	for kind, wanted := range map[Kind]map[stage]string{
		Claude:   {stageWorking: "◐◑", stagePrompt: "✳", stagePermission: "✳", stageLimited: "✳"},
		Codex:    {stageWorking: "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏", stagePermission: "[", stageQuestion: "[", stagePrompt: "F"},
		Gemini:   {stageWorking: "✦", stagePermission: "✋", stageQuestion: "✋", stagePrompt: "◇", stageLimited: "◇"},
		OpenCode: {stageWorking: "O", stagePrompt: "O", stagePermission: "O"},
	} {
		for at, first := range wanted {
			s := scene{kind: kind, stage: at, topic: "Fix it", dir: "~/api", question: apiTasks()[0].question}
			title := []rune(s.frame(time.Now(), 80, 24).title)
			if !strings.ContainsRune(first, title[0]) || !strings.Contains(string(title), named[kind]) {
				t.Errorf("%v in stage %d: the title is %q", kind, at, string(title))
			}
		}
	}
}

func TestTheSameSeedPlaysTheSameFrames(t *testing.T) {
	play := func() (shots []shot) {
		synctest.Test(t, func(*testing.T) {
			shots, _ = playFor(SimulateOptions{Seed: 11, Width: 100, Height: 30}, 3*time.Minute)
		})
		return shots
	}
	one, two := play(), play()
	if len(one) < 100 || len(one) != len(two) {
		t.Fatalf("%d and %d frames", len(one), len(two))
	}
	for i := range one {
		if one[i].text() != two[i].text() || one[i].title != two[i].title {
			t.Fatalf("frame %d differs:\n%s\n%s", i, one[i].text(), two[i].text())
		}
	}
}

func TestAFleetGoesThroughAllStagesWithinMinutes(t *testing.T) {
	seen := make(map[stage]int)
	crashed, left := 0, 0
	for _, s := range fleet(60, 9) {
		synctest.Test(t, func(*testing.T) {
			shots, err := playFor(SimulateOptions{Kind: s.kind, Seed: s.seed, Width: 80, Height: 24}, 4*time.Minute)
			for _, shot := range shots {
				seen[shot.stage]++
			}
			if errors.Is(err, errCrashed) {
				crashed++
			}
			if errors.Is(err, errQuit) {
				left++
			}
		})
	}
	for at := stageBoot; at <= stageError; at++ {
		if seen[at] == 0 {
			t.Errorf("stage %d was never shown: %v", at, seen)
		}
	}
	if crashed == 0 || left == 0 || crashed+left > 40 {
		t.Errorf("%d crashed and %d left, of 60", crashed, left)
	}
}
