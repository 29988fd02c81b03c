package sanitize

import (
	"strconv"
	"strings"
)

const reset = "\x1b[m"

// maxParams bounds how much of one SGR sequence is read.
const maxParams = 64

// attribute is a set of text attributes. Blinking and concealed text are left
// out on purpose: the first disturbs, the second hides.
type attribute uint8

const (
	bold attribute = 1 << iota
	faint
	italic
	underline
	reverse
	strike
)

// ground is a foreground or a background colour: 0 for the terminal's own, else
// its kind in the upper byte and its value below.
type ground uint32

const (
	basicColour   ground = 1 << 24
	indexedColour ground = 2 << 24
	trueColour    ground = 3 << 24
	valueMask     ground = 1<<24 - 1
)

// pen is what SGR sets: the attributes and colours of the text that follows.
type pen struct {
	attrs  attribute
	fg, bg ground
}

// marksBlanks tells whether a space that is drawn with the pen can be seen.
func (p pen) marksBlanks() bool {
	return p.bg != 0 || p.attrs&(underline|reverse|strike) != 0
}

// apply reads the parameters of an SGR sequence, such as "1;38;5;208".
func (p *pen) apply(params string) {
	var fields []string
	for field := range strings.SplitSeq(params, ";") {
		if len(fields) == maxParams {
			break
		}
		fields = append(fields, field)
	}
	for len(fields) > 0 {
		fields = fields[p.applyOne(fields):]
	}
}

// applyOne applies the first attribute and returns how many fields it took.
func (p *pen) applyOne(fields []string) int {
	head, sub, hasSub := strings.Cut(fields[0], ":")
	code := number(head)
	switch code {
	case 38, 48, 58:
		colour, taken := extended(fields, sub, hasSub)
		p.setGround(code, colour)
		return taken
	case 4:
		p.set(underline, !hasSub || sub != "0")
		return 1
	}
	p.applyCode(code)
	return 1
}

// applyCode applies an attribute that is one number.
func (p *pen) applyCode(code int) {
	switch {
	case code == 0:
		*p = pen{}
	case code == 1:
		p.set(bold, true)
	case code == 2:
		p.set(faint, true)
	case code == 3:
		p.set(italic, true)
	case code == 7:
		p.set(reverse, true)
	case code == 9:
		p.set(strike, true)
	case code == 21:
		p.set(underline, true)
	case code == 22:
		p.set(bold|faint, false)
	case code == 23:
		p.set(italic, false)
	case code == 24:
		p.set(underline, false)
	case code == 27:
		p.set(reverse, false)
	case code == 29:
		p.set(strike, false)
	case code >= 30 && code <= 37, code >= 90 && code <= 97:
		p.fg = basicColour | ground(code)
	case code >= 40 && code <= 47, code >= 100 && code <= 107:
		p.bg = basicColour | ground(code)
	case code == 39:
		p.fg = 0
	case code == 49:
		p.bg = 0
	}
}

func (p *pen) set(a attribute, on bool) {
	if on {
		p.attrs |= a
		return
	}
	p.attrs &^= a
}

// setGround sets the colour that the code is about. The colour of underlines
// (58) is not kept; a colour that made no sense is no change.
func (p *pen) setGround(code int, colour ground) {
	switch {
	case colour == 0:
	case code == 38:
		p.fg = colour
	case code == 48:
		p.bg = colour
	}
}

// extended reads the colour after 38, 48 or 58, in either notation, and how
// many fields it took. The colour is 0 when it is malformed.
func extended(fields []string, sub string, hasSub bool) (ground, int) {
	if hasSub {
		parts := strings.Split(sub, ":")
		if len(parts) == 5 && parts[0] == "2" {
			// 38:2:colourspace:r:g:b; the colour space is of no use here.
			parts = append(parts[:1], parts[2:]...)
		}
		colour, _ := colourOf(parts)
		return colour, 1
	}
	colour, taken := colourOf(fields[1:])
	return colour, 1 + taken
}

// colourOf reads "5;n" or "2;r;g;b".
func colourOf(parts []string) (ground, int) {
	switch {
	case len(parts) >= 2 && parts[0] == "5":
		if n := number(parts[1]); n >= 0 && n <= 255 {
			return indexedColour | ground(n), 2
		}
		return 0, 2
	case len(parts) >= 4 && parts[0] == "2":
		value := ground(0)
		for _, part := range parts[1:4] {
			n := number(part)
			if n < 0 || n > 255 {
				return 0, 4
			}
			value = value<<8 | ground(n)
		}
		return trueColour | value, 4
	}
	return 0, 0
}

// number reads a parameter: empty is 0, what is too long or no number is -1.
func number(s string) int {
	if s == "" {
		return 0
	}
	if len(s) > 3 {
		return -1
	}
	n, err := strconv.Atoi(s)
	if err != nil {
		return -1
	}
	return n
}

// sequence writes the SGR sequence that sets the pen, whatever was set before.
func (p pen) sequence() string {
	if p == (pen{}) {
		return reset
	}
	codes := []string{"0"}
	for bit, code := range [...]string{"1", "2", "3", "4", "7", "9"} {
		if p.attrs&(1<<bit) != 0 {
			codes = append(codes, code)
		}
	}
	if p.fg != 0 {
		codes = append(codes, p.fg.code("38"))
	}
	if p.bg != 0 {
		codes = append(codes, p.bg.code("48"))
	}
	return "\x1b[" + strings.Join(codes, ";") + "m"
}

// code writes the colour's parameters; prefix is "38" or "48".
func (g ground) code(prefix string) string {
	value := int(g & valueMask)
	switch g &^ valueMask {
	case indexedColour:
		return prefix + ";5;" + strconv.Itoa(value)
	case trueColour:
		return prefix + ";2;" + strconv.Itoa(value>>16) + ";" + strconv.Itoa(value>>8&255) + ";" + strconv.Itoa(value&255)
	default:
		return strconv.Itoa(value)
	}
}
