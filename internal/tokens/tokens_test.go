package tokens

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// The files in testdata are of real programs, whose answers came from a mock of their
// providers: 1900 tokens each request.
const day = "2026-11-29"

// process is one of a made up machine.
type process struct {
	t    *testing.T
	root string
	r    *Reader
}

func newProcess(t *testing.T) process {
	t.Helper()
	root := t.TempDir()
	p := process{t: t, root: root}
	p.r = NewReader(func(int) time.Time { return time.Now().Add(-time.Hour) },
		func() time.Time { return time.Date(2026, 11, 29, 22, 0, 0, 0, time.UTC) })
	p.r.proc, p.r.location = filepath.Join(root, "proc"), time.UTC
	p.write("proc/7/environ", "A=1\x00HOME="+root+"/me\x00")
	return p
}

func (p process) write(path, text string) string {
	p.t.Helper()
	full := filepath.Join(p.root, path)
	if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
		p.t.Fatal(err)
	}
	if err := os.WriteFile(full, []byte(text), 0o600); err != nil {
		p.t.Fatal(err)
	}
	return full
}

func (p process) add(path, text string) {
	p.t.Helper()
	file, err := os.OpenFile(filepath.Join(p.root, path), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		p.t.Fatal(err)
	}
	if _, err := file.WriteString(text); err != nil {
		p.t.Fatal(err)
	}
	if err := file.Close(); err != nil {
		p.t.Fatal(err)
	}
}

func (p process) read(kind string) *State {
	p.t.Helper()
	state, err := p.r.Read(p.t.Context(), Agent{Kind: kind, PID: 7, Folder: "/src/app"})
	if err != nil {
		p.t.Fatal(err)
	}
	return state
}

