package keys

import (
	"slices"
	"strings"
	"testing"
)

func TestNoKeyMeansTwoThingsInOnePlaceAndCtrlCAlwaysQuits(t *testing.T) {
	k, problems := New(nil)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	for _, p := range Places() {
		meaning := map[string]Action{}
		for _, b := range k.Bindings(p) {
			for _, key := range b.Keys {
				if other, taken := meaning[key]; taken {
					t.Errorf("%s: %q means %s and %s", p, key, other, b.Action)
				}
				meaning[key] = b.Action
			}
		}
		if k.Action(p, "ctrl+c") != Quit {
			t.Errorf("%s: ctrl+c does not quit", p)
		}
		if k.Action(p, "esc") != Back {
			t.Errorf("%s: esc does not lead back", p)
		}
	}
}

func TestEveryActionHasANameOfItsOwnAndSaysWhatItDoes(t *testing.T) {
	seen := map[string]bool{}
	for _, a := range Actions() {
		if a.Does() == "" || seen[a.Name()] {
			t.Errorf("%d is called %q and does %q", a, a.Name(), a.Does())
		}
		seen[a.Name()] = true
		if back, known := Parse(a.Name()); !known || back != a {
			t.Errorf("%q is read as %s", a.Name(), back)
		}
	}
}

func TestTheUsersKeysReplaceTheUsualOnes(t *testing.T) {
	k, problems := New(map[string][]string{"grid": {"W"}, "quit": {"x"}, "seen": {"q"}})
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	for key, want := range map[string]Action{"W": Grid, "2": None, "v": None, "x": Quit, "q": Seen, "ctrl+c": Quit} {
		if got := k.Action(OnBoard, key); got != want {
			t.Errorf("%q does %s, want %s", key, got, want)
		}
	}
	if got := k.KeyOf(OnBoard, Grid); got != "W" {
		t.Errorf("the grid is at %q", got)
	}
}

func TestBindingsThatCannotBeAreSaidAndLeftOut(t *testing.T) {
	for name, c := range map[string]struct {
		own  map[string][]string
		want string
	}{
		"unknown action":               {map[string][]string{"grit": {"w"}}, `grit: there is no action of that name`},
		"a key of another":             {map[string][]string{"grid": {"j"}}, `grid: cannot be "j": on the board that is down`},
		"ctrl+c":                       {map[string][]string{"grid": {"ctrl+c"}}, `grid: cannot be "ctrl+c"`},
		"twice by the user":            {map[string][]string{"grid": {"w"}, "inbox": {"w"}}, `cannot be "w"`},
		"a key that no terminal sends": {map[string][]string{"grid": {"banana"}}, `grid: no terminal sends "banana"`},
	} {
		k, problems := New(c.own)
		if len(problems) == 0 || !strings.Contains(problems[0].Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, problems, c.want)
		}
		if k.Action(OnBoard, "ctrl+c") != Quit || k.Action(OnBoard, "j") != Down {
			t.Errorf("%s: the usual keys do not stand", name)
		}
	}
}

func TestKeysThatDifferOnlyInHowTerminalsNameThemAreShownOnce(t *testing.T) {
	s := Symbols{Up: "↑", Down: "↓", Left: "←", Right: "→", Enter: "⏎", Tab: "⇥"}
	if got := s.ShowAll([]string{"end", "G", "shift+g"}); got != "end G" {
		t.Errorf("got %q", got)
	}
	if got := s.ShowAll([]string{"up", "enter", "tab", "shift+tab"}); got != "↑ ⏎ ⇥ shift+⇥" {
		t.Errorf("got %q", got)
	}
}

func TestThePlacesOfTheViewsAreInTheOrderOfTheirActions(t *testing.T) {
	k, _ := New(nil)
	for i, a := range []Action{Board, Grid, Focus, Timeline, Engine, Inbox} {
		if int(OnBoard)+i != int(Places()[i]) || !slices.Contains(Actions(), a) || k.KeyOf(OnBoard, a) == "" {
			t.Errorf("%s", a)
		}
	}
}
