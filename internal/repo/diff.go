package repo

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// Bounds of a diff. What is beyond them is counted or said to be cut.
const (
	// mostFiles bounds the changed files that are listed, mostUntracked those of them
	// that git does not track.
	mostFiles     = 2000
	mostUntracked = 500
	// mostPatch bounds all patches together in bytes, mostFilePatch that of one file,
	// so that a large one does not hide those behind it, and mostPatchLine a line.
	mostPatch     = 2 << 20
	mostFilePatch = 256 << 10
	mostPatchLine = 4 << 10
)

// ErrNoBase is returned for a branch of which it is not known what it began from.
var ErrNoBase = errors.New("it is not known what its branch began from: there is no other main branch, here or at a remote")

// Diff is what has changed in a worktree, in files that git tracks and in those that
// it neither tracks nor ignores. All names and texts in it are written by others.
type Diff struct {
	// Name, Root and Branch are as in State.
	Name   string `json:"name"`
	Root   string `json:"root"`
	Branch string `json:"branch,omitempty"`
	// Against is what the files are compared with: HEAD, or the branch that this one
	// began from, in which case Commit is where. Commit is abbreviated, and empty
	// before the first one.
	Against string `json:"against"`
	Commit  string `json:"commit,omitempty"`
	// Base is the branch that this one began from; empty when that is not known.
	Base string `json:"base,omitempty"`
	// Files are those that git tracks in the order of their names, then the others.
	Files []FileDiff `json:"files"`
	// Omitted counts further files.
	Omitted int `json:"omitted,omitempty"`
}

// Lines sums the lines that were added and removed.
func (d Diff) Lines() (added, removed int) {
	for _, f := range d.Files {
		added, removed = added+f.Added, removed+f.Removed
	}
	return added, removed
}

// Cut tells whether something is left out of it.
func (d Diff) Cut() bool {
	return d.Omitted > 0 || slices.ContainsFunc(d.Files, func(f FileDiff) bool { return f.Cut })
}

// FileDiff is what has changed in one file.
type FileDiff struct {
	Path string `json:"path"`
	// From is the path that it was renamed or copied from.
	From   string `json:"from,omitempty"`
	Change Change `json:"change"`
	// Added and Removed count lines, also those that are cut off, of a file that git
	// does not track only those that were read.
	Added   int  `json:"added"`
	Removed int  `json:"removed"`
	Binary  bool `json:"binary,omitempty"`
	// Patch is as git diff writes it, with its headers.
	Patch string `json:"patch"`
	// Cut is set when it is not all of it.
	Cut bool `json:"cut,omitempty"`
}

// Change is what has happened to a file.
type Change uint8

// The changes.
const (
	Modified Change = iota
	Added
	Deleted
	Renamed
	Copied
	// Retyped: what was a file is a link, or the other way round.
	Retyped
	Unmerged
	Untracked
)

// String returns the word.
func (c Change) String() string {
	words := [...]string{"modified", "added", "deleted", "renamed", "copied", "retyped", "unmerged", "untracked"}
	if int(c) < len(words) {
		return words[c]
	}
	return fmt.Sprintf("change(%d)", uint8(c))
}

// MarshalText writes the word.
func (c Change) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// UnmarshalText reads the word. One that a newer build has is a modification.
func (c *Change) UnmarshalText(text []byte) error {
	for *c = Untracked; *c > Modified && c.String() != string(text); *c-- {
	}
	return nil
}

// changeOf is the change that git's letter stands for.
func changeOf(letter byte) Change {
	return map[byte]Change{'A': Added, 'D': Deleted, 'R': Renamed, 'C': Copied, 'T': Retyped, 'U': Unmerged}[letter]
}

