package monitor

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/charmbracelet/x/term"
)

// lateVar makes the test binary a program that shows real screens, reads its keys
// late, and asks something else in the end. The variable names the file that says
// how, a lateScript.
const lateVar = "AGENTWATCH_TEST_LATE"

// lateScript is what such a program shows, and for how long it does not read: up
// to Delay before each key, when Each is set, else Delay before the first.
type lateScript struct {
	Frames []lateFrame
	Start  int
	Delay  time.Duration
	Each   bool
	Log    string
}

// lateFrame is one screen, and which frame follows a key, by the key's name; "" is
// for all that are not named. Without an entry the key changes nothing.
type lateFrame struct {
	Screen string
	Then   map[string]int
	// Place is where text that is typed is drawn, from 0; nil where text is keys.
	Place *latePlace
}

type latePlace struct{ Row, Column int }

// typedIn is the screen with text typed at the place: a border at the row's end
// stays.
func (p latePlace) typedIn(screen, text string) string {
	rows := strings.Split(screen, "\n")
	row := []rune(rows[p.Row])
	end := row[min(p.Column, len(row)):]
	border := ""
	if last := strings.TrimRight(string(end), " "); strings.HasSuffix(last, "│") {
		border = strings.Repeat(" ", max(0, utf8.RuneCountInString(last)-1-utf8.RuneCountInString(text))) + "│"
	}
	rows[p.Row] = string(row[:min(p.Column, len(row))]) + text + border
	return strings.Join(rows, "\n")
}

// lastKey is what the test types when the answer is over: what the program has read
// until then is all that was typed.
const lastKey = "Z"

// lateKeys are the keys that are not what they type.
func lateKeys() map[string]string {
	return map[string]string{
		"\r": "Enter", "\t": "Tab", "\x1b[A": "Up", "\x1b[B": "Down", "\x1b[C": "Right", "\x1b[D": "Left",
		"\x1bOA": "Up", "\x1bOB": "Down", "\x1bOC": "Right", "\x1bOD": "Left",
	}
}

// nextKey takes the first key off what was read.
func nextKey(read []byte) (key string, rest []byte) {
	for code, name := range lateKeys() {
		if bytes.HasPrefix(read, []byte(code)) {
			return name, read[len(code):]
		}
	}
	if read[0] == 0x1b {
		return "Escape", read[1:]
	}
	_, size := utf8.DecodeRune(read)
	return string(read[:size]), read[size:]
}

// readLate is that program. It logs a line for each key: the frame that it showed,
// and the key.
func readLate(path string) {
	data, err := os.ReadFile(path)
	var script lateScript
	if err := errors.Join(err, json.Unmarshal(data, &script)); err != nil {
		panic(err)
	}
	log, err := os.OpenFile(script.Log, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		panic(err)
	}
	if _, err := term.MakeRaw(os.Stdin.Fd()); err != nil {
		panic(err)
	}
	at, text, last := script.Start, "", len(script.Frames)-1
	show := func() {
		f := script.Frames[at]
		screen := f.Screen
		if f.Place != nil && text != "" {
			screen = f.Place.typedIn(screen, text)
		}
		fmt.Print("\x1b[0m\x1b[H\x1b[J" + strings.ReplaceAll(screen, "\n", "\r\n"))
	}
	show()
	buffer := make([]byte, 4096)
	for first := true; ; first = false {
		// The delay begins when a key waits to be read.
		n, err := os.Stdin.Read(buffer)
		if err != nil {
			return
		}
		switch {
		case script.Each && at < last && script.Delay > 0:
			time.Sleep(time.Duration(rand.Int64N(int64(script.Delay))))
		case first:
			time.Sleep(script.Delay)
		}
		for read := slices.Clone(buffer[:n]); len(read) > 0; {
			var key string
			key, read = nextKey(read)
			fmt.Fprintf(log, "%d %s\n", at, key)
			f := script.Frames[at]
			next, ok := f.Then[key]
			if !ok && f.Place == nil {
				next, ok = f.Then[""]
			}
			switch {
			case key == lastKey:
			case ok:
				at, text = next, ""
			case f.Place != nil && utf8.RuneCountInString(key) == 1:
				text += key
			}
		}
		show()
	}
}
