package health

import (
	"strings"
	"unicode"
)

// scrollBar is what stands at the right of a text that scrolls.
const scrollBar = "┃█▄▀ "

// bare is a row's text without the borders, bars and scroll bars beside it.
func bare(text string) string { return strings.TrimRight(unframed(text), scrollBar) }

// wrapped is the text that begins in a row and goes on in those below as far as
// it had no room.
func (l look) wrapped(row int) string {
	const most = 5
	words := []string{bare(l.s.rows[row].text)}
	for i := row + 1; i < len(l.s.rows) && len(words) < most && goesOn(l.s, i-1); i++ {
		if l.p.startsItem(l.s.rows[i]) || (l.composed && i == l.composer.top) {
			break
		}
		words = append(words, bare(l.s.rows[i].text))
	}
	return strings.Join(words, " ")
}

// firstColumn cuts what a status line shows beside its words, set apart by
// blanks: the model, the context, keys.
func firstColumn(text string) string {
	text = strings.TrimLeft(text, " ")
	if gap := strings.Index(text, "   "); gap > 0 {
		return text[:gap]
	}
	return text
}

// withoutKeys cuts the hint which keys do something.
func withoutKeys(text string) string {
	for i := range len(text) {
		if (i == 0 || !isLetter(text[i-1])) && hintsAtKey(text[i:]) {
			return strings.TrimRight(text[:i], scrollBar+"·•∙|-—,;([⟨")
		}
	}
	return text
}

// hintsAtKey tells whether the text begins with a key and what it does.
func hintsAtKey(text string) bool {
	switch {
	case hasAnyPrefixFold(text, []string{"ctrl+", "ctrl-", "use /", "shift+tab", "press enter", "press any key"}):
		return true
	case hasPrefixFold(text, "press "):
		return hintsAtKey(text[len("press "):])
	case hasPrefixFold(text, "escape to "), matchFold(text, "esc") && len(text) == len("esc"):
		return true
	case hasAnyPrefixFold(text, []string{"esc:", "esc⟩"}):
		return true
	}
	return hasPrefixFold(text, "esc ") && hasAnyPrefixFold(strings.TrimLeft(text[len("esc "):], " "),
		[]string{"to ", "esc", "again", "interrupt", "cancel", "back", "dismiss", "close", "stop"})
}

// statusActivity is the words of a status line and the time it shows.
func (p *profile) statusActivity(text string) string {
	text = strings.TrimLeftFunc(firstColumn(text), func(c rune) bool {
		return c == ' ' || isBraille(c) || c == '\u2800' || strings.ContainsRune(p.Status.Glyphs, c)
	})
	words, seconds := untimed(text)
	words = strings.TrimSpace(withoutKeys(words))
	said := worded(words)
	if said == "" || strings.ContainsAny(words[:len(words)-len(said)], "→❯❭›>") {
		// No words, or those of the place to type.
		return ""
	}
	return shorten(said + " " + seconds)
}

// untimed splits the words of a status line from the parenthesis that shows for
// how long it runs or what stops it.
func untimed(text string) (words, seconds string) {
	for at := 0; ; {
		open := strings.IndexByte(text[at:], '(')
		if open < 0 {
			return text, ""
		}
		open += at
		inner, _, _ := strings.Cut(text[open+1:], ")")
		if seconds = elapsed(inner); seconds != "" || withoutKeys(inner) != inner {
			return text[:open], seconds
		}
		at = open + 1
	}
}

// message is what an error, a limit or a turn's end says: without marks, without
// the brackets around it and keys behind it, and of an answer in JSON its
// message.
func message(text string) string {
	words := worded(text)
	if strings.HasSuffix(text[:len(text)-len(words)], "[") {
		if end := strings.LastIndexByte(words, ']'); end > 0 {
			words = words[:end]
		}
	}
	if before, said, ok := strings.Cut(words, `"message":`); ok {
		if brace := strings.IndexByte(before, '{'); brace >= 0 {
			words = before[:brace] + quoted(said)
		}
	}
	return shorten(withoutKeys(words))
}

// quoted is the text between the first quotation mark and the next, or the end.
func quoted(text string) string {
	text = strings.TrimLeft(text, ` "`)
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case '"':
			text = text[:i]
		}
	}
	return strings.NewReplacer(`\n`, " ", `\"`, `"`).Replace(text)
}

// worded is the text without the mark before its words.
func worded(text string) string {
	return strings.TrimLeftFunc(text, func(c rune) bool {
		// The sign for information counts as a letter.
		return c == 'ℹ' || !unicode.IsLetter(c) && !unicode.IsDigit(c) && !strings.ContainsRune("/.~$'\"", c)
	})
}

// underway is what a turn is at whose status line says no word: the tool that a
// spinner or an empty circle marks above.
func (l look) underway(status int) string {
	for i := status - 1; i >= 0 && status-i < maxLookBack; i-- {
		r := l.s.rows[i]
		if first := firstRune(bare(r.text)); (isBraille(first) || first == '○') && l.p.flush(r) {
			return l.p.statusActivity(l.wrapped(i))
		}
		if l.p.startsRun(r) || l.p.userRow(r) {
			break
		}
	}
	return ""
}
