package themes

import (
	"embed"
	"fmt"
	"maps"
	"slices"
	"strings"
)

//go:embed palettes/*.toml
var palettes embed.FS

// Set is the themes that there are to choose from: the built-in ones and the
// user's own, which come first where both have a name. The zero value has the
// built-in ones.
type Set struct {
	own map[string]*Theme
}

// Names lists the themes that Load knows, sorted.
func (s *Set) Names() []string {
	names := append(builtInNames(), slices.Collect(maps.Keys(s.own))...)
	slices.Sort(names)
	return slices.Compact(names)
}

// Load returns the theme of that name. An unknown name is an error that wraps
// ErrUnknown, suggests the nearest name and lists them all. It reads no file.
func (s *Set) Load(name string) (*Theme, error) {
	if own, ok := s.own[name]; ok {
		return own, nil
	}
	if !isBuiltIn(name) {
		return nil, fmt.Errorf("themes: %w", unknown(name, s.Names()))
	}
	return builtIn(name)
}

// unknown is the error for a name that is none of the names.
func unknown(name string, names []string) error {
	return fmt.Errorf("%w %q%s; there are %s", ErrUnknown, name, suggestion(name, names), strings.Join(names, ", "))
}

// Default returns the theme for a dark or a light background. A theme of the
// user's that replaces it must be for the same background.
func (s *Set) Default(dark bool) *Theme {
	name := defaultLight
	if dark {
		name = defaultDark
	}
	if own, ok := s.own[name]; ok && own.Dark == dark {
		return own
	}
	theme, err := builtIn(name)
	if err != nil {
		panic("themes: an embedded palette is broken: " + err.Error())
	}
	return theme
}

// builtInNames lists the built-in themes.
func builtInNames() []string {
	entries, err := palettes.ReadDir("palettes")
	if err != nil {
		panic("themes: the embedded palettes cannot be listed: " + err.Error())
	}
	names := make([]string, 0, len(entries))
	for _, entry := range entries {
		names = append(names, nameOf(entry.Name()))
	}
	return names
}

func isBuiltIn(name string) bool { return slices.Contains(builtInNames(), name) }

// builtInParent returns the built-in theme that another inherits.
func builtInParent(name string) (*Theme, error) {
	if !isBuiltIn(name) {
		return nil, unknown(name, builtInNames())
	}
	return builtIn(name)
}

// builtIn returns a built-in theme.
func builtIn(name string) (*Theme, error) {
	file := "palettes/" + name + ".toml"
	data, err := palettes.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("themes: %s: %w", file, err)
	}
	return parse(file, data, builtInParent)
}
