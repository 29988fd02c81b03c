package config

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// Section is a part of the file whose settings are a T. It is immutable.
type Section[T any] struct {
	name string
	spec Spec[T]
}

// Spec says of a section what its type cannot.
type Spec[T any] struct {
	// About says in a sentence or two what the section is for.
	About string
	// Defaults makes the values of settings that the file does not give; nil
	// means zero values.
	Defaults func() T
	// Settings document every setting of T, in the order in which they are to
	// be shown.
	Settings []Setting
	// Check looks for what types and lists of values cannot tell; nil when there
	// is no such thing.
	Check func(T) []Fault
}

// Fault is what a Check found.
type Fault struct {
	// Key is the setting at fault, below the section; elements of lists of
	// tables are numbered from 0: "command.2.run".
	Key string
	// What says what is wrong, Suggestion what to write instead.
	What, Suggestion string
}

// NewSection returns a section of a name; the name "" stands for the settings
// that come before the first table.
func NewSection[T any](name string, spec Spec[T]) *Section[T] {
	if spec.Defaults == nil {
		spec.Defaults = func() T {
			var zero T
			return zero
		}
	}
	return &Section[T]{name: name, spec: spec}
}

// In returns the section's values in a file: the defaults when the file was
// read by a Schema without this section.
func (s *Section[T]) In(f File) T {
	if value, ok := f.values[s.name]; ok {
		if typed, ok := value.Interface().(T); ok {
			return typed
		}
	}
	return s.spec.Defaults()
}

// AnySection is a Section of whatever type.
type AnySection interface {
	id() string
	about() string
	settings() []Setting
	valueType() reflect.Type
	defaults() reflect.Value
	check(reflect.Value) []Fault
}

func (s *Section[T]) id() string              { return s.name }
func (s *Section[T]) about() string           { return s.spec.About }
func (s *Section[T]) settings() []Setting     { return s.spec.Settings }
func (s *Section[T]) valueType() reflect.Type { return reflect.TypeFor[T]() }
func (s *Section[T]) defaults() reflect.Value { return reflect.ValueOf(s.spec.Defaults()) }

// check returns the faults of a value: those of single settings first.
func (s *Section[T]) check(v reflect.Value) []Fault {
	faults := valueFaults(v, s.spec.Settings)
	if typed, ok := v.Interface().(T); ok && s.spec.Check != nil {
		faults = append(faults, s.spec.Check(typed)...)
	}
	return faults
}

// valueFaults finds values and names that are not among those allowed.
func valueFaults(v reflect.Value, settings []Setting) []Fault {
	var faults []Fault
	for _, setting := range settings {
		if setting.Names != nil && v.Kind() == reflect.Map {
			for _, key := range v.MapKeys() {
				if !slices.Contains(setting.Names, key.String()) {
					faults = append(faults, Fault{
						Key: key.String(), What: "no such name", Suggestion: didYouMean(key.String(), setting.Names),
					})
				}
			}
		}
		if setting.Values == nil {
			continue
		}
		eachAt(v, strings.Split(setting.Key, "."), "", func(key, text string) {
			if !slices.Contains(setting.Values, text) {
				faults = append(faults, Fault{
					Key: key, What: fmt.Sprintf("there is no %q", text), Suggestion: didYouMean(text, setting.Values),
				})
			}
		})
	}
	return faults
}

// eachAt calls visit with every text at a path, through all elements of lists of
// tables, and with the key at which it is.
func eachAt(v reflect.Value, path []string, at string, visit func(key, text string)) {
	if _, ok := listElement(v.Type()); ok {
		for i := range v.Len() {
			eachAt(v.Index(i), path, join(at, strconv.Itoa(i)), visit)
		}
		return
	}
	if len(path) > 0 && isTable(v.Type()) {
		if field, ok := fieldNamed(v.Type(), path[0]); ok {
			eachAt(v.FieldByIndex(field.Index), path[1:], join(at, path[0]), visit)
		}
		return
	}
	switch {
	case v.Kind() == reflect.String:
		visit(at, v.String())
	case v.Kind() == reflect.Slice && v.Type().Elem().Kind() == reflect.String:
		for i := range v.Len() {
			visit(at, v.Index(i).String())
		}
	}
}

func join(parent, key string) string {
	if parent == "" || key == "" {
		return parent + key
	}
	return parent + "." + key
}

// Schema is the sections that a program knows. It is immutable.
type Schema struct {
	sections []AnySection
	leaves   map[string][]leaf
}

// ErrSchema is wrapped by the errors of NewSchema: faults of a program and not
// of a file.
var ErrSchema = errors.New("config: the sections are not as they should be")

// NewSchema returns a schema. Sections with the same name, settings without
// documentation and documentation without a setting are errors.
func NewSchema(sections ...AnySection) (*Schema, error) {
	s := &Schema{sections: sections, leaves: make(map[string][]leaf)}
	var faults []error
	for _, section := range sections {
		name := section.id()
		if _, twice := s.leaves[name]; twice {
			faults = append(faults, fmt.Errorf("%w: two sections are called %q", ErrSchema, name))
		}
		found, err := leaves(section.valueType())
		if err != nil {
			faults = append(faults, fmt.Errorf("%w: %w", ErrSchema, err))
		}
		s.leaves[name] = found
		for _, l := range found {
			if !slices.ContainsFunc(section.settings(), func(d Setting) bool { return d.Key == l.key }) {
				faults = append(faults, fmt.Errorf("%w: %q is not documented", ErrSchema, join(name, l.key)))
			}
		}
		for _, d := range section.settings() {
			if d.Meaning == "" || !slices.ContainsFunc(found, func(l leaf) bool { return l.key == d.Key }) {
				faults = append(faults, fmt.Errorf("%w: %q is not a setting or has no description", ErrSchema, join(name, d.Key)))
			}
		}
	}
	return s, errors.Join(faults...)
}

// section returns the section of a name.
func (s *Schema) section(name string) (AnySection, bool) {
	for _, section := range s.sections {
		if section.id() == name {
			return section, true
		}
	}
	return nil, false
}

// topNames lists all that may stand first in a key.
func (s *Schema) topNames() []string {
	var names []string
	for _, section := range s.sections {
		if section.id() == "" {
			names = append(names, fieldNames(section.valueType())...)
		} else {
			names = append(names, section.id())
		}
	}
	return names
}
