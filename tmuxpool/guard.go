package tmuxpool

import (
	"fmt"
	"strings"
)

// The guard stands where bytes leave us for tmux. It knows the commands that
// only look, and those by which our own session is made, used and left; it
// refuses all else, whatever made it. A control client that is attached
// "read-only" may still change everything, so nobody else would refuse.

// argument says what a flag of a permitted command may have as its value.
type argument uint8

const (
	argForbidden   argument = iota
	argNone                 // the flag stands alone
	argFormat               // a format that runs nothing
	argPane                 // a pane's id
	argOwnBuffer            // a buffer of ours
	argOwnSession           // the name of a session of ours
	argOwnTarget            // "=" and the name of a session of ours
	argOwnOptions           // the same and ":"
	argHistory              // "-" and a number of rows
	argNumber               // a small number
	argClientFlags          // exactly those of our clients
	argWindowName           // exactly that of our window
	argKeeper               // exactly the program of our session
	argOption               // exactly the option that we need to know
	argSwitchedOff          // an option that our session has switched off, or "off"
)

// permitted returns what the guard allows after a flag of a command; the flag
// "" stands for the command's positional argument.
func permitted(name, flag string) argument {
	switch name + " " + flag {
	case "lsp -a", "display -p", "capturep -p", "capturep -e", "capturep -N", "source -", "show -gwv", "new -d", "new -E", "attach -E",
		"set -p":
		return argNone
	case "lsp -F", "lsp -f", "lsc -F", "display ":
		return argFormat
	case "capturep -t", "display -t":
		return argPane
	case "capturep -b", "showb -b", "deleteb -b":
		return argOwnBuffer
	case "capturep -S":
		return argHistory
	case "new -s":
		return argOwnSession
	case "attach -t":
		return argOwnTarget
	case "set -t":
		return argOwnOptions
	case "set ":
		return argSwitchedOff
	case "new -x", "new -y":
		return argNumber
	case "new -n":
		return argWindowName
	case "new ":
		return argKeeper
	case "show ":
		return argOption
	case "attach -f":
		return argClientFlags
	default:
		return argForbidden
	}
}

// required returns a flag without which a command is refused: the one that
// keeps it away from what it would do by default.
func required(name string) string {
	switch name {
	case nameDisplay:
		return "-p"
	case nameCapture, nameAttach, nameSetOption:
		return "-t"
	case nameShowBuffer, nameDeleteBuffer:
		return "-b"
	case nameNewSession:
		return "-s"
	default:
		return ""
	}
}

// check returns ErrForbidden unless every command of the script is permitted.
func (s script) check() error {
	if len(s) == 0 {
		return fmt.Errorf("tmuxpool: %w: an empty line detaches a client", ErrForbidden)
	}
	for _, cmd := range s {
		if err := cmd.check(); err != nil {
			return err
		}
	}
	return nil
}

func (c command) check() error {
	refuse := func(why string) error {
		return fmt.Errorf("tmuxpool: %w: %s in %q", ErrForbidden, why, []string(c))
	}
	if len(c) == 0 {
		return refuse("no command")
	}
	if c[0] == nameIf {
		if !isRemoval(c) {
			return refuse("a condition that is not ours")
		}
		return nil
	}
	name, needs := c[0], required(c[0])
	has := needs == ""
	for i := 1; i < len(c); i++ {
		flag, value := "", c[i]
		if strings.HasPrefix(c[i], "-") {
			flag = c[i]
		}
		kind := permitted(name, flag)
		if kind == argForbidden {
			return refuse(fmt.Sprintf("%q", c[i]))
		}
		has = has || flag == needs
		if kind == argNone {
			continue
		}
		if flag != "" {
			if i++; i == len(c) {
				return refuse("no value after " + flag)
			}
			value = c[i]
		}
		if !kind.accepts(value) {
			return refuse(fmt.Sprintf("the value %q", value))
		}
	}
	// A name without any permitted flag would pass the loop by having none.
	if !has || len(c) == 1 {
		return refuse("too little")
	}
	return nil
}

