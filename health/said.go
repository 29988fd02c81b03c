package health

import (
	"strconv"
	"strings"
	"time"
)

// Said is what an agent says itself that it does, by the option @agentwatch_state of
// its pane: a hook of its program sets it (docs/hooks.md).
type Said struct {
	State State `json:"state"`
	// At is when it said so.
	At time.Time `json:"at,omitzero"`
	// Note is what it has added, cleaned.
	Note string `json:"note,omitempty"`
	// Doubt is why it does not count; empty when it does.
	Doubt string `json:"doubt,omitempty"`
}

// String is what it said, and why that does not count.
func (s Said) String() string {
	words := s.State.String() + " at " + s.At.Format(time.TimeOnly)
	if s.Note != "" {
		words += " (" + s.Note + ")"
	}
	if s.Doubt != "" {
		words += ", which does not count: " + s.Doubt
	}
	return words
}

const (
	maxSaid = 400
	// SaidOfWork is how long "working" counts when the pane prints nothing meanwhile:
	// the hook that ends it can be lost. SaidLate is how much later the pane may go on
	// printing for "idle" or "waiting" to count.
	saidOfWork = 2 * time.Minute
	saidLate   = 10 * time.Second
	// saidAhead is how far its clock may be ahead of ours.
	saidAhead = 5 * time.Second
)

// ReadSaid reads the option: a state (working, waiting, idle, error or limited), the
// time in seconds since 1970, and perhaps a note, separated by spaces. now is the time,
// printed when the pane has last printed, and started when the agent's process was
// started; zero where these are not known. It returns nil for what is no such text.
func ReadSaid(text string, now, printed, started time.Time) *Said {
	if len(text) > maxSaid {
		return nil
	}
	word, rest, _ := strings.Cut(strings.TrimSpace(clean(text)), " ")
	second, note, _ := strings.Cut(strings.TrimSpace(rest), " ")
	at, err := strconv.ParseInt(second, 10, 64)
	s := Said{At: time.Unix(at, 0), Note: shorten(strings.TrimSpace(note))}
	for _, state := range [...]State{StateWorking, StateWaiting, StateIdle, StateError, StateLimited} {
		if state.String() == word {
			s.State = state
		}
	}
	if err != nil || s.State == StateUnknown {
		return nil
	}
	quiet := printed
	if quiet.Before(s.At) {
		quiet = s.At
	}
	switch {
	case s.At.Sub(now) > saidAhead:
		s.Doubt = "its time has not come yet"
	case !started.IsZero() && started.Sub(s.At) > time.Second:
		s.Doubt = "it is from before this process was started"
	case s.State == StateWorking && now.Sub(quiet) > saidOfWork:
		s.Doubt = "it has printed nothing for long, as if its end had not been told"
	case s.State != StateWorking && !printed.IsZero() && printed.Sub(s.At) > saidLate:
		s.Doubt = "it has gone on printing since"
	}
	return &s
}

// fuseSaid weighs a finding with what the agent says itself. A hook can be late, lost
// or wrong, and the screen cannot: it decides only where the rest leaves a doubt, and
// never against a dialog that is on the screen.
func (l look) fuseSaid(f finding) (finding, []string) {
	said := l.o.Said
	if said == nil || f.state == StateCrashed || f.state == StateExited || f.hold || l.id.Process == ProcessShell {
		return f, nil
	}
	spoken := []string{"says so itself: " + said.String()}
	switch {
	case said.Doubt != "":
		if said.State == f.state {
			return f, nil
		}
		return f, spoken
	case said.State == f.state:
		f.confidence = max(f.confidence, min(confidenceSure, f.confidence+0.1))
		return f, nil
	case l.asked || f.state == StateWaiting || f.state == StateError || f.state == StateLimited:
		return f, spoken
	case f.rule != "" && f.state != StateUnknown && f.confidence > confidenceWeak:
		return f, spoken
	}
	var against []string
	if f.rule != "" {
		against = []string{f.source.String() + ": " + f.state.String() + " (" + f.rule + ")"}
	}
	f.state, f.wait, f.source, f.confidence = said.State, WaitNone, SourceSaid, confidenceFair
	if said.State == StateWaiting {
		f.wait = WaitPermission
	}
	f.rule, f.activity = string(l.p.Kind)+".said."+said.State.String(), said.Note
	return f, against
}
