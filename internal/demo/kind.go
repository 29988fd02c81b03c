package demo

import "fmt"

// Kind is the agent program that a simulator plays.
type Kind uint8

// The kinds that can be simulated.
const (
	// Claude plays Claude Code.
	Claude Kind = iota
	// Codex plays OpenAI Codex.
	Codex
	// Gemini plays Gemini CLI.
	Gemini
	// OpenCode plays opencode.
	OpenCode
)

// Kinds lists all kinds in declaration order.
func Kinds() []Kind { return []Kind{Claude, Codex, Gemini, OpenCode} }

// String returns the program's name, as its process is called.
func (k Kind) String() string {
	switch k {
	case Claude:
		return "claude"
	case Codex:
		return "codex"
	case Gemini:
		return "gemini"
	case OpenCode:
		return "opencode"
	default:
		return fmt.Sprintf("kind(%d)", uint8(k))
	}
}

// asksForTrust says whether the program asks if it may trust a folder.
func (k Kind) asksForTrust() bool { return k != OpenCode }

// ParseKind is the inverse of Kind.String.
func ParseKind(word string) (Kind, error) {
	for _, k := range Kinds() {
		if k.String() == word {
			return k, nil
		}
	}
	return 0, fmt.Errorf("demo: cannot simulate %q (claude, codex, gemini or opencode)", word)
}

// Script names the situation in which a simulator begins. What follows is the
// same for all: turn after turn, each with a course of its own.
type Script uint8

// The scripts.
const (
	// ScriptFresh starts the program: splash, then an empty prompt.
	ScriptFresh Script = iota
	// ScriptWorking begins in the middle of a turn.
	ScriptWorking
	// ScriptPermission begins at the question whether a tool may run.
	ScriptPermission
	// ScriptQuestion begins at a question with choices.
	ScriptQuestion
	// ScriptPlan begins at a plan to approve.
	ScriptPlan
	// ScriptTrust begins at the question whether the folder is trusted.
	ScriptTrust
	// ScriptLimited begins at a usage limit.
	ScriptLimited
	// ScriptError begins after a failure of the service.
	ScriptError
	// ScriptDone begins at a turn that has just finished.
	ScriptDone
	// ScriptCrash begins shortly before the program kills itself.
	ScriptCrash
	// ScriptExit begins shortly before the program ends by itself.
	ScriptExit
)

// Scripts lists all scripts in declaration order.
func Scripts() []Script {
	return []Script{
		ScriptFresh, ScriptWorking, ScriptPermission, ScriptQuestion, ScriptPlan, ScriptTrust,
		ScriptLimited, ScriptError, ScriptDone, ScriptCrash, ScriptExit,
	}
}

// String returns the script's word.
func (s Script) String() string {
	words := [...]string{
		"fresh", "working", "permission", "question", "plan", "trust",
		"limited", "error", "done", "crash", "exit",
	}
	if int(s) < len(words) {
		return words[s]
	}
	return fmt.Sprintf("script(%d)", uint8(s))
}

// ParseScript is the inverse of Script.String.
func ParseScript(word string) (Script, error) {
	for _, s := range Scripts() {
		if s.String() == word {
			return s, nil
		}
	}
	return 0, fmt.Errorf("demo: no script is called %q", word)
}
