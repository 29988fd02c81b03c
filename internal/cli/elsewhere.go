package cli

import (
	"errors"
	"fmt"
	"io"

	"agentwatch/internal/demo"
)

// elsewhere says where agents may be that a command has not found: on servers that
// it was not told of, and in demos, which are on none that is found by itself.
func elsewhere() string {
	text := "a server elsewhere is named by -L NAME or -S SOCKET"
	for _, d := range demo.FindRunning() {
		text += ", that of the demo which runs by -S " + d.Socket
	}
	return text
}

// hintElsewhere prints that as a line of its own.
func hintElsewhere(w io.Writer) { fmt.Fprintf(w, "agentwatch: %s\n", elsewhere()) }

// ofDemo is a process that finds what is recorded of the demo that runs.
func ofDemo(p Process) (Process, error) {
	switch all := demo.FindRunning(); len(all) {
	case 0:
		return p, usageError(errors.New("no demo is running; start one with: agentwatch demo"))
	case 1:
		return keepingStateIn(p, all[0].State), nil
	default:
		return p, usageError(fmt.Errorf("%d demos are running; name one of them instead: XDG_STATE_HOME=%s", len(all), all[0].State))
	}
}

// hintDemo is how the history of a demo is had, while one runs.
func hintDemo() string {
	if len(demo.FindRunning()) == 0 {
		return ""
	}
	return "; --demo prints that of the demo that runs"
}
