// Package steps tells when an agent does the same step again and again: the same tool
// with the same arguments and the same result. It looks at what agents note of their
// steps in their session files, and is made to be silent where it is not sure: about
// what waits for something, about what is run again after other work, and about what
// comes out differently.
//
// It is arithmetic over values: it reads nothing and starts nothing.
package steps

import (
	"fmt"
	"hash/fnv"
	"slices"
	"time"
)

// Sort says what a step does, as far as its tool tells.
type Sort uint8

// The sorts.
const (
	// Other is a tool of which nothing is known.
	Other Sort = iota
	// Command runs a command.
	Command
	// Look reads files or searches in them.
	Look
	// Change changes files.
	Change
	// Wait waits for something or asks how far it is.
	Wait
	// Note keeps a list, or does what tells nothing of progress.
	Note
)

// Step is one step of an agent, before its result is known.
type Step struct {
	Sort Sort
	// Does is the step in short: the command, or the file. Untrusted.
	Does string
	// Asked are all of its arguments.
	Asked string
	// Files are those that it changes.
	Files []string
	// grows is set when something else may be writing what it reads.
	grows bool
}

// Repetition is a step that was made again and again.
type Repetition struct {
	// Verb and Step say what was done: "ran", "npm test". Step is untrusted text in one
	// line.
	Verb string `json:"verb"`
	Step string `json:"step"`
	// Times is how often, at least; First and Last are the ends of the first and the
	// last of them.
	Times int       `json:"times"`
	First time.Time `json:"first,omitzero"`
	Last  time.Time `json:"last,omitzero"`
	// Failed is set when it failed each time. Result is the line of its result that
	// tells most, empty when it has none. Untrusted.
	Failed bool   `json:"failed,omitempty"`
	Result string `json:"result,omitempty"`
	// Changes is how many times files were changed between the first and the last.
	Changes int `json:"changes,omitempty"`
}

// String says in a sentence how it was concluded.
func (r Repetition) String() string {
	outcome := "result"
	if r.Failed {
		outcome = "failure"
	}
	text := fmt.Sprintf("%s `%s` %d times with the same %s", r.Verb, r.Step, r.Times, outcome)
	if r.Result != "" {
		text += " (" + r.Result + ")"
	}
	if took := r.Last.Sub(r.First); took >= time.Minute {
		text += fmt.Sprintf(" in %d min", int(took.Round(time.Minute)/time.Minute))
	} else if took >= time.Second {
		text += fmt.Sprintf(" in %d s", int(took/time.Second))
	}
	switch r.Changes {
	case 0:
	case 1:
		text += ", with a change between"
	default:
		text += fmt.Sprintf(", with %d changes between", r.Changes)
	}
	return text
}

const (
	// most bounds how many steps are kept, mostOpen how many wait for their result.
	most     = 128
	mostOpen = 64
	// again is how often a failing step has to come when nothing was changed between,
	// afterWork when something was: who runs the tests after each change makes progress
	// until they fail in the same way for long.
	again     = 3
	afterWork = 4
	// apart is how many other steps may lie between two of the same, and lately how many
	// may come after the last of them, for it to be still what the agent does.
	apart  = 8
	lately = 3
	// pause is how long may lie between two of the same.
	pause = 15 * time.Minute
	// mostFiles is how many files may have been changed between the same failures: who
	// goes through one file after another does not repeat itself.
	mostFiles = 2
)

// done is a step, with its result once that is known.
type done struct {
	sort          Sort
	does          string
	files         []string
	asked, result uint64
	told          string
	failed, waits bool
	grows         bool
	at            time.Time
}

// Log follows the steps of one session. Its zero value is ready. It is not safe for
// concurrent use.
type Log struct {
	open map[string]done
	// order are the keys in open as they came.
	order []string
	steps []done
	found *Repetition
}

// Asked says that the user has asked for something: what comes is new work.
func (l *Log) Asked() { l.steps, l.found = nil, nil }

// Begin says that a step begins, known by an id until it ends.
func (l *Log) Begin(id string, s Step) {
	if id == "" {
		return
	}
	if l.open == nil {
		l.open = make(map[string]done)
	}
	if _, known := l.open[id]; !known {
		l.order = append(l.order, id)
	}
	l.open[id] = done{
		sort: s.Sort, does: s.Does, files: s.Files, grows: s.grows, asked: digest(s.Asked),
		waits: s.Sort == Wait || s.Sort == Command && waits(s.Asked),
	}
	if len(l.order) > mostOpen {
		delete(l.open, l.order[0])
		l.order = l.order[1:]
	}
}

