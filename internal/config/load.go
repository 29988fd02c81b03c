package config

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"sync"
	"time"

	"agentwatch/internal/beat"
	"agentwatch/internal/xdg"
)

// maxFileBytes is how large a configuration file may be.
const maxFileBytes = 128 << 10

// Path is where the configuration file is; empty when no folder is known.
func Path(getenv func(string) string) string { return xdg.Below(xdg.Config(getenv), "config.toml") }

// Loader reads the configuration file.
type Loader struct {
	// Path is the file's; with an empty one there are only defaults.
	Path string
	// Schema returns the sections to read a text by. It is asked each time, as what
	// is allowed can change: themes are added to their folder.
	Schema func(text []byte) *Schema
	// Cache keeps what was read until the file changes; nil for none.
	Cache *Cache
}

// Cache is what was read of a file. The zero value is empty. Safe for concurrent
// use.
type Cache struct {
	mu       sync.Mutex
	known    bool
	file     File
	problems []Problem
}

// Load reads the file. One that does not exist has defaults and no problem; one
// that cannot be read has defaults and a problem.
func (l Loader) Load() (File, []Problem) {
	c := l.Cache
	if c == nil {
		return l.load(nil)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.known || !c.file.seen.same(look(l.Path)) {
		c.file, c.problems = l.load(nil)
		c.known = true
	}
	return c.file, c.problems
}

// Reload reads a file that has changed; what is bad in it stays as it was.
func (l Loader) Reload(last File) (File, []Problem) { return l.load(&last) }

func (l Loader) load(last *File) (File, []Problem) {
	// What is written after this look is a change that Watch will see.
	seen := look(l.Path)
	file, problems := l.read(last)
	file.seen = seen
	return file, problems
}

func (l Loader) read(last *File) (File, []Problem) {
	if l.Path == "" {
		return l.Schema(nil).Defaults(""), nil
	}
	text, err := readFile(l.Path)
	schema := l.Schema(text)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return schema.Defaults(l.Path), nil
	case err != nil:
		problem := Problem{File: l.Path, What: err.Error(), Suggestion: "its settings are left out"}
		if last != nil {
			return *last, []Problem{problem}
		}
		return schema.Defaults(l.Path), []Problem{problem}
	}
	return schema.parse(l.Path, text, last)
}

// readFile reads a file of bounded size. Its errors do not name the file.
func readFile(path string) (text []byte, err error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, reason(err)
	}
	// A pipe of that name would block for ever.
	if !info.Mode().IsRegular() {
		return nil, errors.New("it is not a regular file")
	}
	opened, err := os.Open(path)
	if err != nil {
		return nil, reason(err)
	}
	defer func() { err = errors.Join(err, opened.Close()) }()
	text, err = io.ReadAll(io.LimitReader(opened, maxFileBytes+1))
	if err != nil {
		return nil, reason(err)
	}
	if len(text) > maxFileBytes {
		return nil, errors.New("it is larger than 128 KiB")
	}
	return text, nil
}

// reason is an error of the file system without the path.
func reason(err error) error {
	var where *fs.PathError
	if errors.As(err, &where) {
		return fmt.Errorf("it cannot be read: %w", where.Err)
	}
	return err
}

// Watch calls changed with the file's content whenever the file has been
// written, replaced, made or removed since last was loaded, until ctx ends. A file
// that is removed has the defaults again.
//
// It looks every interval and does not wait for notifications: editors replace
// the file, its folder may not exist yet, and it can lie on a network file
// system, where none come. A change counts when two looks in a row have found the
// same, so that a file that is being written is not read.
func (l Loader) Watch(ctx context.Context, interval time.Duration, last File, changed func(File, []Problem)) {
	if l.Path == "" {
		<-ctx.Done()
		return
	}
	ticker := beat.NewTicker(interval)
	defer ticker.Stop()
	read := last.seen
	before := read
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.Next():
		}
		now := look(l.Path)
		steady := now.same(before)
		before = now
		if !steady || now.same(read) {
			continue
		}
		read = now
		file, problems := l.Reload(last)
		last = file
		changed(file, problems)
	}
}

// sight is what tells that a file has changed.
type sight struct{ info fs.FileInfo }

// look looks at a file; one that is not there, or cannot be looked at, has no
// info.
func look(path string) sight {
	// Stat follows a symbolic link, as reading does.
	info, err := os.Stat(path)
	if err != nil {
		return sight{}
	}
	return sight{info}
}

func (s sight) same(other sight) bool {
	if s.info == nil || other.info == nil {
		return s.info == nil && other.info == nil
	}
	return os.SameFile(s.info, other.info) && s.info.Size() == other.info.Size() &&
		s.info.ModTime().Equal(other.info.ModTime()) && s.info.Mode() == other.info.Mode()
}
