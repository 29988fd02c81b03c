package themes

import (
	"bytes"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"unicode"

	"github.com/pelletier/go-toml/v2"
)

// leastContrast of text on its backgrounds. The built-in themes are held to
// more; here it only tells that a file cannot have been meant so.
const leastContrast = 2

// file is what a palette's file can say.
type file struct {
	Title    string          `toml:"title"`
	Dark     *bool           `toml:"dark"`
	Inherits string          `toml:"inherits"`
	Colours  Colours         `toml:"colours"`
	ANSI     Meanings[Basic] `toml:"ansi"`
}

// nameOf is the name of the theme in a file.
func nameOf(path string) string {
	return strings.TrimSuffix(filepath.Base(path), filepath.Ext(path))
}

// parse reads a palette; load returns the theme that it inherits.
func parse(path string, data []byte, load func(name string) (*Theme, error)) (*Theme, error) {
	var f file
	if err := f.decode(data); err != nil {
		return nil, located(path, data, err)
	}
	if f.Inherits != "" {
		parent, err := load(f.Inherits)
		if err != nil {
			return nil, at(path, data, "inherits", "inherits: %w", err)
		}
		f = file{Colours: parent.Colours, ANSI: parent.ansi}
		// The same bytes once more, on top of what is inherited.
		if err := f.decode(data); err != nil {
			return nil, located(path, data, err)
		}
	}
	if missing := missing(&f.Colours); len(missing) > 0 {
		return nil, fmt.Errorf("themes: %s: [colours] lacks %s; add them, or begin with inherits = %q",
			path, strings.Join(missing, ", "), defaultDark)
	}
	if err := f.check(path, data); err != nil {
		return nil, err
	}
	return f.theme(nameOf(path)), nil
}

func (f *file) decode(data []byte) error {
	return toml.NewDecoder(bytes.NewReader(data)).DisallowUnknownFields().Decode(f)
}

// check finds what is well-formed and yet wrong.
func (f *file) check(path string, data []byte) error {
	if strings.ContainsFunc(f.Title, unicode.IsControl) {
		return at(path, data, "title", "the title has control characters")
	}
	c := f.Colours
	if f.Dark != nil && *f.Dark != c.Base.dark() {
		return at(path, data, "dark", "dark = %t, but base is %s; change one of them, or leave dark out", *f.Dark, c.Base)
	}
	if on := Contrast(c.Text, c.Base); on < leastContrast {
		return at(path, data, "text", "text %s cannot be read on base %s (contrast %.1f)", c.Text, c.Base, on)
	}
	if on := Contrast(c.Text, c.Selection); on < leastContrast {
		return at(path, data, "selection", "text %s cannot be read on selection %s (contrast %.1f)", c.Text, c.Selection, on)
	}
	return nil
}

// theme completes a file that has been checked.
func (f *file) theme(name string) *Theme {
	t := &Theme{Name: name, Title: f.Title, Dark: f.Colours.Base.dark(), Colours: f.Colours, ansi: f.ANSI}
	if t.Title == "" {
		t.Title = name
	}
	basics := ansiDefault(t.Dark)
	shared, own := basics.all(), f.ANSI.all()
	for i, colour := range t.Colours.all() {
		colour.value.basic = *shared[i].value
		if own[i].value.given() {
			colour.value.basic = *own[i].value
		}
	}
	return t
}

// missing lists the keys of the colours that were not given.
func missing(c *Colours) []string {
	var keys []string
	for _, m := range c.all() {
		if !m.value.set {
			keys = append(keys, m.key)
		}
	}
	return keys
}

// at is an error about a key of the file. It names the first line that gives
// the key, if there is one: the value may be inherited.
func at(path string, data []byte, key, format string, args ...any) error {
	where := path
	for i, line := range strings.Split(string(data), "\n") {
		name, _, found := strings.Cut(line, "=")
		if found && strings.TrimSpace(name) == key {
			where = fmt.Sprintf("%s:%d", path, i+1)
			break
		}
	}
	return fmt.Errorf("themes: %s: "+format, append([]any{where}, args...)...)
}

// located says where in the file a decoding error is.
func located(path string, data []byte, err error) error {
	var strict *toml.StrictMissingError
	if errors.As(err, &strict) && len(strict.Errors) > 0 {
		first := strict.Errors[0]
		row, _ := first.Position()
		return fmt.Errorf("themes: %s:%d: unknown key %s", path, row, unknownKey(first.Key()))
	}
	var decode *toml.DecodeError
	if errors.As(err, &decode) {
		row, _ := decode.Position()
		return fmt.Errorf("themes: %s:%d: %s", path, row, strings.TrimPrefix(decode.Error(), "toml: "))
	}
	var bad badValue
	if errors.As(err, &bad) {
		return bad.at(path, data)
	}
	return fmt.Errorf("themes: %s: %w", path, err)
}

// badValue is a value that is not a colour. The decoder says where it is if it is
// text, and not if it is a number.
type badValue struct{ text, problem string }

func (b badValue) Error() string { return fmt.Sprintf("%q %s", b.text, b.problem) }

// at finds the first line that gives the value.
func (b badValue) at(path string, data []byte) error {
	for i, line := range strings.Split(string(data), "\n") {
		_, value, found := strings.Cut(line, "=")
		value, _, _ = strings.Cut(value, "#")
		if found && strings.TrimSpace(value) == b.text {
			return fmt.Errorf("themes: %s:%d: %w", path, i+1, b)
		}
	}
	return fmt.Errorf("themes: %s: %w", path, b)
}

// unknownKey names the key and what may have been meant.
func unknownKey(key toml.Key) string {
	known := []string{"title", "dark", "inherits", "colours", "ansi"}
	if len(key) > 1 {
		known = known[:0]
		for _, m := range new(Colours).all() {
			known = append(known, m.key)
		}
	}
	return strings.Join(key, ".") + suggestion(key[len(key)-1], known)
}
