package config

import (
	"cmp"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/pelletier/go-toml/v2"
)

// Value is one setting in force.
type Value struct {
	// Key is the full name of the setting.
	Key string
	// TOML is its value as it would stand in the file.
	TOML string
	// Line is where the file gives it, from 1; 0 for a default.
	Line int
}

// JSON returns the value as JSON.
func (v Value) JSON() (json.RawMessage, error) {
	var read map[string]any
	if err := toml.Unmarshal([]byte("v = "+v.TOML), &read); err != nil {
		return nil, fmt.Errorf("config: %s: %w", v.Key, err)
	}
	text, err := json.Marshal(read["v"])
	if err != nil {
		return nil, fmt.Errorf("config: %s: %w", v.Key, err)
	}
	return text, nil
}

// Values lists all settings in force, in the order of the schema.
func (s *Schema) Values(f File) ([]Value, error) {
	var all []Value
	for _, section := range s.sections {
		value, ok := f.values[section.id()]
		if !ok {
			value = section.defaults()
		}
		for _, l := range s.leaves[section.id()] {
			if l.nested {
				continue
			}
			found, err := leafValues(join(section.id(), l.key), value, l)
			if err != nil {
				return nil, err
			}
			all = append(all, found...)
		}
	}
	for i := range all {
		all[i].Line = f.lines[all[i].Key]
	}
	return all, nil
}

// leafValues returns the value of a setting; of a table with free names that of
// each name.
func leafValues(key string, section reflect.Value, l leaf) ([]Value, error) {
	if l.index != nil {
		section = section.FieldByIndex(l.index)
	}
	if section.Kind() != reflect.Map {
		text, err := tomlText(section)
		return []Value{{Key: key, TOML: text}}, err
	}
	var all []Value
	for _, name := range section.MapKeys() {
		text, err := tomlText(section.MapIndex(name))
		if err != nil {
			return nil, err
		}
		all = append(all, Value{Key: join(key, name.String()), TOML: text})
	}
	slices.SortFunc(all, func(a, b Value) int { return cmp.Compare(a.Key, b.Key) })
	return all, nil
}

// tomlText writes a value as it stands behind "name = ".
func tomlText(v reflect.Value) (string, error) {
	if v.Kind() == reflect.Slice && v.Len() == 0 {
		return "[]", nil
	}
	around := reflect.New(reflect.StructOf([]reflect.StructField{{Name: "V", Type: v.Type(), Tag: `toml:"v,inline"`}})).Elem()
	around.Field(0).Set(v)
	text, err := toml.Marshal(around.Interface())
	if err != nil {
		return "", fmt.Errorf("config: write a value: %w", err)
	}
	plain := strings.TrimPrefix(strings.TrimSpace(string(text)), "v = ")
	if strings.ContainsAny(plain, `"\`) {
		return plain, nil
	}
	// The usual quotes, where it makes no difference.
	return strings.ReplaceAll(plain, "'", `"`), nil
}
