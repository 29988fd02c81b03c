package api

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"agentwatch/engine"
	"agentwatch/health"
)

// ScreenPatch is one line of the stream of screens: what has changed on the
// screen of one followed pane.
type ScreenPatch struct {
	Ref health.PaneRef `json:"ref"`
	At  time.Time      `json:"at,omitzero"`
	// Revision changes with the screen.
	Revision uint64 `json:"revision,omitempty"`
	// Height is the number of its rows; Rows are those that have changed, by
	// their number from 0. They have colours and are untrusted.
	Height int            `json:"height"`
	Rows   map[int]string `json:"rows,omitempty"`
	// Error is why the pane could not be captured; the rows are then the last
	// ones known.
	Error string `json:"error,omitempty"`
	// Closed is set when there is no such pane any more.
	Closed bool `json:"closed,omitempty"`
}

// maxScreenRows bounds the rows of a screen that are believed.
const maxScreenRows = 10_000

// ScreenDiff returns what leads from one screen of a pane to the next; before is
// nil for the first.
func ScreenDiff(before, next *engine.Preview) ScreenPatch {
	rows := strings.Split(next.Text, "\n")
	var known []string
	if before != nil {
		known = strings.Split(before.Text, "\n")
	}
	p := ScreenPatch{Ref: next.Ref, At: next.At, Revision: next.Revision, Height: len(rows), Rows: make(map[int]string)}
	for i, row := range rows {
		if i >= len(known) || known[i] != row {
			p.Rows[i] = row
		}
	}
	if next.Err != nil {
		p.Error = next.Err.Error()
	}
	return p
}

// Apply makes the next screen; before is nil for the first.
func (p ScreenPatch) Apply(before *engine.Preview) (*engine.Preview, error) {
	if p.Height < 0 || p.Height > maxScreenRows {
		return nil, fmt.Errorf("%w: a screen of %d rows", ErrPatch, p.Height)
	}
	var known []string
	if before != nil {
		known = strings.Split(before.Text, "\n")
	}
	rows := make([]string, p.Height)
	copy(rows, known)
	for i, row := range p.Rows {
		if i < 0 || i >= p.Height {
			return nil, fmt.Errorf("%w: row %d of %d", ErrPatch, i, p.Height)
		}
		rows[i] = row
	}
	next := &engine.Preview{Ref: p.Ref, At: p.At, Revision: p.Revision, Text: strings.Join(rows, "\n")}
	if p.Error != "" {
		next.Err = errors.New(p.Error)
	}
	return next, nil
}

// TransitionLine is one line of the stream of transitions.
type TransitionLine struct {
	// Seq numbers the transitions of one engine process.
	Seq uint64 `json:"seq"`
	// Engine is the ID of that process.
	Engine string `json:"engine"`
	// Lost is set when transitions before this line are not kept any more, or
	// were another process's; Transition is then nil.
	Lost       bool               `json:"lost,omitempty"`
	Transition *engine.Transition `json:"transition,omitempty"`
	// Listed is set on the line after the agents that are there, once all servers
	// have been looked at: an agent from before that is not among them is gone.
	Listed bool `json:"listed,omitempty"`
}