// accepts tells whether a value is one of the sort.
func (a argument) accepts(value string) bool {
	switch a {
	case argFormat:
		return isHarmlessFormat(value)
	case argPane:
		return len(value) > 1 && len(value) < 12 && value[0] == '%' && isDigits(value[1:])
	case argOwnBuffer, argOwnSession:
		return isOwnName(value)
	case argOwnTarget:
		return len(value) > 0 && value[0] == '=' && isOwnName(value[1:])
	case argOwnOptions:
		target, ok := strings.CutSuffix(value, ":")
		return ok && argOwnTarget.accepts(target)
	case argHistory:
		return len(value) > 1 && len(value) < 9 && value[0] == '-' && isDigits(value[1:])
	case argNumber:
		return len(value) < 4 && isDigits(value)
	case argClientFlags:
		return value == "ignore-size,no-output"
	case argWindowName:
		return value == "agentwatch"
	case argKeeper:
		_, ok := keeperSession(value)
		return ok
	case argOption:
		return value == "window-size"
	case argSwitchedOff:
		return value == "detach-on-destroy" || value == "destroy-unattached" || value == "remain-on-exit" || value == "off"
	default:
		return false
	}
}

// isHarmlessFormat refuses what a format could do beyond printing: "#(" runs a
// program, the modifiers E and T expand what an option of the user's says, and
// quotes and backslashes could end the word it is sent in.
func isHarmlessFormat(format string) bool {
	if format == "" || len(format) > 2048 || format[0] == '-' {
		return false
	}
	for i := range len(format) {
		if c := format[i]; c < ' ' || c > '~' || strings.IndexByte(`'"\;$`+"`", c) >= 0 {
			return false
		}
	}
	for _, evil := range []string{"#(", "E:", "T:", "E;", "T;"} {
		if strings.Contains(format, evil) {
			return false
		}
	}
	return true
}

// isOwnName tells whether a session or buffer is one that an agentwatch makes.
func isOwnName(name string) bool {
	rest, ok := strings.CutPrefix(name, ownPrefix+"-")
	return ok && len(rest) < 64 && isPlain(rest)
}

func isDigits(s string) bool {
	_, ok := decimal([]byte(s))
	return ok
}

// checkLine is the last look, at the very bytes: one line, read as tmux reads
// it, must be a permitted script. Sessions are made by processes only, so a
// line with a command that touches one is refused; and so is one that would
// read further lines, which nobody has looked at.
func checkLine(line string) error {
	body, ok := strings.CutSuffix(line, "\n")
	if !ok {
		return fmt.Errorf("tmuxpool: %w: a line without an end", ErrForbidden)
	}
	parsed, err := parseLine(body)
	if err != nil {
		return err
	}
	for _, cmd := range parsed {
		if len(cmd) == 0 {
			continue
		}
		switch cmd[0] {
		case nameNewSession, nameAttach, nameSetOption, nameIf, nameSourceFile:
			return fmt.Errorf("tmuxpool: %w: %q in a line", ErrForbidden, cmd[0])
		}
	}
	return parsed.check()
}

// parseLine splits a line into commands and words: plain words, words between
// single quotes, and semicolons that stand alone. Of tmux's syntax that is the
// part we use; the rest is refused.
func parseLine(line string) (script, error) {
	refuse := func(rest string) error {
		return fmt.Errorf("tmuxpool: %w: cannot read %q", ErrForbidden, clip([]byte(rest)))
	}
	parsed := script{nil}
	for rest := line; rest != ""; {
		var word string
		if quoted, ok := strings.CutPrefix(rest, "'"); ok {
			end := strings.IndexByte(quoted, '\'')
			if end < 0 || strings.ContainsAny(quoted[:end], "\n\r\x00") {
				return nil, refuse(rest)
			}
			word, rest = quoted[:end], quoted[end+1:]
		} else {
			end := strings.IndexByte(rest, ' ')
			if end < 0 {
				end = len(rest)
			}
			word, rest = rest[:end], rest[end:]
			if word != ";" && !isPlain(word) {
				return nil, refuse(word)
			}
			if word == ";" {
				parsed = append(parsed, nil)
				word = ""
			}
		}
		if word != "" {
			last := len(parsed) - 1
			parsed[last] = append(parsed[last], word)
		}
		if rest == "" {
			break
		}
		if rest[0] != ' ' || len(rest) == 1 {
			return nil, refuse(rest)
		}
		rest = rest[1:]
	}
	return parsed, nil
}
