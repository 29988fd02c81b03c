package config

import (
	"encoding"
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// Setting documents one setting and says which values it may have.
type Setting struct {
	// Key is the setting's name below its section. Settings of a table or a list
	// of tables within the section are dotted: "command.run".
	Key string
	// Meaning says in one or two sentences what it does.
	Meaning string
	// Values are the only ones allowed, for texts and lists of texts; nil allows
	// any.
	Values []string
	// Example is a value, as it is written in the file, for settings whose
	// default does not show how. For a list of tables it is the whole block.
	Example string
	// Names are the only names allowed in a table with free names; nil allows
	// any. They go with the Key "".
	Names []string
}

// leaf is a setting that a section's type has.
type leaf struct {
	key   string
	index []int // of the field; nil for a section that is no struct
	typ   reflect.Type
	// nested is set for what is within a list of tables: it has no default.
	nested bool
}

// textType is what values written as text implement.
func isText(t reflect.Type) bool {
	return reflect.PointerTo(t).Implements(reflect.TypeFor[encoding.TextUnmarshaler]())
}

// leaves lists the settings of a type, in the order of its fields. A struct
// within is a table of its own, a slice of structs a list of tables; an
// exported field without a toml tag is an error.
func leaves(t reflect.Type) ([]leaf, error) {
	if t.Kind() == reflect.Map {
		return []leaf{{typ: t}}, nil
	}
	if element, ok := listElement(t); ok {
		inner, err := leaves(element)
		all := []leaf{{typ: t}}
		for _, l := range inner {
			l.nested = true
			all = append(all, l)
		}
		return all, err
	}
	var all []leaf
	for i := range t.NumField() {
		field := t.Field(i)
		name, _, _ := strings.Cut(field.Tag.Get("toml"), ",")
		switch {
		case !field.IsExported() || name == "-":
			continue
		case name == "":
			return nil, fmt.Errorf("config: the field %s of %s has no toml tag", field.Name, t)
		}
		inner := []leaf{{key: name, index: field.Index, typ: field.Type}}
		element, isList := listElement(field.Type)
		if isTable(field.Type) || isList {
			below := field.Type
			if isList {
				below = element
			}
			sub, err := leaves(below)
			if err != nil {
				return nil, err
			}
			if !isList {
				inner = nil
			}
			for _, l := range sub {
				l.key, l.nested = name+"."+l.key, l.nested || isList
				l.index = slices.Concat(field.Index, l.index)
				inner = append(inner, l)
			}
		}
		all = append(all, inner...)
	}
	return all, nil
}

// isTable tells whether a type is a struct with settings of its own.
func isTable(t reflect.Type) bool { return t.Kind() == reflect.Struct && !isText(t) }

// listElement returns the type of a list's tables.
func listElement(t reflect.Type) (reflect.Type, bool) {
	if t.Kind() != reflect.Slice || !isTable(t.Elem()) {
		return nil, false
	}
	return t.Elem(), true
}

// namesWithin lists the keys that a type allows at a path; none when they are
// free or the path is no table.
func namesWithin(t reflect.Type, path []string) []string {
	for {
		if element, ok := listElement(t); ok {
			t = element
		}
		if !isTable(t) {
			return nil
		}
		if len(path) == 0 {
			return fieldNames(t)
		}
		field, ok := fieldNamed(t, path[0])
		if !ok {
			return nil
		}
		t, path = field.Type, path[1:]
	}
}

func fieldNames(t reflect.Type) []string {
	var names []string
	for i := range t.NumField() {
		if name, _, _ := strings.Cut(t.Field(i).Tag.Get("toml"), ","); name != "" && name != "-" {
			names = append(names, name)
		}
	}
	return names
}

// fieldNamed returns the field of a setting. Names are compared without regard
// to case, as the decoder does.
func fieldNamed(t reflect.Type, name string) (reflect.StructField, bool) {
	for i := range t.NumField() {
		tag, _, _ := strings.Cut(t.Field(i).Tag.Get("toml"), ",")
		if tag != "" && tag != "-" && strings.EqualFold(tag, name) {
			return t.Field(i), true
		}
	}
	return reflect.StructField{}, false
}

// typeAt returns the type of the value at a path; false where there is none.
func typeAt(t reflect.Type, path []string) (reflect.Type, bool) {
	for _, name := range path {
		if element, ok := listElement(t); ok {
			t = element
		}
		switch {
		case t.Kind() == reflect.Map:
			t = t.Elem()
		case isTable(t):
			field, ok := fieldNamed(t, name)
			if !ok {
				return nil, false
			}
			t = field.Type
		default:
			return nil, false
		}
	}
	return t, true
}

// wanted says in words what a value of the type is.
func wanted(t reflect.Type) string {
	switch {
	case t == reflect.TypeFor[Duration]():
		return `a length of time in quotes, such as "250ms" or "90d"`
	case t == reflect.TypeFor[Size]():
		return `a size in quotes, such as "500MB"`
	case t == reflect.TypeFor[KeyList]():
		return `a key or a list of keys, such as "q" or ["q", "ctrl+c"]`
	case isText(t):
		return "a text in quotes"
	}
	switch t.Kind() {
	case reflect.Bool:
		return "true or false"
	case reflect.String:
		return "a text in quotes"
	case reflect.Float32, reflect.Float64:
		return "a number"
	case reflect.Slice, reflect.Array:
		if _, ok := listElement(t); ok {
			return "a list of tables"
		}
		return "a list, such as [\"a\", \"b\"]"
	case reflect.Map, reflect.Struct:
		return "a table"
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64,
		reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return "a whole number"
	default:
		return "a value"
	}
}
