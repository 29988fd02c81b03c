package history

import (
	"bytes"
	"compress/flate"
	"fmt"
	"io"
)

// The first byte of what is kept of a screen says how the rest is written.
const (
	writtenPlainly = iota
	writtenByFlate
)

// compressor compresses one after another. Screens differ by some hundred bytes:
// there, what the frames of zstd cost is more than what it gains.
type compressor struct {
	writer *flate.Writer
	out    bytes.Buffer
}

func newCompressor() *compressor {
	writer, err := flate.NewWriter(io.Discard, flate.DefaultCompression)
	if err != nil {
		panic(err) // the level is one of those that there are
	}
	return &compressor{writer: writer}
}

// compressed returns the data in the shorter of both forms.
func (c *compressor) compressed(data []byte) []byte {
	c.out.Reset()
	c.out.WriteByte(writtenByFlate)
	c.writer.Reset(&c.out)
	// A buffer takes everything.
	_, _ = c.writer.Write(data)
	_ = c.writer.Close()
	if c.out.Len() > len(data) {
		return append([]byte{writtenPlainly}, data...)
	}
	return bytes.Clone(c.out.Bytes())
}

// decompressed is the inverse. It is safe for any bytes.
func decompressed(data []byte) ([]byte, error) {
	if len(data) == 0 {
		return nil, errDifference
	}
	switch form, rest := data[0], data[1:]; form {
	case writtenPlainly:
		return rest, nil
	case writtenByFlate:
		const most = 2 * maxScreen
		out, err := io.ReadAll(io.LimitReader(flate.NewReader(bytes.NewReader(rest)), most+1))
		if err != nil || len(out) > most {
			return nil, errDifference
		}
		return out, nil
	default:
		return nil, fmt.Errorf("%w: a form %d is not known", errDifference, form)
	}
}
