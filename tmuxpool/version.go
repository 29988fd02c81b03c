package tmuxpool

import (
	"fmt"
	"strings"

	"agentwatch/tmuxpool/hearing"
)

// Version is the version of a tmux server or program.
type Version struct {
	Major, Minor int
	// Suffix is what follows the number: "a" in 3.3a, "-rc2" in 3.4-rc2.
	Suffix string
	// Raw is the text that was read.
	Raw string
}

// newestKnown stands for builds that do not name a release.
const newestKnown = 99

// ParseVersion reads what "tmux -V" or #{version} say: "tmux 3.3a", "3.6",
// "next-3.6". Builds that name no tmux release ("master", "openbsd-7.5") count
// as newer than every release.
func ParseVersion(raw string) (Version, error) {
	text := strings.TrimSpace(raw)
	text = strings.TrimSpace(strings.TrimPrefix(text, "tmux "))
	if text == "master" || strings.HasPrefix(text, "openbsd-") {
		return Version{Major: newestKnown, Suffix: text, Raw: raw}, nil
	}
	number := strings.TrimPrefix(text, "next-")
	major, rest, ok := leadingNumber(number)
	if !ok || !strings.HasPrefix(rest, ".") {
		return Version{}, fmt.Errorf("tmuxpool: %q is not a tmux version", raw)
	}
	minor, suffix, ok := leadingNumber(rest[1:])
	if !ok {
		return Version{}, fmt.Errorf("tmuxpool: %q is not a tmux version", raw)
	}
	return Version{Major: major, Minor: minor, Suffix: suffix, Raw: raw}, nil
}

// leadingNumber splits a number of up to four digits off the front of s.
func leadingNumber(s string) (n int, rest string, ok bool) {
	i := 0
	for i < len(s) && i < 4 && s[i] >= '0' && s[i] <= '9' {
		n = n*10 + int(s[i]-'0')
		i++
	}
	if i == 0 || i < len(s) && s[i] >= '0' && s[i] <= '9' {
		return 0, "", false
	}
	return n, s[i:], true
}

// AtLeast tells whether v is the given release or a later one.
func (v Version) AtLeast(major, minor int) bool {
	return v.Major > major || v.Major == major && v.Minor >= minor
}

// String returns the version as tmux writes it.
func (v Version) String() string { return strings.TrimPrefix(strings.TrimSpace(v.Raw), "tmux ") }

// usable tells whether we can work with this version at all.
func (v Version) usable() bool { return v.AtLeast(3, 0) }

// controllable tells whether we can use control clients. They have the flags that
// we need from 3.2 on. In 3.4 and 3.5 what they print leaks (see leaksPrinted), and
// a buffer does not help as it does below: tmux tells all control clients of each
// change of a buffer, which crashes the server while one of them identifies itself,
// and it shows a buffer in a way that cannot be told from its text.
func (v Version) controllable() bool {
	return v.AtLeast(3, 2) && (!v.AtLeast(3, 4) || v.AtLeast(3, 6))
}

// survivesClients tells whether a control client that attaches cannot crash the
// server. Below 3.7 it does when, before the client has identified itself, a
// session is made or ended or another client leaves: tmux tells that to all
// control clients, also to the one that has no state yet.
func (v Version) survivesClients() bool { return v.AtLeast(3, 7) }

// canFilter tells whether list-panes has -f.
func (v Version) canFilter() bool { return v.AtLeast(3, 2) }

// keepsRowEnds tells whether capture-pane has -N: blanks at the end of a row,
// which may have a background, are not dropped.
func (v Version) keepsRowEnds() bool { return v.AtLeast(3, 1) }

// leaksPrinted tells whether "capture-pane -p" from a control client leaks its
// output in the server: in 3.2 to 3.5a it does.
func (v Version) leaksPrinted() bool { return v.AtLeast(3, 2) && !v.AtLeast(3, 6) }

// OldClient is the command that attaches to a server by the program that the
// server runs, which still is there when an upgrade of tmux has replaced its file.
func OldClient(socket string) string {
	program := "the tmux program that started it:"
	if pid := hearing.ServerProcess(socket); pid > 0 {
		program = fmt.Sprintf("/proc/%d/exe", pid)
	}
	return fmt.Sprintf("%s -S %s attach", program, socket)
}
