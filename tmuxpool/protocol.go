package tmuxpool

import (
	"bytes"
	"fmt"
)

// maxLine bounds one line of the protocol, maxBlock the body of one block. A
// pane of 1000 columns and rows, all coloured, stays far below.
const (
	maxLine  = 8 << 20
	maxBlock = 64 << 20
)

// MessageKind tells what a control client said.
type MessageKind uint8

// The kinds of messages.
const (
	// MessageBlock: the output of a command (or a hook).
	MessageBlock MessageKind = iota
	// MessageNotification: something happened in the server.
	MessageNotification
	// MessageExit: the client is about to end.
	MessageExit
)

// String returns the kind's word.
func (k MessageKind) String() string {
	words := [...]string{"block", "notification", "exit"}
	if int(k) < len(words) {
		return words[k]
	}
	return fmt.Sprintf("message(%d)", uint8(k))
}

// Message is one thing that a control client said.
type Message struct {
	Kind MessageKind
	// Block is set for MessageBlock.
	Block Block
	// Name is a notification's, without its "%"; Text is what follows it, or
	// the reason of an exit, which may be empty.
	Name string
	Text string
}

// Block is what stands between %begin and its %end or %error.
type Block struct {
	// Second is the server's clock in seconds since 1970, Number the command's.
	Second int64
	Number uint64
	// Flags is 1 for the answer to a line that the client sent, 0 for the
	// command it was started with and for hooks.
	Flags int
	// Failed is set when the block ended with %error.
	Failed bool
	// Body has all lines, each with its newline. It belongs to the receiver.
	Body []byte
}

// Parser reads the control protocol of tmux, in chunks of any size. It is
// strict: what cannot be is ErrProtocol, after which it must not be used. A
// block ends only with the very time, number and flags it began with, so that
// lines of a pane that look like the protocol's do no harm. A Parser is not
// safe for concurrent use.
type Parser struct {
	line   []byte
	open   bool
	ended  bool
	guard  []byte // "TIME NUMBER FLAGS" of the open block
	block  Block
	failed error
}

// Feed reads the next bytes and calls emit for each message they complete.
func (p *Parser) Feed(chunk []byte, emit func(Message)) error {
	for len(chunk) > 0 && p.failed == nil {
		i := bytes.IndexByte(chunk, '\n')
		if i < 0 {
			p.line = append(p.line, chunk...)
			if len(p.line) > maxLine {
				p.failed = fmt.Errorf("%w: a line of more than %d bytes", ErrProtocol, maxLine)
			}
			break
		}
		line := chunk[:i]
		chunk = chunk[i+1:]
		if len(p.line) > 0 {
			p.line = append(p.line, line...)
			line = p.line
		}
		p.failed = p.oneLine(line, emit)
		p.line = p.line[:0]
	}
	return p.failed
}

// oneLine reads a line without its newline.
func (p *Parser) oneLine(line []byte, emit func(Message)) error {
	switch {
	case p.open:
		return p.inBlock(line, emit)
	case p.ended:
		return nil // what comes after %exit is for a terminal that we are not
	}
	line = bytes.TrimSuffix(line, []byte{'\r'})
	if len(line) < 2 || line[0] != '%' {
		return fmt.Errorf("%w: %q outside a block", ErrProtocol, clip(line))
	}
	name, text, _ := bytes.Cut(line[1:], []byte{' '})
	switch string(name) {
	case "begin":
		return p.begin(text)
	case "end", "error":
		return fmt.Errorf("%w: %q ends no block", ErrProtocol, clip(line))
	case "exit":
		p.ended = true
		emit(Message{Kind: MessageExit, Text: string(text)})
	default:
		emit(Message{Kind: MessageNotification, Name: string(name), Text: string(text)})
	}
	return nil
}

// begin opens a block.
func (p *Parser) begin(text []byte) error {
	var second, number, flags uint64
	fields := [...]*uint64{&second, &number, &flags}
	rest := text
	for i, field := range fields {
		digits, after, more := bytes.Cut(rest, []byte{' '})
		n, ok := decimal(digits)
		if !ok || more == (i == len(fields)-1) {
			return fmt.Errorf("%w: %%begin with %q", ErrProtocol, clip(text))
		}
		*field, rest = n, after
	}
	p.open = true
	p.guard = append(p.guard[:0], text...)
	p.block = Block{Second: int64(second), Number: number, Flags: int(flags)}
	return nil
}

// inBlock reads a line of an open block.
func (p *Parser) inBlock(line []byte, emit func(Message)) error {
	if failed, ends := p.ends(line); ends {
		p.block.Failed = failed
		p.open = false
		done := p.block
		p.block = Block{}
		emit(Message{Kind: MessageBlock, Block: done})
		return nil
	}
	if len(p.block.Body)+len(line) >= maxBlock {
		return fmt.Errorf("%w: a block of more than %d bytes", ErrProtocol, maxBlock)
	}
	p.block.Body = append(append(p.block.Body, line...), '\n')
	return nil
}

// ends tells whether a line ends the open block.
func (p *Parser) ends(line []byte) (failed, ends bool) {
	if len(line) == 0 || line[0] != '%' {
		return false, false
	}
	if rest, ok := bytes.CutPrefix(line, []byte("%end ")); ok {
		return false, bytes.Equal(rest, p.guard)
	}
	if rest, ok := bytes.CutPrefix(line, []byte("%error ")); ok {
		return true, bytes.Equal(rest, p.guard)
	}
	return false, false
}

// decimal reads an unsigned number that fits an int64.
func decimal(b []byte) (uint64, bool) {
	if len(b) == 0 || len(b) > 18 {
		return 0, false
	}
	var n uint64
	for _, c := range b {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + uint64(c-'0')
	}
	return n, true
}

// clip shortens what goes into an error's text.
func clip(b []byte) []byte { return b[:min(len(b), 80)] }
