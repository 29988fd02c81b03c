package serve

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"time"
)

// wire is a connection that carries lines of JSON. One goroutine may read; any
// may write.
type wire struct {
	conn net.Conn
	in   *bufio.Reader
	// limit bounds a line that is read, in bytes.
	limit int
	// patience bounds one write: who does not read gets nothing more.
	patience time.Duration

	writing sync.Mutex
	out     bytes.Buffer
}

func newWire(conn net.Conn, limit int, patience time.Duration) *wire {
	return &wire{conn: conn, in: bufio.NewReaderSize(conn, 32<<10), limit: limit, patience: patience}
}

// receive reads the next message. It returns io.EOF at the orderly end,
// ErrTooLong for a line beyond the limit and ErrRequest for what is not JSON of
// that message.
func receive[T any](w *wire) (*T, error) {
	line, err := w.line()
	if err != nil {
		return nil, err
	}
	message := new(T)
	if err := json.Unmarshal(line, message); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrRequest, err)
	}
	return message, nil
}

// line reads up to the end of a line.
func (w *wire) line() ([]byte, error) {
	var long []byte
	for {
		piece, err := w.in.ReadSlice('\n')
		if len(long)+len(piece) > w.limit {
			return nil, fmt.Errorf("%w: more than %d bytes", ErrTooLong, w.limit)
		}
		switch {
		case err == nil && long == nil:
			return piece, nil
		case err == nil:
			return append(long, piece...), nil
		case errors.Is(err, bufio.ErrBufferFull):
			long = append(long, piece...)
		case errors.Is(err, io.EOF) && len(long)+len(piece) > 0:
			return nil, io.ErrUnexpectedEOF
		default:
			return nil, err
		}
	}
}

// send writes a message. After an error the connection is of no use: half a line
// may have gone out.
func send[T any](w *wire, message *T) error {
	w.writing.Lock()
	defer w.writing.Unlock()
	w.out.Reset()
	encoder := json.NewEncoder(&w.out)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(message); err != nil {
		return fmt.Errorf("serve: encode: %w", err)
	}
	if err := w.conn.SetWriteDeadline(time.Now().Add(w.patience)); err != nil {
		return fmt.Errorf("serve: send: %w", err)
	}
	if _, err := w.conn.Write(w.out.Bytes()); err != nil {
		return fmt.Errorf("serve: send: %w", err)
	}
	return nil
}
