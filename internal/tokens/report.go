package tokens

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// Row is what one model has used in one session on one day.
type Row struct {
	Kind    string `json:"kind"`
	Session string `json:"session"`
	Folder  string `json:"folder,omitempty"`
	Version string `json:"version,omitempty"`
	Use
	// Untold are answers of the session whose tokens are not known.
	Untold int `json:"untold,omitempty"`
}

// Report reads what all sessions of some homes have used between two times, which is
// counted by whole days of a place. take is called for each row, fail for what could not
// be read. It ends with ctx.
func Report(ctx context.Context, homes []Home, from, to time.Time, location *time.Location, take func(Row) error, fail func(problem string)) error {
	r := &reporter{
		from: from, first: DayOf(from, location), last: DayOf(to.Add(-1), location), location: location,
		take: take, fail: fail, answers: make(map[string]struct{}), files: make(map[string]bool),
	}
	for _, h := range homes {
		for kind, root := range map[string]string{claude: filepath.Join(h.Claude, "projects"), codex: filepath.Join(h.Codex, "sessions"), gemini: filepath.Join(h.Gemini, "tmp")} {
			if err := r.folder(ctx, kind, root, h); err != nil {
				return err
			}
		}
		if err := r.database(ctx, opencodeDatabase(h.Data)); err != nil {
			return err
		}
	}
	return nil
}

// reporter makes one report.
type reporter struct {
	from        time.Time
	first, last string
	location    *time.Location
	take        func(Row) error
	fail        func(string)
	// answers are those of all sessions, as far as they can be in several: the copy of
	// a session has its answers, too.
	answers map[string]struct{}
	// files are those that have been read: homes can share them.
	files map[string]bool
}

// mostAnswers bounds how many answers are known not to count again.
const mostAnswers = 4 << 20

// folder reads the sessions of one kind below a folder.
func (r *reporter) folder(ctx context.Context, kind, root string, h Home) error {
	paths, err := under(root, ".jsonl", r.from)
	if err != nil {
		r.fail(kind + ": " + problemOf(err))
	}
	// The first of several that have the same answers is where they were given.
	slices.Sort(paths)
	for _, path := range paths {
		if r.files[path] || kind == gemini && filepath.Base(filepath.Dir(path)) != "chats" {
			continue
		}
		r.files[path] = true
		f := newFile(kind, path, r.location, r.known)
		for more := true; more && ctx.Err() == nil; {
			more, err = f.update(ctx)
			if errors.Is(err, os.ErrNotExist) {
				break
			}
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		s := f.told()
		if s.Problem != "" {
			r.fail(path + ": " + s.Problem)
		}
		for key := range f.book.seen {
			if len(r.answers) < mostAnswers {
				r.answers[key] = struct{}{}
			}
		}
		if kind == gemini && s.Folder == "" {
			s.Folder = h.geminiFolder(path)
		}
		if err := r.rows(kind, s); err != nil {
			return err
		}
	}
	return nil
}

func (r *reporter) known(key string) bool {
	_, there := r.answers[key]
	return there
}

// rows hands on what a session has used in the time.
func (r *reporter) rows(kind string, s Session) error {
	for _, use := range s.Uses {
		if use.Day < r.first || use.Day > r.last {
			continue
		}
		if err := r.take(Row{Kind: kind, Session: s.ID, Folder: s.Folder, Version: s.Version, Use: use, Untold: s.Untold}); err != nil {
			return err
		}
		s.Untold = 0
	}
	return nil
}

// database reads opencode's sessions.
func (r *reporter) database(ctx context.Context, db database) error {
	if r.files[db.path] {
		return nil
	}
	r.files[db.path] = true
	sessions, err := db.sessions(ctx, "", r.from, r.location)
	switch {
	case errors.Is(err, os.ErrNotExist):
		if old, _ := filepath.Glob(globbed(filepath.Dir(db.path)) + "/storage/message/*"); len(old) > 0 {
			r.fail(filepath.Dir(db.path) + ": " + unknownFormat(opencode, ""))
		}
		return nil
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case errors.Is(err, errUnknownFormat):
		r.fail(db.path + ": " + unknownFormat(opencode, ""))
		return nil
	case err != nil:
		r.fail(db.path + ": " + problemOf(err))
		return nil
	}
	for _, s := range sessions {
		if err := r.rows(opencode, s); err != nil {
			return err
		}
	}
	return nil
}

// geminiFolder is the folder of a chat: gemini notes it beside the chats.
func (h Home) geminiFolder(chat string) string {
	text, err := head(filepath.Join(filepath.Dir(filepath.Dir(chat)), ".project_root"), 8<<10)
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(text))
}
