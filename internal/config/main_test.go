package config

import (
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// vocabulary is one as the program has it.
func vocabulary() Vocabulary {
	return Vocabulary{
		Themes: []string{"mocha", "latte", "nord"}, Strategies: []string{"push", "priority", "sequential"},
		Views: []string{"board", "grid", "focus"}, DefaultDark: "mocha", DefaultLight: "latte",
		DefaultStrategy: "push", DefaultView: "board", DefaultInterval: 250 * time.Millisecond,
		MinInterval: 50 * time.Millisecond, MaxInterval: time.Minute,
	}
}

// rule is a list of tables that another package might declare.
type rule struct {
	Name  string   `toml:"name"`
	When  string   `toml:"when"`
	Every Duration `toml:"every"`
}

// notify is a section that another package might declare.
type notify struct {
	Bell     bool      `toml:"bell"`
	Desktop  desktop   `toml:"desktop"`
	Commands []command `toml:"command"`
}

type desktop struct {
	Enabled bool     `toml:"enabled"`
	States  []string `toml:"states"`
}

type command struct {
	Run     []string `toml:"run"`
	Timeout Duration `toml:"timeout"`
}

// program is the standard sections and two of others.
type program struct {
	Standard
	notify *Section[notify]
	rules  *Section[[]rule]
	schema *Schema
}

func newProgram(t testing.TB) program {
	t.Helper()
	p := program{Standard: NewStandard(vocabulary())}
	p.notify = NewSection("notify", Spec[notify]{
		About:    "Who is told.",
		Defaults: func() notify { return notify{Desktop: desktop{Enabled: true, States: []string{"waiting"}}} },
		Settings: []Setting{
			{Key: "bell", Meaning: "Ring."},
			{Key: "desktop.enabled", Meaning: "Show a message."},
			{Key: "desktop.states", Meaning: "For these.", Values: []string{"waiting", "error", "done"}},
			{Key: "command", Meaning: "Commands to run.", Example: "[[notify.command]]\nrun = [\"true\"]"},
			{Key: "command.run", Meaning: "Program and arguments."},
			{Key: "command.timeout", Meaning: "How long it may take."},
		},
	})
	p.rules = NewSection("strategy", Spec[[]rule]{
		About: "Strategies of your own.",
		Settings: []Setting{
			{Meaning: "A strategy.", Example: "[[strategy]]\nname = \"mine\"\nwhen = \"true\""},
			{Key: "name", Meaning: "Its name."},
			{Key: "when", Meaning: "What it looks at."},
			{Key: "every", Meaning: "How often."},
		},
		Check: func(rules []rule) []Fault {
			var faults []Fault
			for i, r := range rules {
				if r.When == "" {
					faults = append(faults, Fault{Key: itoa(i) + ".when", What: "it is missing", Suggestion: `write when = "true"`})
				}
			}
			return faults
		},
	})
	schema, err := NewSchema(append(p.Sections(), p.notify, p.rules)...)
	if err != nil {
		t.Fatal(err)
	}
	p.schema = schema
	return p
}
