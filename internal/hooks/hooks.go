// Package hooks puts hooks into the settings of agent programs, by which these say
// themselves what they do, and takes them out again. What else stands in a user's file
// stays as it is.
package hooks

import (
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/tidwall/gjson"
	"github.com/tidwall/sjson"
)

// option is the option of a pane in which an agent says what it does; it tells our
// hooks from others.
const option = "@agentwatch_state"

// Errors of a change.
var (
	// ErrUnknown: no hooks are known for a program of that name.
	ErrUnknown = errors.New("no hooks are known for it")
	// ErrFile: the user's file is not as it should be, so that it is left alone.
	ErrFile = errors.New("its file is left alone")
)

// Program is an agent program that has hooks.
type Program struct {
	// Name is that of its kind; Note what its user must know.
	Name, Note string
	// path is where its file is below a folder, which is that of a variable where this
	// is set, else the home.
	path, variable, below string
	// events are what its hooks are called and what they say; nil where the file is a
	// plugin of our own, with plugin as its text.
	events [][2]string
	plugin string
	// byFolder is set where hooks run in a daemon, whose environment may be that of
	// another pane.
	byFolder bool
}

//go:embed opencode.js
var opencodePlugin string

// Programs are those that have hooks.
func Programs() []Program {
	return []Program{
		{
			Name: "claude", path: ".claude/settings.json", variable: "CLAUDE_CONFIG_DIR", below: "settings.json",
			events: [][2]string{{"UserPromptSubmit", "working"}, {"PostToolUse", "working"}, {"PermissionRequest", "waiting"}, {"Stop", "idle"}},
			Note:   "It counts for sessions that are started from now on.",
		},
		{
			Name: "codex", path: ".codex/hooks.json", variable: "CODEX_HOME", below: "hooks.json",
			events: [][2]string{{"UserPromptSubmit", "working"}, {"PostToolUse", "working"}, {"PermissionRequest", "waiting"}, {"Stop", "idle"}},
			Note: "Codex runs hooks only after you have trusted them: it asks at its next start, or by /hooks. It runs them in a daemon, not in\n" +
				"its pane: they count where one pane alone has a codex in the folder, on the tmux server of the one that was started first,\n" +
				"and where tmux calls its program codex (not node, as that of npm).",
			byFolder: true,
		},
		{
			Name: "gemini", path: ".gemini/settings.json",
			events: [][2]string{{"BeforeAgent", "working"}, {"AfterTool", "working"}, {"Notification", "waiting"}, {"AfterAgent", "idle"}},
			Note:   "It counts for sessions that are started from now on.",
		},
		{
			Name: "opencode", path: ".config/opencode/plugin/agentwatch.js", variable: "XDG_CONFIG_HOME", below: "opencode/plugin/agentwatch.js",
			plugin: opencodePlugin, Note: "It counts for sessions that are started from now on.",
		},
	}
}

// Find finds a program by its name.
func Find(name string) (Program, error) {
	all := Programs()
	i := slices.IndexFunc(all, func(p Program) bool { return p.Name == name })
	if i < 0 {
		return Program{}, fmt.Errorf("%w: %q", ErrUnknown, name)
	}
	return all[i], nil
}

// Path is the file of the program's settings that hooks go into.
func (p Program) Path(getenv func(string) string) string {
	if p.variable != "" {
		if folder := getenv(p.variable); filepath.IsAbs(folder) {
			return filepath.Join(folder, p.below)
		}
	}
	return filepath.Join(getenv("HOME"), p.path)
}

// Command is what a hook runs to say a state: a shell that asks for the time, and one
// tmux command. It says nothing outside of tmux, and never fails.
func Command(state string) string {
	return `[ -z "$TMUX_PANE" ] || tmux set-option -p -t "$TMUX_PANE" ` + option + ` "` + state + ` $(date +%s)" >/dev/null 2>&1 || :`
}

// byFolder is Command for hooks that run somewhere else than in their pane, but in its
// folder: it says a state of the pane that has a program of that name there, if only one
// has.
func byFolder(name, state string) string {
	return `[ -z "$TMUX" ] || { p=$(tmux list-panes -a -F '#{pane_current_command} #{pane_id} #{pane_current_path}' | D="$(pwd -P)" awk ` +
		`'$1=="` + name + `"{i=$2;sub(/^[^ ]+ [^ ]+ /,"");if($0==ENVIRON["D"]){n++;p=i}}END{if(n==1)print p}') && [ -n "$p" ] && ` +
		`tmux set-option -p -t "$p" ` + option + ` "` + state + ` $(date +%s)"; } >/dev/null 2>&1 || :`
}

// Command is what the program's hook runs to say a state.
func (p Program) Command(state string) string {
	if p.byFolder {
		return byFolder(p.Name, state)
	}
	return Command(state)
}

// Installed tells which of the program's hooks the text of its file has.
func (p Program) Installed(text string) (have, all int) {
	if p.events == nil {
		if strings.Contains(text, option) {
			return 1, 1
		}
		return 0, 1
	}
	for _, event := range p.events {
		if len(ours(text, event[0])) > 0 {
			have++
		}
	}
	return have, len(p.events)
}

