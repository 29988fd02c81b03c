package config

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"strings"
)

// ErrExists says that there is a configuration file already.
var ErrExists = errors.New("config: there is a file already")

// Template returns a file with every setting, what it means and its default,
// all commented out.
func (s *Schema) Template() (string, error) {
	var b strings.Builder
	b.WriteString("# The configuration of agentwatch. Every setting is here with its default, commented\n" +
		"# out: take the # away in front of one and change it.\n" +
		"# `agentwatch config check` tells what is wrong, `agentwatch config show` what is in force.\n")
	for _, section := range s.sections {
		if err := s.templateSection(&b, section); err != nil {
			return "", err
		}
	}
	return b.String(), nil
}

func (s *Schema) templateSection(b *strings.Builder, section AnySection) error {
	b.WriteString("\n")
	comment(b, section.about())
	if name := section.id(); name != "" && section.valueType().Kind() != reflect.Slice {
		fmt.Fprintf(b, "[%s]\n", name)
	}
	for _, setting := range section.settings() {
		l := s.leaf(section, setting.Key)
		value := section.defaults()
		if l.index != nil && !l.nested {
			value = value.FieldByIndex(l.index)
		}
		_, tables := listElement(l.typ)
		if l.nested {
			continue
		}
		b.WriteString("\n")
		comment(b, setting.Meaning)
		if tables || l.typ.Kind() == reflect.Map {
			for _, inner := range section.settings() {
				if other := s.leaf(section, inner.Key); other.nested && (setting.Key == "" || strings.HasPrefix(inner.Key, setting.Key+".")) {
					comment(b, strings.TrimPrefix(inner.Key, setting.Key+".")+": "+inner.Meaning+oneOf(inner.Values))
				}
			}
			for line := range strings.Lines(setting.Example) {
				b.WriteString("#" + strings.TrimRight(line, "\n") + "\n")
			}
			continue
		}
		if list := oneOf(setting.Values); list != "" {
			comment(b, strings.TrimSpace(list))
		}
		if setting.Example != "" {
			comment(b, "For example "+setting.Key+" = "+setting.Example)
		}
		text, err := tomlText(value)
		if err != nil {
			return err
		}
		fmt.Fprintf(b, "#%s = %s\n", setting.Key, text)
	}
	return nil
}

// leaf returns the setting of a section that has the key.
func (s *Schema) leaf(section AnySection, key string) leaf {
	for _, l := range s.leaves[section.id()] {
		if l.key == key {
			return l
		}
	}
	return leaf{typ: section.valueType()}
}

// oneOf says which values are allowed.
func oneOf(values []string) string {
	if len(values) == 0 {
		return ""
	}
	return ` One of "` + strings.Join(values, `", "`) + `".`
}

// commentWidth is how wide comments are.
const commentWidth = 96

// comment writes a text as lines of comment.
func comment(b *strings.Builder, text string) {
	line := "#"
	for _, word := range strings.Fields(text) {
		if len(line)+1+len(word) > commentWidth && line != "#" {
			b.WriteString(line + "\n")
			line = "#"
		}
		line += " " + word
	}
	if line != "#" {
		b.WriteString(line + "\n")
	}
}

// Markdown returns the tables of the page of documentation: one per section.
func (s *Schema) Markdown() (string, error) {
	var b strings.Builder
	for _, section := range s.sections {
		heading := "Before the first section"
		switch {
		case section.id() != "" && section.valueType().Kind() == reflect.Slice:
			heading = "`[[" + section.id() + "]]`"
		case section.id() != "":
			heading = "`[" + section.id() + "]`"
		}
		fmt.Fprintf(&b, "## %s\n\n%s\n\n| setting | default | meaning |\n|---|---|---|\n", heading, section.about())
		for _, setting := range section.settings() {
			l := s.leaf(section, setting.Key)
			standard := ""
			_, tables := listElement(l.typ)
			if !l.nested && !tables && l.typ.Kind() != reflect.Map {
				value := section.defaults()
				if l.index != nil {
					value = value.FieldByIndex(l.index)
				}
				text, err := tomlText(value)
				if err != nil {
					return "", err
				}
				standard = "`" + text + "`"
			}
			name := setting.Key
			if name == "" {
				name = "(any)"
			}
			meaning := setting.Meaning + oneOf(setting.Values)
			if setting.Example != "" && !strings.Contains(setting.Example, "\n") {
				meaning += " Example: `" + setting.Example + "`."
			}
			fmt.Fprintf(&b, "| `%s` | %s | %s |\n", name, standard, strings.ReplaceAll(meaning, "|", "\\|"))
		}
		b.WriteString("\n")
	}
	return strings.TrimRight(b.String(), "\n") + "\n", nil
}

// WriteTemplate writes the documented file, readable by its owner alone, in one
// step: it is there as a whole or not at all. A file that is there already is
// ErrExists unless force is set.
func (s *Schema) WriteTemplate(path string, force bool) error {
	if _, err := os.Lstat(path); !force && !errors.Is(err, fs.ErrNotExist) {
		if err != nil {
			return fmt.Errorf("config: look for %s: %w", path, reason(err))
		}
		return fmt.Errorf("%w: %s", ErrExists, path)
	}
	text, err := s.Template()
	if err != nil {
		return err
	}
	// A link stays one: its target is what is written anew.
	if target, err := filepath.EvalSymlinks(path); err == nil {
		path = target
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("config: make the folder: %w", err)
	}
	return writeWhole(path, text, force)
}

// writeWhole writes a file beside its place and moves it there.
func writeWhole(path, text string, replace bool) (err error) {
	fail := func(err error) error { return fmt.Errorf("config: write %s: %w", path, err) }
	temporary, err := os.CreateTemp(filepath.Dir(path), ".config-*.toml")
	if err != nil {
		return fail(err)
	}
	name := temporary.Name()
	defer func() { _ = os.Remove(name) }()
	if _, err := temporary.WriteString(text); err != nil {
		return fail(errors.Join(err, temporary.Close()))
	}
	if err := errors.Join(temporary.Sync(), temporary.Close()); err != nil {
		return fail(err)
	}
	if replace {
		if err := os.Rename(name, path); err != nil {
			return fail(err)
		}
		return nil
	}
	// A link, unlike a move, replaces nothing that came in the meantime.
	if err := os.Link(name, path); errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%w: %s", ErrExists, path)
	} else if err != nil {
		return fail(err)
	}
	return nil
}
