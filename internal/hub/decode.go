package hub

import (
	"encoding/json"
	"strings"
	"unicode/utf8"
)

// decodeRecord reads a record as encoding/json does. What looks as this program writes it
// is read faster, since a viewer reads a thousand records a second; the texts are then
// parts of data.
func decodeRecord(data string) (Record, bool) {
	if r, ok := quickRecord(data); ok {
		return r, true
	}
	var r Record
	err := json.Unmarshal([]byte(data), &r)
	return r, err == nil
}

// quickRecord reads a record without spaces, and whose fields are all known; all else it
// leaves to encoding/json.
func quickRecord(data string) (r Record, ok bool) {
	s := scanner{rest: data}
	if !utf8.ValidString(data) || !s.skip('{') {
		return Record{}, false
	}
	for {
		key, plain := s.plain()
		if !plain || !s.skip(':') || !s.field(key, &r) {
			return Record{}, false
		}
		if s.skip('}') {
			return r, s.rest == ""
		}
		if !s.skip(',') {
			return Record{}, false
		}
	}
}

// field reads the value of a field, and reports whether it could.
func (s *scanner) field(key string, r *Record) bool {
	switch key {
	case "state":
		return s.word(&r.State)
	case "wait":
		return s.word(&r.Wait)
	case "src":
		return s.word(&r.Source)
	case "conf":
		return s.other(&r.Confidence)
	case "dialog":
		return s.other(&r.Dialog)
	case "snooze":
		return s.other(&r.Snooze)
	case "facts":
		return s.other(&r.Facts)
	case "past":
		return s.numbers(&r.Past)
	case "unseen":
		return s.truth(&r.Unseen)
	case "stale":
		return s.truth(&r.Stale)
	case "r":
		return s.revision(&r.Rev)
	}
	if text := textOf(key, r); text != nil {
		return s.string(text)
	}
	if n := largeOf(key, r); n != nil {
		return s.number(n)
	}
	n := int64(0)
	small := smallOf(key, r)
	if small == nil || !s.number(&n) || int64(int(n)) != n {
		return false
	}
	*small = int(n)
	return true
}

// textOf is the text of a record that is called so; nil for none.
func textOf(key string, r *Record) *string {
	switch key {
	case "h":
		return (*string)(&r.Host)
	case "p":
		return &r.Pane
	case "kind":
		return (*string)(&r.Kind)
	case "session":
		return &r.Session
	case "window":
		return &r.Window
	case "title":
		return &r.Title
	case "cwd":
		return &r.CWD
	case "cmd":
		return &r.Command
	case "rule":
		return &r.Rule
	case "text":
		return &r.Text
	case "act":
		return &r.Activity
	}
	return nil
}

// largeOf is the number of a record that is called so and may be large; nil for none.
func largeOf(key string, r *Record) *int64 {
	switch key {
	case "e":
		return &r.Epoch
	case "since":
		return &r.Since
	case "active":
		return &r.Active
	case "checked":
		return &r.Checked
	}
	return nil
}

// smallOf is the number of a record that is called so and is an int; nil for none.
func smallOf(key string, r *Record) *int {
	switch key {
	case "v":
		return &r.V
	case "wi":
		return &r.WindowIndex
	case "pi":
		return &r.PaneIndex
	case "line":
		return &r.Line
	case "comp":
		return &r.Composer
	case "pid":
		return &r.PID
	case "ppid":
		return &r.PanePID
	case "w":
		return &r.Width
	case "ht":
		return &r.Height
	}
	return nil
}

// scanner reads JSON without spaces from the begin of rest. A method that reports false
// has met what it does not read, and what is left then is not to be used.
type scanner struct{ rest string }

// skip takes one character.
func (s *scanner) skip(c byte) bool {
	if s.rest == "" || s.rest[0] != c {
		return false
	}
	s.rest = s.rest[1:]
	return true
}

// plain takes a string without escapes.
func (s *scanner) plain() (string, bool) {
	if !s.skip('"') {
		return "", false
	}
	for i := range len(s.rest) {
		switch c := s.rest[i]; {
		case c == '"':
			text := s.rest[:i]
			s.rest = s.rest[i+1:]
			return text, true
		case c == '\\' || c < ' ':
			return "", false
		}
	}
	return "", false
}

// string takes a string.
func (s *scanner) string(to *string) bool {
	before := s.rest
	if text, plain := s.plain(); plain {
		*to = text
		return true
	}
	s.rest = before
	return s.other(to)
}

// truth takes true or false.
func (s *scanner) truth(to *bool) bool {
	rest, yes := strings.CutPrefix(s.rest, "true")
	if !yes {
		no := false
		if rest, no = strings.CutPrefix(s.rest, "false"); !no {
			return false
		}
	}
	s.rest, *to = rest, yes
	return true
}

// number takes a whole number of at most 19 digits, where no int64 is too small for it.
func (s *scanner) number(to *int64) bool {
	negative := s.skip('-')
	n, i := int64(0), 0
	for i < min(len(s.rest), 19) && s.rest[i] >= '0' && s.rest[i] <= '9' {
		n = 10*n + int64(s.rest[i]-'0')
		i++
	}
	if i == 0 || i > 1 && s.rest[0] == '0' || i == 19 && s.rest[0] == '9' {
		return false
	}
	if negative {
		n = -n
	}
	s.rest, *to = s.rest[i:], n
	return s.rest != "" && strings.IndexByte(",]}", s.rest[0]) >= 0
}

// revision takes a number that is not negative.
func (s *scanner) revision(to *uint64) bool {
	n := int64(0)
	if !s.number(&n) || n < 0 {
		return false
	}
	*to = uint64(n)
	return true
}

// numbers takes a list of whole numbers.
func (s *scanner) numbers(to *[]int64) bool {
	if !s.skip('[') {
		return false
	}
	list := []int64{}
	if i := strings.IndexByte(s.rest, ']'); i > 0 {
		list = make([]int64, 0, strings.Count(s.rest[:i], ",")+1)
	}
	for !s.skip(']') {
		n := int64(0)
		if len(list) > 0 && !s.skip(',') || !s.number(&n) {
			return false
		}
		list = append(list, n)
	}
	*to = list
	return true
}

// word takes a string that its type reads.
func (s *scanner) word(to json.Unmarshaler) bool {
	before := s.rest
	_, plain := s.plain()
	return plain && to.UnmarshalJSON([]byte(before[:len(before)-len(s.rest)])) == nil
}

// other takes a string, object, list or number as encoding/json reads it.
func (s *scanner) other(to any) bool {
	n := s.length()
	if n == 0 || json.Unmarshal([]byte(s.rest[:n]), to) != nil {
		return false
	}
	s.rest = s.rest[n:]
	return true
}

// length is that of the value that begins here, if it is valid; 0 where it has no end.
func (s *scanner) length() int {
	depth, quoted := 0, false
	for i := 0; i < len(s.rest); i++ {
		switch c := s.rest[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			if quoted = !quoted; !quoted && depth == 0 {
				return i + 1
			}
		case quoted:
		case c == '{' || c == '[':
			depth++
		case (c == '}' || c == ']' || c == ',') && depth == 0:
			return i
		case c == '}' || c == ']':
			if depth--; depth == 0 {
				return i + 1
			}
		}
	}
	return 0
}
