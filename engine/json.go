package engine

import (
	"encoding/json"
	"time"
)

// The JSON of the engine's values is that of the API (docs/api.md). What an
// older or a newer build writes must be readable: unknown words are no errors.

// UnmarshalJSON reads an urgency's word.
func (u *Urgency) UnmarshalJSON(data []byte) error {
	var word string
	if err := json.Unmarshal(data, &word); err != nil {
		return err
	}
	*u, _ = ParseUrgency(word)
	return nil
}

// byUrgency writes values by the words of their urgencies, without those that
// are zero.
func byUrgency[T int | time.Duration](values [UrgencyExited + 1]T) ([]byte, error) {
	words := make(map[string]T)
	for u, v := range values {
		if v != 0 {
			words[Urgency(u).String()] = v
		}
	}
	return json.Marshal(words)
}

// readByUrgency is the inverse of byUrgency.
func readByUrgency[T int | time.Duration](data []byte) (values [UrgencyExited + 1]T, err error) {
	var words map[string]T
	if err := json.Unmarshal(data, &words); err != nil {
		return values, err
	}
	for word, v := range words {
		u, _ := ParseUrgency(word)
		values[u] += v
	}
	return values, nil
}

// MarshalJSON writes an object with a number for each urgency that occurs.
func (c Counts) MarshalJSON() ([]byte, error) { return byUrgency(c) }

// UnmarshalJSON is the inverse of MarshalJSON.
func (c *Counts) UnmarshalJSON(data []byte) (err error) {
	*c, err = readByUrgency[int](data)
	return err
}

// MarshalJSON writes an object with nanoseconds for each urgency that occurs.
func (d Durations) MarshalJSON() ([]byte, error) { return byUrgency(d) }

// UnmarshalJSON is the inverse of MarshalJSON.
func (d *Durations) UnmarshalJSON(data []byte) (err error) {
	*d, err = readByUrgency[time.Duration](data)
	return err
}

// gapWord is the word of a phase in which nobody watched.
const gapWord = "gap"

// MarshalJSON writes [microseconds since 1970, word]: agents have hundreds of
// phases. The word is that of the urgency, or "gap".
func (p Phase) MarshalJSON() ([]byte, error) {
	word := p.Urgency.String()
	if p.Gap {
		word = gapWord
	}
	at := int64(0)
	if !p.At.IsZero() {
		at = p.At.UnixMicro()
	}
	return json.Marshal([...]any{at, word})
}

// UnmarshalJSON is the inverse of MarshalJSON.
func (p *Phase) UnmarshalJSON(data []byte) error {
	var at int64
	var word string
	if err := json.Unmarshal(data, &[...]any{&at, &word}); err != nil {
		return err
	}
	*p = Phase{Gap: word == gapWord, Urgency: UrgencyUnknown}
	if !p.Gap {
		p.Urgency, _ = ParseUrgency(word)
	}
	if at != 0 {
		p.At = time.UnixMicro(at)
	}
	return nil
}

// MarshalText writes the link's word.
func (l Link) MarshalText() ([]byte, error) { return []byte(l.String()), nil }

// UnmarshalText reads a link's word; an unknown one is LinkConnecting.
func (l *Link) UnmarshalText(text []byte) error {
	*l = LinkConnecting
	for link := LinkConnecting; link <= LinkLost; link++ {
		if link.String() == string(text) {
			*l = link
		}
	}
	return nil
}

// String returns the severity's word.
func (s Severity) String() string {
	switch s {
	case SeverityError:
		return "error"
	case SeverityWarning:
		return "warning"
	default:
		return "info"
	}
}

// MarshalText writes the severity's word.
func (s Severity) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads a severity's word; an unknown one is a warning.
func (s *Severity) UnmarshalText(text []byte) error {
	switch string(text) {
	case "info":
		*s = SeverityInfo
	case "error":
		*s = SeverityError
	default:
		*s = SeverityWarning
	}
	return nil
}

// UnmarshalText reads the word; an unknown one is HeardByActivity.
func (h *HeardBy) UnmarshalText(text []byte) error {
	if *h = HeardByActivity; string(text) == HeardByKernel.String() {
		*h = HeardByKernel
	}
	return nil
}
