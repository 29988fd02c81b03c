package health

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// home lays out a process with its environment and a session file.
type home struct {
	t    *testing.T
	root string
	f    *SessionFiles
}

func newHome(t *testing.T) home {
	t.Helper()
	h := home{t: t, root: t.TempDir(), f: NewSessionFiles()}
	h.f.proc = filepath.Join(h.root, "proc")
	h.write("proc/7/environ", "A=1\x00HOME="+h.root+"/me\x00")
	h.write("proc/7/stat", "7 (claude) S 1 7 7 0 7 0 0 0 0 0 0 0 0 0 20 0 1 0 4711 0 0")
	return h
}

func (h home) write(path, text string) {
	h.t.Helper()
	full := filepath.Join(h.root, path)
	if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
		h.t.Fatal(err)
	}
	if err := os.WriteFile(full, []byte(text), 0o600); err != nil {
		h.t.Fatal(err)
	}
}

func (h home) session(status, start string) {
	h.write("me/.claude/sessions/7.json", fmt.Sprintf(
		`{"pid":7,"sessionId":"abc","cwd":"/src/my.app","procStart":%q,"status":%q,"waitingFor":"permission prompt","statusUpdatedAt":%d}`,
		start, status, time.Now().UnixMilli()))
}

func TestAnAgentsOwnFileTellsItsStateAndItsTranscriptTheContext(t *testing.T) {
	defer goleak.VerifyNone(t)
	h := newHome(t)
	h.session("waiting", "4711")
	h.write("me/.claude/projects/-src-my-app/abc.jsonl", `{"message":{"model":"claude-opus-5-5","usage":{"input_tokens":10,"cache_read_input_tokens":500,"output_tokens":7}}}
{"isSidechain":true,"message":{"model":"claude-haiku","usage":{"input_tokens":1}}}
{"type":"user","message":{"role":"user","content":"an older one"}}
{"type":"user","message":{"role":"user","content":[{"type":"image"},{"type":"text","text":" fix the login\ntest "}]}}
{"type":"user","message":{"role":"user","content":[{"type":"tool_result","content":"ok"}]}}
{"type":"user","isMeta":true,"message":{"role":"user","content":"Caveat: ..."}}
{"type":"user","isSidechain":true,"message":{"role":"user","content":"of a subagent"}}
{"type":"user","message":{"role":"user","content":"<command-name>/model</command-name>"}}
{"type":"mode"}
`)
	note, ok := h.f.Note(KindClaude, 7)
	if !ok || note.State != StateWaiting || note.Wait != WaitPermission {
		t.Fatalf("got %+v %v", note, ok)
	}
	want := []Fact{{FactModel, "claude-opus-5-5", SourceSessionFile, 0}, {FactContext, "517 tokens", SourceSessionFile, 0}, {FactPrompt, "fix the login", SourceSessionFile, 0}}
	if fmt.Sprint(note.Facts) != fmt.Sprint(want) {
		t.Errorf("facts %v, want %v", note.Facts, want)
	}
	for status, state := range map[string]State{"busy": StateWorking, "idle": StateIdle, "shell": StateWorking, "dreaming": StateUnknown} {
		h.session(status+"", "4711")
		if note, ok = h.f.Note(KindClaude, 7); !ok || note.State != state {
			t.Errorf("%s is %s, want %s", status, note.State, state)
		}
	}
}

func TestAFileOfAnotherProcessIsNotBelieved(t *testing.T) {
	h := newHome(t)
	h.session("busy", "99")
	if note, ok := h.f.Note(KindClaude, 7); ok {
		t.Errorf("a file of a process that started at another time: %+v", note)
	}
	h.session("busy", "4711")
	if _, ok := h.f.Note(KindClaude, 8); ok {
		t.Error("another process has no file")
	}
	if _, ok := h.f.Note(KindCodex, 7); ok {
		t.Error("codex keeps no such file")
	}
}

func TestBrokenFilesTellNothing(t *testing.T) {
	h := newHome(t)
	for _, text := range []string{"", "{", "[]", `{"pid":"7"}`, `{"pid":7,"status":{}}`} {
		h.write("me/.claude/sessions/7.json", text)
		if note, ok := h.f.Note(KindClaude, 7); ok {
			t.Errorf("%q: %+v", text, note)
		}
	}
	if err := os.Remove(filepath.Join(h.root, "me/.claude/sessions/7.json")); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(h.root, "me/.claude/sessions/7.json"), 0o755); err != nil {
		t.Fatal(err)
	}
	if _, ok := h.f.Note(KindClaude, 7); ok {
		t.Error("a folder is no session file")
	}
}

func TestTheFileDecidesOnlyWhereTheScreenLeavesADoubt(t *testing.T) {
	d := NewDetector()
	busy := &SessionNote{State: StateWorking, Path: "/me/.claude/sessions/7.json"}
	blank := Observation{Kind: KindClaude, Processes: foreground("claude"), Screen: "some text\n", Session: busy}
	if v := d.Detect(blank); v.State != StateWorking || v.Evidence.Source != SourceSessionFile || v.Evidence.Text != busy.Path {
		t.Errorf("an unreadable screen: %s by %s (%s)", v.State, v.Evidence.Rule, v.Evidence.Source)
	}
	asking := Observation{
		Kind: KindClaude, Session: busy,
		Screen: "Do you want to proceed?\n ❯ 1. Yes\n   2. No\n\n Esc to cancel · Tab to amend\n",
	}
	if v := d.Detect(asking); v.State != StateWaiting || len(v.Evidence.Against) == 0 {
		t.Errorf("a dialog on the screen: %s, against it %v", v.State, v.Evidence.Against)
	}
}

// Whatever an agent, or somebody else, writes into the files is read without harm, and
// only a file that names the process is believed.
func FuzzSessionFilesAreReadWithoutHarm(f *testing.F) {
	f.Add([]byte(`{"pid":7,"sessionId":"abc","cwd":"/src","procStart":"4711","status":"waiting","statusUpdatedAt":1}`), []byte(`{"message":{"usage":{"input_tokens":1}}}`))
	f.Add([]byte(`{"pid":7,"sessionId":"../../x","cwd":"..","procStart":"4711"}`), []byte("{}\n\x00"))
	f.Add([]byte(`{"pid":8}`), []byte{})
	f.Fuzz(func(t *testing.T, session, transcript []byte) {
		h := newHome(t)
		h.write("me/.claude/sessions/7.json", string(session))
		h.write("me/.claude/projects/-src/abc.jsonl", string(transcript))
		note := h.f.read(7, keptNote{})
		if note.ok && !strings.Contains(string(session), "7") {
			t.Fatalf("believed: %q", session)
		}
		for _, fact := range transcriptFacts(transcript) {
			if len(fact.Value) > maxTranscriptTail {
				t.Fatalf("a fact of %d bytes", len(fact.Value))
			}
		}
	})
}