// Diff reads what has changed in the worktree that a folder is in: since the last
// commit, or, with base, since the branch began. Files that git does not track are
// read as far as they have room. It takes as long as git does, so ctx should have a
// deadline.
func (r *Reader) Diff(ctx context.Context, folder string, base bool) (Diff, error) {
	release, err := r.take(ctx)
	if err != nil {
		return Diff{}, err
	}
	defer release()
	s, err := locate(ctx, folder)
	if err != nil {
		return Diff{}, err
	}
	g, err := inert(ctx, s.Root)
	if err != nil {
		return Diff{}, err
	}
	d := Diff{Name: s.Name, Root: s.Root, Against: "HEAD", Files: []FileDiff{}}
	against, err := d.against(ctx, g, base)
	if err != nil {
		return d, err
	}
	p := patches{diff: &d, room: mostPatch}
	if err := g.run(ctx, p.read, "diff", "-z", "--raw", "--numstat", "--patch", "--unified=3", "--abbrev=12",
		"--find-renames", "-l1000", "--no-color", "--no-ext-diff", "--no-textconv", "--submodule=short", "--ignore-submodules=dirty",
		"--src-prefix=a/", "--dst-prefix=b/", against, "--"); err != nil {
		return d, err
	}
	return d, d.addUntracked(ctx, g, p.room)
}

// against finds what the files are compared with, and tells its commit or tree.
func (d *Diff) against(ctx context.Context, g git, base bool) (string, error) {
	ref, err := g.word(ctx, "symbolic-ref", "-q", "HEAD")
	if err != nil {
		return "", err
	}
	d.Branch = strings.TrimPrefix(ref, "refs/heads/")
	head, err := g.word(ctx, "rev-parse", "-q", "--verify", "HEAD^{commit}")
	if err != nil {
		return "", err
	}
	if head == "" {
		if base {
			return "", ErrNoBase
		}
		// The tree without files; its name depends on the repository's hash.
		return g.word(ctx, "hash-object", "-t", "tree", "/dev/null")
	}
	d.Commit = head[:min(len(head), abbreviated)]
	from, err := d.findBase(ctx, g)
	switch {
	case err != nil || !base:
		return head, err
	case from == "":
		return "", ErrNoBase
	}
	fork, err := g.word(ctx, "merge-base", "HEAD", from)
	if err != nil {
		return "", err
	}
	if fork == "" {
		return "", fmt.Errorf("its branch and %s have no commit in common", d.Base)
	}
	d.Against, d.Commit = d.Base, fork[:min(len(fork), abbreviated)]
	return fork, nil
}

// findBase finds the branch that this one began from: the main branch of a remote,
// else that of the repository. It returns its ref, empty when there is none.
func (d *Diff) findBase(ctx context.Context, g git) (string, error) {
	known := []string{
		"refs/remotes/origin/HEAD", "refs/remotes/upstream/HEAD", "refs/remotes/origin/main", "refs/remotes/origin/master",
		"refs/heads/main", "refs/heads/master", "refs/heads/trunk",
	}
	best, base := len(known), ""
	err := g.lines(ctx, func(line []byte) {
		ref, target, _ := strings.Cut(string(line), " ")
		at := slices.Index(known, ref)
		if target != "" {
			ref = target
		}
		if at >= 0 && at < best && ref != "refs/heads/"+d.Branch {
			best, base = at, ref
		}
	}, append([]string{"for-each-ref", "--format=%(refname) %(symref)"}, known...)...)
	d.Base = strings.TrimPrefix(strings.TrimPrefix(base, "refs/remotes/"), "refs/heads/")
	return base, err
}

// patches reads what git diff writes: the files, their sums, and their patches.
type patches struct {
	diff *Diff
	// headers are the first lines of the files' patches.
	headers []string
	// at is the file whose patch is read, of which text has been read so far. keep
	// is set while it is one that is listed, and has room.
	at   int
	keep bool
	text strings.Builder
	// room is how many bytes all further patches may have; spent is set when it is
	// used up.
	room  int
	spent bool
}

