package ui

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"

	"agentwatch/engine"
	"agentwatch/ui/keys"
)

// rebound gives every action a key that nothing has by default.
func rebound(actions ...keys.Action) Options {
	unused := []string{"f1", "f2", "f3", "f4", "f5", "f6", "f7", "f8", "f9", "f10"}
	own := map[string][]string{}
	for i, a := range actions {
		own[a.Name()] = unused[i : i+1]
	}
	return Options{Settings: Settings{Keys: own}}
}

// functionKey makes the message of a function key, which keyPress does not know.
func functionKey(n int) tea.KeyPressMsg { return tea.KeyPressMsg{Code: tea.KeyF1 + rune(n-1)} }

func TestWhatIsSaidNamesTheKeysThatTheUserHasGiven(t *testing.T) {
	o := rebound(keys.Back, keys.Help, keys.Quit, keys.Mark, keys.Filter, keys.Search, keys.Mouse)
	const back, help, quit, mark, filter, search, mouse = "f1", "f2", "f3", "f4", "f5", "f6", "f7"
	drive(t, o, 120, 40, scene(), func(d *driver) {
		d.press("Z")
		d.expect("Z does nothing here; " + help + " shows the keys")
		d.send(functionKey(1))
		d.expect("there is nothing to go back to; " + quit + " quits")
		d.press("u")
		d.expect("no agent is marked; " + mark + " marks")
		d.send(tea.PasteMsg{Content: "text"})
		d.expect("there is nothing to paste into; " + filter + " filters")
		d.send(functionKey(7))
		d.expect(mouse + " takes it back")
		d.send(functionKey(5))
		d.press("z", "z", "z", "enter")
		d.expect(back + " shows all 17 agents")
		d.press("2")
		d.expect(back + " on the board shows all 17 agents")
		d.press("6")
		d.expect(back + " on the board shows all")
		d.press("1")
		d.send(functionKey(1))
		d.press("enter", "n")
		d.expect("nothing is searched for; " + search + " searches")
		close(d.monitor.snapshots)
		d.settle()
		d.expect("Quit with " + quit)
	})
}

func TestWhatHasNoKeyIsNotSaidToHaveOne(t *testing.T) {
	o := Options{Settings: Settings{Keys: map[string][]string{"mark": {}, "help": {}, "filter": {}, "quit": {}, "back": {}}}}
	drive(t, o, 120, 40, scene(), func(d *driver) {
		for _, key := range []string{"u", "Z"} {
			d.press(key)
			if text := d.text(); regexp.MustCompile(`[;:] +(marks|shows|closes|filters)`).MatchString(text) {
				t.Errorf("after %q a key is missing:\n%s", key, text)
			}
		}
	})
}

func TestWhatAnOverlaySaysNamesItsKeys(t *testing.T) {
	keymap, _ := keys.New(nil)
	back := func(p keys.Place) string { return keymap.KeyOf(p, keys.Back) }
	after := scene()
	after.Agents[0].Dialog = nil
	drive(t, Options{}, 120, 40, scene(), func(d *driver) {
		d.press("y")
		d.expect(keymap.KeyOf(keys.InAnswer, keys.Open) + " sends it")
		d.show(after)
		d.expect("it asks something else by now; " + back(keys.InAnswer) + " sends nothing")
		d.press("esc", "s")
		d.expect("tried at once; " + back(keys.InPicker) + " goes back to " + string(engine.StrategyPush))
		d.press("esc", "r", "enter")
		d.expect("nothing is written yet; " + back(keys.InReply) + " closes this")
	})
}

// TestNoMessageNamesAKeyByItself holds for all texts: the user can have given
// another key to what the text is about.
func TestNoMessageNamesAKeyByItself(t *testing.T) {
	named := regexp.MustCompile(`(^|[;,:(] ?|\b(with|by|press) )(esc|enter|space|tab|backspace|[a-zA-Z?/:.]) (shows|closes|ends|marks|sends|filters|quits|searches|opens|goes|leads|takes|plays|and|to)\b`)
	for _, wrong := range []string{"nothing here; esc ends it", "Quit with q and start again.", "? shows the keys"} {
		if !named.MatchString(wrong) {
			t.Fatalf("%q is not found", wrong)
		}
	}
	files, err := filepath.Glob("*.go")
	if err != nil || len(files) < 20 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		set := token.NewFileSet()
		parsed, err := parser.ParseFile(set, file, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(parsed, func(n ast.Node) bool {
			if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.STRING && named.MatchString(strings.Trim(lit.Value, "\"`")) {
				t.Errorf("%v: %s", set.Position(lit.Pos()), lit.Value)
			}
			return true
		})
	}
}
