package history

import (
	"encoding/binary"
	"errors"
	"strings"
)

// A difference is a list of steps that make the rows of a screen from those of
// the one before. Each begins with a number whose lowest bits are its kind.
const (
	// stepCopy takes rows over: how many, and from where, told from where the
	// step before has ended.
	stepCopy = iota + 1
	// stepPatch makes a row from the one that stood there: the length of the new
	// middle, of what is kept before and after it, and the middle.
	stepPatch
	// stepWrite is a new row: its length and its text.
	stepWrite
	stepBits = 2
)

// worthPatching is how many bytes of a row must stay for a patch to be shorter
// than the row.
const worthPatching = 4

// candidates bounds how many equal rows are looked at for the longest run.
const candidates = 8

// errDifference is what a difference that makes no sense is reported as.
var errDifference = errors.New("a difference between two screens makes no sense")

// difference tells how to make the rows after from those before.
func difference(before, after []string) []byte {
	where := make(map[string][]int, len(before))
	for i, row := range before {
		where[row] = append(where[row], i)
	}
	var out []byte
	at := 0 // the row before that is expected next
	for i := 0; i < len(after); {
		if from, n := longestRun(before, after[i:], at, where[after[i]]); n > 0 {
			out = binary.AppendUvarint(out, uint64(n)<<stepBits|stepCopy)
			out = binary.AppendVarint(out, int64(from-at))
			at, i = from+n, i+n
			continue
		}
		row := after[i]
		if head, tail := 0, 0; at < len(before) {
			head, tail = shared(before[at], row)
			if head+tail >= worthPatching {
				middle := row[head : len(row)-tail]
				out = binary.AppendUvarint(out, uint64(len(middle))<<stepBits|stepPatch)
				out = binary.AppendUvarint(out, uint64(head))
				out = binary.AppendUvarint(out, uint64(tail))
				out = append(out, middle...)
				at, i = at+1, i+1
				continue
			}
		}
		out = binary.AppendUvarint(out, uint64(len(row))<<stepBits|stepWrite)
		out = append(out, row...)
		at, i = min(at+1, len(before)), i+1
	}
	return out
}

// longestRun finds where the rows begin that are equal to the first of after:
// where they are expected, else where most of them are.
func longestRun(before, after []string, expected int, where []int) (from, n int) {
	if expected < len(before) && before[expected] == after[0] {
		return expected, run(before[expected:], after)
	}
	for _, at := range where[:min(len(where), candidates)] {
		if m := run(before[at:], after); m > n {
			from, n = at, m
		}
	}
	return from, n
}

// run is how many rows are equal from the first on.
func run(a, b []string) int {
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	return n
}

// shared is how many bytes two rows have in common at their beginning and at
// their end.
func shared(a, b string) (head, tail int) {
	for head < len(a) && head < len(b) && a[head] == b[head] {
		head++
	}
	a, b = a[head:], b[head:]
	for tail < len(a) && tail < len(b) && a[len(a)-1-tail] == b[len(b)-1-tail] {
		tail++
	}
	return head, tail
}

// applied makes the rows that a difference tells of. It is safe for any bytes:
// what makes no sense is errDifference.
func applied(before []string, difference []byte) ([]string, error) {
	var rows []string
	at, size := 0, 0
	for r := (stepReader{rest: difference}); len(r.rest) > 0; {
		kind, n := r.begin()
		switch kind {
		case stepCopy:
			from := at + r.signed()
			if r.bad || n == 0 || from < 0 || from > len(before) || n > len(before)-from {
				return nil, errDifference
			}
			rows, at = append(rows, before[from:from+n]...), from+n
		case stepPatch:
			head, tail := r.number(), r.number()
			middle := r.text(n)
			if r.bad || at >= len(before) || head > len(before[at]) || tail > len(before[at])-head {
				return nil, errDifference
			}
			row := before[at]
			rows, at = append(rows, row[:head]+middle+row[len(row)-tail:]), at+1
		case stepWrite:
			rows, at = append(rows, r.text(n)), min(at+1, len(before))
		default:
			return nil, errDifference
		}
		if size = grown(size, rows, n, kind); r.bad || size > maxScreen {
			return nil, errDifference
		}
	}
	return rows, nil
}

// grown is the size of the rows with those that the last step has added.
func grown(size int, rows []string, n, kind int) int {
	if kind != stepCopy {
		n = 1
	}
	for _, row := range rows[len(rows)-n:] {
		size += len(row) + 1
	}
	return size
}

// stepReader reads the numbers and texts of a difference.
type stepReader struct {
	rest []byte
	// bad is set when there was less than asked for.
	bad bool
}

func (r *stepReader) begin() (kind, n int) {
	v := r.unsigned()
	return int(v & (1<<stepBits - 1)), r.bounded(v >> stepBits)
}

func (r *stepReader) unsigned() uint64 {
	v, size := binary.Uvarint(r.rest)
	if size <= 0 {
		r.bad, r.rest = true, nil
		return 0
	}
	r.rest = r.rest[size:]
	return v
}

// bounded is a number that is a size of something on a screen.
func (r *stepReader) bounded(v uint64) int {
	if v > maxScreen {
		r.bad = true
		return 0
	}
	return int(v)
}

func (r *stepReader) number() int { return r.bounded(r.unsigned()) }

func (r *stepReader) signed() int {
	v, size := binary.Varint(r.rest)
	if size <= 0 || v > maxScreen || v < -maxScreen {
		r.bad, r.rest = true, nil
		return 0
	}
	r.rest = r.rest[size:]
	return int(v)
}

func (r *stepReader) text(n int) string {
	if n > len(r.rest) {
		r.bad, r.rest = true, nil
		return ""
	}
	text := string(r.rest[:n])
	r.rest = r.rest[n:]
	return text
}

// rowsOf are the rows of a screen's text, textOf is its inverse.
func rowsOf(text string) []string { return strings.Split(text, "\n") }
func textOf(rows []string) string { return strings.Join(rows, "\n") }
