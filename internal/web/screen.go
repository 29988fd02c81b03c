package web

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"agentwatch/engine"
	"agentwatch/health"
	"agentwatch/internal/picture"
	"agentwatch/ui/sanitize"
)

// screen is what a pane shows, with the version in which each row has changed last.
type screen struct {
	revision uint64
	failed   bool
	clean    *sanitize.Rows
	rows     []screenRow
	// version is that of the last change, shrunk that in which it lost rows.
	version uint64
	at      int64
	problem string
}

type screenRow struct {
	raw     string
	runs    json.RawMessage
	version uint64
}

// screenPatch are the rows that have changed, by their number from 0.
type screenPatch struct {
	// Rows is how many the screen has now.
	Rows int                        `json:"rows"`
	Set  map[string]json.RawMessage `json:"set,omitempty"`
	// At is when it was captured, Problem why that has failed since.
	At      int64  `json:"at"`
	Problem string `json:"problem,omitempty"`
}

// maxRows bounds a screen and a scroll-back.
const maxRows = 5000

func (b *board) takeScreen(ref health.PaneRef, p *engine.Preview) bool {
	id, known := b.ids[ref]
	if !known {
		return false
	}
	s := b.screens[id]
	if s == nil {
		s = &screen{clean: new(sanitize.Rows)}
		b.screens[id] = s
	} else if s.revision == p.Revision && s.failed == (p.Err != nil) {
		return false
	}
	s.revision, s.failed, s.at, s.problem = p.Revision, p.Err != nil, millis(p.At), ""
	if p.Err != nil {
		s.problem = sanitize.Text(p.Err.Error())
	}
	rows := s.clean.Screen(strings.TrimSuffix(p.Text, "\n"))
	rows = rows[max(len(rows)-maxRows, 0):]
	next := make([]screenRow, len(rows))
	for i, raw := range rows {
		if i < len(s.rows) && s.rows[i].raw == raw {
			next[i] = s.rows[i]
			continue
		}
		next[i] = screenRow{raw, encodedRow(raw), b.version}
	}
	s.rows, s.version = next, b.version
	return true
}

// since are the rows that have changed after a version; false for none.
func (s *screen) since(have uint64) (screenPatch, bool) {
	if s.version <= have {
		return screenPatch{}, false
	}
	p := screenPatch{Rows: len(s.rows), At: s.at, Problem: s.problem, Set: make(map[string]json.RawMessage)}
	for i, row := range s.rows {
		if row.version > have {
			p.Set[strconv.Itoa(i)] = row.runs
		}
	}
	return p, true
}

// encodedRow writes a row as its runs: [text, foreground, background, attributes]
// each, without what is the default at the end; a text alone where that is all. A
// colour is a number below 256 or "#rrggbb", the default is null. Attributes are
// picture.Attributes.
func encodedRow(clean string) json.RawMessage {
	runs := picture.Runs(clean)
	if len(runs) == 0 {
		return json.RawMessage(`""`)
	}
	var out bytes.Buffer
	if len(runs) > 1 || !plain(runs[0]) {
		out.WriteByte('[')
	}
	for i, r := range runs {
		if i > 0 {
			out.WriteByte(',')
		}
		encodeRun(&out, r)
	}
	if len(runs) > 1 || !plain(runs[0]) {
		out.WriteByte(']')
	}
	return out.Bytes()
}

func plain(r picture.Run) bool { return r == picture.Run{Text: r.Text} }

func encodeRun(out *bytes.Buffer, r picture.Run) {
	text := encoded(r.Text)
	if plain(r) {
		out.Write(text)
		return
	}
	out.WriteByte('[')
	out.Write(text)
	out.WriteString("," + encodedInk(r.Fg))
	if r.Bg.Set || r.Attributes != 0 {
		out.WriteString("," + encodedInk(r.Bg))
	}
	if r.Attributes != 0 {
		out.WriteString("," + strconv.Itoa(int(r.Attributes)))
	}
	out.WriteByte(']')
}

func encodedInk(i picture.Ink) string {
	switch {
	case !i.Set:
		return "null"
	case i.Indexed:
		return strconv.Itoa(int(i.Value))
	default:
		return fmt.Sprintf(`"#%06x"`, i.Value)
	}
}

// encodedRows are the rows of a text, each as its runs.
func encodedRows(text string) []json.RawMessage {
	rows := sanitize.Screen(strings.TrimRight(text, "\n"))
	all := make([]json.RawMessage, 0, min(len(rows), maxRows))
	for _, row := range rows[max(len(rows)-maxRows, 0):] {
		all = append(all, encodedRow(row))
	}
	return all
}