func (p *patches) read(out io.Reader) error {
	reader := bufio.NewReaderSize(out, longestLine)
	if err := p.list(reader); err != nil {
		return ending(err)
	}
	defer p.finish()
	for {
		line, err := reader.ReadSlice('\n')
		if len(line) > 0 {
			p.take(line)
		}
		for errors.Is(err, bufio.ErrBufferFull) {
			_, err = reader.ReadSlice('\n')
		}
		switch {
		case err != nil:
			return ending(err)
		case p.spent:
			for i := p.at + 1; i < len(p.diff.Files); i++ {
				p.diff.Files[i].Cut = true
			}
			return errEnough
		}
	}
}

// list reads the files and their sums. Only a file of which there is a sum differs;
// others were written since git last looked, and are as they were.
func (p *patches) list(reader *bufio.Reader) error {
	next := func() (string, error) {
		field, err := reader.ReadSlice(0)
		if err != nil {
			return "", err
		}
		return string(field[:len(field)-1]), nil
	}
	changes := map[string]Change{}
	for {
		field, err := next()
		if err != nil {
			return err
		}
		if field == "" {
			return nil
		}
		if strings.HasPrefix(field, ":") {
			letters := field[strings.LastIndexByte(field, ' ')+1:]
			path, err := next()
			if err == nil && letters != "" && (letters[0] == 'R' || letters[0] == 'C') {
				path, err = next()
			}
			if err != nil {
				return err
			}
			if letters != "" {
				changes[path] = changeOf(letters[0])
			}
			continue
		}
		added, rest, _ := strings.Cut(field, "\t")
		removed, path, _ := strings.Cut(rest, "\t")
		f := FileDiff{Path: path, Added: number(added), Removed: number(removed), Binary: added == "-"}
		if path == "" {
			if f.From, err = next(); err != nil {
				return err
			}
			if f.Path, err = next(); err != nil {
				return err
			}
		}
		if len(p.diff.Files) >= mostFiles {
			p.diff.Omitted++
			continue
		}
		f.Change = changes[f.Path]
		from := f.From
		if from == "" {
			from = f.Path
		}
		p.diff.Files = append(p.diff.Files, f)
		p.headers = append(p.headers, "diff --git "+quoted("a/"+from)+" "+quoted("b/"+f.Path)+"\n")
	}
}

// take takes a line of the patches.
func (p *patches) take(line []byte) {
	if bytes.HasPrefix(line, []byte("diff --git ")) {
		p.begin(string(line))
	}
	if !p.keep {
		return
	}
	f := &p.diff.Files[p.at]
	if len(line) > mostPatchLine {
		line = append(bytes.ToValidUTF8(line[:mostPatchLine], nil), '\n')
		f.Cut = true
	}
	p.spent = p.text.Len()+len(line) > p.room
	if p.spent || p.text.Len()+len(line) > mostFilePatch {
		f.Cut = true
		p.finish()
		return
	}
	p.text.Write(line)
}

// begin begins the patch with that header. One file has two when it was a link.
func (p *patches) begin(header string) {
	p.finish()
	for i := p.at; i < len(p.headers) && !p.keep; i++ {
		if p.headers[i] == header {
			p.at, p.keep = i, true
		}
	}
}

// finish ends the patch that is read.
func (p *patches) finish() {
	if p.keep {
		p.diff.Files[p.at].Patch += p.text.String()
		p.room -= p.text.Len()
	}
	p.keep = false
	p.text.Reset()
}

// quoted is a path as git writes it in a patch.
func quoted(path string) string {
	const short = "abtnvfr"
	plain := true
	var out strings.Builder
	for i := range len(path) {
		switch c := path[i]; {
		case c == '"' || c == '\\':
			plain = false
			out.WriteByte('\\')
			out.WriteByte(c)
		case c >= 7 && c <= 13:
			plain = false
			out.WriteByte('\\')
			out.WriteByte(short[c-7])
		case c < 0x20 || c == 0x7f:
			plain = false
			fmt.Fprintf(&out, "\\%03o", c)
		default:
			out.WriteByte(c)
		}
	}
	if plain {
		return path
	}
	return `"` + out.String() + `"`
}
