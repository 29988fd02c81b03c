// Package eval scores the detector against screens whose states are known.
package eval

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"agentwatch/health"
)

// Mode says how much of a screen's record the detector gets.
type Mode uint8

const (
	// ModeAll: everything in the record but the kind.
	ModeAll Mode = iota
	// ModeKindGiven: everything in the record, the kind too.
	ModeKindGiven
	// ModeScreenOnly: the screen's text and the kind.
	ModeScreenOnly
)

// String returns the mode in words.
func (m Mode) String() string {
	switch m {
	case ModeKindGiven:
		return "all facts, kind given"
	case ModeScreenOnly:
		return "screen text alone, kind given"
	default:
		return "all facts"
	}
}

// Sample is one labelled screen.
type Sample struct {
	// ID names the sample; Kind and State are its labels, Accept all states
	// that are right (State alone when empty). Quality groups samples.
	ID, Kind, State, Quality string
	Accept                   []string
	// Observation holds the facts; its Kind is not set.
	Observation health.Observation
}

// kindNone is the label of a pane without an agent.
const kindNone = "none"

// Miss is a sample that was judged wrong.
type Miss struct {
	ID   string `json:"id"`
	Kind string `json:"kind"`
	// GotKind differs from Kind when the agent was not identified.
	GotKind string   `json:"got_kind"`
	Want    []string `json:"want"`
	Got     string   `json:"got"`
	Rule    string   `json:"rule"`
	Line    int      `json:"line"`
	Text    string   `json:"text"`
}

// Score counts samples.
type Score struct {
	Name  string `json:"name"`
	Right int    `json:"right"`
	All   int    `json:"all"`
}

// Share is the part that was right, from 0 to 1; 0 for no samples.
func (s Score) Share() float64 {
	if s.All == 0 {
		return 0
	}
	return float64(s.Right) / float64(s.All)
}

// Report is the result of scoring a set. Its Confusion counts verdicts by the
// labelled state and the state given.
type Report struct {
	Mode      string                    `json:"mode"`
	Total     Score                     `json:"total"`
	Kinds     []Score                   `json:"kinds"`
	States    []Score                   `json:"states"`
	Qualities []Score                   `json:"qualities,omitempty"`
	Sizes     []Score                   `json:"sizes,omitempty"`
	Confusion map[string]map[string]int `json:"confusion"`
	Misses    []Miss                    `json:"misses"`
}

// Run scores the samples.
func Run(d *health.Detector, samples []Sample, mode Mode) Report {
	kinds, states, qualities, sizes := tally{}, tally{}, tally{}, tally{}
	report := Report{Mode: mode.String(), Total: Score{Name: "all"}, Confusion: make(map[string]map[string]int)}
	for _, s := range samples {
		v := d.Detect(s.observe(mode))
		right := s.accepts(v)
		report.Total.count(right)
		kinds.count(s.Kind, right)
		states.count(s.State, right)
		if s.Quality != "" {
			qualities.count(s.Quality, right)
		}
		if o := s.Observation; o.Width > 0 && o.Height > 0 {
			sizes.count(fmt.Sprintf("%dx%d", o.Width, o.Height), right)
		}
		got := verdictWord(v)
		switch {
		case right:
			// What counts alike is no confusion.
			got = s.State
		case s.Kind != kindNone && string(v.Kind) != s.Kind:
			// The agent was not found.
			got = kindNone
		}
		if report.Confusion[s.State] == nil {
			report.Confusion[s.State] = make(map[string]int)
		}
		report.Confusion[s.State][got]++
		if !right {
			report.Misses = append(report.Misses, Miss{
				ID: s.ID, Kind: s.Kind, GotKind: cmp.Or(string(v.Kind), kindNone), Want: s.wanted(), Got: verdictWord(v),
				Rule: v.Evidence.Rule, Line: v.Evidence.Line, Text: v.Evidence.Text,
			})
		}
	}
	report.Kinds, report.States, report.Qualities = kinds.scores(), states.scores(), qualities.scores()
	report.Sizes = sizes.scores()
	return report
}

// verdictWord is the state of a verdict; "none" where no agent was found.
func verdictWord(v health.Verdict) string {
	if v.Kind == health.KindNone {
		return kindNone
	}
	return v.State.String()
}

func (s Sample) observe(mode Mode) health.Observation {
	o := s.Observation
	if mode == ModeScreenOnly {
		o = health.Observation{Screen: o.Screen}
	}
	if mode != ModeAll && s.Kind != kindNone {
		o.Kind = health.Kind(s.Kind)
	}
	return o
}

func (s Sample) wanted() []string {
	if len(s.Accept) > 0 {
		return s.Accept
	}
	return []string{s.State}
}

// accepts tells whether the verdict is right: one of the accepted states for
// the labelled kind; for a pane without an agent, that none was found.
func (s Sample) accepts(v health.Verdict) bool {
	if s.Kind == kindNone {
		return v.Kind == health.KindNone
	}
	if string(v.Kind) != s.Kind {
		return false
	}
	return slices.ContainsFunc(s.wanted(), func(word string) bool {
		want, err := health.ParseState(word)
		return err == nil && want == v.State
	})
}

func (s *Score) count(right bool) {
	s.All++
	if right {
		s.Right++
	}
}

// tally counts by name.
type tally map[string]Score

func (t tally) count(name string, right bool) {
	s := t[name]
	s.Name = name
	s.count(right)
	t[name] = s
}

func (t tally) scores() []Score {
	return slices.SortedFunc(maps.Values(t), func(a, b Score) int { return cmp.Compare(a.Name, b.Name) })
}
