// Package foresight learns from what agents did when a turn will end and how, and
// says it only while that has proved better than every simple guess: on the user's
// own history, where each turn is first predicted and then learnt.
//
// It is arithmetic over values: it reads nothing, keeps nothing on disk and starts
// nothing. A Model is not safe for concurrent use.
package foresight

import (
	"fmt"
	"time"
)

// End is how a turn ended: the time in which an agent worked without standing still.
type End uint8

// The ends.
const (
	// EndDone: it has done what it was asked to.
	EndDone End = iota
	// EndAsks: it asked its user something.
	EndAsks
	EndError
	EndLimit
	EndCrash
	ends
	// EndUnknown: nobody saw how it ended, or its user ended it.
	EndUnknown = ends
)

// Ends is how many ends there are.
const Ends = int(ends)

// String returns the end's word.
func (e End) String() string {
	words := [...]string{"done", "asks", "error", "limit", "crash", "unknown"}
	if int(e) < len(words) {
		return words[e]
	}
	return fmt.Sprintf("end(%d)", uint8(e))
}

// Situation is all that is known of a turn that goes on.
type Situation struct {
	// Kind is what runs, Place where: whatever stands for a project, such as a
	// session's name.
	Kind, Place string
	Began       time.Time
	// Previous is how the agent's turn before ended, EndUnknown for its first, and
	// PreviousTook how long that one lasted.
	Previous     End
	PreviousTook time.Duration
}

// Turn is a turn that is over.
type Turn struct {
	Situation
	Took time.Duration
	// End is EndUnknown for a turn whose end nobody saw: then all that is known is
	// that it lasted at least Took.
	End End
}

// shortest is how long a turn must last: less is a screen that flickers.
const shortest = 2 * time.Second

// Follower makes turns of what agents become. Its zero value is ready.
type Follower struct{ agents map[string]*followed }

type followed struct {
	current  Situation
	working  bool
	previous End
	took     time.Duration
}

// Change says that an agent, known by an id, has become something at a time. working
// is whether it works from then on; end is how the turn before ended, if it did. It
// returns the turn that is over, if there is one.
func (f *Follower) Change(id, kind, place string, at time.Time, working bool, end End) (Turn, bool) {
	if f.agents == nil {
		f.agents = make(map[string]*followed)
	}
	a := f.agents[id]
	if a == nil {
		a = &followed{previous: EndUnknown}
		f.agents[id] = a
	}
	if working {
		if !a.working {
			a.working = true
			a.current = Situation{Kind: kind, Place: place, Began: at, Previous: a.previous, PreviousTook: a.took}
		}
		return Turn{}, false
	}
	if !a.working {
		return Turn{}, false
	}
	a.working = false
	took := at.Sub(a.current.Began)
	if took < shortest {
		return Turn{}, false
	}
	a.previous, a.took = end, took
	return Turn{Situation: a.current, Took: took, End: end}, true
}

// Gone forgets an agent.
func (f *Follower) Gone(id string) { delete(f.agents, id) }

// Interrupted forgets the turns that go on: nobody watches for a while.
func (f *Follower) Interrupted() {
	for _, a := range f.agents {
		a.working = false
	}
}

// Working returns the turn that an agent is in; false when it does not work.
func (f *Follower) Working(id string) (Situation, bool) {
	if a := f.agents[id]; a != nil && a.working {
		return a.current, true
	}
	return Situation{}, false
}
