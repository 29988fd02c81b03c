package tokens

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"time"
)

// Agent is an agent whose files are to be read.
type Agent struct {
	Kind string
	PID  int
	// Folder is where it works.
	Folder string
}

// Reader reads the files of agents of this machine, and keeps what it has read of
// them, so that the next reading is about what is new. Safe for concurrent use; one
// reading is made at a time.
type Reader struct {
	proc      string
	startedAt func(pid int) time.Time
	now       func() time.Time
	location  *time.Location

	// turn has room for the one who reads. A reading that hangs, on a network file
	// system, keeps it.
	turn chan struct{}

	mu       sync.Mutex
	prices   Prices
	currency string

	// accounts belong to the one who reads.
	accounts map[accountKey]*account
}

// accountKey tells an agent that is the only one of its kind in its folder from the
// same with others: what was read of the folder is then not its own.
type accountKey struct {
	Agent
	shared bool
}

// account is what is kept of one agent.
type account struct {
	started time.Time
	home    Home
	files   map[string]*file
	// other are files of other folders.
	other map[string]bool
	// database and stamp are what the database told last, and when it was written then.
	database []Session
	stamp    [2]fileStamp
	// log tells which session is whose; nil as long as nobody asks.
	log  *opencodeLog
	read time.Time
}

// fileStamp tells whether a file has changed.
type fileStamp struct {
	size     int64
	modified time.Time
}

func stampOf(path string) fileStamp {
	info, err := os.Stat(path)
	if err != nil {
		return fileStamp{}
	}
	return fileStamp{info.Size(), info.ModTime()}
}

// mostAgents bounds how many agents are kept; the ones read longest ago go first.
const mostAgents = 1024

// NewReader returns a reader. startedAt tells when a process was started, zero when
// that is not known. Days are those of the local time zone.
func NewReader(startedAt func(pid int) time.Time, now func() time.Time) *Reader {
	return &Reader{
		proc: "/proc", startedAt: startedAt, now: now, location: time.Local,
		turn: make(chan struct{}, 1), accounts: make(map[accountKey]*account),
	}
}

// SetPrices sets what tokens cost, and the word for money.
func (r *Reader) SetPrices(prices Prices, currency string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.prices, r.currency = prices, currency
}

// errBusy is returned while another reading has not ended.
var errBusy = errors.New("another reading has not ended")

// Read reads what is new of an agent, and returns nil when its kind keeps no files that
// are known. beside are the processes of other agents of its kind in its folder, so that
// the folder does not tell whose a session is. It returns at the latest when ctx ends. A
// state that is not whole says why.
func (r *Reader) Read(ctx context.Context, a Agent, beside ...int) (*State, error) {
	if !Knows(a.Kind) || a.PID <= 0 {
		return nil, nil
	}
	select {
	case r.turn <- struct{}{}:
	case <-ctx.Done():
		return nil, fmt.Errorf("%w: %w", errBusy, context.Cause(ctx))
	}
	done := make(chan *State, 1)
	go func() {
		defer func() { <-r.turn }()
		done <- r.state(ctx, a, beside)
	}()
	select {
	case state := <-done:
		return state, nil
	case <-ctx.Done():
		// Its turn ends when it does.
		return nil, context.Cause(ctx)
	}
}

// accountOf is what is kept of an agent; a new one when its process is another one.
func (r *Reader) accountOf(a accountKey) *account {
	started := r.startedAt(a.PID)
	kept := r.accounts[a]
	if kept == nil || !kept.started.Equal(started) {
		kept = &account{started: started, home: homeOfProcess(r.proc, a.PID), files: make(map[string]*file), other: make(map[string]bool)}
		r.accounts[a] = kept
	}
	kept.read = r.now()
	for len(r.accounts) > mostAgents {
		oldest := a
		for other, account := range r.accounts {
			if account.read.Before(r.accounts[oldest].read) {
				oldest = other
			}
		}
		delete(r.accounts, oldest)
	}
	return kept
}

// state reads an agent's files and sums them.
func (r *Reader) state(ctx context.Context, a Agent, beside []int) *State {
	account := r.accountOf(accountKey{a, len(beside) > 0})
	if account.home == (Home{}) || account.started.IsZero() {
		return &State{Day: DayOf(r.now(), r.location), Problem: "the process does not tell where its session files are"}
	}
	sessions, problem := r.sessions(ctx, a, beside, account)
	return r.sum(sessions, problem)
}

