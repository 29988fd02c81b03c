package health

import (
	"fmt"
)

// State says what an agent is doing. The zero value is StateUnknown: when the
// evidence does not tell, that is the answer, never a guess.
type State uint8

// The states of an agent, in the vocabulary of docs/glossary.md.
const (
	// StateUnknown: nothing on the screen or beside it tells.
	StateUnknown State = iota
	// StateStarting: the program runs and has not drawn a usable screen yet.
	StateStarting
	// StateWorking: a turn is running; also while it retries by itself.
	StateWorking
	// StateWaiting: the agent needs an answer; WaitReason says of which sort.
	StateWaiting
	// StateLimited: a usage or rate limit stopped it.
	StateLimited
	// StateError: the last thing that happened is a failure that ended the turn.
	StateError
	// StateIdle: at its prompt.
	StateIdle
	// StateCrashed: the process died and left a shell (or a dead pane).
	StateCrashed
	// StateExited: the program ended by itself.
	StateExited
)

// stateWords are the names used on the screen, in JSON and in files.
func stateWords() [9]string {
	return [...]string{
		StateUnknown: "unknown", StateStarting: "starting", StateWorking: "working",
		StateWaiting: "waiting", StateLimited: "limited", StateError: "error",
		StateIdle: "idle", StateCrashed: "crashed", StateExited: "exited",
	}
}

// String returns the state's word, or "state(N)" for a value out of range.
func (s State) String() string {
	words := stateWords()
	if int(s) < len(words) {
		return words[s]
	}
	return fmt.Sprintf("state(%d)", uint8(s))
}

// ParseState is the inverse of State.String. "done" reads as StateIdle, since
// done is idle with the unseen flag. An unknown word is an error.
func ParseState(word string) (State, error) {
	for i, w := range stateWords() {
		if w == word {
			return State(i), nil
		}
	}
	if word == "done" {
		return StateIdle, nil
	}
	return StateUnknown, fmt.Errorf("health: no state is called %q", word)
}

// Ended tells whether the program is over.
func (s State) Ended() bool { return s == StateCrashed || s == StateExited }

// MarshalText writes the state's word.
func (s State) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads a state's word.
func (s *State) UnmarshalText(text []byte) error {
	parsed, err := ParseState(string(text))
	if err != nil {
		return err
	}
	*s = parsed
	return nil
}

// WaitReason says what a waiting agent waits for.
type WaitReason uint8

// The reasons for which an agent waits.
const (
	WaitNone WaitReason = iota
	// WaitPermission: it wants to run a tool or change a file.
	WaitPermission
	// WaitQuestion: it asks the user to choose or to tell.
	WaitQuestion
	// WaitPlan: it wants its plan approved.
	WaitPlan
	// WaitTrust: it asks whether the folder is trusted.
	WaitTrust
	// WaitLogin: it wants a login or a key.
	WaitLogin
	// WaitLimitMenu: a limit was hit and a menu asks what to do.
	WaitLimitMenu
)

// String returns the reason's word; the empty string for WaitNone.
func (w WaitReason) String() string {
	words := [...]string{"", "permission", "question", "plan", "trust", "login", "limit menu"}
	if int(w) < len(words) {
		return words[w]
	}
	return fmt.Sprintf("wait(%d)", uint8(w))
}

// MarshalText writes the reason's word.
func (w WaitReason) MarshalText() ([]byte, error) { return []byte(w.String()), nil }

// UnmarshalText reads a reason's word.
func (w *WaitReason) UnmarshalText(text []byte) error {
	for reason := WaitNone; reason <= WaitLimitMenu; reason++ {
		if reason.String() == string(text) {
			*w = reason
			return nil
		}
	}
	return fmt.Errorf("health: no reason to wait is called %q", text)
}

// Source says where a piece of evidence comes from.
type Source uint8

// The sources of evidence.
const (
	// SourceNone: nothing decided (the verdict is unknown).
	SourceNone Source = iota
	// SourceScreen: text on the pane's screen.
	SourceScreen
	// SourceTitle: the pane's title.
	SourceTitle
	// SourceProcess: the pane's foreground process.
	SourceProcess
	// SourceMotion: what changed between two rounds.
	SourceMotion
	// SourceSessionFile: a file that the agent itself keeps.
	SourceSessionFile
	// SourceSaid: what the agent says itself, in the pane's option @agentwatch_state.
	SourceSaid
)

// String returns the source's word.
func (s Source) String() string {
	words := [...]string{"none", "screen", "title", "process", "motion", "session file", "says so itself"}
	if int(s) < len(words) {
		return words[s]
	}
	return fmt.Sprintf("source(%d)", uint8(s))
}

// MarshalText writes the source's word.
func (s Source) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads a source's word.
func (s *Source) UnmarshalText(text []byte) error {
	for source := SourceNone; source <= SourceSaid; source++ {
		if source.String() == string(text) {
			*s = source
			return nil
		}
	}
	return fmt.Errorf("health: no source is called %q", text)
}
