// Package themes holds the palettes of the dashboard: colours by meaning, as
// data files, built in and the user's own. It knows no styles; what is bold or
// underlined is the dashboard's business. All values are immutable and safe for
// concurrent use.
package themes

import "errors"

// ErrUnknown is wrapped by Load when no theme has the name.
var ErrUnknown = errors.New("unknown theme")

// Names of the themes that are chosen by the terminal's background.
const (
	defaultDark  = "mocha"
	defaultLight = "latte"
)

// Theme is one palette.
type Theme struct {
	// Name is what the user types: the file's name without its extension.
	Name string
	// Title is the palette's own name.
	Title string
	// Dark is set when it is made for a dark background.
	Dark bool
	// Colours are by meaning. Every one is set.
	Colours Colours
	// ansi is what the file, or one that it inherits, names of the sixteen
	// colours, so that another can inherit it.
	ansi Meanings[Basic]
}

// Colours are the palette's colours by meaning.
type Colours = Meanings[Colour]

// Parse reads a palette. file is named in errors, and its base without the
// extension is the theme's name. Unknown keys, bad values and missing colours
// are errors that name the file, the line where there is one, and what may have
// been meant. A palette may inherit a built-in one.
func Parse(file string, data []byte) (*Theme, error) {
	return parse(file, data, builtInParent)
}

// Names lists the built-in themes, sorted.
func Names() []string { return new(Set).Names() }

// Load returns the built-in theme of that name. An unknown name is an error
// that wraps ErrUnknown and lists the names.
func Load(name string) (*Theme, error) { return new(Set).Load(name) }

// Default returns the built-in theme for a dark or a light background.
func Default(dark bool) *Theme { return new(Set).Default(dark) }
