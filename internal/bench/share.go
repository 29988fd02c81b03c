package bench

import (
	"fmt"
)

// Share is how many of the panes change before each round.
type Share uint8

// The shares that are measured.
const (
	ShareNone Share = iota
	ShareTenth
	ShareAll
)

// Shares returns all shares, the quietest first.
func Shares() []Share { return []Share{ShareNone, ShareTenth, ShareAll} }

// String returns the share's words.
func (s Share) String() string {
	words := [...]string{"none", "10 %", "all"}
	if int(s) < len(words) {
		return words[s]
	}
	return fmt.Sprintf("share(%d)", uint8(s))
}

// MarshalText makes the share its percentage in JSON: "0", "10" or "100".
func (s Share) MarshalText() ([]byte, error) {
	switch s {
	case ShareNone:
		return []byte("0"), nil
	case ShareTenth:
		return []byte("10"), nil
	case ShareAll:
		return []byte("100"), nil
	default:
		return nil, fmt.Errorf("bench: %s is no share", s)
	}
}

// UnmarshalText reads what MarshalText writes.
func (s *Share) UnmarshalText(text []byte) error {
	for _, known := range Shares() {
		if word, err := known.MarshalText(); err == nil && string(word) == string(text) {
			*s = known
			return nil
		}
	}
	return fmt.Errorf("bench: %q is no share", text)
}

// of returns how many of n panes change: at least one when any does.
func (s Share) of(n int) int {
	switch s {
	case ShareTenth:
		return max(n/10, 1)
	case ShareAll:
		return n
	default:
		return 0
	}
}
