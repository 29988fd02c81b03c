package health

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"
)

// SessionNote is what an agent's own files say about it. Claude Code writes one
// per process, on transitions only; a killed process leaves its file behind,
// and a question can show as busy.
type SessionNote struct {
	// State is StateUnknown when the file has no word for it.
	State State      `json:"state"`
	Wait  WaitReason `json:"wait,omitempty"`
	// At is when the agent wrote it.
	At time.Time `json:"at,omitzero"`
	// Path is the file.
	Path string `json:"path,omitempty"`
	// Facts come from the last records of the transcript.
	Facts []Fact `json:"facts,omitempty"`
}

// Bounds of what is read.
const (
	maxSessionFile    = 64 << 10
	maxTranscriptTail = 128 << 10
	// sessionTimeout is how long a file may take: a home can lie on a network
	// file system that hangs.
	sessionTimeout = 50 * time.Millisecond
)

// SessionFiles reads the notes of agents on this machine. It only reads, and
// is safe for concurrent use.
type SessionFiles struct {
	// proc is where the processes' environments and start times are.
	proc string

	mu sync.Mutex
	// reading is set while a read is under way; one that hangs keeps it set, so
	// that no second one is begun.
	reading bool
	notes   map[int]keptNote
}

// keptNote is a note with what tells whether its files have changed.
type keptNote struct {
	note       SessionNote
	ok         bool
	file, text fileStamp
}

// fileStamp tells whether a file has changed.
type fileStamp struct {
	size     int64
	modified time.Time
}

// NewSessionFiles returns a reader of this machine's files.
func NewSessionFiles() *SessionFiles {
	return &SessionFiles{proc: "/proc", notes: make(map[int]keptNote)}
}

// Note returns what the files of the agent with that process say; ok is false
// when there are none, when they are of another process, or when they cannot be
// read in time. It blocks for at most 50 ms.
func (f *SessionFiles) Note(kind Kind, pid int) (note SessionNote, ok bool) {
	if kind != KindClaude || pid <= 0 {
		return SessionNote{}, false
	}
	f.mu.Lock()
	kept := f.notes[pid]
	if f.reading {
		f.mu.Unlock()
		return kept.note, kept.ok
	}
	f.reading = true
	f.mu.Unlock()
	done := make(chan keptNote, 1)
	go func() {
		fresh := f.read(pid, kept)
		f.mu.Lock()
		f.reading = false
		if len(f.notes) > 4096 {
			clear(f.notes)
		}
		f.notes[pid] = fresh
		f.mu.Unlock()
		done <- fresh
	}()
	timer := time.NewTimer(sessionTimeout)
	defer timer.Stop()
	select {
	case fresh := <-done:
		return fresh.note, fresh.ok
	case <-timer.C:
		return kept.note, kept.ok
	}
}

// claudeSession is the part of ~/.claude/sessions/PID.json that we use.
type claudeSession struct {
	PID             int    `json:"pid"`
	SessionID       string `json:"sessionId"`
	CWD             string `json:"cwd"`
	ProcStart       string `json:"procStart"`
	Status          string `json:"status"`
	WaitingFor      string `json:"waitingFor"`
	StatusUpdatedAt int64  `json:"statusUpdatedAt"`
}

// read reads the files anew where they have changed.
func (f *SessionFiles) read(pid int, kept keptNote) keptNote {
	base := f.claudeFolder(pid)
	if base == "" {
		return keptNote{}
	}
	path := filepath.Join(base, "sessions", strconv.Itoa(pid)+".json")
	stamp, err := stampOf(path)
	if err != nil {
		return keptNote{}
	}
	fresh := kept
	text, err := readTail(path, maxSessionFile)
	var session claudeSession
	if err != nil || json.Unmarshal(text, &session) != nil || session.PID != pid || !f.sameStart(pid, session.ProcStart) {
		return keptNote{}
	}
	if !kept.ok || stamp != kept.file {
		fresh.ok, fresh.file = true, stamp
		fresh.note.State, fresh.note.Wait = session.state()
		fresh.note.At, fresh.note.Path = time.UnixMilli(session.StatusUpdatedAt), path
	}
	transcript := filepath.Join(base, "projects", projectFolder(session.CWD), filepath.Base(session.SessionID)+".jsonl")
	if stamp, err := stampOf(transcript); err == nil && stamp != fresh.text {
		fresh.text = stamp
		if tail, err := readTail(transcript, maxTranscriptTail); err == nil {
			fresh.note.Facts = transcriptFacts(tail)
			if prompt := transcriptPrompt(tail); prompt != "" {
				fresh.note.Facts = append(fresh.note.Facts, Fact{Name: FactPrompt, Value: prompt, Source: SourceSessionFile})
			}
		}
	}
	return fresh
}

// state is the note's status in our words.
func (s claudeSession) state() (State, WaitReason) {
	switch s.Status {
	case "busy", "shell":
		return StateWorking, WaitNone
	case "idle":
		return StateIdle, WaitNone
	case "waiting":
		switch {
		case strings.Contains(s.WaitingFor, "permission"):
			return StateWaiting, WaitPermission
		case strings.Contains(s.WaitingFor, "plan"):
			return StateWaiting, WaitPlan
		}
		// It also says so of menus that the user has opened.
	}
	return StateUnknown, WaitNone
}

