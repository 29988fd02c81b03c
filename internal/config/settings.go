package config

import (
	"fmt"
	"time"
)

// General are the settings before the first section.
type General struct {
	Theme         string `toml:"theme"`
	ThemeDark     string `toml:"theme_dark"`
	ThemeLight    string `toml:"theme_light"`
	View          string `toml:"view"`
	Glyphs        string `toml:"glyphs"`
	ReducedMotion bool   `toml:"reduced_motion"`
	Mouse         bool   `toml:"mouse"`
	ReadOnly      bool   `toml:"read_only"`
}

// Watch says what is watched, and how.
type Watch struct {
	Servers      []string `toml:"servers"`
	Sockets      []string `toml:"sockets"`
	Strategy     string   `toml:"strategy"`
	Interval     Duration `toml:"interval"`
	Clients      string   `toml:"clients"`
	NoClients    bool     `toml:"no_clients"`
	SessionFiles bool     `toml:"session_files"`
	Generic      bool     `toml:"generic"`
	Git          bool     `toml:"git"`
	PullRequests bool     `toml:"pull_requests"`
}

// ClientsInForce is the value of clients, unless its old name says never.
func (w Watch) ClientsInForce() string {
	if w.NoClients {
		return ClientsNever
	}
	return w.Clients
}

// Keys are the keys of actions, by the action's name.
type Keys map[string]KeyList

// History says what is kept on disk.
type History struct {
	Enabled   bool     `toml:"enabled"`
	Retention Duration `toml:"retention"`
	Screens   bool     `toml:"screens"`
	MaxSize   Size     `toml:"max_size"`
}

// Values of General that have a meaning of their own.
const (
	ThemeAuto     = "auto"
	ViewLast      = "last"
	GlyphsUnicode = "unicode"
	GlyphsASCII   = "ascii"
)

// Values of Watch.Clients.
const (
	ClientsAuto   = "auto"
	ClientsAlways = "always"
	ClientsNever  = "never"
)

// Vocabulary are the names that other packages give meaning to.
type Vocabulary struct {
	// Themes, Strategies and Views are the names that are allowed.
	Themes, Strategies, Views []string
	// DefaultDark and DefaultLight are the themes by the terminal's background,
	// DefaultStrategy the usual strategy, DefaultView the first view.
	DefaultDark, DefaultLight, DefaultStrategy, DefaultView string
	// DefaultInterval, MinInterval and MaxInterval are the usual time between two
	// rounds and its bounds.
	DefaultInterval, MinInterval, MaxInterval time.Duration
	// Actions are the names in [keys]; nil allows any.
	Actions []string
	// Bindings finds what is wrong with keys that are bound to them; nil finds
	// nothing.
	Bindings func(Keys) []Fault
}

// Standard are the sections that this package declares.
type Standard struct {
	General *Section[General]
	Watch   *Section[Watch]
	Keys    *Section[Keys]
	History *Section[History]
}

// NewStandard returns the standard sections with the names that are in use.
func NewStandard(v Vocabulary) Standard {
	return Standard{
		General: NewSection("", generalSpec(v)),
		Watch:   NewSection("watch", watchSpec(v)),
		Keys:    NewSection("keys", keysSpec(v)),
		History: NewSection("history", historySpec()),
	}
}

// Sections returns them in the order of the file.
func (s Standard) Sections() []AnySection { return []AnySection{s.General, s.Watch, s.Keys, s.History} }

func generalSpec(v Vocabulary) Spec[General] {
	return Spec[General]{
		About: "How the dashboard looks and what it may do.",
		Defaults: func() General {
			return General{
				Theme: ThemeAuto, ThemeDark: v.DefaultDark, ThemeLight: v.DefaultLight, View: v.DefaultView,
				Glyphs: GlyphsUnicode, Mouse: true,
			}
		},
		Settings: []Setting{
			{
				Key: "theme", Values: append([]string{ThemeAuto}, v.Themes...),
				Meaning: "The colours. \"auto\" takes theme_dark or theme_light by the terminal's background.",
			},
			{Key: "theme_dark", Meaning: "The theme that \"auto\" takes on a dark background.", Values: v.Themes},
			{Key: "theme_light", Meaning: "The theme that \"auto\" takes on a light background.", Values: v.Themes},
			{
				Key: "view", Values: append(append([]string{}, v.Views...), ViewLast),
				Meaning: "The view that the dashboard opens with. \"last\" is the one it was left in.",
			},
			{
				Key: "glyphs", Values: []string{GlyphsUnicode, GlyphsASCII},
				Meaning: "The signs of states and frames. \"ascii\" is for terminals that draw others two cells wide.",
			},
			{Key: "reduced_motion", Meaning: "Nothing spins, glows or slides: what changes, changes at once."},
			{Key: "mouse", Meaning: "Clicks and the wheel work. Without it the terminal selects text as usual."},
			{Key: "read_only", Meaning: "Whatever would type into a pane, or change anything in tmux, is switched off."},
		},
	}
}

