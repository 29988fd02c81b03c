// Package xdg finds agentwatch's folders below the base folders of the XDG
// specification. The environment is handed in, so that nothing depends on that of
// the process; a known library reads it once, when the program starts.
package xdg

import "path/filepath"

// Config is agentwatch's folder for configuration, ~/.config/agentwatch unless
// XDG_CONFIG_HOME says otherwise. It is empty when neither that nor the home is
// known.
func Config(getenv func(string) string) string {
	return folder(getenv, "XDG_CONFIG_HOME", ".config")
}

// State is agentwatch's folder for what it remembers, ~/.local/state/agentwatch
// unless XDG_STATE_HOME says otherwise. It is empty when neither that nor the home
// is known.
func State(getenv func(string) string) string {
	return folder(getenv, "XDG_STATE_HOME", filepath.Join(".local", "state"))
}

// Below is a path below a folder; empty when there is no folder.
func Below(folder string, path ...string) string {
	if folder == "" {
		return ""
	}
	return filepath.Join(append([]string{folder}, path...)...)
}

// folder is agentwatch's folder below the base folder that a variable names, or
// below the usual one. The specification says to ignore a path that is not
// absolute.
func folder(getenv func(string) string, variable, usual string) string {
	base := getenv(variable)
	if !filepath.IsAbs(base) {
		home := getenv("HOME")
		if !filepath.IsAbs(home) {
			return ""
		}
		base = filepath.Join(home, usual)
	}
	return filepath.Join(base, "agentwatch")
}
