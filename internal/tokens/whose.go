package tokens

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"path/filepath"
	"slices"
	"time"
)

// beginsWithin is how long after its start a program begins its session or its log.
const beginsWithin = time.Minute

// begunBy finds which of several beginnings is that of the process that was started at
// a time, beside other processes of its kind: the only one between its start and the
// next one's. It is -1 where that cannot be told: where there are several or none, or
// where the one may be that of a process which was started shortly before.
func begunBy(started time.Time, beside, begun []time.Time) int {
	end := started.Add(beginsWithin)
	var before time.Time
	for _, other := range beside {
		switch {
		case other.Equal(started):
			return -1
		case other.After(started) && other.Before(end):
			end = other
		case other.Before(started) && other.After(before):
			before = other
		}
	}
	of := func(from, to time.Time) (at, n int) {
		for i, b := range begun {
			if !b.Before(from) && b.Before(to) {
				at, n = i, n+1
			}
		}
		return at, n
	}
	at, n := of(started, end)
	if n != 1 {
		return -1
	}
	if !before.IsZero() && begun[at].Sub(before) < beginsWithin {
		if _, own := of(before, started); own == 0 {
			return -1
		}
	}
	return at
}

// startsOf are when processes were started; ok is false when one does not tell.
func (r *Reader) startsOf(pids []int) (starts []time.Time, ok bool) {
	for _, pid := range pids {
		at := r.startedAt(pid)
		if at.IsZero() {
			return nil, false
		}
		starts = append(starts, at)
	}
	return starts, true
}

// geminiBegun are those of gemini's chats that tell when they were begun, and when that
// was.
func geminiBegun(paths []string) (told []string, begun []time.Time) {
	for _, path := range paths {
		text, err := head(path, 16<<10)
		line, _, _ := bytes.Cut(text, []byte("\n"))
		var first struct {
			Start time.Time `json:"startTime"`
			Kind  string    `json:"kind"`
		}
		if err != nil || json.Unmarshal(line, &first) != nil || first.Start.IsZero() || first.Kind != "" && first.Kind != "main" {
			continue
		}
		told, begun = append(told, path), append(begun, first.Start)
	}
	return told, begun
}

// geminiOf are the chats that a process has begun at its start, beside others in the
// folder. What it begins later cannot be told from what they begin.
func (r *Reader) geminiOf(started time.Time, beside []int, paths []string) (own []string, problem string) {
	starts, ok := r.startsOf(beside)
	told, begun := geminiBegun(paths)
	at := -1
	if ok {
		at = begunBy(started, starts, begun)
	}
	if at < 0 {
		return nil, apart(gemini)
	}
	return []string{told[at]}, ""
}

// apart is what is said where sessions cannot be told apart.
func apart(kind string) string {
	return "several " + kind + " agents work in this folder: their sessions cannot be told apart"
}

// opencodeLog is what opencode's log tells of its runs: one of each process (seen:
// 1.18). All processes of a home write the same file.
type opencodeLog struct {
	tail tail
	runs map[string]*opencodeRun
}

// opencodeRun is one process, when it was heard first, and the sessions that it has
// worked on.
type opencodeRun struct {
	begun    time.Time
	sessions map[string]bool
}

// mostRuns bounds the runs that are kept, and the sessions of each.
const mostRuns = 4096

func newOpencodeLog(data string) *opencodeLog {
	return &opencodeLog{tail: tail{path: filepath.Join(data, "opencode", "log", "opencode.log")}, runs: make(map[string]*opencodeRun)}
}

// update reads what is new. more is set when not all has been read yet.
func (l *opencodeLog) update(ctx context.Context) (more bool, err error) {
	more, err = l.tail.read(ctx, l.line)
	if errors.Is(err, errReplaced) {
		// What the file before has told is still so.
		l.tail = tail{path: l.tail.path}
		more, err = l.tail.read(ctx, l.line)
	}
	return more, err
}

// line takes a line: timestamp=T level=L run=R message=created id=SESSION ...
func (l *opencodeLog) line(line []byte) {
	word := func(name string) string {
		_, rest, _ := bytes.Cut(line, []byte(name))
		text, _, _ := bytes.Cut(rest, []byte(" "))
		return string(text)
	}
	if !bytes.HasPrefix(line, []byte("timestamp=")) {
		return
	}
	at, err := time.Parse(time.RFC3339Nano, word("timestamp="))
	name := word(" run=")
	if err != nil || name == "" || len(name) > 64 {
		return
	}
	run := l.runs[name]
	if run == nil {
		if len(l.runs) >= mostRuns {
			return
		}
		run = &opencodeRun{begun: at, sessions: make(map[string]bool)}
		l.runs[name] = run
	}
	for _, message := range []string{" message=created id=", " message=loop session.id="} {
		if id := word(message); id != "" && len(id) <= 64 && len(run.sessions) < mostRuns {
			run.sessions[id] = true
		}
	}
}

// opencodeOf are the sessions that a process has worked on, beside others in the folder,
// as the log tells.
func (r *Reader) opencodeOf(ctx context.Context, beside []int, k *account, all []Session) (own []Session, problem string) {
	starts, ok := r.startsOf(beside)
	if k.log == nil {
		k.log = newOpencodeLog(k.home.Data)
	}
	more, err := k.log.update(ctx)
	if err != nil || !ok {
		return nil, apart(opencode)
	}
	if more {
		return nil, "its log is still being read"
	}
	runs := make([]*opencodeRun, 0, len(k.log.runs))
	begun := make([]time.Time, 0, len(k.log.runs))
	for _, run := range k.log.runs {
		runs, begun = append(runs, run), append(begun, run.begun)
	}
	at := begunBy(k.started, starts, begun)
	if at < 0 {
		return nil, apart(opencode)
	}
	return slices.DeleteFunc(slices.Clone(all), func(s Session) bool { return !runs[at].sessions[s.ID] }), ""
}
