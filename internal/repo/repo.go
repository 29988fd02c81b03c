// Package repo tells what git knows of a folder: the repository, the branch and
// what has changed. It only reads: no index is refreshed, nothing is fetched, and
// no program is started that a configuration names (hooks, monitors, filters,
// converters), for the repository may be somebody else's. Without its filter
// (git-lfs is one) a file that was written since git last looked is compared as it
// is, and looks changed even when it is not.
package repo

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
)

// State is what git knows of a folder at one moment. All names in it are text
// that others chose, and untrusted.
type State struct {
	// Name is the repository's: that of the folder of its main worktree.
	Name string `json:"name"`
	// Root is the top of the worktree, Common the folder that all worktrees of
	// one repository share, by which it is told from others of the same name.
	Root   string `json:"root"`
	Common string `json:"common"`
	// Branch is empty on a detached head; Head is the commit, abbreviated, and
	// empty before the first one.
	Branch string `json:"branch,omitempty"`
	Head   string `json:"head,omitempty"`
	// Worktree is the name of a linked worktree; empty in the main one.
	Worktree string `json:"worktree,omitempty"`
	// Dirty counts the files that differ from the last commit, those that git
	// does not track included. Added and Removed count lines of tracked files.
	Dirty   int `json:"dirty,omitempty"`
	Added   int `json:"added,omitempty"`
	Removed int `json:"removed,omitempty"`
	// Upstream is the branch that Ahead and Behind count commits against; empty
	// when there is none.
	Upstream string `json:"upstream,omitempty"`
	Ahead    int    `json:"ahead,omitempty"`
	Behind   int    `json:"behind,omitempty"`
}

// On is the branch, or the commit where the head is detached.
func (s *State) On() string {
	if s.Branch == "" && s.Head != "" {
		return "@" + s.Head
	}
	return s.Branch
}

var (
	// ErrNone is returned for a folder that is in no worktree.
	ErrNone = errors.New("no git repository")
	// ErrNoGit is returned when the git command cannot be found.
	ErrNoGit = errors.New("git is not installed")
)

// Reader reads repositories, by one git process at a time. It is safe for
// concurrent use.
type Reader struct {
	// turn has room for the one who may start processes.
	turn chan struct{}
}

// NewReader returns a reader.
func NewReader() *Reader { return &Reader{turn: make(chan struct{}, 1)} }

// take waits for the turn to start processes.
func (r *Reader) take(ctx context.Context) (release func(), err error) {
	select {
	case r.turn <- struct{}{}:
		return func() { <-r.turn }, nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// Read reads the state of the repository that a folder is in. It takes as long as
// git does, so ctx should have a deadline.
func (r *Reader) Read(ctx context.Context, folder string) (State, error) {
	release, err := r.take(ctx)
	if err != nil {
		return State{}, err
	}
	defer release()
	s, err := locate(ctx, folder)
	if err != nil {
		return State{}, err
	}
	g, err := inert(ctx, s.Root)
	if err != nil {
		return State{}, err
	}
	initial, tracked := false, false
	// Submodules are not looked into: git would start a process in each.
	err = g.lines(ctx, func(line []byte) { s.take(string(line), &initial, &tracked) },
		"status", "--porcelain=v2", "--branch", "--untracked-files=normal", "--ignore-submodules=dirty")
	if err != nil || !tracked {
		return s, err
	}
	against := "HEAD"
	if initial {
		against = "--cached"
	}
	err = g.lines(ctx, func(line []byte) {
		added, rest, _ := strings.Cut(string(line), "\t")
		removed, _, _ := strings.Cut(rest, "\t")
		s.Added += number(added)
		s.Removed += number(removed)
	}, "diff", "--numstat", "--no-renames", "--no-ext-diff", "--no-textconv", "--ignore-submodules=dirty", against, "--")
	return s, err
}

// locate finds the worktree that a folder is in.
func locate(ctx context.Context, folder string) (State, error) {
	if !filepath.IsAbs(folder) {
		return State{}, fmt.Errorf("%w: %q", ErrNone, folder)
	}
	var found []string
	err := git{folder: folder}.lines(ctx, func(line []byte) { found = append(found, string(line)) },
		"rev-parse", "--show-toplevel", "--absolute-git-dir", "--git-common-dir")
	var exit *exec.ExitError
	switch {
	case errors.As(err, &exit) && exit.Exited(), err == nil && len(found) != 3, errors.Is(err, os.ErrNotExist) && !errors.Is(err, ErrNoGit):
		// No repository, one without a worktree, or one that git does not trust.
		return State{}, ErrNone
	case err != nil:
		return State{}, err
	}
	s := State{Root: found[0], Common: found[2]}
	if !filepath.IsAbs(s.Common) {
		// It is relative to where git runs, which is without symbolic links.
		real, err := filepath.EvalSymlinks(folder)
		if err != nil {
			return State{}, err
		}
		s.Common = filepath.Join(real, s.Common)
	}
	s.Common = filepath.Clean(s.Common)
	if s.Name = filepath.Base(s.Common); s.Name == ".git" {
		s.Name = filepath.Base(filepath.Dir(s.Common))
	}
	s.Name = strings.TrimSuffix(s.Name, ".git")
	if filepath.Clean(found[1]) != s.Common {
		// A submodule has a folder of its own, and is no worktree of another.
		s.Worktree = filepath.Base(s.Root)
	}
	return s, nil
}

// abbreviated is how many digits of a commit are shown.
const abbreviated = 7

// take takes over a line of git status.
func (s *State) take(line string, initial, tracked *bool) {
	name, value, _ := strings.Cut(strings.TrimPrefix(line, "# "), " ")
	switch {
	case strings.HasPrefix(line, "1 "), strings.HasPrefix(line, "2 "), strings.HasPrefix(line, "u "):
		s.Dirty++
		*tracked = true
	case strings.HasPrefix(line, "? "):
		s.Dirty++
	case !strings.HasPrefix(line, "# "):
	case name == "branch.oid" && value == "(initial)":
		*initial = true
	case name == "branch.oid":
		s.Head = value[:min(len(value), abbreviated)]
	case name == "branch.head" && value != "(detached)":
		s.Branch = value
	case name == "branch.upstream":
		s.Upstream = value
	case name == "branch.ab":
		ahead, behind, _ := strings.Cut(value, " ")
		s.Ahead, s.Behind = number(strings.TrimPrefix(ahead, "+")), number(strings.TrimPrefix(behind, "-"))
	}
}

// number reads a count; what is none (a binary file has "-") is 0.
func number(text string) int {
	n, err := strconv.Atoi(text)
	if err != nil {
		return 0
	}
	return n
}
