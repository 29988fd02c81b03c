package engine

import (
	"errors"

	"agentwatch/internal/repo"
)

// Diff is what has changed in the folder that an agent works in, FileDiff in one of
// its files, FileChange how.
type (
	Diff       = repo.Diff
	FileDiff   = repo.FileDiff
	FileChange = repo.Change
)

// The changes of files.
const (
	FileModified  = repo.Modified
	FileAdded     = repo.Added
	FileDeleted   = repo.Deleted
	FileRenamed   = repo.Renamed
	FileCopied    = repo.Copied
	FileRetyped   = repo.Retyped
	FileUnmerged  = repo.Unmerged
	FileUntracked = repo.Untracked
)

// ErrNoDiff is returned for an agent of whose folder no diff can be made.
var ErrNoDiff = errors.New("there is no diff")
