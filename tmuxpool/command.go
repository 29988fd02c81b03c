package tmuxpool

import (
	"fmt"
	"strconv"
	"strings"
)

// command is one tmux command, by words: its name, then flags and their
// values. Only the constructors of this package make commands, and the guard
// looks at each again where it is sent.
type command []string

// script is a line for tmux: commands that stop at the first that fails.
type script []command

// The names are tmux's short ones: a user's command-alias may stand in for a
// long name.
const (
	nameListPanes    = "lsp"
	nameListClients  = "lsc"
	nameDisplay      = "display"
	nameCapture      = "capturep"
	nameShowBuffer   = "showb"
	nameDeleteBuffer = "deleteb"
	nameNewSession   = "new"
	nameAttach       = "attach"
	nameIf           = "if"
	nameSetOption    = "set"
	nameSourceFile   = "source"
	nameShowOption   = "show"
)

func printFormat(format string) command { return command{nameDisplay, "-p", format} }

func listClients(format string) command { return command{nameListClients, "-F", format} }

// showWindowSize prints how new windows get their size.
func showWindowSize() command { return command{nameShowOption, "-gwv", "window-size"} }

// capturePane captures a pane of a server of that version, to the standard
// output, or into a buffer when one is named.
func capturePane(req CaptureRequest, buffer string, v Version) command {
	cmd := command{nameCapture}
	if buffer == "" {
		cmd = append(cmd, "-p")
	} else {
		cmd = append(cmd, "-b", buffer)
	}
	if req.Colours {
		cmd = append(cmd, "-e")
		if v.keepsRowEnds() {
			cmd = append(cmd, "-N")
		}
	}
	if req.History > 0 {
		cmd = append(cmd, "-S", "-"+strconv.Itoa(req.History))
	}
	return append(cmd, "-t", req.Pane)
}

// captureLine is the line by which a control client captures. Without a
// buffer's name it prints directly, which leaks in some versions. With one, the
// capture goes through that buffer: made, shown and deleted in one go, so that
// nothing stays behind whenever we are killed, and no paste of the user can
// meet it.
func captureLine(req CaptureRequest, buffer string, v Version) script {
	if buffer == "" {
		return script{capturePane(req, "", v)}
	}
	return script{
		capturePane(req, buffer, v),
		{nameShowBuffer, "-b", buffer},
		{nameDeleteBuffer, "-b", buffer},
	}
}

func attachSession(name string) command {
	return command{nameAttach, "-E", "-t", "=" + name, "-f", "ignore-size,no-output"}
}

// render writes a script as one line for a control client or a sourced file,
// with its newline. Every word that is not plain is put between single quotes,
// within which tmux knows no escapes. The guard has the last word.
func (s script) render() (string, error) {
	if err := s.check(); err != nil {
		return "", err
	}
	var line strings.Builder
	for i, cmd := range s {
		if i > 0 {
			line.WriteString(" ; ")
		}
		for j, word := range cmd {
			if j > 0 {
				line.WriteByte(' ')
			}
			if isPlain(word) {
				line.WriteString(word)
			} else {
				line.WriteByte('\'')
				line.WriteString(word)
				line.WriteByte('\'')
			}
		}
	}
	line.WriteByte('\n')
	return line.String(), checkLine(line.String())
}

// arguments returns the script as arguments of a tmux process.
func (s script) arguments() ([]string, error) {
	if err := s.check(); err != nil {
		return nil, err
	}
	var args []string
	for i, cmd := range s {
		if i > 0 {
			args = append(args, ";")
		}
		for _, word := range cmd {
			if strings.HasSuffix(word, ";") {
				return nil, fmt.Errorf("tmuxpool: %w: a word that ends in a semicolon", ErrForbidden)
			}
			args = append(args, word)
		}
	}
	return args, nil
}

// isPlain tells whether a word needs no quotes in a line.
func isPlain(word string) bool {
	if word == "" {
		return false
	}
	for i := range len(word) {
		c := word[i]
		if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '-' && c != '_' {
			return false
		}
	}
	return true
}
