package tokens

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Home is where the programs of one user keep their files.
type Home struct {
	// Claude, Codex, Gemini and Data are the folders of claude, codex and gemini, and
	// the one in which opencode has its own.
	Claude, Codex, Gemini, Data string
}

// HomeOf is the home that an environment says; the zero Home when it says none.
func HomeOf(getenv func(string) string) Home {
	home := getenv("HOME")
	if !filepath.IsAbs(home) {
		return Home{}
	}
	folder := func(variable string, or ...string) string {
		if set := getenv(variable); variable != "" && filepath.IsAbs(set) {
			return set
		}
		return filepath.Join(append([]string{home}, or...)...)
	}
	return Home{
		Claude: folder("CLAUDE_CONFIG_DIR", ".claude"), Codex: folder("CODEX_HOME", ".codex"),
		Gemini: folder("", ".gemini"), Data: folder("XDG_DATA_HOME", ".local", "share"),
	}
}

// HomeOfProcess is the home of a process of this machine, which can be another than
// ours; the zero Home when it cannot be read.
func HomeOfProcess(pid int) Home { return homeOfProcess("/proc", pid) }

func homeOfProcess(proc string, pid int) Home {
	environ, err := head(filepath.Join(proc, strconv.Itoa(pid), "environ"), 256<<10)
	if err != nil {
		return Home{}
	}
	variables := map[string]string{}
	for _, pair := range bytes.Split(environ, []byte{0}) {
		if name, value, ok := strings.Cut(string(pair), "="); ok {
			variables[name] = value
		}
	}
	return HomeOf(func(name string) string { return variables[name] })
}

// head reads at most limit bytes from the start of a file.
func head(path string, limit int64) (text []byte, err error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	return io.ReadAll(io.LimitReader(file, limit))
}

// mostFiles bounds how many files are looked at in one home.
const mostFiles = 50_000

// errMany is returned where there are more.
var errMany = fmt.Errorf("more than %d files", mostFiles)

// under lists the files below a folder that have a name's ending and have been written
// since a time. A folder that is not there has none.
func under(root, ending string, since time.Time) (paths []string, err error) {
	looked := 0
	err = filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return nil
		case err != nil && path == root:
			return err
		case err != nil:
			return fs.SkipDir
		case entry.IsDir():
			return nil
		}
		if looked++; looked > mostFiles {
			return errMany
		}
		if !entry.Type().IsRegular() || !strings.HasSuffix(path, ending) {
			return nil
		}
		if info, err := entry.Info(); err == nil && !info.ModTime().Before(since) {
			paths = append(paths, path)
		}
		return nil
	})
	return paths, err
}

// claudeTranscripts are the files of one session of claude: its own and those of its
// subagents.
func (h Home) claudeTranscripts(folder, session string) []string {
	base := filepath.Join(h.Claude, "projects", claudeProject(folder), filepath.Base(session))
	helpers, _ := filepath.Glob(globbed(base) + "/subagents/*.jsonl")
	return append([]string{base + ".jsonl"}, helpers...)
}

// globbed is a path as a pattern that fits nothing else.
func globbed(path string) string {
	return strings.NewReplacer(`\`, `\\`, "*", `\*`, "?", `\?`, "[", `\[`).Replace(path)
}

// claudeProject is the name under which claude keeps a folder's transcripts: whatever
// is no letter or digit becomes a dash.
func claudeProject(folder string) string {
	return strings.Map(func(c rune) rune {
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' {
			return c
		}
		return '-'
	}, folder)
}

// claudeSession is the session that claude says a process has.
func (h Home) claudeSession(pid int) (folder, session string, ok bool) {
	text, err := head(filepath.Join(h.Claude, "sessions", strconv.Itoa(pid)+".json"), 64<<10)
	var note struct {
		PID       int    `json:"pid"`
		SessionID string `json:"sessionId"`
		CWD       string `json:"cwd"`
	}
	if err != nil || json.Unmarshal(text, &note) != nil || note.PID != pid || note.SessionID == "" || note.CWD == "" {
		return "", "", false
	}
	return note.CWD, note.SessionID, true
}

// codexRollouts are the files of codex's sessions of the days since a time, as far as
// they have been written since.
func (h Home) codexRollouts(since, now time.Time) (paths []string) {
	const mostDays = 60
	for day := now; len(paths) < mostFiles && now.Sub(day) < mostDays*24*time.Hour; day = day.AddDate(0, 0, -1) {
		found, _ := filepath.Glob(globbed(filepath.Join(h.Codex, "sessions", day.Format("2006"), day.Format("01"), day.Format("02"))) + "/rollout-*.jsonl")
		for _, path := range found {
			if info, err := os.Stat(path); err == nil && !info.ModTime().Before(since) {
				paths = append(paths, path)
			}
		}
		if day.Before(since) {
			break
		}
	}
	return paths
}

// codexFolder is the folder of a rollout, which stands at its beginning; empty where it
// does not.
func codexFolder(path string) string {
	text, err := head(path, 16<<10)
	_, rest, found := bytes.Cut(text, []byte(`"cwd":`))
	var folder string
	if err != nil || !found || json.NewDecoder(bytes.NewReader(rest)).Decode(&folder) != nil {
		return ""
	}
	return folder
}

// geminiChats are the files of gemini's chats in a folder that have been written since
// a time. old is set when there are some of a format that is not known.
func (h Home) geminiChats(folder string, since time.Time) (paths []string, old bool) {
	sum := sha256.Sum256([]byte(folder))
	names := []string{hex.EncodeToString(sum[:])}
	text, err := head(filepath.Join(h.Gemini, "projects.json"), 4<<20)
	var projects struct {
		Projects map[string]string `json:"projects"`
	}
	if err == nil && json.Unmarshal(text, &projects) == nil && projects.Projects[folder] != "" {
		names = append(names, filepath.Base(projects.Projects[folder]))
	}
	for _, name := range names {
		chats := filepath.Join(h.Gemini, "tmp", name, "chats")
		found, _ := under(chats, ".jsonl", since)
		paths = append(paths, found...)
		if other, _ := under(chats, ".json", since); len(other) > 0 {
			old = true
		}
	}
	return paths, old
}

// opened are the files that a process and its children have open and whose names have
// an ending.
func opened(proc string, pid int, in string) (paths []string) {
	const mostProcesses = 64
	all := []int{pid}
	for i := 0; i < len(all) && len(all) < mostProcesses; i++ {
		tasks, _ := filepath.Glob(filepath.Join(proc, strconv.Itoa(all[i]), "task", "*", "children"))
		for _, task := range tasks {
			text, _ := head(task, 16<<10)
			for _, word := range strings.Fields(string(text)) {
				if child, err := strconv.Atoi(word); err == nil && len(all) < mostProcesses {
					all = append(all, child)
				}
			}
		}
	}
	for _, one := range all {
		folder := filepath.Join(proc, strconv.Itoa(one), "fd")
		entries, _ := os.ReadDir(folder)
		for _, entry := range entries {
			if target, err := os.Readlink(filepath.Join(folder, entry.Name())); err == nil && strings.HasPrefix(target, in+"/") && strings.HasSuffix(target, ".jsonl") {
				paths = append(paths, target)
			}
		}
	}
	slices.Sort(paths)
	return slices.Compact(paths)
}
