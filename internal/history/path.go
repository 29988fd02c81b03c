package history

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"agentwatch/internal/xdg"
)

// Modes of what is kept: it has lines from the user's screens.
const (
	folderMode = 0o700
	fileMode   = 0o600
)

// Path is where the history is kept; empty when no folder is known.
func Path(getenv func(string) string) string { return xdg.Below(xdg.State(getenv), "history.db") }

// prepareFile makes the folder and an empty file for us alone. A file that is
// there stays as it is, but for others' right to read it.
func prepareFile(path string) error {
	if err := os.MkdirAll(filepath.Dir(path), folderMode); err != nil {
		return err
	}
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, fileMode)
	if err != nil {
		return err
	}
	info, err := file.Stat()
	switch {
	case err != nil:
	case !info.Mode().IsRegular():
		err = fmt.Errorf("%s is not a regular file", path)
	case info.Mode().Perm()&0o077 != 0:
		err = file.Chmod(fileMode)
	}
	return errors.Join(err, file.Close())
}
