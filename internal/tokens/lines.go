package tokens

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
)

// Bounds of reading a file.
const (
	// longestLine is how much of one line is read; a longer one, such as one with a
	// picture in it, is passed over.
	longestLine = 4 << 20
	// mostAtOnce is how much of a file is read at once; the rest comes with the next
	// reading.
	mostAtOnce = 64 << 20
)

var (
	// errReplaced is returned for a file that is another one now, or shorter.
	errReplaced = errors.New("the file was replaced")
	// errNotRegular says that a path is no file.
	errNotRegular = errors.New("not a regular file")
)

// tail reads what is added to a file of lines.
type tail struct {
	path   string
	offset int64
	before os.FileInfo
	// skipping is set within a line that is too long.
	skipping bool
}

// unchanged tells whether nothing has been written since the last reading, all of which
// was read.
func (t *tail) unchanged(info os.FileInfo) bool {
	return t.before != nil && os.SameFile(t.before, info) && info.Size() == t.before.Size() && info.ModTime().Equal(t.before.ModTime())
}

// read calls take with each line that is whole and that it has not had, until ctx ends.
// more is set when there is more to read than was read at once. It returns errReplaced
// when the file has to be read from its beginning by another tail.
func (t *tail) read(ctx context.Context, take func(line []byte)) (more bool, err error) {
	// Opening something that is no file can wait for ever.
	info, err := os.Stat(t.path)
	switch {
	case err != nil:
		return false, err
	case !info.Mode().IsRegular():
		return false, fmt.Errorf("%w: %s", errNotRegular, t.path)
	case t.before != nil && (!os.SameFile(t.before, info) || info.Size() < t.offset):
		return false, errReplaced
	case t.unchanged(info):
		return false, nil
	}
	file, err := os.Open(t.path)
	if err != nil {
		return false, err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	left := min(info.Size()-t.offset, mostAtOnce)
	more = info.Size()-t.offset > mostAtOnce
	if err := t.lines(ctx, io.NewSectionReader(file, t.offset, left), take); err != nil {
		return true, err
	}
	if !more {
		t.before = info
	}
	return more, nil
}

// lines takes whole lines and moves the offset behind each.
func (t *tail) lines(ctx context.Context, from io.Reader, take func(line []byte)) error {
	reader := bufio.NewReaderSize(from, 256<<10)
	var long []byte
	unfinished := int64(0)
	for {
		part, err := reader.ReadSlice('\n')
		unfinished += int64(len(part))
		whole := err == nil
		switch {
		case err != nil && !errors.Is(err, bufio.ErrBufferFull) && !errors.Is(err, io.EOF):
			return err
		case t.skipping:
		case len(long)+len(part) > longestLine:
			t.skipping, long = true, nil
		case !whole || len(long) > 0:
			long = append(long, part...)
			part = long
		}
		if t.skipping {
			// It need not be read again.
			t.offset += unfinished
			unfinished = 0
		}
		if whole {
			if !t.skipping {
				take(part[:len(part)-1])
			}
			t.offset += unfinished
			t.skipping, unfinished, long = false, 0, long[:0]
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
	}
}
