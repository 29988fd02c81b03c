package tmuxpool

// unescape undoes, in place, what show-buffer does to its output in a control
// client: tmux's utf8_stravisx with VIS_OCTAL, VIS_CSTYLE and VIS_TAB or
// without, which is vis(3) but for "$", escaped where it could begin the name
// of a variable, and valid UTF-8, left as it is. What is not an escape is left
// as it is, too.
func unescape(b []byte) []byte {
	to := 0
	for from := 0; from < len(b); {
		c, used := unescapeOne(b[from:])
		b[to] = c
		to++
		from += used
	}
	return b[:to]
}

// unescapeOne reads one byte, escaped or not, off the front of b, which is not
// empty, and tells how many bytes that took.
func unescapeOne(b []byte) (c byte, used int) {
	if b[0] != '\\' || len(b) < 2 {
		return b[0], 1
	}
	if len(b) >= 4 && b[1] >= '0' && b[1] <= '3' && isOctal(b[2]) && isOctal(b[3]) {
		return (b[1]-'0')<<6 | (b[2]-'0')<<3 | (b[3] - '0'), 4
	}
	switch b[1] {
	case '\\', '$', '"':
		return b[1], 2
	case '0':
		return 0, 2
	case 'n':
		return '\n', 2
	case 'r':
		return '\r', 2
	case 'b':
		return '\b', 2
	case 'a':
		return '\a', 2
	case 'v':
		return '\v', 2
	case 't':
		return '\t', 2
	case 'f':
		return '\f', 2
	case 's':
		return ' ', 2
	default:
		return b[0], 1
	}
}

func isOctal(c byte) bool { return c >= '0' && c <= '7' }
