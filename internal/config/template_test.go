package config

import (
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// inForce are all settings of a file, as they would be written.
func inForce(t *testing.T, p program, f File) map[string]string {
	t.Helper()
	values, err := p.schema.Values(f)
	if err != nil {
		t.Fatal(err)
	}
	all := make(map[string]string)
	for _, v := range values {
		all[v.Key] = v.TOML
	}
	return all
}

func TestTheTemplateAsItIsChangesNothing(t *testing.T) {
	p := newProgram(t)
	text, err := p.schema.Template()
	if err != nil {
		t.Fatal(err)
	}
	f, problems := p.schema.Parse("c.toml", []byte(text))
	if len(problems) > 0 {
		t.Error(told(problems))
	}
	if diff := cmp.Diff(inForce(t, p, p.schema.Defaults("")), inForce(t, p, f)); diff != "" {
		t.Error(diff)
	}
}

func TestEveryDefaultOfTheTemplateIsTheDefault(t *testing.T) {
	p := newProgram(t)
	text, err := p.schema.Template()
	if err != nil {
		t.Fatal(err)
	}
	before, _, _ := strings.Cut(text, "[keys]")
	plain := regexp.MustCompile(`(?m)^#([a-z_.]+ = )`).ReplaceAllString(before, "$1")
	f, problems := p.schema.Parse("c.toml", []byte(plain))
	if len(problems) > 0 {
		t.Fatalf("%q\n%s", told(problems), plain)
	}
	if diff := cmp.Diff(inForce(t, p, p.schema.Defaults("")), inForce(t, p, f)); diff != "" {
		t.Error(diff)
	}
	for _, l := range append(p.schema.leaves[""], p.schema.leaves["watch"]...) {
		if key := l.key; f.Line(key)+f.Line("watch."+key) == 0 {
			t.Errorf("the template does not have %s", key)
		}
	}
}

func TestTheExamplesOfTheTemplateAreRight(t *testing.T) {
	p := newProgram(t)
	text, err := p.schema.Template()
	if err != nil {
		t.Fatal(err)
	}
	_, after, _ := strings.Cut(text, "[keys]")
	plain := regexp.MustCompile(`(?m)^#([a-z\[])`).ReplaceAllString("[keys]"+after, "$1")
	f, problems := p.schema.Parse("c.toml", []byte(plain))
	if len(problems) > 0 {
		t.Fatalf("%q\n%s", told(problems), plain)
	}
	if len(p.Keys.In(f)) == 0 || len(p.notify.In(f).Commands) != 1 || len(p.rules.In(f)) != 1 {
		t.Errorf("the examples are not there:\n%s", text)
	}
}

func TestThePageHasEverySetting(t *testing.T) {
	p := newProgram(t)
	page, err := p.schema.Markdown()
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"| `theme` | `\"auto\"` |", "| `interval` | `\"250ms\"` |", "| `max_size` | `\"500MB\"` |", "| `desktop.states` | `[\"waiting\"]` |",
		"## `[[strategy]]`", "| `command.run` |  |",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("no %s in\n%s", want, page)
		}
	}
}

func TestTheFileIsWrittenForItsOwnerAndNothingIsOverwritten(t *testing.T) {
	p := newProgram(t)
	path := filepath.Join(t.TempDir(), "new", "config.toml")
	if err := p.schema.WriteTemplate(path, false); err != nil {
		t.Fatal(err)
	}
	for place, want := range map[string]os.FileMode{path: 0o600, filepath.Dir(path): 0o700} {
		if info, err := os.Stat(place); err != nil || info.Mode().Perm() != want {
			t.Errorf("%s: %v %v", place, info, err)
		}
	}
	if err := os.WriteFile(path, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := p.schema.WriteTemplate(path, false); !errors.Is(err, ErrExists) {
		t.Error(err)
	}
	if text, _ := os.ReadFile(path); string(text) != "mine" {
		t.Error("it is overwritten")
	}
	link := filepath.Join(t.TempDir(), "config.toml")
	if err := os.Symlink(path, link); err != nil {
		t.Fatal(err)
	}
	if err := p.schema.WriteTemplate(link, true); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Lstat(link); err != nil || info.Mode()&os.ModeSymlink == 0 {
		t.Error("the link is gone")
	}
	want, _ := p.schema.Template()
	if text, _ := os.ReadFile(path); string(text) != want {
		t.Error("it is not overwritten by force")
	}
	if left, _ := filepath.Glob(filepath.Join(filepath.Dir(path), ".config-*")); len(left) > 0 {
		t.Error(left)
	}
}
