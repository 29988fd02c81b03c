package ui

import (
	"charm.land/bubbles/v2/key"

	"agentwatch/ui/style"
)

// action is what a key asks for.
type action uint8

const (
	actNone action = iota
	actUp
	actDown
	actPageUp
	actPageDown
	actTop
	actBottom
	actOpen
	actBack
	actNext
	actOrder
	actStrategy
	actFilter
	actRefresh
	actTheme
	actWhy
	actHelp
	actQuit
)

// keyContext is where a key is pressed: the same key may mean different things
// there, and the footer shows only what works.
type keyContext uint8

const (
	onBoard keyContext = iota
	onAgent
	inPicker
	inHelp
	inFilter
)

// keyBinding is one row of the tables from which keys are read, and footer and
// help are written.
type keyBinding struct {
	action  action
	binding key.Binding
	// helpOnly keeps it out of the footer.
	helpOnly bool
}

// inHelpOnly keeps rows out of the footer: they are known or rarely needed.
func inHelpOnly(rows ...keyBinding) []keyBinding {
	for i := range rows {
		rows[i].helpOnly = true
	}
	return rows
}

// keymap is the bindings of every context, most useful first.
type keymap struct {
	contexts [inFilter + 1][]keyBinding
}

// bind makes a row. The keys are named as Bubble Tea names them.
func bind(a action, shown, does string, keys ...string) keyBinding {
	return keyBinding{action: a, binding: key.NewBinding(key.WithKeys(keys...), key.WithHelp(shown, does))}
}

func newKeymap(g style.Glyphs) keymap {
	up, down := bind(actUp, g.Up+" k", "up", "up", "k", "ctrl+p"), bind(actDown, g.Down+" j", "down", "down", "j", "ctrl+n")
	pageUp, pageDown := bind(actPageUp, "pgup", "page up", "pgup", "ctrl+b", "ctrl+u"), bind(actPageDown, "pgdn", "page down", "pgdown", "ctrl+f", "ctrl+d", "space")
	top, bottom := bind(actTop, "g", "first", "g", "home"), bind(actBottom, "G", "last", "G", "shift+g", "end")
	next := bind(actNext, g.Tab, "next that needs you", "tab")
	help, theme := bind(actHelp, "?", "help", "?"), bind(actTheme, "t", "dark or light", "t")
	why := bind(actWhy, "e", "explain", "e")
	quit := bind(actQuit, "q", "quit", "q", "ctrl+c")
	stop := bind(actQuit, "ctrl+c", "quit", "ctrl+c")
	back := bind(actBack, "esc", "back", "esc", "left", "h", "backspace")
	var k keymap
	k.contexts[onBoard] = append([]keyBinding{
		bind(actOpen, g.Enter, "open", "enter", "right", "l"), next, bind(actFilter, "/", "filter", "/"),
		bind(actStrategy, "s", "strategy", "s"), bind(actOrder, "o", "order", "o"), help, quit, why,
		bind(actRefresh, "r", "refresh", "r"), theme,
	}, inHelpOnly(up, down, top, bottom, pageUp, pageDown, bind(actBack, "esc", "clear the filter", "esc"))...)
	k.contexts[onAgent] = append([]keyBinding{
		back, pageUp, pageDown, bind(actBottom, "G", "live", "G", "shift+g", "end"), bind(actTop, "g", "oldest", "g", "home"),
		next, help, why, bind(actRefresh, "r", "read anew", "r"),
	}, inHelpOnly(
		bind(actUp, g.Up+" k", "scroll up", "up", "k"), bind(actDown, g.Down+" j", "scroll down", "down", "j"), theme, quit,
	)...)
	k.contexts[inPicker] = append([]keyBinding{
		bind(actOpen, g.Enter, "use it", "enter", "right", "l"), up, down,
		bind(actBack, "esc", "close", "esc", "s", "left", "h"),
	}, inHelpOnly(top, bottom, pageUp, pageDown, quit)...)
	k.contexts[inHelp] = append([]keyBinding{
		bind(actBack, "esc", "close", "esc", "?", "enter", "left", "h"), up, down,
	}, inHelpOnly(top, bottom, pageUp, pageDown, quit)...)
	k.contexts[inFilter] = []keyBinding{
		bind(actOpen, g.Enter, "keep the filter", "enter", "down", "tab"), bind(actBack, "esc", "clear it", "esc"), stop,
	}
	return k
}

// bindings are those that work in a context.
func (k keymap) bindings(c keyContext) []keyBinding { return k.contexts[c] }

// action is what the key, as Bubble Tea names it, does in a context.
func (k keymap) action(c keyContext, pressed namedKey) action {
	for _, b := range k.contexts[c] {
		if key.Matches(pressed, b.binding) {
			return b.action
		}
	}
	return actNone
}

// namedKey is a key by its name.
type namedKey string

// String returns the name.
func (n namedKey) String() string { return string(n) }
