package monitor

import (
	"bufio"
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"agentwatch/engine"
	"agentwatch/engine/answer"
	"agentwatch/health"
)

// lateCase is an answer to a screen of a real program, and how that program takes
// it. The last frame is another dialog that takes the same keys, so that one too
// many would answer it.
type lateCase struct {
	id            string
	kind          health.Kind
	request       engine.Request // Action, Option and Text
	frames        []lateFrame
	start         int
	width, height int
}

// storedScreen is a screen among the detector's test data, without its colours.
type storedScreen struct {
	ID, State, Screen string
	Kind              health.Kind
	Width, Height     int
}

func storedScreens(t *testing.T) []storedScreen {
	t.Helper()
	colours := regexp.MustCompile("\x1b\\[[0-9;:]*m|\x1b\\][^\a\x1b]*(\a|\x1b\\\\)")
	var all []storedScreen
	for _, name := range []string{"screens.jsonl", "kinds.jsonl", "forks/kilo.jsonl"} {
		file, err := os.Open(filepath.Join("..", "..", "health", "testdata", name))
		if err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(file)
		lines.Buffer(nil, 4<<20)
		for lines.Scan() {
			var c storedScreen
			if err := json.Unmarshal(lines.Bytes(), &c); err != nil {
				t.Fatal(err)
			}
			c.Screen = strings.TrimRight(colours.ReplaceAllString(c.Screen, ""), "\n")
			all = append(all, c)
		}
		_ = file.Close()
	}
	return all
}

// lateMaker makes cases of stored screens.
type lateMaker struct {
	detector *health.Detector
	// asking are a screen of each kind that asks, of those that are wide enough.
	asking map[health.Kind]storedScreen
}

func (m lateMaker) read(c storedScreen, screen string) (health.Verdict, health.Composer) {
	o := health.Observation{Kind: c.Kind, Screen: screen, Width: c.Width}
	composer, _ := m.detector.ReadComposer(o)
	return m.detector.Detect(o), composer
}

// lateCases are every answer to every stored screen that can be given: to a dialog
// by a key or by moving its cursor, a text to a composer, an interrupt of a turn.
func lateCases(t *testing.T) []lateCase {
	t.Helper()
	stored := storedScreens(t)
	m := lateMaker{detector: health.NewDetector(), asking: make(map[health.Kind]storedScreen)}
	for _, c := range stored {
		if v, _ := m.read(c, c.Screen); v.Dialog != nil && v.State == health.StateWaiting {
			m.asking[c.Kind] = c
		}
	}
	var cases []lateCase
	for _, c := range stored {
		v, composer := m.read(c, c.Screen)
		seen := engine.Seen{PID: 1, Kind: c.Kind, State: v.State, Wait: v.Wait, Dialog: v.Dialog, Composer: composer.From > 0}
		options := 0
		if v.Dialog != nil {
			options = len(v.Dialog.Options)
		}
		for _, r := range []engine.Request{
			{Action: engine.ActionApprove},
			{Action: engine.ActionDeny},
			{Action: engine.ActionChoose},
			{Action: engine.ActionChoose, Option: options - 1},
			{Action: engine.ActionReply, Text: "go on with the tests"},
			{Action: engine.ActionInterrupt},
		} {
			r.Seen = seen
			plan, err := answer.PlanFor(r, m.detector.AnswerRules(c.Kind))
			if err != nil || len(plan.First)+len(plan.Notes) > 0 {
				continue
			}
			made := lateCase{id: c.ID, kind: c.Kind, request: engine.Request{Action: r.Action, Option: r.Option, Text: r.Text}, width: c.Width, height: c.Height}
			if m.play(&made, c, plan, v, composer) {
				cases = append(cases, made)
			}
		}
	}
	return cases
}

// play gives the case its frames; false where the screen cannot be played.
func (m lateMaker) play(made *lateCase, c storedScreen, plan engine.AnswerPlan, v health.Verdict, composer health.Composer) bool {
	if v.Dialog != nil {
		then := anotherDialog(c.Screen, v.Dialog, func(screen string) *health.Dialog { d, _ := m.read(c, screen); return d.Dialog })
		switch {
		case then == "":
			return false
		case plan.Cursor:
			made.frames = m.cursorFrames(c, v.Dialog, then)
			made.start = max(0, v.Dialog.SelectedOption())
		case len(plan.Keys) == 1:
			made.frames = []lateFrame{{Screen: c.Screen, Then: map[string]int{"": 1}}, {Screen: then}}
		}
		return len(made.frames) > 0
	}
	next, ok := m.asking[c.Kind]
	if !ok || next.Width > c.Width {
		return false
	}
	made.height = max(c.Height, next.Height)
	last := lateFrame{Screen: next.Screen}
	if plan.Text != "" {
		place := m.place(c, composer, plan.Text)
		made.frames = []lateFrame{{Screen: c.Screen, Place: place, Then: map[string]int{"Enter": 1}}, last}
		return place != nil && len(plan.Keys) == 1
	}
	made.frames = []lateFrame{{Screen: c.Screen, Then: map[string]int{"Escape": 1}}, last}
	if len(plan.Keys) == 2 {
		again := strings.Replace(c.Screen, "esc interrupt", "esc again to interrupt", 1)
		if again == c.Screen {
			return false
		}
		made.frames = []lateFrame{made.frames[0], {Screen: again, Then: map[string]int{"Escape": 2}}, last}
	}
	return true
}

