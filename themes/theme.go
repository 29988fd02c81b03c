// Package themes holds the palettes of the dashboard: colours by meaning, as
// data files. It knows no styles; what is bold or underlined is the dashboard's
// business. All values are immutable and safe for concurrent use.
package themes

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"image/color"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/pelletier/go-toml/v2"
)

//go:embed palettes/*.toml
var palettes embed.FS

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
	Name string `toml:"-"`
	// Title is the palette's own name.
	Title string `toml:"title"`
	// Dark is set when it is made for a dark background.
	Dark bool `toml:"dark"`
	// Colours are by meaning.
	Colours Colours `toml:"colours"`
}

// Colours are the palette's colours by meaning. Every one is set in a theme
// that Parse accepted.
type Colours struct {
	// Base is the background that the palette is made for. It is not painted;
	// it is what a fading highlight fades to.
	Base Colour `toml:"base"`
	// Selection is the background of the selected row.
	Selection Colour `toml:"selection"`
	// Text, Subtle and Faint are three steps of text; Chrome is for frames.
	Text   Colour `toml:"text"`
	Subtle Colour `toml:"subtle"`
	Faint  Colour `toml:"faint"`
	Chrome Colour `toml:"chrome"`
	// Accent marks what is selected, Brand the program's name, Key a key that
	// can be pressed, Track the empty part of a bar.
	Accent Colour `toml:"accent"`
	Brand  Colour `toml:"brand"`
	Key    Colour `toml:"key"`
	Track  Colour `toml:"track"`
	// Good, Info, Warning and Danger grade figures and notices.
	Good    Colour `toml:"good"`
	Info    Colour `toml:"info"`
	Warning Colour `toml:"warning"`
	Danger  Colour `toml:"danger"`
	// The rest is one per state of an agent.
	Waiting  Colour `toml:"waiting"`
	Crashed  Colour `toml:"crashed"`
	Error    Colour `toml:"error"`
	Limited  Colour `toml:"limited"`
	Done     Colour `toml:"done"`
	Unknown  Colour `toml:"unknown"`
	Starting Colour `toml:"starting"`
	Working  Colour `toml:"working"`
	Idle     Colour `toml:"idle"`
	Exited   Colour `toml:"exited"`
}

// Colour is an opaque colour. It implements image/color.Color. The zero value
// means that none was given.
type Colour struct {
	r, g, b uint8
	set     bool
}

// RGBA returns the channels, 0 to 65535, as image/color.Color asks.
func (c Colour) RGBA() (r, g, b, a uint32) {
	return color.RGBA{R: c.r, G: c.g, B: c.b, A: 0xff}.RGBA()
}

// String returns "#rrggbb".
func (c Colour) String() string { return fmt.Sprintf("#%02x%02x%02x", c.r, c.g, c.b) }

// UnmarshalText reads "#rrggbb".
func (c *Colour) UnmarshalText(text []byte) error {
	hex, found := strings.CutPrefix(string(text), "#")
	value, err := strconv.ParseUint(hex, 16, 32)
	if !found || len(hex) != 6 || err != nil {
		return fmt.Errorf("%q is no colour, write #rrggbb", text)
	}
	*c = Colour{r: uint8(value >> 16), g: uint8(value >> 8), b: uint8(value), set: true}
	return nil
}

// Blend mixes c into to: share 0 gives to, 1 gives c.
func (c Colour) Blend(to Colour, share float64) Colour {
	share = min(max(share, 0), 1)
	mix := func(from, into uint8) uint8 {
		return uint8(float64(from)*share + float64(into)*(1-share) + 0.5)
	}
	return Colour{r: mix(c.r, to.r), g: mix(c.g, to.g), b: mix(c.b, to.b), set: true}
}

// Parse reads a palette. file is named in errors, and its base without the
// extension is the theme's name. Unknown keys, bad colours and missing colours
// are errors that name the file and, where there is one, the line.
func Parse(file string, data []byte) (*Theme, error) {
	theme := &Theme{Name: strings.TrimSuffix(path.Base(file), path.Ext(file))}
	decoder := toml.NewDecoder(bytes.NewReader(data)).DisallowUnknownFields()
	if err := decoder.Decode(theme); err != nil {
		return nil, located(file, err)
	}
	if missing := theme.Colours.missing(); len(missing) > 0 {
		return nil, fmt.Errorf("themes: %s: [colours] lacks %s", file, strings.Join(missing, ", "))
	}
	return theme, nil
}

// located says where in the file a decoding error is.
func located(file string, err error) error {
	var strict *toml.StrictMissingError
	if errors.As(err, &strict) && len(strict.Errors) > 0 {
		first := strict.Errors[0]
		row, _ := first.Position()
		return fmt.Errorf("themes: %s:%d: unknown key %s", file, row, strings.Join(first.Key(), "."))
	}
	var decode *toml.DecodeError
	if errors.As(err, &decode) {
		row, _ := decode.Position()
		return fmt.Errorf("themes: %s:%d: %w", file, row, err)
	}
	return fmt.Errorf("themes: %s: %w", file, err)
}

// Names lists the themes that Load knows, sorted.
func Names() []string {
	entries, err := palettes.ReadDir("palettes")
	if err != nil {
		panic("themes: the embedded palettes cannot be listed: " + err.Error())
	}
	names := make([]string, 0, len(entries))
	for _, entry := range entries {
		names = append(names, strings.TrimSuffix(entry.Name(), path.Ext(entry.Name())))
	}
	slices.Sort(names)
	return names
}

// Load returns the theme of that name. An unknown name is an error that wraps
// ErrUnknown and lists the names.
func Load(name string) (*Theme, error) {
	if !slices.Contains(Names(), name) {
		return nil, fmt.Errorf("themes: %w %q; there are %s", ErrUnknown, name, strings.Join(Names(), ", "))
	}
	file := "palettes/" + name + ".toml"
	data, err := palettes.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("themes: %s: %w", file, err)
	}
	return Parse(file, data)
}

// Default returns the theme for a dark or a light background.
func Default(dark bool) *Theme {
	name := defaultLight
	if dark {
		name = defaultDark
	}
	theme, err := Load(name)
	if err != nil {
		panic("themes: an embedded palette is broken: " + err.Error())
	}
	return theme
}
