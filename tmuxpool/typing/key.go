package typing

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// Key is one key: a printable character of ASCII is itself, the others are
// constants. There are no more: what is not in the list cannot be typed.
type Key rune

// The keys that are no characters.
const (
	KeyEnter Key = utf8.MaxRune + 1 + iota
	KeyEscape
	KeyTab
	KeyBackTab
	KeySpace
	KeyBackspace
	KeyUp
	KeyDown
	KeyLeft
	KeyRight
	KeyHome
	KeyEnd
	KeyPageUp
	KeyPageDown
	KeyCtrlC
	KeyCtrlD
	KeyCtrlU
)

// ErrNoKey: no key has the name.
var ErrNoKey = errors.New("no such key")

// keyNames are tmux's names of the keys that are no characters.
func keyNames() [17]string {
	return [...]string{
		"Enter", "Escape", "Tab", "BTab", "Space", "BSpace", "Up", "Down", "Left", "Right", "Home", "End", "PPage",
		"NPage", "C-c", "C-d", "C-u",
	}
}

// KeyNames are the names that ParseKey knows beside single characters.
func KeyNames() []string {
	names := keyNames()
	return names[:]
}

// String returns the key's name, which ParseKey reads.
func (k Key) String() string {
	if names := keyNames(); k.named() {
		return names[k-KeyEnter]
	}
	if k.character() {
		return string(rune(k))
	}
	return fmt.Sprintf("key(%d)", rune(k))
}

// named tells whether the key is one of the constants.
func (k Key) named() bool { return k >= KeyEnter && k <= KeyCtrlU }

// character tells whether the key is a character.
func (k Key) character() bool { return k > ' ' && k <= '~' }

// Valid tells whether the key can be typed.
func (k Key) Valid() bool { return k.named() || k.character() }

// ParseKey reads a key's name: a printable character of ASCII, or one of
// KeyNames. Case counts for characters only. Anything else is ErrNoKey.
func ParseKey(name string) (Key, error) {
	if len(name) == 1 && Key(name[0]).character() {
		return Key(name[0]), nil
	}
	at := slices.IndexFunc(KeyNames(), func(known string) bool { return strings.EqualFold(known, name) })
	if at < 0 {
		return 0, fmt.Errorf("typing: %w: %q (there are single characters and %s)", ErrNoKey, name, strings.Join(KeyNames(), ", "))
	}
	return KeyEnter + Key(at), nil
}

// command is the tmux command that types the key into a pane. A character is
// sent as such, so that none is ever read as a name; those that tmux's syntax
// uses are sent by their number.
func (k Key) command(pane string) string {
	switch {
	case k.named():
		return "send -t '" + pane + "' " + k.String()
	case k >= 'a' && k <= 'z', k >= 'A' && k <= 'Z', k >= '0' && k <= '9':
		return "send -t '" + pane + "' -l -- '" + string(rune(k)) + "'"
	default:
		return fmt.Sprintf("send -t '%s' -H %02x", pane, rune(k))
	}
}
