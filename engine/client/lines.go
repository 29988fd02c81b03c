package client

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// maxLine bounds one value that the other side sends, in bytes: 5,000 agents with all
// that can be said of them have room in it.
const maxLine = 32 << 20

// ErrGarbled is returned for what is no value, or one that is larger.
var ErrGarbled = errors.New("what it sends cannot be understood")

// lines reads JSON values, none of which may be endless.
type lines struct {
	from    io.Reader
	decoder *json.Decoder
	// left is how many bytes may come until the next value is complete.
	left int
}

func newLines(from io.Reader) *lines {
	l := &lines{from: from}
	l.decoder = json.NewDecoder(l)
	return l
}

// Read implements io.Reader for the decoder.
func (l *lines) Read(p []byte) (int, error) {
	if l.left <= 0 {
		return 0, fmt.Errorf("%w: more than %d MiB in one piece", ErrGarbled, maxLine>>20)
	}
	n, err := l.from.Read(p[:min(len(p), l.left)])
	l.left -= n
	return n, err
}

// decode reads the next value.
func (l *lines) decode(into any) error {
	l.left = maxLine
	err := l.decoder.Decode(into)
	var syntax *json.SyntaxError
	var other *json.UnmarshalTypeError
	if errors.As(err, &syntax) || errors.As(err, &other) {
		return fmt.Errorf("%w: %w", ErrGarbled, err)
	}
	return err
}