// claudeFolder is the configuration folder of the process: it may run under
// another home than ours.
func (f *SessionFiles) claudeFolder(pid int) string {
	environ, err := readHead(filepath.Join(f.proc, strconv.Itoa(pid), "environ"), maxSessionFile)
	if err != nil {
		return ""
	}
	home := ""
	for _, variable := range bytes.Split(environ, []byte{0}) {
		name, value, _ := strings.Cut(string(variable), "=")
		switch name {
		case "CLAUDE_CONFIG_DIR":
			if filepath.IsAbs(value) {
				return value
			}
		case "HOME":
			home = value
		}
	}
	if !filepath.IsAbs(home) {
		return ""
	}
	return filepath.Join(home, ".claude")
}

// sameStart tells whether the process started when the note says: its id may be
// another's by now. Notes without a start time are believed.
func (f *SessionFiles) sameStart(pid int, start string) bool {
	if start == "" {
		return true
	}
	stat, err := readHead(filepath.Join(f.proc, strconv.Itoa(pid), "stat"), 4096)
	if err != nil {
		return false
	}
	// The program's name, in parentheses, may hold anything; the start time is
	// field 22 of proc(5).
	fields := bytes.Fields(stat[bytes.LastIndexByte(stat, ')')+1:])
	return len(fields) > 19 && string(fields[19]) == start
}

// projectFolder is the name under which Claude Code keeps a folder's
// transcripts: whatever is no letter or digit becomes a dash.
func projectFolder(cwd string) string {
	return strings.Map(func(c rune) rune {
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' {
			return c
		}
		return '-'
	}, cwd)
}

// transcriptFacts reads model and context from the last answer in the tail of a
// transcript.
func transcriptFacts(tail []byte) []Fact {
	lines := bytes.Split(tail, []byte("\n"))
	for i := len(lines) - 1; i >= 0; i-- {
		if !bytes.Contains(lines[i], []byte(`"usage"`)) {
			continue
		}
		var record struct {
			IsSidechain bool `json:"isSidechain"`
			Message     struct {
				Model string `json:"model"`
				Usage struct {
					Input       int64 `json:"input_tokens"`
					CacheWrites int64 `json:"cache_creation_input_tokens"`
					CacheReads  int64 `json:"cache_read_input_tokens"`
					Output      int64 `json:"output_tokens"`
				} `json:"usage"`
			} `json:"message"`
		}
		if json.Unmarshal(lines[i], &record) != nil || record.IsSidechain || strings.HasPrefix(record.Message.Model, "<") {
			continue
		}
		var facts []Fact
		if record.Message.Model != "" {
			facts = append(facts, Fact{Name: FactModel, Value: shorten(clean(record.Message.Model)), Source: SourceSessionFile})
		}
		u := record.Message.Usage
		if sum := u.Input + u.CacheWrites + u.CacheReads + u.Output; sum > 0 {
			facts = append(facts, Fact{Name: FactContext, Value: fmt.Sprintf("%d tokens", sum), Source: SourceSessionFile})
		}
		return facts
	}
	return nil
}

// transcriptPrompt reads what the user has written last in the tail of a transcript;
// empty when that has none. What programs write in the user's name is marked as meta,
// or stands in tags.
func transcriptPrompt(tail []byte) string {
	lines := bytes.Split(tail, []byte("\n"))
	for i := len(lines) - 1; i >= 0; i-- {
		if !bytes.Contains(lines[i], []byte(`"user"`)) {
			continue
		}
		var record struct {
			Type        string `json:"type"`
			IsSidechain bool   `json:"isSidechain"`
			IsMeta      bool   `json:"isMeta"`
			Message     struct {
				Role    string          `json:"role"`
				Content json.RawMessage `json:"content"`
			} `json:"message"`
		}
		if json.Unmarshal(lines[i], &record) != nil || record.Type != "user" || record.IsSidechain || record.IsMeta {
			continue
		}
		if text := promptText(record.Message.Content); text != "" && text[0] != '<' && text[0] != '/' {
			return text
		}
	}
	return ""
}

// promptText is the first line of a message: a text, or the first of its parts that
// is one. The results of tools are no text.
func promptText(content json.RawMessage) string {
	var text string
	if json.Unmarshal(content, &text) != nil {
		var parts []struct {
			Type string `json:"type"`
			Text string `json:"text"`
		}
		if json.Unmarshal(content, &parts) != nil {
			return ""
		}
		for _, part := range parts {
			if part.Type == "text" && text == "" {
				text = part.Text
			}
		}
	}
	text, _, _ = strings.Cut(strings.TrimSpace(text), "\n")
	return shorten(clean(text))
}

// errNotRegular says that a path is no file.
var errNotRegular = errors.New("not a regular file")

func stampOf(path string) (fileStamp, error) {
	info, err := os.Stat(path)
	if err != nil {
		return fileStamp{}, err
	}
	if !info.Mode().IsRegular() {
		return fileStamp{}, errNotRegular
	}
	return fileStamp{size: info.Size(), modified: info.ModTime()}, nil
}

// readHead reads at most limit bytes from the start of a file.
func readHead(path string, limit int64) (text []byte, err error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	return io.ReadAll(io.LimitReader(file, limit))
}

// readTail reads at most limit bytes from the end of a regular file.
func readTail(path string, limit int64) (text []byte, err error) {
	stamp, err := stampOf(path)
	if err != nil {
		return nil, err
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	return io.ReadAll(io.NewSectionReader(file, max(stamp.size-limit, 0), limit))
}