// End says how a step that has begun came out, in the program's words.
func (l *Log) End(id, result string, failed bool, at time.Time) {
	s, known := l.open[id]
	if !known {
		return
	}
	delete(l.open, id)
	l.order = slices.DeleteFunc(l.order, func(other string) bool { return other == id })
	o := read(result, failed, s.sort == Command)
	s.result, s.told, s.at = digest(o.lasting), o.told, at
	// Of a file that is read, what it says tells nothing of the step.
	s.failed = failed || o.failed && s.sort == Command
	s.waits = s.waits || o.waits && s.sort != Look
	l.steps = append(l.steps, s)
	if len(l.steps) > most {
		l.steps = slices.Clone(l.steps[len(l.steps)-most/2:])
	}
	l.found = l.judge()
}

func digest(text string) uint64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(text))
	return h.Sum64()
}

// Repeating is what the agent does again and again now; nil when nothing is, or when
// that is not sure. It must not be changed.
func (l *Log) Repeating() *Repetition { return l.found }

// judge looks at the last steps, the newest first.
func (l *Log) judge() *Repetition {
	for at := len(l.steps) - 1; at >= 0 && at >= len(l.steps)-1-lately; at-- {
		if r := l.repeated(at); r != nil {
			return r
		}
	}
	return nil
}

// repeated tells whether the step at an index is one that is made again and again.
func (l *Log) repeated(at int) *Repetition {
	s := l.steps[at]
	if s.waits || s.sort == Note || !s.failed && (s.sort == Command || s.sort == Other) || s.grows {
		return nil
	}
	r := Repetition{Verb: s.verb(), Step: s.does, Times: 1, First: s.at, Last: s.at, Failed: s.failed, Result: s.told}
	since, between := l.since(at)
	// worked are the steps between that may have changed something, up to the oldest of
	// the same that counts.
	var worked, pending work
	pending = between
	gap := 0
	for i := at - 1; i >= 0; i-- {
		o := l.steps[i]
		if o.asked != s.asked || o.does != s.does || o.sort != s.sort {
			if gap++; gap > apart || o.waits {
				break
			}
			pending.add(o)
			continue
		}
		if o.result != s.result || o.failed != s.failed || since.Sub(o.at) > pause {
			break
		}
		worked = pending
		r.Times, r.First, r.Changes = r.Times+1, o.at, worked.changes
		since, gap = o.at, 0
	}
	if between.waits || r.Times < s.needed(worked) || len(worked.files) > mostFiles {
		return nil
	}
	return &r
}

// since is the time of a step, and what was done after it.
func (l *Log) since(at int) (time.Time, work) {
	var w work
	for _, o := range l.steps[at+1:] {
		w.add(o)
	}
	return l.steps[at].at, w
}

// work is what was done between steps.
type work struct {
	changes, commands int
	files             []string
	waits             bool
}

func (w *work) add(d done) {
	w.waits = w.waits || d.waits
	switch d.sort {
	case Change:
		if d.failed {
			return
		}
		w.changes++
		// A copy of the work keeps its files.
		w.files = slices.Clip(w.files)
		for _, f := range d.files {
			if !slices.Contains(w.files, f) {
				w.files = append(w.files, f)
			}
		}
	case Command, Other:
		w.commands++
	case Look, Wait, Note:
	}
}

// needed is how often the step has to come for it to be sure, when some work was done
// between.
func (d done) needed(w work) int {
	const never = most + 1
	switch {
	case d.sort == Change:
		// The same change that takes effect again has been taken back between.
		return again
	case d.failed && d.sort == Other:
		return afterWork
	case d.failed && w.changes+w.commands == 0:
		return again
	case d.failed:
		return afterWork
	case w.changes+w.commands > 0:
		return never
	default:
		return afterWork
	}
}

func (d done) verb() string {
	switch d.sort {
	case Command:
		return "ran"
	case Look:
		return "read"
	case Change:
		if d.failed {
			return "tried to change"
		}
		return "changed"
	case Other, Wait, Note:
	}
	return "called"
}
