package tmuxpool

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Inspection is what a server says about itself and about the options that
// matter to a program on its screen: those of the session used last.
type Inspection struct {
	Version Version
	// EscapeTime is how long the server waits after an escape byte for the rest
	// of a key.
	EscapeTime time.Duration
	// FocusEvents, Passthrough, SetTitles and Mouse are the options of that
	// name; false also where the version does not have them.
	FocusEvents bool
	Passthrough bool
	SetTitles   bool
	Mouse       bool
	// DefaultTerminal is TERM in new panes.
	DefaultTerminal string
	// Terminals are those attached; control clients are none.
	Terminals []Terminal
}

// Terminal is a terminal that is attached to a server.
type Terminal struct {
	// Type is its TERM.
	Type string
	// Features are what tmux knows that it can do, such as "RGB"; nil before
	// tmux 3.2.
	Features []string
	// UTF8 is set when tmux writes UTF-8 to it.
	UTF8 bool
}

// inspectTimeout bounds the silence of a server that is inspected.
const inspectTimeout = 3 * time.Second

// Inspect asks a server, by one process that leaves no trace. A server that does
// not answer is ErrServerHung, one that is gone ErrNoServer. tmuxPath is the tmux
// program; "tmux" in PATH when empty.
func Inspect(ctx context.Context, tmuxPath string, socket Socket) (Inspection, error) {
	if tmuxPath == "" {
		tmuxPath = "tmux"
	}
	fail := func(err error) (Inspection, error) {
		return Inspection{}, fmt.Errorf("tmuxpool: inspect %s: %w", socket.Name, err)
	}
	tmux := program{path: tmuxPath, socket: socket.Path, hang: inspectTimeout}
	output, err := tmux.run(ctx, inspection())
	if err = keptOutput(err); err != nil {
		return fail(err)
	}
	lines := strings.Split(strings.TrimSuffix(output, "\n"), "\n")
	if len(lines) < len(inspection())-1 {
		return fail(fmt.Errorf("%w: %q", ErrProtocol, clip([]byte(output))))
	}
	version, err := ParseVersion(lines[0])
	if err != nil {
		return fail(err)
	}
	escape, _ := strconv.Atoi(lines[1])
	return Inspection{
		Version: version, EscapeTime: time.Duration(escape) * time.Millisecond,
		FocusEvents: switchedOn(lines[2]), Passthrough: switchedOn(lines[3]), SetTitles: switchedOn(lines[4]),
		Mouse: switchedOn(lines[5]), DefaultTerminal: lines[6], Terminals: parseTerminals(lines[7:]),
	}, nil
}

// inspection is the script whose output Inspect reads, a line for each but the
// last command.
func inspection() script {
	return script{
		printFormat("#{version}"), printFormat("#{escape-time}"), printFormat("#{focus-events}"),
		printFormat("#{allow-passthrough}"), printFormat("#{set-titles}"), printFormat("#{mouse}"),
		printFormat("#{default-terminal}"),
		listClients("#{client_control_mode}|#{client_utf8}|#{client_termname}|#{client_termfeatures}"),
	}
}

// switchedOn reads an option: empty where the version has none of that name.
func switchedOn(value string) bool { return value != "" && value != "0" && value != "off" }

func parseTerminals(lines []string) []Terminal {
	var terminals []Terminal
	for _, line := range lines {
		fields := strings.SplitN(line, "|", 4)
		if len(fields) < 4 || fields[0] == "1" {
			continue
		}
		t := Terminal{Type: fields[2], UTF8: fields[1] == "1"}
		if fields[3] != "" {
			t.Features = strings.Split(fields[3], ",")
		}
		terminals = append(terminals, t)
	}
	return terminals
}
