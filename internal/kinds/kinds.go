// Package kinds reads the user's own profiles of agent programs and notices
// when they change.
package kinds

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"agentwatch/health"
	"agentwatch/internal/beat"
	"agentwatch/internal/xdg"
)

// maxProfileBytes is how large a profile may be.
const maxProfileBytes = 1 << 20

// Folder is where the user's profiles are; empty when no folder is known.
func Folder(getenv func(string) string) string { return xdg.Below(xdg.Config(getenv), "kinds") }

// Read returns the profiles of the installed packs, then those in the folder
// itself (*.toml), each by name: the user's own have the last word. A folder that
// does not exist has none; a file that cannot be read is in the errors, and the
// others are returned all the same.
func Read(folder string) ([]health.ProfileFile, []error) {
	packs, problems := Installed(folder)
	var files []health.ProfileFile
	for _, p := range packs {
		files = append(files, p.Profiles...)
	}
	own, broken := readOwn(folder)
	return append(files, own...), append(problems, broken...)
}

// readOwn returns the profiles in the folder itself.
func readOwn(folder string) ([]health.ProfileFile, []error) {
	if folder == "" {
		return nil, nil
	}
	entries, err := os.ReadDir(folder)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, []error{fmt.Errorf("profiles: %w", err)}
	}
	var files []health.ProfileFile
	var problems []error
	for _, entry := range entries {
		if entry.IsDir() || !strings.HasSuffix(entry.Name(), ".toml") || strings.HasPrefix(entry.Name(), ".") {
			continue
		}
		file, err := readFile(filepath.Join(folder, entry.Name()))
		if err != nil {
			problems = append(problems, fmt.Errorf("profiles: %w", err))
			continue
		}
		files = append(files, file)
	}
	return files, problems
}

func readFile(path string) (file health.ProfileFile, err error) {
	// A pipe of that name would block for ever.
	info, err := os.Stat(path)
	if err != nil {
		return file, err
	}
	if !info.Mode().IsRegular() {
		return file, fmt.Errorf("%s is not a regular file", path)
	}
	opened, err := os.Open(path)
	if err != nil {
		return file, err
	}
	defer func() { err = errors.Join(err, opened.Close()) }()
	text, err := io.ReadAll(io.LimitReader(opened, maxProfileBytes+1))
	if err != nil {
		return file, err
	}
	if len(text) > maxProfileBytes {
		return file, fmt.Errorf("%s is larger than 1 MiB", path)
	}
	return health.ProfileFile{Path: path, Text: text}, nil
}

// Load returns a detector with the built-in profiles and those of the folder.
// What is wrong with a file is in the errors, and that file changes nothing.
func Load(folder string) (*health.Detector, []error) {
	files, problems := Read(folder)
	detector, broken := health.NewDetector().With(files...)
	return detector, append(problems, broken...)
}

// Watch calls changed with a new detector whenever a profile in the folder has
// been added, changed or removed since the call, until ctx ends. It looks every
// interval: the folder is small, may not exist yet, and can lie on a network
// file system, where no notification comes.
func Watch(ctx context.Context, folder string, interval time.Duration, changed func(*health.Detector, []error)) {
	if folder == "" {
		return
	}
	ticker := beat.NewTicker(interval)
	defer ticker.Stop()
	seen := stamps(folder)
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.Next():
		}
		now := stamps(folder)
		if slices.Equal(seen, now) {
			continue
		}
		seen = now
		changed(Load(folder))
	}
}

// stamp is what tells that a file has changed.
type stamp struct {
	name     string
	modified time.Time
	size     int64
}

func stamps(folder string) []stamp {
	all := stampsIn(folder)
	packs, err := os.ReadDir(filepath.Join(folder, packsFolder))
	if err != nil {
		return all
	}
	for _, pack := range packs {
		if !strings.HasPrefix(pack.Name(), ".") {
			all = append(all, stampsIn(filepath.Join(folder, packsFolder, pack.Name()))...)
		}
	}
	return all
}

func stampsIn(folder string) []stamp {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return nil
	}
	var all []stamp
	for _, entry := range entries {
		if !strings.HasSuffix(entry.Name(), ".toml") {
			continue
		}
		// Stat follows a symbolic link, as Read does.
		if info, err := os.Stat(filepath.Join(folder, entry.Name())); err == nil {
			all = append(all, stamp{filepath.Join(folder, entry.Name()), info.ModTime().Round(0), info.Size()})
		}
	}
	return all
}