func watchSpec(v Vocabulary) Spec[Watch] {
	return Spec[Watch]{
		About: "Which tmux servers are watched, and how. A running dashboard takes over the strategy and the interval; the rest counts from its next start.",
		Defaults: func() Watch {
			return Watch{Strategy: v.DefaultStrategy, Interval: Duration{v.DefaultInterval}, Clients: ClientsAuto, SessionFiles: true, Generic: true, Git: true}
		},
		Settings: []Setting{
			{
				Key: "servers", Example: `["default", "work"]`,
				Meaning: "Only the tmux servers of these names, as for tmux -L. With no servers and no sockets, all that answer.",
			},
			{
				Key: "sockets", Example: `["/tmp/tmux-1000/work"]`,
				Meaning: "Only the tmux servers at these socket paths, as for tmux -S.",
			},
			{Key: "strategy", Meaning: "How panes are looked at. `agentwatch bench` tells what each costs.", Values: v.Strategies},
			{
				Key:     "interval",
				Meaning: fmt.Sprintf("The time between two rounds, %s to %s.", Duration{v.MinInterval}, Duration{v.MaxInterval}),
			},
			{
				Key: "clients", Values: []string{ClientsAuto, ClientsAlways, ClientsNever},
				Meaning: "Whether tmux control clients watch a server, from a session of their own there, or batched tmux processes, which leave no trace. \"auto\" takes control clients from tmux 3.7 on: below, one that attaches can crash the server; \"always\" takes that risk, but for tmux 3.4 and 3.5, which captures over one would crash.",
			},
			{Key: "no_clients", Meaning: "The old name of clients = \"never\"."},
			{Key: "session_files", Meaning: "Read the files that agents keep about themselves, such as ~/.claude."},
			{Key: "generic", Meaning: "Show agent programs that no profile describes, too, under the program's own name, as far as their screens can be read."},
			{Key: "git", Meaning: "Show the repository, the branch and the changes of each agent's folder, as git tells them: read when the agent has printed, by one git process at a time that writes nothing."},
			{Key: "pull_requests", Meaning: "Show the pull request and the checks of each agent's branch, too, as GitHub's command line (gh) tells them, which asks GitHub by your login: one gh at a time, each branch once a minute at most. Off unless you say so."},
		},
		Check: func(w Watch) []Fault {
			var faults []Fault
			if w.Interval.Duration < v.MinInterval || w.Interval.Duration > v.MaxInterval {
				faults = append(faults, Fault{
					Key: "interval", What: fmt.Sprintf("%s is not between %s and %s", w.Interval, Duration{v.MinInterval}, Duration{v.MaxInterval}),
					Suggestion: fmt.Sprintf("the default is %q", Duration{v.DefaultInterval}.String()),
				})
			}
			if w.NoClients && w.Clients == ClientsAlways {
				faults = append(faults, Fault{Key: "no_clients", What: "it contradicts clients = \"always\"", Suggestion: "remove one of them"})
			}
			return faults
		},
	}
}

func keysSpec(v Vocabulary) Spec[Keys] {
	return Spec[Keys]{
		About: "The keys of actions: the action's name, and one key or a list of keys. The help (?) names the actions.",
		Settings: []Setting{{
			Meaning: "One key or a list of keys per action. An empty list takes an action's keys away.",
			Names:   v.Actions, Example: "quit = [\"q\", \"ctrl+c\"]",
		}},
		Check: func(k Keys) []Fault {
			var faults []Fault
			for action, keys := range k {
				for _, key := range keys {
					if key == "" {
						faults = append(faults, Fault{
							Key: action, What: "a key is empty", Suggestion: `write its name, such as "q", "ctrl+c" or "space"`,
						})
						break
					}
				}
			}
			if len(faults) == 0 && v.Bindings != nil {
				faults = v.Bindings(k)
			}
			return faults
		},
	}
}

func historySpec() Spec[History] {
	return Spec[History]{
		About: "What is remembered on disk.",
		Defaults: func() History {
			return History{Enabled: true, Retention: Duration{90 * day}, MaxSize: Size{500e6}}
		},
		Settings: []Setting{
			{Key: "enabled", Meaning: "Keep what agents did, for the timeline and the statistics."},
			{Key: "retention", Meaning: "How long it is kept."},
			{Key: "screens", Meaning: "Keep the screens, too, to be played again in the dashboard (P in an agent's view). They can show secrets: the file is for you alone, but not encrypted."},
			{Key: "max_size", Meaning: "How large it may become; the oldest goes first."},
		},
		Check: func(h History) []Fault {
			var faults []Fault
			if h.Retention.Duration <= 0 {
				faults = append(faults, Fault{Key: "retention", What: "nothing would be kept", Suggestion: "write enabled = false instead"})
			}
			if h.MaxSize.Bytes < 1e6 {
				faults = append(faults, Fault{Key: "max_size", What: "it is less than 1MB", Suggestion: `the default is "500MB"`})
			}
			return faults
		},
	}
}
