package tokens

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// failing are three runs of a command that fail alike, as a program of a kind notes
// them; %d is their number.
func failing(kind string) string {
	switch kind {
	case claude:
		return `{"isSidechain":false,"message":{"type":"message","role":"assistant","model":"m","id":"msg_%[1]d","content":[{"type":"tool_use","id":"toolu_%[1]d","name":"Bash","input":{"command":"./fail.sh","description":"Run it %[1]d","timeout":120000}}],"usage":{"input_tokens":1,"output_tokens":1}},"type":"assistant","timestamp":"2026-11-29T23:53:1%[1]d.756Z","sessionId":"s","version":"2.1.330"}
{"isSidechain":false,"type":"user","message":{"role":"user","content":[{"type":"tool_result","content":"Exit code 1\nok 1 adds\n3 tests, 2 failed in 0.%[1]d72s","is_error":true,"tool_use_id":"toolu_%[1]d"}]},"timestamp":"2026-11-29T23:53:2%[1]d.815Z","sessionId":"s","version":"2.1.330"}`
	case codex:
		return `{"timestamp":"2026-11-29T23:53:1%[1]d.756Z","type":"response_item","payload":{"type":"function_call","status":"completed","id":"fc_%[1]d","name":"exec_command","arguments":"{\"cmd\":\"./fail.sh\",\"workdir\":\"/src\",\"yield_time_ms\":30000}","call_id":"call_%[1]d"}}
{"timestamp":"2026-11-29T23:53:2%[1]d.756Z","type":"response_item","payload":{"type":"function_call_output","id":"fco_%[1]d","call_id":"call_%[1]d","output":"Chunk ID: 27f7e%[1]d\nWall time: 1.%[1]d seconds\nProcess exited with code 1\nOriginal token count: 21\nOutput:\nok 1 adds\n3 tests, 2 failed in 0.9%[1]d3s\n"}}`
	default:
		return `{"id":"m%[1]d","timestamp":"2026-11-29T23:53:2%[1]d.747Z","type":"gemini","content":"","tokens":{"input":1,"output":1},"model":"m","toolCalls":[{"id":"run_%[1]d","name":"run_shell_command","args":{"command":"./fail.sh","description":"try %[1]d"},"result":[{"functionResponse":{"id":"run_%[1]d","name":"run_shell_command","response":{"output":"Output: ok 1 adds\n3 tests, 2 failed in 0.%[1]d48s\nExit Code: 1\nProcess Group PGID: 319%[1]d"}}}],"status":"success","timestamp":"2026-11-29T23:53:2%[1]d.747Z"}]}`
	}
}

// asking is a user's message of a program of a kind.
func asking(kind string) string {
	switch kind {
	case claude:
		return `{"isSidechain":false,"type":"user","message":{"role":"user","content":"go on"},"timestamp":"2026-11-29T23:54:00Z","sessionId":"s","version":"2.1.330"}`
	case codex:
		return `{"timestamp":"2026-11-29T23:54:00Z","type":"event_msg","payload":{"type":"item_completed","item":{"type":"UserMessage","content":[{"type":"text","text":"go on"}]}}}`
	default:
		return `{"id":"u","timestamp":"2026-11-29T23:54:00Z","type":"user","content":[{"text":"go on"}]}`
	}
}

func TestTheStepsOfEachProgramAreFollowedUntilItsUserAsksForMore(t *testing.T) {
	for _, kind := range []string{claude, codex, gemini} {
		f := newFile(kind, "", time.UTC, nil)
		take := func(text string) {
			for line := range strings.Lines(text) {
				f.parser.line([]byte(line), &f.session, f.book)
			}
		}
		for n := range 3 {
			if r := f.session.steps.Repeating(); r != nil {
				t.Errorf("%s: after %d runs: %s", kind, n, r)
			}
			take(fmt.Sprintf(failing(kind), n))
		}
		if kind == gemini {
			// A message that is written again tells nothing new.
			take(fmt.Sprintf(failing(kind), 2))
		}
		r := f.told().repeating
		if r == nil || r.Times != 3 || r.Step != "./fail.sh" || !r.Failed || !strings.HasPrefix(r.Result, "3 tests, 2 failed") || r.Last.Sub(r.First) != 2*time.Second {
			t.Errorf("%s: %+v", kind, r)
		}
		if take(asking(kind)); f.told().repeating != nil {
			t.Errorf("%s: still %s after its user asked", kind, f.told().repeating)
		}
	}
}

func TestStepsOfASubagentAreNotThoseOfTheAgent(t *testing.T) {
	f := newFile(claude, "", time.UTC, nil)
	for n := range 3 {
		for line := range strings.Lines(strings.ReplaceAll(fmt.Sprintf(failing(claude), n), `"isSidechain":false`, `"isSidechain":true`)) {
			f.parser.line([]byte(line), &f.session, f.book)
		}
	}
	if r := f.told().repeating; r != nil {
		t.Errorf("%s", r)
	}
}
