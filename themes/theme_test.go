package themes

import (
	"errors"
	"reflect"
	"strings"
	"testing"
)

func TestEveryEmbeddedThemeLoads(t *testing.T) {
	for _, name := range Names() {
		theme, err := Load(name)
		if err != nil {
			t.Fatal(err)
		}
		if theme.Name != name || theme.Title == "" {
			t.Errorf("%s: name %q, title %q", name, theme.Name, theme.Title)
		}
	}
}

func TestThereIsADefaultForDarkAndForLight(t *testing.T) {
	if !Default(true).Dark || Default(false).Dark {
		t.Fatal("the defaults do not match the background they are for")
	}
}

func TestAnUnknownThemeNamesThoseThatExist(t *testing.T) {
	_, err := Load("../secret")
	if !errors.Is(err, ErrUnknown) {
		t.Fatalf("got %v", err)
	}
	for _, name := range Names() {
		if !strings.Contains(err.Error(), name) {
			t.Errorf("%q does not name %s", err, name)
		}
	}
}

func TestTheListOfColoursIsComplete(t *testing.T) {
	if fields, listed := reflect.TypeFor[Colours]().NumField(), len(new(Colours).all()); fields != listed {
		t.Fatalf("%d fields, %d listed", fields, listed)
	}
}

func TestBlendGoesFromOneEndToTheOther(t *testing.T) {
	c := Default(true).Colours
	if got := c.Waiting.Blend(c.Base, 0); got != c.Base {
		t.Errorf("share 0 gives %v", got)
	}
	if got := c.Waiting.Blend(c.Base, 1); got != c.Waiting {
		t.Errorf("share 1 gives %v", got)
	}
}
