package tokens

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"time"

	"agentwatch/internal/steps"
)

// Kinds are the programs whose files are known.
const (
	claude   = "claude"
	codex    = "codex"
	gemini   = "gemini"
	opencode = "opencode"
)

// Knows tells whether the files of a kind of agents are known.
func Knows(kind string) bool {
	return kind == claude || kind == codex || kind == gemini || kind == opencode
}

// file is one session's file and what has been read of it.
type file struct {
	kind     string
	location *time.Location
	// elsewhere is that of its book.
	elsewhere func(key string) bool
	tail      tail
	parser    parser
	session   Session
	book      *book
}

func newFile(kind, path string, location *time.Location, elsewhere func(string) bool) *file {
	f := &file{kind: kind, location: location, elsewhere: elsewhere}
	f.begin(path)
	return f
}

// begin forgets what was read.
func (f *file) begin(path string) {
	f.tail, f.book, f.session = tail{path: path}, newBook(f.location, f.elsewhere), Session{}
	switch f.kind {
	case claude:
		f.parser = &claudeParser{}
	case codex:
		f.parser = &codexParser{}
	default:
		f.parser = &geminiParser{}
	}
}

// update reads what is new. more is set when not all has been read yet.
func (f *file) update(ctx context.Context) (more bool, err error) {
	take := func(line []byte) { f.parser.line(line, &f.session, f.book) }
	more, err = f.tail.read(ctx, take)
	if errors.Is(err, errReplaced) {
		f.begin(f.tail.path)
		more, err = f.tail.read(ctx, take)
	}
	f.session.Problem = ""
	switch {
	case err != nil:
		f.session.Problem = problemOf(err)
	case !f.parser.known() && f.tail.offset > 0:
		f.session.Problem = unknownFormat(f.kind, f.session.Version)
	}
	return more, err
}

// told is the session as it was read.
func (f *file) told() Session {
	s := f.session
	s.Uses, s.repeating = f.book.list(), f.session.steps.Repeating()
	s.steps, s.had = steps.Log{}, nil
	if s.ID == "" {
		s.ID = strings.TrimSuffix(filepath.Base(f.tail.path), filepath.Ext(f.tail.path))
	}
	return s
}

// unknownFormat is what is said of files that cannot be read.
func unknownFormat(kind, version string) string {
	if version != "" {
		kind += " " + version
	}
	return "the session files of this " + kind + " have a format that is not known"
}

// problemOf is an error in words for the user.
func problemOf(err error) string {
	if errors.Is(err, context.DeadlineExceeded) {
		return "its session files could not be read in time"
	}
	return "its session files cannot be read: " + plain(err.Error())
}
