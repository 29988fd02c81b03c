package keys

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Binding is an action with its keys in one place.
type Binding struct {
	Action Action
	// Keys are as Bubble Tea names them, the one to show first.
	Keys []string
	// Does says what it does here.
	Does string
	// Quiet keeps it out of the footer.
	Quiet bool
}

// Keymap is the bindings of every place. It is immutable.
type Keymap struct {
	places [places][]Binding
	byKey  [places]map[string]Action
}

// New returns the default bindings with the user's own: keys by the action's
// name. What cannot be is left out and said: an unknown action, a key that
// means something else in the same place, ctrl+c, which always quits.
func New(own map[string][]string) (Keymap, []Problem) {
	var problems []Problem
	chosen := map[Action][]string{}
	for _, name := range slices.Sorted(maps.Keys(own)) {
		a, known := Parse(name)
		if !known {
			problems = append(problems, Problem{name, "there is no action of that name"})
			continue
		}
		if i := slices.IndexFunc(own[name], func(key string) bool { return !valid(key) }); i >= 0 {
			problems = append(problems, Problem{name, fmt.Sprintf("no terminal sends %q; keys are written like x, X, enter, space, ctrl+x, alt+x, f5", own[name][i])})
			continue
		}
		chosen[a] = own[name]
	}
	for {
		k, clash := build(chosen)
		if clash == nil {
			return k, problems
		}
		problems = append(problems, clash.problem)
		delete(chosen, clash.action)
	}
}

// clash is a key that means two things in one place; action is the one that the
// user gave it to.
type clash struct {
	action  Action
	problem Problem
}

// Problem is a binding of the user's that cannot be.
type Problem struct {
	// Action is the name that was bound, What says why it cannot be.
	Action, What string
}

// Error implements error.
func (p Problem) Error() string { return "keys: " + p.Action + ": " + p.What }

// build makes the keymap, or says which of the user's bindings cannot be.
func build(chosen map[Action][]string) (Keymap, *clash) {
	var k Keymap
	for _, p := range Places() {
		k.byKey[p] = map[string]Action{}
		done := map[Action]bool{}
		for _, e := range fixed(p) {
			if done[e.action] {
				continue
			}
			done[e.action] = true
			b := binding(e, p, chosen)
			for _, key := range b.Keys {
				if other, taken := k.byKey[p][key]; taken {
					return k, blame(b.Action, other, key, p, chosen)
				}
				k.byKey[p][key] = b.Action
			}
			k.places[p] = append(k.places[p], b)
		}
	}
	return k, nil
}

// fixed is a place's table, with the keys of a line that is being written: those
// that are no text.
func fixed(p Place) []entry {
	switch p {
	case InText:
		return []entry{say(Open, "keep it", "down", "tab"), say(Back, "clear it", "esc"), whisper(Quit, "", "ctrl+c")}
	case InKeys:
		return []entry{say(Open, "show what is sent", "down", "tab"), say(Back, "send nothing", "esc"), whisper(Quit, "", "ctrl+c")}
	case InPalette:
		return []entry{
			say(Open, "do it"), say(Up, "", "ctrl+p"), say(Down, "", "ctrl+n", "tab"), say(Back, "close", "esc"), whisper(Quit, "", "ctrl+c"),
		}
	case InFind:
		return []entry{
			say(Open, "search, then go there"), say(Up, "", "ctrl+p"), say(Down, "", "ctrl+n", "tab"), say(Back, "stop, then close", "esc"),
			whisper(PageUp, "", "pgup"), whisper(PageDown, "", "pgdown"), whisper(Quit, "", "ctrl+c"),
		}
	case InReply:
		return []entry{
			say(Open, "send it"), say(WhenIdle, "once it is idle", "ctrl+o"), say(NewLine, "", "alt+enter", "ctrl+j"), say(Back, "keep it for later", "esc"),
			say(Up, "replies before", "ctrl+p"), say(Down, "replies after", "ctrl+n"), whisper(Quit, "", "ctrl+c"),
		}
	default:
		return table(p)
	}
}

