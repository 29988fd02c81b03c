package health

import "strings"

// A shell prompt is one row that ends in a sign, such as "dev@box:/srv# ", or two:
// one that says where the shell is, and below it the sign alone.

// emptyPrompt tells whether the row is a shell prompt without a command, or with
// one that was given up.
func emptyPrompt(r row) bool {
	if r.indent > 0 || !startsWithPrompt(r.text) {
		return false
	}
	at := strings.IndexAny(r.text, "$#%➜❯")
	_, command, _ := strings.Cut(r.text[at:], " ")
	return strings.Trim(command, " ^CD") == ""
}

// endsInPrompt tells whether the screen ends in an empty shell prompt, and from
// which row on. A prompt that no line feed precedes is printed behind what stood
// in the row.
func endsInPrompt(s screen) (from int, ok bool) {
	last := len(s.rows) - 1
	switch {
	case last < 0:
		return 0, false
	case emptyPrompt(s.rows[last]):
		return last, true
	case last > 0 && namesPlace(s.rows[last-1]) && widePrompt(s, last-1) && emptySign(s.rows[last]):
		return last - 1, true
	case gluedPrompt(s.rows[last].text):
		return last, true
	}
	return 0, false
}

// namesPlace tells whether the row says where a shell is: it begins with a path.
func namesPlace(r row) bool {
	return r.indent == 0 && !r.boxed && r.text != "" && (r.text[0] == '/' || r.text[0] == '~')
}

// emptySign tells whether the row is the sign of a prompt and nothing more.
func emptySign(r row) bool {
	text := strings.TrimLeft(r.text, "╰└─")
	sign, command, _ := strings.Cut(text, " ")
	return sign != ">" && strings.Trim(command, " ^CD") == ""
}

// gluedPrompt tells whether the row ends in user@host:path and a sign, behind
// other text.
func gluedPrompt(text string) bool {
	if text == "" || !strings.ContainsRune("$#%", rune(text[len(text)-1])) {
		return false
	}
	word := text[strings.LastIndexByte(text, ' ')+1 : len(text)-1]
	user, rest, ok := strings.Cut(word, "@")
	host, place, placed := strings.Cut(rest, ":")
	return ok && placed && user != "" && host != "" && place != "" && (place[0] == '/' || place[0] == '~')
}

// widePrompt tells whether a shell prompt of two rows begins at the row: where
// one is, and below it the sign behind which one types. Many set a blank row
// before it, in which what stood there stays.
func widePrompt(s screen, at int) bool {
	if at+1 >= len(s.rows) {
		return false
	}
	place, sign := s.rows[at], s.rows[at+1]
	return place.indent == 0 && strings.ContainsAny(place.text[:min(1, len(place.text))], "/~[╭┌") && sign.indent == 0 &&
		startsWithMark(strings.TrimLeft(sign.text, "╰└─"), "❯➜»λ$#%>")
}

// beforePrompt is the screen above a shell prompt of two rows at its end, whose
// sign can be an agent's own.
func beforePrompt(s screen) screen {
	if last := len(s.rows) - 1; last > 0 && widePrompt(s, last-1) {
		s.rows = s.rows[:last-1]
	}
	for len(s.rows) > 0 && s.rows[len(s.rows)-1].blank() {
		s.rows = s.rows[:len(s.rows)-1]
	}
	return s
}

// maxPrompt is how many bytes a shell prompt may have before its sign.
const maxPrompt = 120

// startsWithPrompt tells whether the row starts with a shell prompt: a sign
// such as $ with what looks like a user, host or path before it.
func startsWithPrompt(text string) bool {
	if text == "$" || text == "#" || text == "%" || strings.HasPrefix(text, "$ ") || strings.HasPrefix(text, "➜ ") {
		return true
	}
	if head, rest, ok := strings.Cut(text, "❯"); ok && head != "" && (head[0] == '~' || head[0] == '/') &&
		len(head) <= maxPrompt && strings.Count(head, " ") <= 3 && (rest == "" || rest[0] == ' ') {
		return true
	}
	for i := 0; i < len(text) && i < maxPrompt; i++ {
		c := text[i]
		if c != '$' && c != '#' && c != '%' {
			continue
		}
		if i+1 < len(text) && text[i+1] != ' ' {
			continue
		}
		head := text[:i]
		if head == "" || strings.Count(head, " ") > 3 {
			return false
		}
		return strings.ContainsAny(head, "@~/") || strings.HasPrefix(head, "bash-") || strings.HasPrefix(head, "sh-")
	}
	return false
}
