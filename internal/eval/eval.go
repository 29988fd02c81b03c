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
	// Version is that of the program; empty when it is not known.
	Version string
	Accept  []string
	// Observation holds the facts; its Kind is not set.
	Observation health.Observation
}

// kindNone is the label of a pane without an agent.
const kindNone = "none"

// Miss is a sample that was judged wrong.
type Miss struct {
	ID      string `json:"id"`
	Kind    string `json:"kind"`
	Version string `json:"version,omitempty"`
	Wrong   bool   `json:"wrong"`
	Missed  bool   `json:"missed"`
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
	// Wrong are those of which something was said that is not right; that nothing
	// can be told (unknown) is neither right nor wrong.
	Wrong int `json:"wrong"`
	// Missed are those that need the user (waiting, error, limited, crashed) and
	// were called working, idle or no agent at all.
	Missed int `json:"missed"`
}

// Share is the part that was right, from 0 to 1; 0 for no samples.
func (s Score) Share() float64 { return s.part(s.Right) }

// WrongShare is the part that was wrong.
func (s Score) WrongShare() float64 { return s.part(s.Wrong) }

// MissedShare is the part that needs the user and was shown as if it did not.
func (s Score) MissedShare() float64 { return s.part(s.Missed) }

func (s Score) part(n int) float64 {
	if s.All == 0 {
		return 0
	}
	return float64(n) / float64(s.All)
}

// Report is the result of scoring a set. Its Confusion counts verdicts by the
// labelled state and the state given.
type Report struct {
	Mode      string                    `json:"mode"`
	Total     Score                     `json:"total"`
	Kinds     []Score                   `json:"kinds"`
	Versions  []Score                   `json:"versions,omitempty"`
	States    []Score                   `json:"states"`
	Qualities []Score                   `json:"qualities,omitempty"`
	Sizes     []Score                   `json:"sizes,omitempty"`
	Confusion map[string]map[string]int `json:"confusion"`
	Misses    []Miss                    `json:"misses"`
}

// Run scores the samples.
func Run(d *health.Detector, samples []Sample, mode Mode) Report {
	kinds, versions, states, qualities, sizes := tally{}, tally{}, tally{}, tally{}, tally{}
	report := Report{Mode: mode.String(), Total: Score{Name: "all"}, Confusion: make(map[string]map[string]int)}
	for _, s := range samples {
		v := d.Detect(s.observe(mode))
		g := s.grade(v)
		report.Total.count(g)
		kinds.count(s.Kind, g)
		states.count(s.State, g)
		if s.Version != "" {
			versions.count(s.Kind+" "+s.Version, g)
		}
		if s.Quality != "" {
			qualities.count(s.Quality, g)
		}
		if o := s.Observation; o.Width > 0 && o.Height > 0 {
			sizes.count(fmt.Sprintf("%dx%d", o.Width, o.Height), g)
		}
		got := verdictWord(v)
		switch {
		case g.right:
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
		if !g.right {
			report.Misses = append(report.Misses, Miss{
				ID: s.ID, Kind: s.Kind, Version: s.Version, Wrong: g.wrong, Missed: g.missed, GotKind: cmp.Or(string(v.Kind), kindNone), Want: s.wanted(), Got: verdictWord(v),
				Rule: v.Evidence.Rule, Line: v.Evidence.Line, Text: v.Evidence.Text,
			})
		}
	}
	report.Versions = versions.scores()
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

// grade is what a verdict on a sample is worth.
type grade struct{ right, wrong, missed bool }

func (s Sample) grade(v health.Verdict) grade {
	if s.accepts(v) {
		return grade{right: true}
	}
	got := verdictWord(v)
	return grade{
		wrong:  got != health.StateUnknown.String(),
		missed: s.needsUser() && (got == kindNone || v.State == health.StateWorking || v.State == health.StateIdle),
	}
}

// needsUser reports whether every state that is right for the sample calls for
// the user.
func (s Sample) needsUser() bool {
	return s.Kind != kindNone && !slices.ContainsFunc(s.wanted(), func(word string) bool {
		state, err := health.ParseState(word)
		return err != nil || !slices.Contains(
			[]health.State{health.StateWaiting, health.StateError, health.StateLimited, health.StateCrashed}, state)
	})
}

func (s *Score) count(g grade) {
	s.All++
	if g.right {
		s.Right++
	}
	if g.wrong {
		s.Wrong++
	}
	if g.missed {
		s.Missed++
	}
}

// tally counts by name.
type tally map[string]Score

func (t tally) count(name string, g grade) {
	s := t[name]
	s.Name = name
	s.count(g)
	t[name] = s
}

func (t tally) scores() []Score {
	return slices.SortedFunc(maps.Values(t), func(a, b Score) int { return cmp.Compare(a.Name, b.Name) })
}
