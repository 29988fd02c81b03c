package sanitize

const (
	esc = 0x1b
	bel = 0x07
)

// sequence is a control sequence at the start of a text.
type sequence struct {
	// length is how many bytes it takes; at least 1, the escape itself.
	length int
	// sgr is set when it is a well-formed SGR sequence; params are its
	// parameter bytes.
	sgr    bool
	params string
}

// scanSequence measures the sequence at the start of s, where an escape stands.
// A sequence ends at the latest where another control character stands, so a
// broken one costs no more than itself.
func scanSequence(s string) sequence {
	if len(s) < 2 {
		return sequence{length: 1}
	}
	switch s[1] {
	case '[':
		return scanCSI(s)
	case ']', 'P', 'X', '^', '_':
		return sequence{length: stringLength(s)}
	}
	i := 1
	for i < len(s) && s[i] >= 0x20 && s[i] <= 0x2f {
		i++
	}
	if i < len(s) && s[i] >= 0x30 && s[i] <= 0x7e {
		i++
	}
	return sequence{length: i}
}

// scanCSI measures "ESC [ parameters intermediates final".
func scanCSI(s string) sequence {
	i := 2
	for i < len(s) && s[i] >= 0x30 && s[i] <= 0x3f {
		i++
	}
	params := s[2:i]
	plain := i
	for i < len(s) && s[i] >= 0x20 && s[i] <= 0x2f {
		i++
	}
	if i == len(s) || s[i] < 0x40 || s[i] > 0x7e {
		return sequence{length: i}
	}
	sgr := s[i] == 'm' && i == plain && onlyNumbers(params)
	return sequence{length: i + 1, sgr: sgr, params: params}
}

// onlyNumbers tells whether there is no private marker in the parameters.
func onlyNumbers(params string) bool {
	for i := range len(params) {
		if params[i] > ';' {
			return false
		}
	}
	return true
}

// stringLength measures an OSC, DCS, SOS, PM or APC string up to its
// terminator. A row's end closes it too: captured rows are apart.
func stringLength(s string) int {
	for i := 2; i < len(s); i++ {
		switch {
		case s[i] == bel:
			return i + 1
		case s[i] == '\n':
			return i
		case s[i] == esc:
			if i+1 < len(s) && s[i+1] == '\\' {
				return i + 2
			}
			return i
		case s[i] == 0xc2 && i+1 < len(s) && s[i+1] == 0x9c:
			return i + 2
		}
	}
	return len(s)
}
