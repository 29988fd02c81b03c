package cli

import (
	"bufio"
	"io"
	"strings"
	"testing"
	"time"

	"agentwatch/engine"
	"agentwatch/health"
)

func grepIn(t *testing.T, o grepOptions, pattern, text string) (out string, matches int) {
	t.Helper()
	o.timeout = time.Minute
	query, err := o.query(pattern)
	if err != nil {
		t.Fatal(err)
	}
	found, err := query.In(text)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	s := &grepping{grepOptions: o, query: query, out: bufio.NewWriter(&b), notes: io.Discard}
	a := engine.Agent{Ref: health.PaneRef{Server: "/s", Pane: "%3"}, Session: "api", WindowIndex: 2, Kind: "claude"}
	if err := s.pane(a, found); err != nil {
		t.Fatal(err)
	}
	return b.String(), s.matches
}

func TestGrepPrintsMatchesWithTheirRowAndTheRowsAroundThemOnce(t *testing.T) {
	text := "one\ntwo FAIL\nthree\nfour\nfive\nsix\nseven Fail \neight"
	for _, c := range []struct {
		o       grepOptions
		pattern string
		want    string
		matches int
	}{
		{grepOptions{}, "F[A-Z]+", "api:2 %3:-7: two FAIL\n", 1},
		{grepOptions{ignoreCase: true}, "fail$", "api:2 %3:-7: two FAIL\napi:2 %3:-2: seven Fail\n", 2},
		{grepOptions{fixed: true}, "F[A-Z]+", "", 0},
		{grepOptions{context: 1}, "two|three", "api:2 %3--8- one\napi:2 %3:-7: two FAIL\napi:2 %3:-6: three\napi:2 %3--5- four\n", 2},
		{
			grepOptions{context: 1},
			"one|eight",
			"api:2 %3:-8: one\napi:2 %3--7- two FAIL\n--\napi:2 %3--2- seven Fail\napi:2 %3:-1: eight\n", 2,
		},
		{
			grepOptions{asJSON: true, context: 1},
			"five",
			`{"server":"","socket":"/s","session":"api","window":"","pane":"%3","kind":"claude","row":-4,"text":"five","before":["four"],"after":["six"]}` + "\n", 1,
		},
	} {
		if got, n := grepIn(t, c.o, c.pattern, text); got != c.want || n != c.matches {
			t.Errorf("%q %+v: %d matches\n%swant\n%s", c.pattern, c.o, n, got, c.want)
		}
	}
}

func TestGrepPrintsNothingThatATerminalWouldObey(t *testing.T) {
	if got, _ := grepIn(t, grepOptions{}, "key", "a \x1b]52;c;aGk=\x07key\x1b[2J"); strings.ContainsAny(got, "\x1b\x07") {
		t.Errorf("%q", got)
	}
}

func TestGrepRefusesWhatItCannotSearchFor(t *testing.T) {
	for name, o := range map[string]grepOptions{
		"(": {timeout: 1}, "a": {timeout: 1, rows: -1}, "b": {timeout: 1, rows: mostGrepRows + 1}, "c": {timeout: 1, context: -1}, "d": {},
	} {
		if _, err := o.query(name); exitCode(err) != exitUsage {
			t.Errorf("%q %+v: %v", name, o, err)
		}
	}
}
