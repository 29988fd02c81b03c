package fleet

import (
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"unicode"

	"agentwatch/engine/stdio"
)

// maxProblem bounds what a host's command has said, in characters.
const maxProblem = 300

// problem says in one line why a host cannot be reached, and what helps.
func problem(h Host, err error) string {
	said := printable(err.Error())
	var failed *stdio.CommandError
	if errors.As(err, &failed) {
		said = printable(failed.Said)
		if said == "" {
			said = fmt.Sprintf("%s ended with exit code %d", printable(failed.Command), failed.Code)
		}
	}
	if remedy := remedy(h, failed, err); remedy != "" {
		return said + ": " + remedy
	}
	return said
}

// remedy is what helps against a failure; empty where that is not known.
func remedy(h Host, failed *stdio.CommandError, err error) string {
	text := strings.ToLower(err.Error())
	has := func(words ...string) bool {
		for _, word := range words {
			if strings.Contains(text, word) {
				return true
			}
		}
		return false
	}
	switch {
	case errors.Is(err, exec.ErrNotFound):
		return "this program is not installed here"
	case has("host key verification failed", "identification has changed"):
		return "its key is not known here, or has changed; run `" + h.login() + "` once and compare the key"
	case has("permission denied", "too many authentication failures"):
		return "ssh cannot log in without asking; add your key there (ssh-copy-id " + h.SSH + ") or to ssh-agent"
	case has("could not resolve hostname", "name or service not known"):
		return "check the name, and ~/.ssh/config"
	case has("timed out", "timeout, server"):
		return "it does not answer; is it on, and the network up?"
	case has("connection refused"):
		return "no ssh server listens there"
	case has("no route to host", "network is unreachable"):
		return "there is no way to it; is the network up?"
	case has("remote host closed", "connection closed by", "connection reset by"):
		return "its ssh server has closed the connection; `" + h.login() + "` may say why"
	case failed != nil && (failed.Code == 127 || has("command not found")):
		return "agentwatch is not installed there, or in no folder of the PATH that commands over ssh get; copy it to /usr/local/bin there, or name its path by command in [[fleet.host]]"
	case failed != nil && has("unknown flag: --stdio", "no command", "agentwatch serve --help", "agentwatch --help"):
		return "its agentwatch is too old; install this build there"
	case has("no greeting"):
		return "something is printed, or asked, before agentwatch begins; let ~/.bashrc and the like be quiet where no terminal is"
	default:
		return ""
	}
}

// login is what the user types to see for themselves.
func (h Host) login() string {
	if h.SSH != "" {
		return "ssh " + h.SSH
	}
	return h.Way()
}

// printable is a text of a host's as one line that can be shown.
func printable(text string) string {
	text = strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return ' '
	}, text)
	text = strings.Join(strings.Fields(text), " ")
	if runes := []rune(text); len(runes) > maxProblem {
		return string(runes[:maxProblem])
	}
	return text
}
