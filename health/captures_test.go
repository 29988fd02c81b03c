package health

import (
	"bufio"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// capture is one line of testdata/screens.jsonl; its README tells the fields.
type capture struct {
	ID             string    `json:"id"`
	Why            string    `json:"why"`
	Kind           Kind      `json:"kind"`
	State          string    `json:"state"`
	Wait           string    `json:"wait"`
	Accept         []string  `json:"accept"`
	Alone          string    `json:"alone"`
	Title          string    `json:"title"`
	CurrentCommand string    `json:"current_command"`
	AlternateOn    bool      `json:"alternate_on"`
	InMode         bool      `json:"in_mode"`
	Width          int       `json:"width"`
	Height         int       `json:"height"`
	Processes      []Process `json:"processes"`
	Screen         string    `json:"screen"`
}

func (c capture) observation() Observation {
	return Observation{
		Title: c.Title, CurrentCommand: c.CurrentCommand, AlternateOn: c.AlternateOn, InMode: c.InMode,
		Width: c.Width, Height: c.Height, Processes: c.Processes, Screen: c.Screen,
	}
}

func (c capture) accepts(s State) bool {
	return slices.ContainsFunc(c.Accept, func(word string) bool {
		want, err := ParseState(word)
		return err == nil && want == s
	})
}

func readCaptures(tb testing.TB) []capture {
	tb.Helper()
	names, err := filepath.Glob("testdata/*.jsonl")
	if err != nil {
		tb.Fatal(err)
	}
	var all []capture
	for _, name := range names {
		all = append(all, readCaptureFile(tb, name)...)
	}
	if len(all) < 120 {
		tb.Fatalf("only %d captures were read", len(all))
	}
	return all
}

func readCaptureFile(tb testing.TB, name string) []capture {
	tb.Helper()
	file, err := os.Open(name)
	if err != nil {
		tb.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	var all []capture
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var c capture
		if err := json.Unmarshal(lines.Bytes(), &c); err != nil {
			tb.Fatal(err)
		}
		all = append(all, c)
	}
	if err := lines.Err(); err != nil {
		tb.Fatal(err)
	}
	return all
}

func TestEveryCaptureIsJudgedRight(t *testing.T) {
	d := NewDetector()
	for _, c := range readCaptures(t) {
		t.Run(c.ID, func(t *testing.T) {
			v := d.Detect(c.observation())
			if v.Kind != c.Kind || !c.accepts(v.State) {
				t.Errorf("%s: got %s %s by %s (%q), want %s %v", c.Why, v.Kind, v.State, v.Evidence.Rule, v.Evidence.Text, c.Kind, c.Accept)
			}
			if c.Wait != "" && v.Wait.String() != c.Wait {
				t.Errorf("%s: waits for %q, want %q", c.Why, v.Wait, c.Wait)
			}
			if v.Confidence <= 0 || v.Confidence >= 1 {
				t.Errorf("confidence %v is not between 0 and 1", v.Confidence)
			}
		})
	}
}

func TestEveryCaptureIsJudgedRightFromItsTextAlone(t *testing.T) {
	d := NewDetector()
	for _, c := range readCaptures(t) {
		t.Run(c.ID, func(t *testing.T) {
			v := d.Detect(Observation{Kind: c.Kind, Screen: c.Screen})
			if c.Alone != "" {
				c.Accept = []string{c.Alone}
			}
			if !c.accepts(v.State) {
				t.Errorf("%s: got %s by %s (%q), want %v", c.Why, v.State, v.Evidence.Rule, v.Evidence.Text, c.Accept)
			}
		})
	}
}

func TestColoursChangeNoVerdict(t *testing.T) {
	d := NewDetector()
	for _, c := range readCaptures(t) {
		o := c.observation()
		coloured := d.Detect(o)
		o.Screen = clean(o.Screen)
		if plain := d.Detect(o); plain.State != coloured.State || plain.Evidence.Rule != coloured.Evidence.Rule ||
			plain.Digest != coloured.Digest {
			t.Errorf("%s: %s by %s in colours, %s by %s without", c.ID, coloured.State, coloured.Evidence.Rule, plain.State, plain.Evidence.Rule)
		}
	}
}

func TestEvidencePointsAtTheRowThatDecided(t *testing.T) {
	d := NewDetector()
	for _, c := range readCaptures(t) {
		v := d.Detect(c.observation())
		if v.Evidence.Rule == "" {
			t.Errorf("%s: no rule decided", c.ID)
		}
		if !strings.HasPrefix(v.Evidence.Rule, string(c.Kind)+".") {
			t.Errorf("%s: rule %q does not name its kind", c.ID, v.Evidence.Rule)
		}
		if v.Evidence.Source != SourceScreen {
			if v.Evidence.Line != 0 || v.Evidence.Text == "" {
				t.Errorf("%s: evidence by %s has line %d and text %q", c.ID, v.Evidence.Source, v.Evidence.Line, v.Evidence.Text)
			}
			continue
		}
		rows := strings.Split(clean(c.Screen), "\n")
		if v.Evidence.Line < 1 || v.Evidence.Line > len(rows) {
			t.Fatalf("%s: line %d of %d", c.ID, v.Evidence.Line, len(rows))
		}
		if row := strings.TrimRight(rows[v.Evidence.Line-1], " "); row != v.Evidence.Text || row == "" {
			t.Errorf("%s: line %d is %q, the evidence says %q", c.ID, v.Evidence.Line, row, v.Evidence.Text)
		}
	}
}

func TestActivitiesAreShortAndClean(t *testing.T) {
	d := NewDetector()
	for _, c := range readCaptures(t) {
		v := d.Detect(c.observation())
		if n := utf8.RuneCountInString(v.Activity); n > maxActivity {
			t.Errorf("%s: activity of %d characters", c.ID, n)
		}
		if v.Activity != clean(v.Activity) || strings.Contains(v.Activity, "\n") {
			t.Errorf("%s: activity %q has control characters", c.ID, v.Activity)
		}
		if v.Activity == "" && slices.Contains([]State{StateWaiting, StateLimited, StateError, StateCrashed}, v.State) {
			t.Errorf("%s: %s without an activity", c.ID, v.State)
		}
	}
}

func TestACaptureIsIdentifiedByItsProcessesAlone(t *testing.T) {
	d := NewDetector()
	for _, c := range readCaptures(t) {
		if c.CurrentCommand == "bash" {
			continue
		}
		id := d.Identify(Observation{Processes: c.Processes})
		if id.Kind != c.Kind || id.Process != ProcessAlive || id.Source != SourceProcess {
			t.Errorf("%s: %+v", c.ID, id)
		}
	}
}
