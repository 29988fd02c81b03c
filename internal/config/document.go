package config

import (
	"bytes"
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/pelletier/go-toml/v2"
	"github.com/pelletier/go-toml/v2/unstable"
)

// document is the text of a file with what stands where in it. What is wrong is
// blanked out: replaced by spaces, so that all else keeps its place.
type document struct {
	file        string
	text        []byte
	expressions []expression
}

// expression is a table's header or a key with its value.
type expression struct {
	// path is the full key. Elements of lists of tables are numbered from 0:
	// "strategy", "0", "name". names and key are the same without numbers.
	path  []string
	names []string
	key   string
	// inner are the keys of an inline table, full as key is.
	inner []string
	// parts are the offsets of the names that the expression itself gives: the
	// last of names. at is the first of them, and start and end are those of what is
	// blanked to take it away.
	parts          []int
	at, start, end int
	header         bool
	// list is set for a header that begins an element of a list of tables.
	list bool
}

// within tells whether the expression is at the path or below it.
func (e expression) within(path []string) bool {
	return len(e.path) >= len(path) && slices.Equal(e.path[:len(path)], path)
}

// maxProblems bounds how many problems of a file are told.
const maxProblems = 100

// readDocument finds out what stands where. Where the text is not valid TOML, the
// lines at fault are a problem and are blanked out.
func readDocument(file string, text []byte) (*document, []Problem) {
	d := &document{file: file, text: slices.Clone(text)}
	if bytes.HasPrefix(d.text, []byte("\xef\xbb\xbf")) {
		d.blank(0, 3) // some editors begin a file with a mark of its encoding
	}
	var problems []Problem
	reported := -2 // the last line that was blanked
	for tries := 0; ; tries++ {
		failure := d.scan()
		if failure == nil {
			return d, problems
		}
		line, column := d.position(failure.offset)
		first, last := d.lineOf(failure.start), d.blankFailure(failure)
		// What follows at once is its consequence more often than not.
		if first != reported+1 {
			problems = append(problems, Problem{
				File: file, Line: line, Column: column, What: "not valid TOML: " + failure.what,
				Suggestion: syntaxHint(failure.what),
			})
		}
		reported = last
		if len(problems) == maxProblems || tries == 4*maxProblems {
			d.blank(failure.start, len(d.text))
		}
	}
}

// syntaxHint says what may have been meant where TOML could not be read.
func syntaxHint(what string) string {
	switch {
	case strings.Contains(what, "after key"), strings.Contains(what, "start of key"):
		return `a setting is written: name = value`
	case strings.Contains(what, "keyword"), strings.Contains(what, "value"):
		return `texts need quotes: name = "text"; else true, false, a number or a list`
	case strings.Contains(what, "table name"):
		return "a section is written: [name]"
	case strings.Contains(what, "terminated"):
		return "close the quotes on the same line"
	default:
		return ""
	}
}

// failure is where the text stops being TOML.
type failure struct {
	// start is where the expression begins that cannot be read, offset where
	// reading it failed.
	start, offset int
	what          string
}

// scan lists the expressions. The failure is nil when all could be read.
func (d *document) scan() *failure {
	d.expressions = d.expressions[:0]
	var parser unstable.Parser
	parser.Reset(d.text)
	var table []string
	var tableNames []string
	elements := make(map[string]int)
	end := 0
	for parser.NextExpression() {
		node := parser.Expression()
		e := d.locate(node)
		end = e.end
		e.names = e.path
		if e.header = node.Kind != unstable.KeyValue; e.header {
			e.list = node.Kind == unstable.ArrayTable
			e.path = numbered(e.path, elements, e.list)
			table, tableNames = e.path, e.names
		} else {
			e.path = slices.Concat(table, e.path)
			e.names = slices.Concat(tableNames, e.names)
		}
		e.key = strings.Join(e.names, ".")
		if node.Kind == unstable.KeyValue {
			e.inner = innerKeys(node.Value(), e.key)
		}
		d.expressions = append(d.expressions, e)
	}
	var broken *unstable.ParserError
	if !errors.As(parser.Error(), &broken) {
		return nil
	}
	start := d.skipBlank(end)
	offset := min(int(parser.Range(broken.Highlight).Offset), len(d.text))
	// What is wrong can be a comment.
	return &failure{start: min(start, offset), offset: offset, what: broken.Message}
}

