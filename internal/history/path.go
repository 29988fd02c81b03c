package history

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// Modes of what is kept: it has lines from the user's screens.
const (
	folderMode = 0o700
	fileMode   = 0o600
)

// Path is where the history is kept: agentwatch/history.db below the XDG folder
// for state. It is empty when neither that nor the home is known.
func Path(getenv func(string) string) string {
	base := getenv("XDG_STATE_HOME")
	if !filepath.IsAbs(base) {
		// The XDG specification says to ignore a path that is not absolute.
		home := getenv("HOME")
		if !filepath.IsAbs(home) {
			return ""
		}
		base = filepath.Join(home, ".local", "state")
	}
	return filepath.Join(base, "agentwatch", "history.db")
}

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
		err = fmt.Errorf("%s is no regular file", path)
	case info.Mode().Perm()&0o077 != 0:
		err = file.Chmod(fileMode)
	}
	return errors.Join(err, file.Close())
}
