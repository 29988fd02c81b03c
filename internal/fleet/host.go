// Package fleet watches the engines of other machines beside the one of this: each
// over the standard input and output of ssh, or of any other command that runs
// `agentwatch serve --stdio` there.
package fleet

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// Host is another machine.
type Host struct {
	// Name is what the user calls it.
	Name string
	// SSH is its destination for ssh, Command what else reaches it. One of them is
	// set.
	SSH     string
	Command []string
	// Shell is what runs agentwatch in a terminal there, where there is no SSH; empty
	// for no way.
	Shell []string
}

// program is what is run on the host.
const program = "agentwatch"

// namePattern are the names that hosts can have: they stand before the colon of
// HOST:%3.
var namePattern = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$`)

// reserved are words that mean something else in the place of a name.
func reserved(name string) bool { return name == "all" || name == "here" }

// Check says what is wrong with the host; nil for nothing.
func (h Host) Check() error {
	switch {
	case !namePattern.MatchString(h.Name):
		return fmt.Errorf("%q cannot be the name of a host: letters, digits, dots, dashes and underscores, 63 at most", h.Name)
	case reserved(h.Name):
		return fmt.Errorf("%q cannot be the name of a host: it means something else", h.Name)
	case (h.SSH == "") == (len(h.Command) == 0):
		return fmt.Errorf("host %s needs ssh or command, and not both", h.Name)
	case h.SSH != "" && !isDestination(h.SSH):
		return fmt.Errorf("%q is no destination of ssh, such as alice@dev1", h.SSH)
	case len(h.Command) > 0 && h.Command[0] == "":
		return fmt.Errorf("the command of host %s is empty", h.Name)
	}
	return nil
}

// isDestination reports whether ssh takes a word for a destination, and for nothing
// else.
func isDestination(word string) bool {
	return !strings.HasPrefix(word, "-") && !strings.ContainsFunc(word, func(r rune) bool { return r <= ' ' || r == 0x7f })
}

// ParseHost is the host of an ssh destination: it is called by the machine's name.
func ParseHost(destination string) (Host, error) {
	name := strings.TrimPrefix(destination, "ssh://")
	name = name[strings.LastIndexByte(name, '@')+1:]
	name, _, _ = strings.Cut(name, ":")
	h := Host{Name: name, SSH: destination}
	return h, h.Check()
}

// errUnknownHost is returned for a name that no host has.
var errUnknownHost = errors.New("there is no such host")

// Choose returns the hosts that the words name: those configured by their names,
// others by their ssh destinations. No words choose all that are configured.
func Choose(configured []Host, words []string) ([]Host, error) {
	if len(words) == 0 {
		return configured, nil
	}
	var chosen []Host
	for _, word := range words {
		i := slices.IndexFunc(configured, func(h Host) bool { return h.Name == word })
		h, err := Host{}, error(nil)
		if i >= 0 {
			h = configured[i]
		} else if h, err = ParseHost(word); err != nil {
			return nil, err
		}
		if slices.ContainsFunc(chosen, func(other Host) bool { return other.Name == h.Name }) {
			return nil, fmt.Errorf("two hosts are called %s: give them names in [[fleet.host]]", h.Name)
		}
		chosen = append(chosen, h)
	}
	return chosen, nil
}

// Named returns those of the hosts that a word stands for: "all", or a name.
func Named(hosts []Host, word string) ([]Host, error) {
	if word == "all" {
		return hosts, nil
	}
	i := slices.IndexFunc(hosts, func(h Host) bool { return h.Name == word })
	if i < 0 {
		return nil, fmt.Errorf("%w: %q", errUnknownHost, word)
	}
	return hosts[i : i+1], nil
}

// sshOptions make ssh ask nothing, notice a link that is dead, and forward nothing.
func sshOptions() []string {
	return []string{
		"-T", "-o", "BatchMode=yes", "-o", "ConnectTimeout=10", "-o", "ServerAliveInterval=5", "-o", "ServerAliveCountMax=2",
		"-o", "ClearAllForwardings=yes",
	}
}

// Args are the command that serves the host's engine on its standard output.
func (h Host) Args() []string {
	if h.SSH == "" {
		return h.Command
	}
	return slices.Concat([]string{"ssh"}, sshOptions(), []string{"--", h.SSH, program, "serve", "--stdio"})
}

// Terminal is the command that runs agentwatch with arguments in a terminal of the
// host's.
func (h Host) Terminal(args ...string) ([]string, error) {
	switch {
	case h.SSH != "":
		words := []string{"ssh", "-t", "-o", "ServerAliveInterval=5", "-o", "ServerAliveCountMax=3", "--", h.SSH, program}
		for _, arg := range args {
			words = append(words, quoted(arg))
		}
		return words, nil
	case len(h.Shell) > 0:
		return slices.Concat(h.Shell, args), nil
	default:
		return nil, fmt.Errorf("no terminal is to be had on %s: set terminal in its [[fleet.host]]", h.Name)
	}
}

// plainWord are the words that no shell gives a meaning.
var plainWord = regexp.MustCompile(`^[A-Za-z0-9_./%@:,+=-]+$`)

// quoted is a word for the shell of another machine, whichever that is.
func quoted(word string) string {
	if plainWord.MatchString(word) {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}

// Way says how the host is reached.
func (h Host) Way() string {
	if h.SSH != "" {
		return "ssh " + h.SSH
	}
	return strings.Join(h.Command, " ")
}