// ours are the places of our hooks of an event, the last first.
func ours(text, event string) []int {
	var places []int
	for i, group := range gjson.Get(text, "hooks."+event).Array() {
		commands := group.Get("hooks.#.command").Array()
		mine := func(r gjson.Result) bool { return strings.Contains(r.String(), option) }
		// One that somebody has put others beside is theirs.
		if len(commands) > 0 && !slices.ContainsFunc(commands, func(r gjson.Result) bool { return !mine(r) }) {
			places = append(places, i)
		}
	}
	slices.Reverse(places)
	return places
}

// Install returns the text of the program's file with its hooks. One that is not there
// is empty.
func (p Program) Install(text string) (string, error) {
	if p.events == nil {
		return p.plugin, nil
	}
	text, err := p.checked(text)
	if err != nil {
		return "", err
	}
	for _, event := range p.events {
		at, places := "hooks."+event[0], ours(text, event[0])
		if len(places) == 1 && gjson.Get(text, at+"."+strconv.Itoa(places[0])+".hooks.0.command").String() == p.Command(event[1]) {
			continue
		}
		// Those of an earlier build.
		if text, err = without(text, at, places); err != nil {
			return "", err
		}
		command, err := json.Marshal(p.Command(event[1]))
		if err != nil {
			return "", err
		}
		// Marshal writes < and > in a way that nobody reads.
		plain := strings.NewReplacer(`\u003e`, ">", `\u0026`, "&").Replace(string(command))
		hook := fmt.Sprintf("\n      {\"hooks\": [{\"type\": \"command\", \"command\": %s, \"timeout\": %d}]}", plain, p.timeout())
		if text, err = sjson.SetRaw(text, at+".-1", hook); err != nil {
			return "", fmt.Errorf("%w: %w", ErrFile, err)
		}
	}
	return text, nil
}

// without is a text without the entries of a list at some places, the last first.
func without(text, list string, places []int) (string, error) {
	for _, i := range places {
		var err error
		if text, err = sjson.Delete(text, list+"."+strconv.Itoa(i)); err != nil {
			return "", fmt.Errorf("%w: %w", ErrFile, err)
		}
	}
	return text, nil
}

// timeout is how long a hook may take: gemini counts in milliseconds.
func (p Program) timeout() int {
	if p.Name == "gemini" {
		return 5000
	}
	return 5
}

// Remove returns the text of the program's file without our hooks; empty when nothing
// else was in it.
func (p Program) Remove(text string) (string, error) {
	if p.events == nil {
		if text != "" && !strings.Contains(text, option) {
			return "", fmt.Errorf("%w: it is not ours", ErrFile)
		}
		return "", nil
	}
	text, err := p.checked(text)
	if err != nil {
		return "", err
	}
	for _, event := range p.events {
		at := "hooks." + event[0]
		places := ours(text, event[0])
		if text, err = without(text, at, places); err != nil {
			return "", err
		}
		if len(places) > 0 && len(gjson.Get(text, at).Array()) == 0 {
			if text, err = sjson.Delete(text, at); err != nil {
				return "", fmt.Errorf("%w: %w", ErrFile, err)
			}
		}
	}
	if gjson.Get(text, "hooks").IsObject() && len(gjson.Get(text, "hooks").Map()) == 0 {
		if text, err = sjson.Delete(text, "hooks"); err != nil {
			return "", fmt.Errorf("%w: %w", ErrFile, err)
		}
	}
	if len(gjson.Parse(text).Map()) == 0 {
		return "", nil
	}
	return text, nil
}

// checked is the text, an empty object for none. One that is no JSON object, or whose
// hooks are of another form, is left alone.
func (p Program) checked(text string) (string, error) {
	if strings.TrimSpace(text) == "" {
		return "{}\n", nil
	}
	if !gjson.Valid(text) || !gjson.Parse(text).IsObject() {
		return "", fmt.Errorf("%w: it is no JSON object", ErrFile)
	}
	hooks := gjson.Get(text, "hooks")
	if hooks.Exists() && !hooks.IsObject() {
		return "", fmt.Errorf("%w: its hooks are of another form", ErrFile)
	}
	for _, event := range p.events {
		if list := hooks.Get(event[0]); list.Exists() && !list.IsArray() {
			return "", fmt.Errorf("%w: its %s hooks are of another form", ErrFile, event[0])
		}
	}
	return text, nil
}

// Read reads a file; one that is not there is empty.
func Read(path string) (string, error) {
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	return string(text), err
}

// Write writes a file in one step, with the rights that it has; an empty text takes it
// away. A symbolic link stays one.
func Write(path, text string) error {
	if target, err := filepath.EvalSymlinks(path); err == nil {
		path = target
	}
	if text == "" {
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		return nil
	}
	mode := fs.FileMode(0o600)
	if info, err := os.Stat(path); err == nil {
		mode = info.Mode().Perm()
	} else if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	next, err := os.CreateTemp(filepath.Dir(path), ".agentwatch-*")
	if err != nil {
		return err
	}
	defer os.Remove(next.Name())
	_, err = next.WriteString(text)
	if err = errors.Join(err, next.Chmod(mode), next.Close()); err != nil {
		return err
	}
	return os.Rename(next.Name(), path)
}
