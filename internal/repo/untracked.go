package repo

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"syscall"
)

// addUntracked adds the files that git neither tracks nor ignores, as patches that
// would add them. room is how many bytes these may have together.
func (d *Diff) addUntracked(ctx context.Context, g git, room int) error {
	var paths []string
	err := g.run(ctx, func(out io.Reader) error {
		return fields(out, func(path string) error {
			if len(paths) < mostUntracked {
				paths = append(paths, path)
			} else {
				d.Omitted++
			}
			return nil
		})
	}, "ls-files", "-z", "--others", "--exclude-standard")
	if err != nil || len(paths) == 0 {
		return err
	}
	// No path leads out of the worktree, whatever is made a link meanwhile.
	root, err := os.OpenRoot(d.Root)
	if err != nil {
		return err
	}
	defer root.Close()
	for _, path := range paths {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		f := untracked(root, path, min(room, mostFilePatch))
		room -= len(f.Patch)
		d.Files = append(d.Files, f)
	}
	return nil
}

// untracked reads a file that git does not track. Only files and links are read.
func untracked(root *os.Root, path string, room int) FileDiff {
	f := FileDiff{Path: path, Change: Untracked}
	info, err := root.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return f
	}
	var content []byte
	mode := "100644"
	switch {
	case err != nil:
	case info.Mode().Type() == fs.ModeSymlink:
		var target string
		target, err = root.Readlink(path)
		content, mode = []byte(target), "120000"
	case info.Mode().IsRegular():
		if info.Mode()&0o100 != 0 {
			mode = "100755"
		}
		// The patch has headers, and a sign before each line.
		content, f.Cut, err = head(root, path, room-len(path)*8-200)
	default:
		// A folder with a repository of its own; git lists nothing else.
		return f
	}
	if err != nil {
		f.Cut = true
		return f
	}
	f.Binary = bytes.IndexByte(content[:min(len(content), 8000)], 0) >= 0
	f.Patch, f.Added = added(path, mode, content, f.Binary)
	if len(f.Patch) > room {
		f.Patch, f.Cut = "", true
	}
	return f
}

// head reads the beginning of a file, and tells whether there is more. What is no
// file any more when it is opened is not waited for.
func head(root *os.Root, path string, most int) (content []byte, more bool, err error) {
	file, err := root.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK|syscall.O_NOFOLLOW, 0)
	if err != nil {
		return nil, false, err
	}
	defer file.Close()
	if info, err := file.Stat(); err != nil || !info.Mode().IsRegular() {
		return nil, false, fs.ErrInvalid
	}
	content, err = io.ReadAll(io.LimitReader(file, int64(max(most, 0))+1))
	if err != nil {
		return nil, false, err
	}
	size := 0
	for line := range bytes.Lines(content) {
		if most -= len(line) + 1; most < 0 {
			return content[:size], true, nil
		}
		size += len(line)
	}
	return content, false, nil
}

// added is a patch that adds a file, with the number of its lines.
func added(path, mode string, content []byte, binary bool) (patch string, lines int) {
	var out strings.Builder
	out.WriteString("diff --git " + quoted("a/"+path) + " " + quoted("b/"+path) + "\nnew file mode " + mode + "\n")
	switch {
	case binary:
		out.WriteString("Binary files /dev/null and " + quoted("b/"+path) + " differ\n")
		return out.String(), 0
	case len(content) == 0:
		return out.String(), 0
	}
	lines = bytes.Count(content, []byte("\n"))
	ended := content[len(content)-1] == '\n'
	if !ended {
		lines++
	}
	name := quoted("b/" + path)
	if name[0] != '"' && strings.Contains(name, " ") {
		// git ends a name with a space in it by a tab here.
		name += "\t"
	}
	span := fmt.Sprintf("+1,%d", lines)
	if lines == 1 {
		span = "+1"
	}
	out.WriteString("--- /dev/null\n+++ " + name + "\n@@ -0,0 " + span + " @@\n")
	for line := range bytes.Lines(content) {
		out.WriteByte('+')
		out.Write(line)
	}
	if !ended {
		out.WriteString("\n\\ No newline at end of file\n")
	}
	return out.String(), lines
}