// innerKeys lists the keys within an inline table, full ones.
func innerKeys(value *unstable.Node, parent string) []string {
	if value.Kind != unstable.InlineTable {
		return nil
	}
	var all []string
	children := value.Children()
	for children.Next() {
		key := parent
		names := children.Node().Key()
		for names.Next() {
			key = join(key, string(names.Node().Data))
		}
		all = append(all, key)
		all = append(all, innerKeys(children.Node().Value(), key)...)
	}
	return all
}

// numbered puts the numbers of elements into the path of a header.
func numbered(path []string, elements map[string]int, list bool) []string {
	var full []string
	for i, key := range path {
		full = append(full, key)
		name := strings.Join(full, "\x00")
		if list && i == len(path)-1 {
			elements[name]++
		}
		if n := elements[name]; n > 0 {
			full = append(full, strconv.Itoa(n-1))
		}
	}
	return full
}

// locate reads the key of an expression and finds its bounds. A header reaches
// to the end of its line.
func (d *document) locate(node *unstable.Node) expression {
	var e expression
	keys := node.Key()
	for first := true; keys.Next(); first = false {
		key := keys.Node()
		if first {
			e.at = int(key.Raw.Offset)
		}
		e.path = append(e.path, string(key.Data))
		e.parts = append(e.parts, int(key.Raw.Offset))
		e.end = int(key.Raw.Offset + key.Raw.Length)
	}
	e.start = e.at
	if node.Kind == unstable.KeyValue {
		e.end = int(node.Raw.Offset + node.Raw.Length)
		return e
	}
	e.start = bytes.LastIndexByte(d.text[:e.at], '\n') + 1
	e.end = d.endOfLine(e.end)
	return e
}

// skipBlank returns the first offset from at on with anything but white space
// and comments; the end of the text when there is none.
func (d *document) skipBlank(at int) int {
	for at < len(d.text) {
		switch d.text[at] {
		case ' ', '\t', '\r', '\n':
			at++
		case '#':
			at = d.endOfLine(at)
		default:
			return at
		}
	}
	return at
}

// endOfLine returns the offset of the line's newline, or of the text's end.
func (d *document) endOfLine(at int) int {
	if n := bytes.IndexByte(d.text[at:], '\n'); n >= 0 {
		return at + n
	}
	return len(d.text)
}

// blankFailure blanks the lines that could not be read and returns the last of
// them. A section whose header is broken goes as a whole: its settings must not
// become those of the section above. Otherwise a line that looks like a header
// is where the damage ends.
func (d *document) blankFailure(f *failure) (last int) {
	header := f.start < len(d.text) && d.text[f.start] == '['
	start := bytes.LastIndexByte(d.text[:f.start], '\n') + 1
	if d.skipBlank(start) < f.start {
		// A good expression stands before it on the line.
		start = f.start
	}
	end := d.endOfLine(f.start)
	for end < len(d.text) && (header || end < f.offset) {
		next := d.endOfLine(end + 1)
		if bytes.HasPrefix(bytes.TrimLeft(d.text[end:next], " \t\r\n"), []byte("[")) {
			break
		}
		end = next
	}
	before := slices.Clone(d.text[start:end])
	if d.blank(start, end); bytes.Equal(before, d.text[start:end]) {
		// Nothing was there to be at fault: give up rather than turn in circles.
		d.blank(0, len(d.text))
		return d.lineOf(len(d.text))
	}
	return d.lineOf(max(start, end-1))
}

