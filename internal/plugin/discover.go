package plugin

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"agentwatch/internal/xdg"
)

// filePrefix begins the names of executables that are strategies.
const filePrefix = "agentwatch-strategy-"

// Refusal is a file that is left out.
type Refusal struct {
	Path   string
	Reason string
}

// Error implements error.
func (r Refusal) Error() string { return fmt.Sprintf("plugin: %s is left out: %s", r.Path, r.Reason) }

// Folder is where the user's executables are: agentwatch/strategies below the
// XDG configuration folder. It is empty when neither that nor the home is known.
func Folder(getenv func(string) string) string { return xdg.Below(xdg.Config(getenv), "strategies") }

// found is an executable that may be run, with what tells that it has changed.
type found struct {
	path     string
	modified time.Time
	size     int64
	inode    uint64
}

// find returns the executables in the folders, by name within each, and what is
// wrong with others. A folder that does not exist has none. Of two with the same
// name the first counts.
func find(folders []string) ([]found, []error) {
	var files []found
	var problems []error
	taken := make(map[string]string)
	for _, folder := range folders {
		names, err := candidates(folder)
		if err != nil {
			problems = append(problems, err)
			continue
		}
		for _, base := range names {
			path := filepath.Join(folder, base)
			f, reason := examine(path)
			if other := taken[base]; reason == "" && other != "" {
				reason = "its name is taken by " + other
			}
			if reason != "" {
				problems = append(problems, Refusal{Path: path, Reason: reason})
				continue
			}
			taken[base] = path
			files = append(files, f)
		}
	}
	return files, problems
}

// candidates are the names in a folder that look like strategies. A folder that
// everybody may write to has none, since anybody could have put them there.
func candidates(folder string) ([]string, error) {
	entries, err := os.ReadDir(folder)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("plugin: strategies: %w", err)
	}
	var names []string
	for _, entry := range entries {
		if strings.HasPrefix(entry.Name(), filePrefix) {
			names = append(names, entry.Name())
		}
	}
	if len(names) == 0 {
		return nil, nil
	}
	info, err := os.Stat(folder)
	if err != nil {
		return nil, fmt.Errorf("plugin: strategies: %w", err)
	}
	if info.Mode().Perm()&0o002 != 0 {
		return nil, Refusal{Path: folder, Reason: "everybody may write to it; run: chmod o-w " + folder}
	}
	slices.Sort(names)
	return names, nil
}

// examine tells why a file may not be run; the reason is empty when it may. A
// symbolic link is as good as what it leads to.
func examine(path string) (f found, reason string) {
	if err := checkName(strings.TrimPrefix(filepath.Base(path), filePrefix)); err != nil {
		return f, fmt.Sprintf("the name after %s: %v", filePrefix, err)
	}
	info, err := os.Stat(path)
	if err != nil {
		return f, err.Error()
	}
	mode := info.Mode()
	switch {
	case !mode.IsRegular():
		return f, "it is not a regular file"
	case mode.Perm()&0o002 != 0:
		return f, "everybody may write to it; run: chmod o-w " + path
	case mode.Perm()&0o111 == 0:
		return f, "it is not executable; run: chmod +x " + path
	}
	f = found{path: path, modified: info.ModTime().Round(0), size: info.Size()}
	if stat, ok := info.Sys().(*syscall.Stat_t); ok {
		if owner := int(stat.Uid); owner != 0 && owner != os.Getuid() {
			return f, "it belongs to neither you nor root"
		}
		f.inode = stat.Ino
	}
	return f, ""
}
