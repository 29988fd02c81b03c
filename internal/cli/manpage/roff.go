package manpage

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// escape makes text safe within a line of roff: it is shown as it is. Dashes
// and quotes are those of the keyboard, so that options can be copied.
func escape(text string) string {
	var out strings.Builder
	for _, r := range text {
		switch {
		case r == '\\':
			out.WriteString(`\e`)
		case r == '-':
			out.WriteString(`\-`)
		case r == '"':
			out.WriteString(`\(dq`)
		case r == '\'':
			out.WriteString(`\(aq`)
		case r == '`':
			out.WriteString(`\(ga`)
		case r == '^':
			out.WriteString(`\(ha`)
		case r == '~':
			out.WriteString(`\(ti`)
		case unicode.IsControl(r):
			out.WriteByte(' ')
		case r >= utf8.RuneSelf:
			fmt.Fprintf(&out, `\[u%04X]`, r)
		default:
			out.WriteRune(r)
		}
	}
	return out.String()
}

// line makes text safe as a whole line: one that begins with a dot would be a
// request. Quotes are escaped anyway.
func line(text string) string {
	if strings.HasPrefix(text, ".") {
		return `\&` + escape(text)
	}
	return escape(text)
}

// prose is text of paragraphs, which are filled. Indented ones are shown as
// they are.
func prose(text string) string {
	var blocks []string
	for block := range strings.SplitSeq(strings.Trim(text, "\n"), "\n\n") {
		block = strings.Trim(block, "\n")
		switch {
		case strings.TrimSpace(block) == "":
		case strings.HasPrefix(block, " ") || strings.HasPrefix(block, "\t"):
			blocks = append(blocks, ".RS 4\n.EX\n"+literal(outdented(block))+"\n.EE\n.RE")
		default:
			blocks = append(blocks, literal(block))
		}
	}
	return strings.Join(blocks, "\n.PP\n")
}

// literal is text whose lines stay lines of the source.
func literal(text string) string {
	lines := strings.Split(strings.TrimRight(text, "\n"), "\n")
	for i := range lines {
		lines[i] = line(strings.TrimRight(lines[i], " \t"))
	}
	return strings.Join(lines, "\n")
}

// outdented takes away the indentation that all lines share.
func outdented(text string) string {
	lines := strings.Split(text, "\n")
	shared := -1
	for _, l := range lines {
		if rest := strings.TrimLeft(l, " \t"); rest != "" && (shared < 0 || len(l)-len(rest) < shared) {
			shared = len(l) - len(rest)
		}
	}
	for i, l := range lines {
		lines[i] = l[min(max(shared, 0), len(l)):]
	}
	return strings.Join(lines, "\n")
}

// sentence begins with a capital letter and ends with a full stop.
func sentence(text string) string {
	first, size := utf8.DecodeRuneInString(text)
	if size == 0 {
		return ""
	}
	text = string(unicode.ToUpper(first)) + text[size:]
	if strings.ContainsAny(text[len(text)-1:], ".!?") {
		return text
	}
	return text + "."
}

func lowered(text string) string {
	first, size := utf8.DecodeRuneInString(text)
	if size == 0 {
		return ""
	}
	return string(unicode.ToLower(first)) + text[size:]
}

// listed is "a", "a and b", "a, b and c".
func listed(items []string) string {
	if len(items) < 2 {
		return strings.Join(items, "")
	}
	last := len(items) - 1
	return strings.Join(items[:last], ", ") + " and " + items[last]
}
