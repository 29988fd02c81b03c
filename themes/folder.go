package themes

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode"
)

// maxFileBytes is how large a palette's file may be.
const maxFileBytes = 1 << 20

// LoadSet returns the built-in themes and those of the folder: its *.toml
// files, named by their file names. A folder that does not exist, or an empty
// name, has none. A file that replaces a built-in theme has that theme's name.
//
// What is wrong with a file is in the errors, by the files' names, and the file
// is left out; all others are loaded all the same.
func LoadSet(folder string) (*Set, []error) {
	set := &Set{}
	if folder == "" {
		return set, nil
	}
	entries, err := os.ReadDir(folder)
	if errors.Is(err, fs.ErrNotExist) {
		return set, nil
	}
	if err != nil {
		return set, []error{fmt.Errorf("themes: %w", err)}
	}
	family := family{sources: map[string]source{}, done: map[string]outcome{}}
	var problems []error
	for _, entry := range entries {
		if entry.IsDir() || !strings.HasSuffix(entry.Name(), ".toml") || strings.HasPrefix(entry.Name(), ".") {
			continue
		}
		read, err := readFile(filepath.Join(folder, entry.Name()))
		if err != nil {
			problems = append(problems, fmt.Errorf("themes: %w", err))
			continue
		}
		family.sources[nameOf(entry.Name())] = read
	}
	set.own = map[string]*Theme{}
	for _, name := range slices.Sorted(maps.Keys(family.sources)) {
		theme, err := family.load(name)
		if err != nil {
			problems = append(problems, err)
			continue
		}
		set.own[name] = theme
	}
	return set, problems
}

// source is a file of the user's as it was read.
type source struct {
	path string
	data []byte
}

func readFile(path string) (read source, err error) {
	if !goodName(nameOf(path)) {
		return read, fmt.Errorf("%q: the name of a theme has letters, digits, and the characters - _ . and space; rename the file", path)
	}
	// A pipe of that name would block for ever.
	info, err := os.Stat(path)
	if err != nil {
		return read, err
	}
	if !info.Mode().IsRegular() {
		return read, fmt.Errorf("%s is not a regular file", path)
	}
	opened, err := os.Open(path)
	if err != nil {
		return read, err
	}
	defer func() { err = errors.Join(err, opened.Close()) }()
	data, err := io.ReadAll(io.LimitReader(opened, maxFileBytes+1))
	if err != nil {
		return read, err
	}
	if len(data) > maxFileBytes {
		return read, fmt.Errorf("%s is larger than 1 MiB", path)
	}
	return source{path: path, data: data}, nil
}

// goodName tells whether a name can be typed and shown.
func goodName(name string) bool {
	return name != "" && !strings.ContainsFunc(name, func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("-_. ", r)
	})
}

// family is the user's files, each of which may inherit another.
type family struct {
	sources map[string]source
	done    map[string]outcome
	// line is the names being loaded, each inheriting the next.
	line []string
}

// outcome is what came of a file.
type outcome struct {
	theme *Theme
	err   error
}

// load returns the theme in the user's file of that name.
func (f *family) load(name string) (*Theme, error) {
	if o, ok := f.done[name]; ok {
		return o.theme, o.err
	}
	from := f.sources[name]
	f.line = append(f.line, name)
	theme, err := parse(from.path, from.data, f.parent)
	f.line = f.line[:len(f.line)-1]
	f.done[name] = outcome{theme, err}
	return theme, err
}

// parent returns the theme that the last of the line inherits. A file that
// replaces a built-in theme may inherit the one that it replaces.
func (f *family) parent(name string) (*Theme, error) {
	if name == f.line[len(f.line)-1] && isBuiltIn(name) {
		return builtIn(name)
	}
	if slices.Contains(f.line, name) {
		return nil, fmt.Errorf("a circle of %s", strings.Join(append(slices.Clone(f.line), name), ", "))
	}
	if _, ok := f.sources[name]; !ok {
		if isBuiltIn(name) {
			return builtIn(name)
		}
		return nil, unknown(name, append(builtInNames(), slices.Sorted(maps.Keys(f.sources))...))
	}
	theme, err := f.load(name)
	switch {
	case err == nil:
		return theme, nil
	case isBuiltIn(name):
		return builtIn(name)
	default:
		return nil, fmt.Errorf("%q has an error of its own", name)
	}
}
