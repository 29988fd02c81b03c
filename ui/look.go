package ui

import (
	"github.com/charmbracelet/colorprofile"

	"agentwatch/themes"
	"agentwatch/ui/keys"
	"agentwatch/ui/style"
)

// builtin are the themes that come with the program.
type builtin struct{}

func (builtin) Names() []string                         { return themes.Names() }
func (builtin) Load(name string) (*themes.Theme, error) { return themes.Load(name) }
func (builtin) Default(dark bool) *themes.Theme         { return themes.Default(dark) }

// look is what the dashboard is drawn with and driven by, and who decided it.
type look struct {
	themes Themes
	theme  *themes.Theme
	styles *style.Styles
	keys   keys.Keymap
	// fixed is set when the user chose, so that the terminal does not.
	fixed bool
	// dark is what the terminal says of its background.
	dark bool
	// profile is how many colours the terminal has, noColor that the user wants
	// none of them.
	profile        colorprofile.Profile
	noColor, ascii bool
	// problems are what is wrong with the user's bindings.
	problems []string
}

func newLook(o Options) look {
	l := look{themes: themesOf(o.Settings), fixed: o.Theme != nil, dark: true, noColor: o.NoColor, ascii: o.ASCII}
	l.bind(o.Keys)
	theme := o.Theme
	if theme == nil {
		theme = l.themes.Default(true)
	}
	l.set(theme)
	return l
}

// themesOf are the palettes of the settings, the built-in ones without any.
func themesOf(s Settings) Themes {
	if s.Themes == nil {
		return builtin{}
	}
	return s.Themes
}

// bind takes the user's key bindings.
func (l *look) bind(own map[string][]string) {
	keymap, problems := keys.New(own)
	l.keys, l.problems = keymap, nil
	for _, problem := range problems {
		l.problems = append(l.problems, problem.Error()+"; the usual key stands")
	}
}

// keyTo says which key does what, in a place; empty when none does.
func (l *look) keyTo(p keys.Place, a keys.Action, does string) string {
	key := l.keys.KeyOf(p, a)
	if key == "" {
		return ""
	}
	return key + " " + does
}

// with names the key that does something in a place, as a part of a sentence.
func (l *look) with(p keys.Place, a keys.Action) string {
	if key := l.keys.KeyOf(p, a); key != "" {
		return " with " + key
	}
	return ""
}

// orKey is a message, and the key that helps.
func (l *look) orKey(message string, p keys.Place, a keys.Action, does string) string {
	if way := l.keyTo(p, a, does); way != "" {
		return message + "; " + way
	}
	return message
}

// set changes the theme.
func (l *look) set(theme *themes.Theme) {
	l.theme = theme
	profile := l.profile
	if l.noColor {
		profile = colorprofile.ASCII
	}
	l.styles = style.New(style.Options{Theme: theme, Profile: profile, ASCII: l.ascii})
}

// colours takes how many colours the terminal has.
func (l *look) colours(profile colorprofile.Profile) {
	if profile != l.profile {
		l.profile = profile
		l.set(l.theme)
	}
}

// symbolsOf are how keys without a letter are written.
func symbolsOf(s *style.Styles) keys.Symbols {
	g := s.Glyphs
	return keys.Symbols{Up: g.Up, Down: g.Down, Left: g.Left, Right: g.Right, Enter: g.Enter, Tab: g.Tab}
}

// background takes what the terminal says about its background.
func (l *look) background(dark bool) {
	l.dark = dark
	if !l.fixed && dark != l.styles.Dark {
		l.set(l.themes.Default(dark))
	}
}

// choose takes a theme by its name; the empty name leaves the choice to the
// terminal.
func (l *look) choose(name string) error {
	if name == "" {
		l.fixed = false
		l.set(l.themes.Default(l.dark))
		return nil
	}
	theme, err := l.themes.Load(name)
	if err != nil {
		return err
	}
	l.fixed = true
	l.set(theme)
	return nil
}

// configure takes newer settings.
func (l *look) configure(s Settings) {
	l.ascii, l.themes = s.ASCII, themesOf(s)
	l.bind(s.Keys)
	theme := l.theme
	switch {
	case s.Theme != nil:
		theme, l.fixed = s.Theme, true
	case !l.fixed:
		theme = l.themes.Default(l.dark)
	}
	l.set(theme)
}
