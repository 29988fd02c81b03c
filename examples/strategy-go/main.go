// Command agentwatch-strategy-urgent is an example of a strategy in Go: it
// captures what has changed, the panes that you look at and the agents that wait
// for you first, and at most 40 panes a round.
//
// Install it:
//
//	go build -o ~/.config/agentwatch/strategies/agentwatch-strategy-urgent ./examples/strategy-go
//
// It needs nothing but the standard library; docs/plugins.md explains each field.
package main

import (
	"bufio"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
)

// most is how many panes a round captures.
const most = 40

type hello struct {
	Protocol int `json:"protocol"`
}

type welcome struct {
	Protocol int    `json:"protocol"`
	Name     string `json:"name"`
	Summary  string `json:"summary"`
}

type pane struct {
	Pane      string `json:"pane"`
	State     string `json:"state"`
	Change    string `json:"change"`
	Focused   bool   `json:"focused"`
	AgeMS     int64  `json:"age_ms"`
	PendingMS int64  `json:"pending_ms"`
}

type request struct {
	ID    uint64 `json:"id"`
	Panes []pane `json:"panes"`
}

type answer struct {
	ID        uint64   `json:"id"`
	Recapture []string `json:"recapture"`
}

func main() {
	if err := serve(os.Stdin, os.Stdout); err != nil {
		// The last line of standard error is shown beside the strategy.
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// serve answers the handshake and then one request after another, until its
// input ends: agentwatch has ended then.
func serve(in io.Reader, out io.Writer) error {
	decoder, writer := json.NewDecoder(bufio.NewReader(in)), bufio.NewWriter(out)
	encoder := json.NewEncoder(writer) // which writes one line a value
	var h hello
	if err := decoder.Decode(&h); err != nil {
		return fmt.Errorf("handshake: %w", err)
	}
	if h.Protocol != 1 {
		return fmt.Errorf("this agentwatch speaks version %d of the protocol, and this strategy version 1", h.Protocol)
	}
	err := encoder.Encode(welcome{Protocol: 1, Name: "urgent", Summary: "what waits for you first, at most 40 panes a round"})
	for err == nil {
		if err = writer.Flush(); err != nil {
			break
		}
		var r request
		if err = decoder.Decode(&r); err != nil {
			break
		}
		err = encoder.Encode(plan(r))
	}
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}

// plan names the panes that may have changed, most urgent first.
func plan(r request) answer {
	var due []pane
	for _, p := range r.Panes {
		// What is only in doubt is looked at again after 200 ms.
		if p.Change == "new" || p.Change == "seen" || (p.Change == "possible" && p.AgeMS >= 200) {
			due = append(due, p)
		}
	}
	slices.SortStableFunc(due, func(a, b pane) int {
		return cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(b.PendingMS, a.PendingMS))
	})
	a := answer{ID: r.ID, Recapture: []string{}}
	for _, p := range due[:min(len(due), most)] {
		a.Recapture = append(a.Recapture, p.Pane)
	}
	return a
}

func rank(p pane) int {
	switch {
	case p.Focused:
		return 0
	case p.PendingMS > 2000: // nobody starves
		return 1
	case p.State == "waiting", p.State == "unknown":
		return 2
	default:
		return 3
	}
}
