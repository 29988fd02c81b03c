package jump

import (
	"context"
	"slices"
	"strings"
)

// way is a command of tmux that comes back.
type way int

const (
	lastPane way = iota
	lastWindow
	lastSession
	detach
)

// String is the command.
func (w way) String() string {
	switch w {
	case lastPane:
		return "last-pane"
	case lastWindow:
		return "last-window"
	case lastSession:
		return "switch-client -l"
	default:
		return "detach-client"
	}
}

// isBoundBy tells whether a binding, as list-keys prints it, does just that.
func (w way) isBoundBy(command string) bool {
	switch w {
	case lastPane:
		return slices.Contains([]string{
			"last-pane", "last-pane -Z", "select-pane -l", "select-pane -Z -l", "select-pane -l -Z",
			"select-pane -t !", "select-pane -t :.!", `select-pane -t "{last}"`, `select-pane -t ":.{last}"`,
		}, command)
	case lastWindow:
		return slices.Contains([]string{
			"last-window", "select-window -l", "select-window -t !", "select-window -t :!",
			`select-window -t "{last}"`, `select-window -t ":{last}"`,
		}, command)
	case lastSession:
		return slices.Contains([]string{"switch-client -l", "switch-client -Z -l", "switch-client -l -Z", "switch-client -E -l", "switch-client -l -E"}, command)
	default:
		return command == "detach-client"
	}
}

// binding is a key of the user's.
type binding struct{ table, key, command string }

// keys are the bindings that work in a session. The zero value has none.
type keys struct {
	// prefix is the key before those of the table "prefix", or "" when there
	// is none; table is that of the keys that are pressed on their own.
	prefix, table string
	bindings      []binding
}

// keys reads the bindings that work in a session. What cannot be read is left
// out: that is no reason not to jump.
func (j Jumper) keys(ctx context.Context, s sight, session string) keys {
	out, err := j.run(ctx, s.server, "display", "-p", "-t", session+":", "#{prefix} #{prefix2} #{key-table}", ";", "lsk")
	if err != nil {
		return keys{}
	}
	return parseKeys(out)
}

// parseKeys reads a line of options and the output of list-keys.
func parseKeys(out string) keys {
	options, list, _ := strings.Cut(out, "\n")
	fields := strings.Fields(options)
	if len(fields) < 3 {
		return keys{}
	}
	k := keys{table: fields[2]}
	for _, prefix := range fields[:2] {
		// tmux 3.1 says "Invalid#" and a number for no key.
		if k.prefix == "" && prefix != "None" && !strings.HasPrefix(prefix, "Invalid#") {
			k.prefix = prefix
		}
	}
	for line := range strings.Lines(list) {
		if b, ok := parseBinding(line); ok {
			k.bindings = append(k.bindings, b)
		}
	}
	return k
}

// parseBinding reads "bind-key [-r] -T table key command". Keys that are moves
// and clicks of the mouse are left out.
func parseBinding(line string) (binding, bool) {
	_, rest, found := strings.Cut(line, " -T ")
	if !found {
		return binding{}, false
	}
	table, rest, _ := strings.Cut(strings.TrimLeft(rest, " "), " ")
	key, command, _ := strings.Cut(strings.TrimLeft(rest, " "), " ")
	command = strings.TrimSpace(command)
	for _, mouse := range []string{"Mouse", "Wheel", "Click"} {
		if strings.Contains(key, mouse) {
			return binding{}, false
		}
	}
	key = unescape(key)
	return binding{table, key, command}, table != "" && key != "" && command != ""
}

// unescape reads a key as tmux prints it: plain, "between quotes", or with
// backslashes before what means something to tmux.
func unescape(key string) string {
	if inner, opened := strings.CutPrefix(key, `"`); opened {
		if inner, closed := strings.CutSuffix(inner, `"`); closed {
			key = inner
		}
	}
	var plain strings.Builder
	for i := 0; i < len(key); i++ {
		if key[i] == '\\' && i+1 < len(key) {
			i++
		}
		plain.WriteByte(key[i])
	}
	return plain.String()
}

// press names the keys of the first binding that is as wanted: of those after
// the prefix, else of those on their own.
func (k keys) press(wanted func(command string) bool) string {
	alone := ""
	for _, b := range k.bindings {
		switch {
		case !wanted(b.command):
		case b.table == "prefix" && k.prefix != "":
			return k.prefix + " " + b.key
		case b.table == k.table && alone == "":
			alone = b.key
		}
	}
	return alone
}

// hint says how to come back: by the user's key, or by the command where none is
// bound to it.
func (k keys) hint(w way) string {
	if pressed := k.press(w.isBoundBy); pressed != "" {
		return pressed + " comes back"
	}
	prompt := k.press(func(command string) bool { return command == "command-prompt" })
	if prompt != "" {
		return prompt + " " + w.String() + " comes back"
	}
	return "the tmux command " + w.String() + " comes back"
}
