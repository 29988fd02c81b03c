package health

import (
	"bytes"
	"slices"
	"strings"
	"sync"

	"github.com/pelletier/go-toml/v2"
)

// kindGeneric is the kind of the profile that reads agents without one; no agent
// carries it.
const kindGeneric Kind = "generic"

// maxGreeting is how many rows the screen of a program that starts can have.
const maxGreeting = 3

// generic reads the screens of agents that nobody has a profile for. An agent's
// kind is then the program's own name.
type generic struct {
	profile *profile
	// agents are programs that are known to be agents; others are interactive
	// programs that are none, whatever they show.
	agents []knownAgent
	others []string
}

// knownAgent is a program of which no more is known than that it is an agent.
type knownAgent struct {
	Name Kind `toml:"name"`
	commandProfile
	// Titles are phrases that name the program in its title, Signs such that only
	// it prints.
	Titles []string `toml:"titles"`
	Signs  []string `toml:"signs"`
}

// builtinGeneric is read once and never changed.
var builtinGeneric = sync.OnceValue(loadGeneric)

// loadGeneric reads the files inside the binary. They are tested; an error is a
// fault of the build.
func loadGeneric() *generic {
	read := func(name string) []byte {
		text, err := builtinProfiles.ReadFile("profiles/common/" + name)
		if err != nil {
			panic(err)
		}
		return text
	}
	p, err := readProfile("generic.toml", read("generic.toml"), nil)
	if err != nil {
		panic(err)
	}
	p.origin = builtinOrigin
	var file struct {
		Agents []knownAgent `toml:"agent"`
		Others struct {
			Programs []string `toml:"programs"`
		} `toml:"others"`
	}
	if err := toml.NewDecoder(bytes.NewReader(read("programs.toml"))).DisallowUnknownFields().Decode(&file); err != nil {
		panic(err)
	}
	for i := range file.Agents {
		file.Agents[i].OneShotFlags = append(file.Agents[i].OneShotFlags, "-v", "--version", "-h", "--help", "-p", "--print")
	}
	return &generic{profile: p, agents: file.Agents, others: file.Others.Programs}
}

// WithoutGeneric returns a detector that sees only agents that a profile
// describes.
func (d *Detector) WithoutGeneric() *Detector { return &Detector{profiles: d.profiles} }

// matchKnown tells whether the command is an agent without a profile.
func (g *generic) matchKnown(cmd command, comm string) (kind Kind, oneShot, ok bool) {
	if g == nil {
		return KindNone, false, false
	}
	for i := range g.agents {
		if oneShot, ok := g.agents[i].match(cmd, comm); ok {
			return g.agents[i].Name, oneShot, true
		}
	}
	return KindNone, false, false
}

// mayBeAgent tells whether a program that nobody knows can be an agent, and the
// name that it goes by.
func (g *generic) mayBeAgent(cmd command) (Kind, bool) {
	if g == nil || cmd.role != ProcessOther || slices.Contains(g.others, cmd.name) {
		return KindNone, false
	}
	kind := kindOf(cmd)
	if kind == KindNone || slices.Contains(g.others, string(kind)) {
		return KindNone, false
	}
	return kind, true
}

// startedAs returns the agent without a profile whose program has the name.
func (g *generic) startedAs(name string) Kind {
	if g == nil {
		return KindNone
	}
	for i := range g.agents {
		if slices.Contains(g.agents[i].Programs, name) {
			return g.agents[i].Name
		}
	}
	return KindNone
}

// named returns the agent without a profile that the title or the screen names.
func (g *generic) named(title string, w *words) Kind {
	if g == nil {
		return KindNone
	}
	for i := range g.agents {
		if a := &g.agents[i]; containsAnyFold(title, a.Titles) || w.containsAny(a.Signs) {
			return a.Name
		}
	}
	return KindNone
}

// looksLikeAgent tells whether a screen is an agent's: it has a framed place to
// type, and what agents show at one. row shows it.
func (g *generic) looksLikeAgent(s screen) (row int, ok bool) {
	l := g.profile.readLayout(s)
	if !l.composed || !l.composer.framed {
		return 0, false
	}
	return g.profile.hasSign(s, l.composer.top, len(s.rows))
}

// kindOf makes a kind of a program's name: that of its script, or, where that
// tells nothing, of the package which the script is in.
func kindOf(cmd command) Kind {
	name := cmd.name
	for _, extension := range [...]string{".js", ".mjs", ".cjs", ".ts", ".py", ".pyz"} {
		name = strings.TrimSuffix(name, extension)
	}
	if anonymous(name) {
		name = packageOf(cmd.path)
	}
	word := strings.Map(func(c rune) rune {
		switch {
		case c >= 'a' && c <= 'z', c >= '0' && c <= '9', c == '-':
			return c
		case c >= 'A' && c <= 'Z':
			return c + 'a' - 'A'
		case c == '_' || c == '.' || c == ' ':
			return '-'
		}
		return -1
	}, name)
	word = strings.Trim(strings.TrimLeft(word, "0123456789-"), "-")
	if len(word) > maxKind {
		word = word[:maxKind]
	}
	return Kind(word)
}

// maxKind bounds the name of a program as a kind.
const maxKind = 24

// anonymous tells whether a script's name tells nothing about the program.
func anonymous(name string) bool {
	switch name {
	case "cli", "index", "main", "__main__", "start", "app", "bin", "bundle", "dist", "run", "entry", "launcher", "server", "script", "MainThread":
		return true
	}
	return false
}

// packageOf returns the name of the package that an installed script is in.
func packageOf(path string) string {
	for _, folder := range [...]string{"/node_modules/", "/site-packages/", "/dist-packages/", "/uv/tools/", "/pipx/venvs/"} {
		at := strings.LastIndex(path, folder)
		if at < 0 {
			continue
		}
		rest := path[at+len(folder):]
		scope, inner, _ := strings.Cut(rest, "/")
		if strings.HasPrefix(scope, "@") {
			scope, _, _ = strings.Cut(inner, "/")
		}
		return scope
	}
	return ""
}