// sessions are those of an agent; problem says why there are none, or not all.
func (r *Reader) sessions(ctx context.Context, a Agent, beside []int, k *account) (all []Session, problem string) {
	// Times of files are coarser than those of processes.
	since := k.started.Add(-2 * time.Second)
	alone, shared := len(beside) == 0, apart(a.Kind)
	var paths []string
	switch a.Kind {
	case opencode:
		if all, problem = r.opencode(ctx, a, k, since); alone || problem != "" {
			return all, problem
		}
		return r.opencodeOf(ctx, beside, k, all)
	case claude:
		folder, session, ok := k.home.claudeSession(a.PID)
		switch {
		case ok:
			paths = k.home.claudeTranscripts(folder, session)
		case !alone:
			problem = shared
		default:
			found, err := under(k.home.Claude+"/projects/"+claudeProject(a.Folder), ".jsonl", since)
			if paths = found; err != nil {
				problem = problemOf(err)
			}
		}
	case codex:
		paths = opened(r.proc, a.PID, k.home.Codex+"/sessions")
		if alone {
			paths = append(paths, k.home.codexRollouts(since, r.now())...)
		} else if len(paths) == 0 {
			problem = shared
		}
	case gemini:
		old := false
		switch paths, old = k.home.geminiChats(a.Folder, since); {
		case old && len(paths) == 0:
			problem = unknownFormat(gemini, "")
		case !alone:
			paths, problem = r.geminiOf(k.started, beside, paths)
		}
	}
	for _, path := range paths {
		// What was read stays: an agent can go on to another session.
		if k.files[path] != nil || k.other[path] {
			continue
		}
		if a.Kind == codex && codexFolder(path) != a.Folder {
			k.other[path] = true
			continue
		}
		k.files[path] = newFile(a.Kind, path, r.location, k.has)
	}
	return k.update(ctx, problem)
}

// has tells whether one of the sessions has an answer already.
func (k *account) has(key string) bool {
	for _, f := range k.files {
		if _, there := f.book.seen[key]; there {
			return true
		}
	}
	return false
}

// update reads what is new in all files.
func (k *account) update(ctx context.Context, problem string) ([]Session, string) {
	paths := make([]string, 0, len(k.files))
	for path := range k.files {
		paths = append(paths, path)
	}
	slices.Sort(paths)
	var all []Session
	for _, path := range paths {
		f := k.files[path]
		more, err := f.update(ctx)
		switch {
		case errors.Is(err, os.ErrNotExist):
			continue // it is written with the first answer, or was removed
		case f.session.Problem != "":
			problem = f.session.Problem
		case more:
			problem = "its session files are still being read"
		}
		all = append(all, f.told())
	}
	return all, problem
}

// opencode reads the sessions of a folder from the database, when it has been written.
func (r *Reader) opencode(ctx context.Context, a Agent, k *account, since time.Time) (all []Session, problem string) {
	db := opencodeDatabase(k.home.Data)
	stamp := [2]fileStamp{stampOf(db.path), stampOf(db.path + "-wal")}
	if stamp == k.stamp && k.database != nil {
		return k.database, ""
	}
	all, err := db.sessions(ctx, a.Folder, since, r.location)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return nil, unknownFormat(opencode, "")
	case errors.Is(err, errUnknownFormat):
		return nil, unknownFormat(opencode, "")
	case err != nil:
		return k.database, problemOf(err)
	}
	k.database, k.stamp = append([]Session{}, all...), stamp
	return all, ""
}

// sum sums sessions: what they have used today, and the newest one by itself.
func (r *Reader) sum(sessions []Session, problem string) *State {
	r.mu.Lock()
	prices, currency := r.prices, r.currency
	r.mu.Unlock()
	state := &State{Day: DayOf(r.now(), r.location), Problem: problem, Currency: currency}
	var newest *Session
	for i := range sessions {
		s := &sessions[i]
		state.Untold += s.Untold
		for _, use := range s.Uses {
			if use.Day == state.Day {
				state.Today.Add(use, prices)
			}
		}
		// A subagent's transcript is not what the agent is asked.
		if newest == nil || s.last.After(newest.last) && (s.prompt != "" || newest.prompt == "") {
			newest = s
		}
	}
	if newest == nil {
		return state
	}
	for i := range sessions {
		if s := &sessions[i]; s.ID == newest.ID {
			for _, use := range s.Uses {
				state.Session.Add(use, prices)
			}
		}
	}
	state.Context, state.Window, state.Limits = newest.context, newest.window, newest.limits
	state.Prompt, state.Version, state.Repeating = newest.prompt, newest.Version, newest.repeating
	if n := len(newest.Uses); n > 0 {
		state.Model = newest.Uses[n-1].Model
	}
	if state.Untold > 0 && state.Problem == "" {
		state.Problem = strings.TrimSpace(fmt.Sprintf("the tokens of %d answers are not told in a way that is known", state.Untold))
	}
	return state
}
