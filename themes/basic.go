package themes

import (
	_ "embed"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/pelletier/go-toml/v2"
)

// Basic names one of the sixteen colours that every terminal with colours has,
// or the terminal's own colour. How they look is up to the terminal's user: no
// program knows it. It is comparable; the zero value means that none was given.
type Basic struct {
	// A struct, so that no number in a file is taken for this one.
	place basicPlace
}

// basicPlace is the place of a colour among basicNames.
type basicPlace uint8

const (
	basicUnset basicPlace = iota
	// basicOwn is the terminal's own colour of text, or of its background.
	basicOwn
	// basicBlack is colour 0; the other fifteen follow.
	basicBlack
)

// basicNames are the words of a file, in the order of the values.
func basicNames() []string {
	return []string{
		"", "default",
		"black", "red", "green", "yellow", "blue", "magenta", "cyan", "white",
		"bright-black", "bright-red", "bright-green", "bright-yellow",
		"bright-blue", "bright-magenta", "bright-cyan", "bright-white",
	}
}

// Number returns the colour's number, 0 to 15; ok is false for the terminal's
// own colour and when none was given.
func (b Basic) Number() (n uint8, ok bool) {
	if b.place < basicBlack {
		return 0, false
	}
	return uint8(b.place - basicBlack), true
}

// given is set when a file has named the colour.
func (b Basic) given() bool { return b.place != basicUnset }

// String returns the word that a file has for the colour.
func (b Basic) String() string { return basicNames()[b.place] }

// UnmarshalText reads the word, or the number 0 to 15.
func (b *Basic) UnmarshalText(text []byte) error {
	if n, err := strconv.ParseUint(string(text), 10, 8); err == nil && n < 16 {
		b.place = basicBlack + basicPlace(n)
		return nil
	}
	names := basicNames()[basicOwn:]
	i := slices.Index(names, string(text))
	if i < 0 {
		return badValue{string(text), fmt.Sprintf("is none of the sixteen colours%s; write a number from 0 to 15 or one of %s",
			suggestion(string(text), names), strings.Join(names, ", "))}
	}
	b.place = basicOwn + basicPlace(i)
	return nil
}

//go:embed ansi.toml
var ansiDefaults []byte

// ansiDefault returns what stands for the meanings among sixteen colours when a
// theme does not say.
func ansiDefault(dark bool) Meanings[Basic] {
	var defaults struct {
		Dark  Meanings[Basic] `toml:"dark"`
		Light Meanings[Basic] `toml:"light"`
	}
	if err := toml.Unmarshal(ansiDefaults, &defaults); err != nil {
		panic("themes: the embedded ansi.toml is broken: " + err.Error())
	}
	if dark {
		return defaults.Dark
	}
	return defaults.Light
}