// blank replaces what stands between two offsets by spaces.
func (d *document) blank(start, end int) {
	for i := start; i < end; i++ {
		if d.text[i] != '\n' {
			d.text[i] = ' '
		}
	}
}

// position turns an offset into a line and a column, both from 1; the column
// counts characters.
func (d *document) position(offset int) (line, column int) {
	offset = min(offset, len(d.text))
	start := bytes.LastIndexByte(d.text[:offset], '\n') + 1
	return d.lineOf(offset), 1 + len([]rune(string(d.text[start:offset])))
}

func (d *document) lineOf(offset int) int {
	return 1 + bytes.Count(d.text[:min(offset, len(d.text))], []byte("\n"))
}

// offset turns a position of the decoder, whose columns count bytes, into an
// offset.
func (d *document) offset(line, column int) int {
	at := 0
	for range line - 1 {
		at = min(d.endOfLine(at)+1, len(d.text))
	}
	return min(at+column-1, len(d.text))
}

// at returns the expression that an offset is in.
func (d *document) at(offset int) (expression, bool) {
	for _, e := range d.expressions {
		if offset >= e.start && offset <= e.end {
			return e, true
		}
	}
	return expression{}, false
}

// find returns the expression that gives the value at a path: its own, or that
// of the nearest table or value around it.
func (d *document) find(path []string) (expression, bool) {
	for n := len(path); n > 0; n-- {
		for _, e := range d.expressions {
			if slices.Equal(e.path, path[:n]) {
				return e, true
			}
		}
	}
	return expression{}, false
}

// remove blanks an expression, a header with all that is below it.
func (d *document) remove(gone expression) {
	inside := false
	d.expressions = slices.DeleteFunc(d.expressions, func(e expression) bool {
		if e.header {
			inside = gone.header && e.start == gone.start
			// The tables within an element go with it.
			inside = inside || gone.list && e.within(gone.path)
		}
		if !inside && e.start != gone.start {
			return false
		}
		d.blank(e.start, e.end)
		return true
	})
}

// only returns a copy in which nothing but the expressions that are wanted is
// left.
func (d *document) only(wanted func(expression) bool) *document {
	part := &document{file: d.file, text: slices.Clone(d.text)}
	for _, e := range d.expressions {
		if wanted(e) {
			part.expressions = append(part.expressions, e)
		} else {
			part.blank(e.start, e.end)
		}
	}
	return part
}

// problem returns a problem that is placed at an expression.
func (d *document) problem(e expression, what, suggestion string) Problem {
	line, column := d.position(e.at)
	return Problem{File: d.file, Line: line, Column: column, Key: e.key, What: what, Suggestion: suggestion}
}

// decode reads the document into a value and returns where that failed: nothing
// when all is well.
func (d *document) decode(into any) []decodeFailure {
	err := toml.NewDecoder(bytes.NewReader(d.text)).DisallowUnknownFields().Decode(into)
	var unknown *toml.StrictMissingError
	if errors.As(err, &unknown) {
		var all []decodeFailure
		for i := range unknown.Errors[:min(len(unknown.Errors), maxProblems)] {
			e := &unknown.Errors[i]
			line, column := e.Position()
			all = append(all, decodeFailure{offset: d.offset(line, column), path: e.Key(), unknown: true})
		}
		return all
	}
	var broken *toml.DecodeError
	if errors.As(err, &broken) {
		line, column := broken.Position()
		return []decodeFailure{{
			offset: d.offset(line, column), path: broken.Key(), what: strings.TrimPrefix(broken.Error(), "toml: "),
		}}
	}
	if err != nil {
		return []decodeFailure{{offset: -1, what: strings.TrimPrefix(err.Error(), "toml: ")}}
	}
	return nil
}

// decodeFailure is something that the decoder did not accept.
type decodeFailure struct {
	// offset is where; negative when the decoder did not say.
	offset int
	path   []string
	// unknown is set when the type has no such field.
	unknown bool
	what    string
}
