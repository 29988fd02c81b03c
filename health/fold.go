package health

import "strings"

// containsFold tells whether text contains the lower-case ASCII phrase, in
// whatever case; a typographic apostrophe in text stands for a plain one.
func containsFold(text, phrase string) bool {
	return indexFold(text, phrase) >= 0
}

// indexFold returns where containsFold finds the phrase first, -1 for nowhere. It
// is what a look at a screen spends most of its time in.
func indexFold(text, phrase string) int {
	last := len(text) - len(phrase)
	switch {
	case last < 0:
		return -1
	case phrase == "":
		return 0
	}
	first := phrase[0]
	other := first
	switch {
	case first >= 'a' && first <= 'z':
		other = first - 'a' + 'A'
	case first == '\'':
		other = "’"[0]
	}
	for i := 0; i <= last; i++ {
		if c := text[i]; (c == first || c == other) && matchFold(text[i:], phrase) {
			return i
		}
	}
	return -1
}

// hasPrefixFold is containsFold at the start of text.
func hasPrefixFold(text, phrase string) bool { return matchFold(text, phrase) }

func matchFold(text, phrase string) bool {
	for len(phrase) > 0 {
		if phrase[0] == '\'' && strings.HasPrefix(text, "’") {
			text, phrase = text[len("’"):], phrase[1:]
			continue
		}
		if text == "" {
			return false
		}
		c := text[0]
		if c >= 'A' && c <= 'Z' {
			c += 'a' - 'A'
		}
		if c != phrase[0] {
			return false
		}
		text, phrase = text[1:], phrase[1:]
	}
	return true
}

func containsAnyFold(text string, phrases []string) bool {
	for _, phrase := range phrases {
		if containsFold(text, phrase) {
			return true
		}
	}
	return false
}

func hasAnyPrefixFold(text string, phrases []string) bool {
	for _, phrase := range phrases {
		if hasPrefixFold(text, phrase) {
			return true
		}
	}
	return false
}

// words are a screen's text, made ready for looking up many phrases of which few
// are there: those of all kinds, on a screen that is of none.
type words struct {
	// text is that of all rows, as phrases are written.
	text string
	// grams has a bit for each run of three bytes in text, by its hash.
	grams [gramBits / 64]uint64
}

const gramBits = 1 << 16

// newWords reads the rows once.
func newWords(rows []row) *words {
	size := 0
	for _, r := range rows {
		size += len(r.text) + 1
	}
	folded := make([]byte, 0, size)
	for _, r := range rows {
		for text := r.text; text != ""; {
			c, step := text[0], 1
			switch {
			case c >= 'A' && c <= 'Z':
				c += 'a' - 'A'
			case c == "’"[0] && strings.HasPrefix(text, "’"):
				c, step = '\'', len("’")
			}
			folded, text = append(folded, c), text[step:]
		}
		folded = append(folded, '\n')
	}
	w := &words{text: string(folded)}
	for i := 0; i+3 <= len(w.text); i++ {
		h := gram(w.text[i:])
		w.grams[h/64] |= 1 << (h % 64)
	}
	return w
}

// gram is the hash of the first three bytes of the text.
func gram(text string) uint32 {
	n := uint32(text[0]) | uint32(text[1])<<8 | uint32(text[2])<<16
	return n * 0x9e3779b1 >> 16
}

// contains tells whether a row contains the phrase.
func (w *words) contains(phrase string) bool {
	for i := 0; i+3 <= len(phrase); i++ {
		if h := gram(phrase[i:]); w.grams[h/64]&(1<<(h%64)) == 0 {
			return false
		}
	}
	return strings.Contains(w.text, phrase)
}

// containsAny tells whether one of the phrases is in a row.
func (w *words) containsAny(lists ...[]string) bool {
	for _, phrases := range lists {
		for _, phrase := range phrases {
			if w.contains(phrase) {
				return true
			}
		}
	}
	return false
}