// cursorFrames are the dialog with its cursor on each of its options, and what
// follows; nil where the cursor cannot be drawn so that it is read.
func (m lateMaker) cursorFrames(c storedScreen, d *health.Dialog, then string) []lateFrame {
	before, after := "Up", "Down"
	if len(d.Options) > 1 && d.Options[0].Line == d.Options[1].Line {
		before, after = "Left", "Right"
	}
	frames := make([]lateFrame, 0, len(d.Options)+1)
	for i := range d.Options {
		screen := withCursor(c.Screen, d, i)
		if v, _ := m.read(c, screen); !d.Equal(v.Dialog) || v.Dialog.SelectedOption() != i {
			return nil
		}
		frames = append(frames, lateFrame{Screen: screen, Then: map[string]int{
			before: max(0, i-1), after: min(len(d.Options)-1, i+1), "Enter": len(d.Options),
		}})
	}
	return append(frames, lateFrame{Screen: then})
}

// withCursor is the screen with the cursor on another option: the mark before it
// where the program draws one, else its background.
func withCursor(screen string, d *health.Dialog, option int) string {
	rows := strings.Split(screen, "\n")
	split := func(i int) (head, tail string) {
		o, row := d.Options[i], rows[d.Options[i].Line-1]
		text := o.Label
		if o.Key != "" {
			text = o.Key + "."
		}
		text, _, _ = strings.Cut(text, " ")
		at := strings.Index(row, text)
		return row[:max(at, 0)], row[max(at, 0):]
	}
	from := d.SelectedOption()
	if from < 0 {
		o := d.Options[option]
		rows[o.Line-1] = strings.Replace(rows[o.Line-1], o.Label, "\x1b[7m"+o.Label+"\x1b[27m", 1)
		return strings.Join(rows, "\n")
	}
	if from == option {
		return screen
	}
	marked, was := split(from)
	plain, is := split(option)
	rows[d.Options[from].Line-1], rows[d.Options[option].Line-1] = plain+was, marked+is
	return strings.Join(rows, "\n")
}

// place is where in the composer a text is typed: where the detector reads it then.
func (m lateMaker) place(c storedScreen, composer health.Composer, text string) *latePlace {
	if composer.Draft != "" {
		return nil
	}
	for row := composer.From - 1; row < composer.To; row++ {
		for column := range 8 {
			p := latePlace{row, column}
			if v, now := m.read(c, p.typedIn(c.Screen, text)); now.Draft == text && v.Dialog == nil {
				return &p
			}
		}
	}
	return nil
}

// anotherDialog is the screen with one word of what the dialog asks changed, so that
// it asks something else in the same way; "" where no word can be.
func anotherDialog(screen string, d *health.Dialog, read func(string) *health.Dialog) string {
	for _, word := range strings.Fields(strings.Join(append(slices.Clone(d.Body), d.Question), " ")) {
		word = strings.Trim(word, ".,:;?!'\"()`")
		if len(word) < 4 || strings.ContainsFunc(word, func(c rune) bool { return c < 'a' || c > 'z' }) {
			continue
		}
		other := strings.ReplaceAll(screen, word, strings.Repeat("x", len(word)))
		if next := read(other); other != screen && next != nil && !next.Equal(d) && len(next.Options) == len(d.Options) {
			return other
		}
	}
	return ""
}

// lateSorts are the cases by kind and by what is done.
func lateSorts(cases []lateCase) (sorts [][]lateCase, names []string) {
	all := make(map[string][]lateCase)
	for _, c := range cases {
		name := string(c.kind) + " " + c.request.Action.String()
		if len(c.frames) > 2 && c.request.Action != engine.ActionInterrupt {
			name += " by cursor"
		}
		all[name] = append(all[name], c)
	}
	names = slices.Sorted(maps.Keys(all))
	for _, name := range names {
		sorts = append(sorts, all[name])
	}
	return sorts, names
}