func given(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// Where a program of the made up machine keeps its session.
const (
	claudePath = "me/.claude/projects/-src-app/aa215e7d.jsonl"
	codexPath  = "me/.codex/sessions/2026/11/29/rollout-2026-11-29T20-51-15-01a22913.jsonl"
	geminiPath = "me/.gemini/tmp/app/chats/session-2026-11-29T20-51-88c20452.jsonl"
)

func (p process) layOut(kind string) {
	switch kind {
	case claude:
		p.write(claudePath, given(p.t, "claude-2.1.330.jsonl"))
	case codex:
		p.write(codexPath, given(p.t, "codex-0.169.0.jsonl"))
	case gemini:
		p.write("me/.gemini/projects.json", `{"projects":{"/src/app":"app"}}`)
		p.write(geminiPath, given(p.t, "gemini-0.61.0.jsonl"))
	case opencode:
		p.opencode(given(p.t, "opencode-1.18.33.sql"))
	}
}

func (p process) opencode(script string) {
	p.t.Helper()
	path := p.write("me/.local/share/opencode/opencode.db", "")
	db, err := sql.Open("sqlite", "file:"+path)
	if err != nil {
		p.t.Fatal(err)
	}
	if _, err := db.ExecContext(p.t.Context(), script); err != nil {
		p.t.Fatal(err)
	}
	// The process was started long after the session in the file was.
	if _, err := db.ExecContext(p.t.Context(), "UPDATE session SET time_updated = ?", time.Now().UnixMilli()); err != nil {
		p.t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		p.t.Fatal(err)
	}
}

func TestTheFilesOfRealProgramsTellWhatTheyHaveUsed(t *testing.T) {
	defer goleak.VerifyNone(t)
	for kind, want := range map[string]State{
		claude: {Today: Totals{Count: Count{Input: 5700, Output: 135}}, Context: 1943, Model: "claude-opus-5-5", Version: "2.1.330", Prompt: "fix the off-by-one bug in calc.py"},
		codex:  {Today: Totals{Count: Count{Input: 3800, Output: 92}}, Context: 1942, Window: 258400, Model: "gpt-5-codex", Version: "0.169.0", Prompt: "fix the off-by-one bug in calc.py"},
		gemini: {Today: Totals{Count: Count{Input: 5700, Output: 130}}, Context: 1940, Model: "gemini-3.8-flash", Prompt: "fix the off-by-one bug in calc.py"},
		opencode: {
			Today: Totals{Count: Count{Input: 3800, Output: 92}}, Context: 1942, Model: "mock-1", Version: "1.18.33", Prompt: "fix the off-by-one bug in calc.py",
		},
	} {
		t.Run(kind, func(t *testing.T) {
			p := newProcess(t)
			p.layOut(kind)
			want.Day, want.Today.Unpriced = day, want.Today.Total()
			want.Session = want.Today
			if got := p.read(kind); !got.Equal(&want) {
				t.Errorf("got  %+v\nwant %+v", *got, want)
			}
			// Nothing new says nothing new.
			if got := p.read(kind); !got.Equal(&want) {
				t.Errorf("again: got  %+v\nwant %+v", *got, want)
			}
		})
	}
}

func TestOnlyWhatIsAddedToAFileIsRead(t *testing.T) {
	p := newProcess(t)
	p.layOut(gemini)
	p.read(gemini)
	before := p.r.accounts[accountKey{Agent{gemini, 7, "/src/app"}, false}].files[filepath.Join(p.root, geminiPath)].tail.offset
	half := `{"id":"n1","timestamp":"2026-11-29T21:00:00Z","type":"gemini","tokens":{"input":100,"output":10,"cached":40,`
	p.add(geminiPath, half)
	if got := p.read(gemini); got.Today.Input != 5700 {
		t.Errorf("a line that is not whole yet counts: %+v", got.Today)
	}
	rest := `"thoughts":5,"tool":3},"model":"gemini-3.8-flash"}` + "\n"
	p.add(geminiPath, rest)
	if got := p.read(gemini); got.Today.Count != (Count{Input: 5763, CacheRead: 40, Output: 145}) {
		t.Errorf("%+v", got.Today)
	}
	after := p.r.accounts[accountKey{Agent{gemini, 7, "/src/app"}, false}].files[filepath.Join(p.root, geminiPath)].tail.offset
	if added := after - before; added != int64(len(half)+len(rest)) {
		t.Errorf("%d bytes were read", added)
	}
	p.write(geminiPath, `{"sessionId":"other","startTime":"2026-11-29T21:00:00Z"}`+"\n")
	if got := p.read(gemini); got.Today.Total() != 0 {
		t.Errorf("of a file that was replaced there is left: %+v", got.Today)
	}
}

func TestAnOlderCodexTellsWhatTheSessionHasUsedSoFar(t *testing.T) {
	p := newProcess(t)
	event := `{"timestamp":"2026-11-29T21:00:0%d.5Z","type":"event_msg","payload":{"type":"token_count","info":{"total_token_usage":{"input_tokens":%d,"cached_input_tokens":%d,"output_tokens":%d},"last_token_usage":{"input_tokens":70,"output_tokens":7}}}}` + "\n"
	p.write(codexPath, `{"timestamp":"2026-11-29T20:00:00Z","type":"session_meta","payload":{"id":"s","cwd":"/src/app"}}`+"\n"+
		fmt.Sprintf(event, 1, 100, 40, 10)+fmt.Sprintf(event, 2, 100, 40, 10)+fmt.Sprintf(event, 3, 300, 140, 30)+
		// It goes on from an earlier message.
		fmt.Sprintf(event, 4, 120, 40, 12))
	if got := p.read(codex); got.Today.Count != (Count{Input: 230, CacheRead: 140, Output: 37}) {
		t.Errorf("%+v", got.Today)
	}
}

func TestCodexTellsTheLimitsOfThePlan(t *testing.T) {
	p := newProcess(t)
	p.layOut(codex)
	p.add(codexPath, `{"timestamp":"2026-11-29T21:00:00Z","type":"event_msg","payload":{"type":"token_count","info":null,"rate_limits":{"primary":{"used_percent":9.5,"window_minutes":300,"resets_at":1795990000},"secondary":{"used_percent":18,"window_minutes":10080,"resets_in_seconds":3600}}}}`+"\n")
	got := p.read(codex).Limits
	want := []Limit{
		{"primary", 9.5, 5 * time.Hour, time.Unix(1795990000, 0)},
		{"secondary", 18, 7 * 24 * time.Hour, time.Date(2026, 11, 29, 22, 0, 0, 0, time.UTC)},
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestMoneyIsCountedByTheTableAloneAndElseAsTheProgramHasNotedIt(t *testing.T) {
	p := newProcess(t)
	p.layOut(claude)
	p.r.SetPrices(Prices{{Model: "claude-opus-*", Input: 10, Output: 100}}, "EUR")
	got := p.read(claude)
	if cost := fmt.Sprintf("%.4f", got.Today.Cost); cost != "0.0705" || got.Today.Unpriced != 0 || got.Currency != "EUR" {
		t.Errorf("%s, %+v", cost, got)
	}
	p.r.SetPrices(Prices{{Model: "gpt-*", Input: 10}}, "EUR")
	if got = p.read(claude); got.Today.Cost != 0 || got.Today.Unpriced != 5835 {
		t.Errorf("a model without a price: %+v", got.Today)
	}
	noted := Use{Model: "mock-1", Count: Count{Input: 5}, Recorded: 0.25}
	if cost, ok := noted.Cost(nil); !ok || cost != 0.25 {
		t.Errorf("noted by the program: %v %v", cost, ok)
	}
	if cost, ok := noted.Cost(Prices{{Model: "mock-1", Input: 1e6}}); !ok || cost != 5 {
		t.Errorf("the table comes first: %v %v", cost, ok)
	}
}

func TestWhatIsNotKnownIsSaidAndNeverGuessed(t *testing.T) {
	for name, test := range map[string]struct {
		kind, path, text, problem string
	}{
		"claude that writes other words":   {claude, claudePath, `{"type":"assistant","sessionId":"a","version":"9.0","timestamp":"2026-11-29T21:00:00Z","message":{"model":"m","usage":{"tokens":5}}}`, "1 answers"},
		"claude that writes another file":  {claude, claudePath, `{"v":3}`, "not known"},
		"codex before sessions had a head": {codex, codexPath, `{"cwd":"/src/app","instructions":null}`, "not known"},
		"codex that tells no tokens": {
			codex, codexPath, given(t, "codex-0.169.0.jsonl")[:strings.Index(given(t, "codex-0.169.0.jsonl"), "\n")+1] +
				`{"timestamp":"2026-11-29T21:00:00Z","type":"event_msg","payload":{"type":"task_complete"}}`, "1 answers",
		},
		"gemini with one value in a file": {gemini, "me/.gemini/tmp/app/chats/session-1.json", `{"messages":[]}`, "not known"},
		"opencode with files":             {opencode, "me/.local/share/opencode/storage/message/ses_1/msg_1.json", `{}`, "not known"},
		"opencode with other tables":      {opencode, "", "CREATE TABLE session(id TEXT, time_updated INTEGER)", "not known"},
		"a folder in place of a file":     {claude, claudePath + "/x", `{}`, "not a regular file"},
	} {
		t.Run(name, func(t *testing.T) {
			p := newProcess(t)
			p.write("me/.gemini/projects.json", `{"projects":{"/src/app":"app"}}`)
			p.write("me/.claude/sessions/7.json", `{"pid":7,"sessionId":"aa215e7d","cwd":"/src/app"}`)
			if test.path == "" {
				p.opencode(test.text)
			} else {
				p.write(test.path, test.text+"\n")
			}
			got := p.read(test.kind)
			if !strings.Contains(got.Problem, test.problem) || got.Today.Total() != 0 {
				t.Errorf("%q, %+v", got.Problem, got.Today)
			}
		})
	}
}

func TestSeveralAgentsInAFolderAreNotTakenForOneAnother(t *testing.T) {
	for _, kind := range []string{claude, codex, gemini, opencode} {
		p := newProcess(t)
		p.layOut(kind)
		state, err := p.r.Read(t.Context(), Agent{Kind: kind, PID: 7, Folder: "/src/app"}, 8)
		if err != nil || state.Today.Total() != 0 || !strings.Contains(state.Problem, "cannot be told apart") {
			t.Errorf("%s: %+v, %v", kind, state, err)
		}
	}
	p := newProcess(t)
	p.layOut(claude)
	p.write("me/.claude/sessions/7.json", `{"pid":7,"sessionId":"aa215e7d","cwd":"/src/app"}`)
	state, err := p.r.Read(t.Context(), Agent{Kind: claude, PID: 7, Folder: "/src/app"}, 8)
	if err != nil || state.Today.Total() != 5835 {
		t.Errorf("claude says which session a process has: %+v, %v", state, err)
	}
	p = newProcess(t)
	p.layOut(codex)
	if err := os.MkdirAll(filepath.Join(p.root, "proc/7/fd"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(filepath.Join(p.root, codexPath), filepath.Join(p.root, "proc/7/fd/39")); err != nil {
		t.Fatal(err)
	}
	state, err = p.r.Read(t.Context(), Agent{Kind: codex, PID: 7, Folder: "/src/app"}, 8)
	if err != nil || state.Today.Total() != 3892 {
		t.Errorf("codex has its session's file open: %+v, %v", state, err)
	}
}

func TestAnotherKindOrProcessHasNoFiles(t *testing.T) {
	p := newProcess(t)
	if state := p.read("aider"); state != nil {
		t.Errorf("%+v", state)
	}
	state, err := p.r.Read(t.Context(), Agent{Kind: claude, PID: 8, Folder: "/src/app"})
	if err != nil || !strings.Contains(state.Problem, "does not tell where") {
		t.Errorf("%+v, %v", state, err)
	}
}

func TestAFileThatHangsHoldsUpNobodyForLong(t *testing.T) {
	p := newProcess(t)
	p.r.turn <- struct{}{} // somebody who reads and does not end
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := p.r.Read(ctx, Agent{Kind: claude, PID: 7}); err == nil {
		t.Error("it was read")
	}
}

func TestLinesThatAreTooLongArePassedOver(t *testing.T) {
	p := newProcess(t)
	p.layOut(gemini)
	p.add(geminiPath, `{"picture":"`+strings.Repeat("x", longestLine)+`"}`+"\n"+
		`{"id":"n1","timestamp":"2026-11-29T21:00:00Z","type":"gemini","tokens":{"input":100},"model":"m"}`+"\n")
	if got := p.read(gemini); got.Today.Input != 5800 {
		t.Errorf("%+v", got.Today)
	}
}

func TestAReportIsOfAllSessionsAndCountsNoAnswerTwice(t *testing.T) {
	p := newProcess(t)
	for _, kind := range []string{claude, codex, gemini, opencode} {
		p.layOut(kind)
	}
	p.write("me/.gemini/tmp/app/.project_root", "/src/app")
	// A session that goes on with the one before has its answers, too.
	p.write(strings.Replace(claudePath, "aa215e7d", "bb215e7d", 1), given(t, "claude-2.1.330.jsonl"))
	home := HomeOf(func(name string) string { return map[string]string{"HOME": p.root + "/me"}[name] })
	report := func(from, to string) string {
		var lines []string
		begin, err := time.Parse(time.DateOnly, from)
		if err != nil {
			t.Fatal(err)
		}
		end, err := time.Parse(time.DateOnly, to)
		if err != nil {
			t.Fatal(err)
		}
		err = Report(t.Context(), []Home{home, home}, begin, end, time.UTC, func(r Row) error {
			lines = append(lines, fmt.Sprint(r.Day, " ", r.Kind, " ", r.Folder, " ", r.Model, " ", r.Total()))
			return nil
		}, func(problem string) { lines = append(lines, problem) })
		if err != nil {
			t.Fatal(err)
		}
		return strings.Join(lines, "\n")
	}
	got := report("2026-11-29", "2026-11-30")
	for _, want := range []string{
		day + " claude /src/app claude-opus-5-5 5835", day + " codex /src/app gpt-5-codex 3892",
		day + " gemini /src/app gemini-3.8-flash 5830", day + " opencode /src/app mock-1 3892",
	} {
		if strings.Count(got, want) != 1 {
			t.Errorf("%q is not there once in\n%s", want, got)
		}
	}
	if got := report("2026-11-20", "2026-11-29"); got != "" {
		t.Errorf("of other days: %s", got)
	}
}

// Whatever stands in a file is read without harm, in any pieces, and to the same end.
func fuzzParser(f *testing.F, kind, name string) {
	text, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text, uint16(100))
	f.Add([]byte("{\n\x00\n[]\n{\"type\":1}\n"), uint16(3))
	f.Fuzz(func(t *testing.T, text []byte, cut uint16) {
		read := func(file *file, upTo int) Session {
			take := func(line []byte) { file.parser.line(line, &file.session, file.book) }
			if err := file.tail.lines(t.Context(), bytes.NewReader(text[file.tail.offset:upTo]), take); err != nil {
				t.Fatal(err)
			}
			return file.told()
		}
		pieces := newFile(kind, "/s.jsonl", time.UTC, nil)
		read(pieces, min(int(cut), len(text)))
		got := read(pieces, len(text))
		want := read(newFile(kind, "/s.jsonl", time.UTC, nil), len(text))
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Fatalf("in pieces %v, at once %v", got, want)
		}
		for _, use := range got.Uses {
			if use.Input < 0 || use.Output < 0 || use.CacheRead < 0 || use.CacheWrite < 0 || len(use.Model) > 8*mostText {
				t.Fatalf("%+v", use)
			}
		}
	})
}

func FuzzClaudeTranscripts(f *testing.F) { fuzzParser(f, claude, "claude-2.1.330.jsonl") }
func FuzzCodexRollouts(f *testing.F)     { fuzzParser(f, codex, "codex-0.169.0.jsonl") }
func FuzzGeminiChats(f *testing.F)       { fuzzParser(f, gemini, "gemini-0.61.0.jsonl") }

func FuzzOpencodeMessages(f *testing.F) {
	f.Add(`{"role":"assistant","modelID":"m","cost":0.1,"tokens":{"input":1,"output":2,"reasoning":3,"cache":{"read":4,"write":5}}}`)
	f.Add(`{"role":"assistant","tokens":{"input":-9223372036854775808}}`)
	f.Fuzz(func(t *testing.T, data string) {
		s, b := &Session{}, newBook(time.UTC, nil)
		enterOpencode([]byte(data), "m1", time.Unix(0, 0), s, b)
		for _, use := range b.list() {
			if use.Total() < 0 || use.Recorded < 0 {
				t.Fatalf("%+v", use)
			}
		}
	})
}
