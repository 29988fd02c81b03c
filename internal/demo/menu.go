package demo

import (
	"strings"
	"unicode"
)

// outcome is what taking an option of a dialog comes to.
type outcome uint8

const (
	agrees outcome = iota
	declines
	// writes: the option takes a text of the user's own.
	writes
)

// offer is an option of a dialog.
type offer struct {
	option
	outcome outcome
	// letter takes it as well, besides its number; 0 for none.
	letter rune
}

// offers lists the options of the dialog that is shown.
func (s *scene) offers() []offer {
	switch s.kind {
	case Codex:
		return codexOffers(s)
	case Gemini:
		return geminiOffers(s)
	case OpenCode:
		return opencodeOffers(s)
	default:
		return claudeOffers(s)
	}
}

// numbered says whether the dialog's options are taken by their numbers.
func (s *scene) numbered() bool {
	return !(s.kind == Claude && s.stage == stageTrust) && !(s.kind == OpenCode && s.stage == stagePermission)
}

// questionOffers are the options of the question that is asked.
func (s *scene) questionOffers(more ...offer) []offer {
	var all []offer
	for _, o := range s.question.options {
		all = append(all, offer{option: o})
	}
	return append(all, more...)
}

// ask begins a dialog.
func (s *scene) ask(dialog stage) {
	s.stage, s.cursor, s.note, s.noting = dialog, 0, "", false
}

// writing says whether what is typed goes into the option under the cursor.
func (s *scene) writing() bool {
	return s.noting || s.kind != Codex && s.offers()[s.cursor].outcome == writes
}

// answer is what the user has chosen or written.
func (s *scene) answer() string {
	if s.note != "" {
		return s.note
	}
	return s.offers()[s.cursor].name
}

// choose takes a key at a dialog as the programs do: a number takes its option,
// arrows and enter do, and an option for a text of the user's own takes the text
// first.
func (s *scene) choose(key string) reply {
	all := s.offers()
	r := []rune(key)[0]
	switch {
	case key == "\x1b" && s.noting:
		s.note, s.noting = "", false
	case key == "\x1b":
		return replyNo
	case isArrow(key, 'A'), isArrow(key, 'D'):
		s.cursor, s.noting = (s.cursor+len(all)-1)%len(all), false
	case isArrow(key, 'B'), isArrow(key, 'C'):
		s.cursor, s.noting = (s.cursor+1)%len(all), false
	case key == "\t":
		s.noting = s.kind == Codex && s.stage == stageQuestion
	case key == "\r":
		return s.take()
	case s.writing():
		s.note = typed(s.note, key)
	case s.numbered() && r > '0' && r <= '0'+rune(len(all)):
		s.cursor = int(r - '1')
		if !s.writing() {
			return s.take()
		}
	default:
		for i, o := range all {
			if o.letter == r {
				s.cursor = i
				return s.take()
			}
		}
	}
	return replyNone
}

// take takes the option under the cursor.
func (s *scene) take() reply {
	switch o := s.offers()[s.cursor]; {
	case o.outcome == declines:
		return replyNo
	case s.writing() && s.note == "":
		return replyNone
	default:
		return replyYes
	}
}

// typed is a text after a key.
func typed(text, key string) string {
	const most = 4000
	switch runes := []rune(text); {
	case key == "\x7f":
		return string(runes[:max(len(runes)-1, 0)])
	case len(runes) < most && unicode.IsPrint([]rune(key)[0]):
		return text + key
	default:
		return text
	}
}

func isArrow(key string, end byte) bool {
	return len(key) == 3 && key[0] == 27 && key[2] == end
}

// nextKey splits the first key off what a terminal has sent: a character, or an
// escape sequence as a whole.
func nextKey(keys string) (key, rest string) {
	end := 0
	switch {
	case strings.HasPrefix(keys, "\x1bO") && len(keys) > 2:
		end = 3
	case strings.HasPrefix(keys, "\x1b["):
		end = 2 + strings.IndexFunc(keys[2:], func(r rune) bool { return r >= '@' && r <= '~' }) + 1
	}
	if end > 2 {
		return keys[:end], keys[end:]
	}
	for i := range keys {
		if i > 0 {
			return keys[:i], keys[i:]
		}
	}
	return keys, ""
}
