package cli

import (
	"fmt"
	"slices"

	"agentwatch/internal/config"
	"agentwatch/internal/xdg"
	"agentwatch/themes"
	"agentwatch/ui"
	"agentwatch/ui/keys"
)

// themesFolder is where the user's own themes are; empty when that is not known.
func themesFolder(getenv func(string) string) string { return xdg.Below(xdg.Config(getenv), "themes") }

// userThemes are all themes, with those that stand for a dark and a light
// background by the user's choice.
type userThemes struct {
	*themes.Set
	dark, light string
}

// Default returns the user's theme for a background, the usual one when that
// cannot be had.
func (t userThemes) Default(dark bool) *themes.Theme {
	name := t.light
	if dark {
		name = t.dark
	}
	if theme, err := t.Load(name); err == nil {
		return theme
	}
	return t.Set.Default(dark)
}

// appearance is how the screen looks by the configuration and the --theme flag,
// which comes first. Only a theme that the flag names and that is not there is an
// error.
func appearance(p Process, file config.File, flag string) (ui.Settings, error) {
	c := newConfiguration(p)
	general := c.General.In(file)
	set, problems := themes.LoadSet(themesFolder(p.Getenv))
	settings := ui.Settings{
		Themes: userThemes{set, general.ThemeDark, general.ThemeLight}, ASCII: general.Glyphs == config.GlyphsASCII,
		ReducedMotion: general.ReducedMotion, NoMouse: !general.Mouse, Keys: map[string][]string{},
	}
	for _, problem := range problems {
		settings.Problems = append(settings.Problems, problem.Error()+"; the file is left out")
	}
	for action, list := range c.Keys.In(file) {
		settings.Keys[action] = list
	}
	name := flag
	if name == "" && general.Theme != config.ThemeAuto {
		name = general.Theme
	}
	if name == "" {
		return settings, nil
	}
	theme, err := set.Load(name)
	if err != nil && flag != "" {
		return settings, usageError(fmt.Errorf("--theme: %w", err))
	}
	settings.Theme = theme
	return settings, nil
}

// themeNames lists the themes that can be chosen.
func themeNames(p Process) []string {
	set, _ := themes.LoadSet(themesFolder(p.Getenv))
	return set.Names()
}

// actionNames are the names under which keys are bound.
func actionNames() []string {
	var names []string
	for _, a := range keys.Actions() {
		names = append(names, a.Name())
	}
	slices.Sort(names)
	return names
}

// bindingFaults finds keys that no terminal sends, and those that mean something
// else where they would work. Unknown actions are found by their names.
func bindingFaults(own config.Keys) []config.Fault {
	var faults []config.Fault
	bound := make(map[string][]string, len(own))
	for action, list := range own {
		bound[action] = list
	}
	_, problems := keys.New(bound)
	for _, problem := range problems {
		if _, known := keys.Parse(problem.Action); known {
			faults = append(faults, config.Fault{Key: problem.Action, What: problem.What})
		}
	}
	return faults
}
