package health

import "strings"

// attributes are those of SGR sequences that say what is typed and what is chosen.
type attributes struct {
	faint, reverse bool
	// text and back are the parameters of the colours of the text and behind it;
	// empty for the terminal's own.
	text, back string
}

// after returns the attributes behind an escape sequence.
func (a attributes) after(sequence string) attributes {
	codes, ok := strings.CutPrefix(sequence, "\x1b[")
	if !ok || !strings.HasSuffix(codes, "m") {
		return a
	}
	fields := strings.FieldsFunc(strings.TrimSuffix(codes, "m"), func(r rune) bool { return r == ';' || r == ':' })
	if len(fields) == 0 {
		return attributes{}
	}
	for i := 0; i < len(fields); i++ {
		code := strings.TrimLeft(fields[i], "0")
		value := fields[i]
		if code == "38" || code == "48" || code == "58" {
			// The colour's numbers are no codes.
			numbers := 4
			if i+1 < len(fields) && fields[i+1] == "5" {
				numbers = 2
			}
			value = strings.Join(fields[i:min(len(fields), i+numbers+1)], ";")
			i += numbers
		}
		switch {
		case code == "":
			a = attributes{}
		case code == "2" || code == "22":
			a.faint = code == "2"
		case code == "7" || code == "27":
			a.reverse = code == "7"
		case code == "39":
			a.text = ""
		case code == "49":
			a.back = ""
		case len(code) == 2 && (code[0] == '3' || code[0] == '9'):
			a.text = value
		case len(code) == 2 && code[0] == '4' || len(code) == 3 && code[:2] == "10":
			a.back = value
		}
	}
	return a
}
