package config

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// File is what a configuration file says, with defaults where it is silent. It
// is immutable. The zero value has the defaults of every section.
type File struct {
	path   string
	values map[string]reflect.Value
	// lines are those of the settings that the file gives, by their full key.
	lines map[string]int
	// seen is what the file looked like when it was read.
	seen sight
}

// Path returns the file's path.
func (f File) Path() string { return f.path }

// Line returns the line, from 1, on which the file gives a setting ("watch.interval");
// 0 when the default is in force.
func (f File) Line(key string) int { return f.lines[key] }

// Missing tells that there was no file when it was loaded.
func (f File) Missing() bool { return f.seen.info == nil }

// Defaults returns a file that says nothing.
func (s *Schema) Defaults(path string) File {
	f := File{path: path, values: make(map[string]reflect.Value), lines: make(map[string]int)}
	for _, section := range s.sections {
		f.values[section.id()] = section.defaults()
	}
	return f
}

// Parse reads a file's text. Bad settings have their defaults; what is wrong is
// in the problems, in the order of the file.
func (s *Schema) Parse(path string, text []byte) (File, []Problem) {
	return s.parse(path, text, nil)
}

// Reparse reads the text of a file that has changed. Bad settings keep the
// values they had; a text that is not valid TOML changes nothing at all.
func (s *Schema) Reparse(path string, text []byte, last File) (File, []Problem) {
	return s.parse(path, text, &last)
}

func (s *Schema) parse(path string, text []byte, last *File) (File, []Problem) {
	document, problems := readDocument(path, text)
	broken := len(problems) > 0
	problems = append(problems, s.strangers(document)...)
	f := s.Defaults(path)
	for _, section := range s.sections {
		part := sectionPart{section: section, document: document.only(func(e expression) bool {
			return s.owner(e) == section.id()
		})}
		value := part.read()
		if last != nil && last.values[section.id()].IsValid() {
			value = part.restore(value, last.values[section.id()])
		}
		f.values[section.id()] = value
		problems = append(problems, part.problems...)
		f.noteLines(part.document)
	}
	sortProblems(problems)
	if len(problems) > maxProblems {
		problems = problems[:maxProblems]
	}
	if last != nil && broken {
		return *last, problems
	}
	return f, problems
}

// nobody is the owner of expressions that belong to no section.
const nobody = "\x00"

// owner returns the section that an expression belongs to.
func (s *Schema) owner(e expression) string {
	if _, ok := s.section(e.path[0]); ok {
		return e.path[0]
	}
	if top, ok := s.section(""); ok {
		// The decoder takes capitals for small letters; TOML does not.
		if slices.Contains(fieldNames(top.valueType()), e.path[0]) {
			return ""
		}
	}
	return nobody
}

// strangers are what belongs to no section: each name once.
func (s *Schema) strangers(d *document) []Problem {
	var problems []Problem
	told := make(map[string]bool)
	for _, e := range d.expressions {
		name := e.path[0]
		if s.owner(e) != nobody || told[name] || len(problems) == maxProblems {
			continue
		}
		told[name] = true
		what := "no such setting"
		if e.header {
			what = "no such section"
		}
		suggestion := s.elsewhere(name)
		if suggestion == "" || e.header {
			suggestion = didYouMean(name, s.topNames())
		}
		p := d.problem(e, what, suggestion)
		p.Key = name
		problems = append(problems, p)
	}
	return problems
}

// elsewhere suggests the section that has a setting of the name.
func (s *Schema) elsewhere(name string) string {
	for _, section := range s.sections {
		if id := section.id(); id != "" && slices.Contains(namesWithin(section.valueType(), nil), name) {
			return fmt.Sprintf("it belongs in the section [%s]", id)
		}
	}
	return ""
}

// noteLines notes where a section's settings are given: the first line of those
// that are given in several.
func (f File) noteLines(d *document) {
	note := func(key string, line int) {
		if _, known := f.lines[key]; !known {
			f.lines[key] = line
		}
	}
	for _, e := range d.expressions {
		line, _ := d.position(e.at)
		for _, key := range append(e.inner, e.key) {
			// Lists and tables with free names are given by what is in them.
			for ; key != ""; key = parentKey(key) {
				note(key, line)
			}
		}
	}
}

func parentKey(key string) string { return key[:max(0, strings.LastIndexByte(key, '.'))] }
