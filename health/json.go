package health

import "encoding/json"

// Words in JSON may come from a newer build. One that this build does not know
// reads as "unknown" and is no error; in files of the user's it stays one.

// lenient reads a JSON string by an UnmarshalText, and leaves the value as it is
// where that does not know the word.
func lenient(data []byte, read func([]byte) error) error {
	var word string
	if err := json.Unmarshal(data, &word); err != nil {
		return err
	}
	_ = read([]byte(word))
	return nil
}

// UnmarshalJSON reads a state's word.
func (s *State) UnmarshalJSON(data []byte) error {
	*s = StateUnknown
	return lenient(data, s.UnmarshalText)
}

// UnmarshalJSON reads a reason's word. An unknown one is a question: it is shown,
// and nothing is typed for it without its dialog.
func (w *WaitReason) UnmarshalJSON(data []byte) error {
	*w = WaitQuestion
	return lenient(data, w.UnmarshalText)
}

// UnmarshalJSON reads a source's word.
func (s *Source) UnmarshalJSON(data []byte) error {
	*s = SourceNone
	return lenient(data, s.UnmarshalText)
}

// UnmarshalJSON reads a fact's word.
func (n *FactName) UnmarshalJSON(data []byte) error {
	*n = unknownFact
	return lenient(data, n.UnmarshalText)
}

// MarshalText writes the state's word.
func (p ProcessState) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

// UnmarshalText reads a state's word; an unknown one is ProcessUnknown.
func (p *ProcessState) UnmarshalText(text []byte) error {
	*p = ProcessUnknown
	for state := ProcessUnknown; state <= ProcessAlive; state++ {
		if state.String() == string(text) {
			*p = state
		}
	}
	return nil
}
