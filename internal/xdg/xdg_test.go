package xdg

import "testing"

func TestFoldersAreThoseOfTheSpecification(t *testing.T) {
	for _, c := range []struct {
		env           map[string]string
		config, state string
	}{
		{map[string]string{"HOME": "/home/ada"}, "/home/ada/.config/agentwatch", "/home/ada/.local/state/agentwatch"},
		{map[string]string{"HOME": "/home/ada", "XDG_CONFIG_HOME": "/c", "XDG_STATE_HOME": "/s"}, "/c/agentwatch", "/s/agentwatch"},
		{map[string]string{"HOME": "/home/ada", "XDG_CONFIG_HOME": "c", "XDG_STATE_HOME": "../s"}, "/home/ada/.config/agentwatch", "/home/ada/.local/state/agentwatch"},
		{map[string]string{"HOME": "home"}, "", ""},
		{nil, "", ""},
	} {
		getenv := func(name string) string { return c.env[name] }
		if config, state := Config(getenv), State(getenv); config != c.config || state != c.state {
			t.Errorf("%v: %q and %q", c.env, config, state)
		}
	}
}

func TestBelowNoFolderIsNothing(t *testing.T) {
	if got := Below("", "themes"); got != "" {
		t.Errorf("got %q", got)
	}
	if got := Below("/c", "a", "b.toml"); got != "/c/a/b.toml" {
		t.Errorf("got %q", got)
	}
}