// binding is an entry with the keys that it has in a place.
func binding(e entry, p Place, chosen map[Action][]string) Binding {
	b := Binding{Action: e.action, Does: e.does, Quiet: e.quiet}
	if b.Does == "" {
		b.Does = e.action.Does()
	}
	own, isOwn := chosen[e.action]
	switch {
	case p == InText, p == InKeys, p == InPalette, p == InReply, p == InFind:
		// Letters are text here.
		if e.action == Open {
			b.Keys = []string{"enter"}
		}
		if (p == InPalette || p == InFind) && (e.action == Up || e.action == Down) {
			b.Keys = []string{e.action.Name()}
		}
	case e.action == Quit && p >= InPicker:
		// What lies over a view is closed by the key that would quit the view.
		b.Keys = []string{"ctrl+c"}
	case e.action == Back && p >= InPicker:
		b.Keys = append(slices.Clone(e.action.fact().keys), "q")
	case isOwn:
		b.Keys = slices.Clone(own)
		if e.action == Quit && !slices.Contains(own, "ctrl+c") {
			b.Keys = append(b.Keys, "ctrl+c")
		}
		return b
	default:
		b.Keys = slices.Clone(e.action.fact().keys)
	}
	for _, key := range e.also {
		// A key that the user has given to something else is no longer ours.
		if !slices.Contains(b.Keys, key) && !given(key, chosen) {
			b.Keys = append(b.Keys, key)
		}
	}
	return b
}

// given tells whether the user has bound a key.
func given(key string, chosen map[Action][]string) bool {
	for _, own := range chosen {
		if slices.Contains(own, key) {
			return true
		}
	}
	return false
}

// blame finds whose fault a clash is: the user's, as the defaults have none.
func blame(a, b Action, key string, p Place, chosen map[Action][]string) *clash {
	guilty, other := a, b
	if _, own := chosen[a]; !own {
		guilty, other = b, a
	}
	return &clash{guilty, Problem{guilty.Name(), fmt.Sprintf("cannot be %q: on the %s that is %s", key, p, other)}}
}

// Bindings are those that work in a place, most useful first.
func (k Keymap) Bindings(p Place) []Binding { return k.places[p] }

// Action is what a key, as Bubble Tea names it, does in a place.
func (k Keymap) Action(p Place, key string) Action { return k.byKey[p][key] }

// KeyOf is the first key of an action in a place, empty when it has none.
func (k Keymap) KeyOf(p Place, a Action) string {
	for _, b := range k.places[p] {
		if b.Action == a && len(b.Keys) > 0 {
			return b.Keys[0]
		}
	}
	return ""
}

// Symbols are how keys are shown that have no letter.
type Symbols struct{ Up, Down, Left, Right, Enter, Tab string }

// Show writes a key for the footer: one character where there is one.
func (s Symbols) Show(key string) string {
	short := map[string]string{
		"up": s.Up, "down": s.Down, "left": s.Left, "right": s.Right, "enter": s.Enter, "tab": s.Tab, "pgdown": "pgdn",
	}[key]
	if short != "" {
		return short
	}
	return strings.Replace(key, "shift+tab", "shift+"+s.Tab, 1)
}

// ShowAll writes the keys of a binding for the help: those that differ only in
// how terminals name them are written once.
func (s Symbols) ShowAll(keys []string) string {
	var shown []string
	for _, key := range keys {
		if rest, shifted := strings.CutPrefix(key, "shift+"); shifted && slices.Contains(keys, strings.ToUpper(rest)) {
			continue
		}
		shown = append(shown, s.Show(key))
	}
	return strings.Join(shown, " ")
}

// valid tells whether a text names a key that a terminal can send: a character,
// or a named key, with modifiers before it.
func valid(key string) bool {
	rest := key
	for _, modifier := range []string{"ctrl+", "alt+", "shift+", "meta+", "super+"} {
		rest = strings.TrimPrefix(rest, modifier)
	}
	if len([]rune(rest)) == 1 && rest != " " {
		return true
	}
	named := []string{
		"enter", "tab", "esc", "backspace", "delete", "insert", "home", "end", "pgup", "pgdown", "up", "down", "left", "right",
		"space", "f1", "f2", "f3", "f4", "f5", "f6", "f7", "f8", "f9", "f10", "f11", "f12",
	}
	return slices.Contains(named, rest)
}
