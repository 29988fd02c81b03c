package tmuxpool

import "fmt"

// Capture is what a pane shows.
type Capture struct {
	// Text has the screen's rows, exactly, separated by newlines; without the
	// one that would end the last. Without colours rows are without their
	// trailing spaces. With colours it has SGR and hyperlink sequences, and the
	// spaces that a program wrote at the end of a row: they may be coloured. What
	// it erased in a colour up to 3.3a is lost.
	Text string
	// ServerSecond is the server's clock, in seconds since 1970, when it made
	// the capture. For captures by processes, which do not tell, it is our
	// clock's second from before the process was started: never too late.
	ServerSecond int64
	// Bytes is the size of the text.
	Bytes int
	// Pane is what a list with DetailFast says of the pane, as of right before the
	// capture; only where the request asked for it. Of the sessions of a window that
	// is in several it may name another than a list does.
	Pane Pane
}

// CaptureRequest asks for one capture.
type CaptureRequest struct {
	// Pane is the pane's id, "%3".
	Pane string
	// Colours asks for colours, which cost the server four to five times more.
	Colours bool
	// Facts asks for Capture.Pane.
	Facts bool
	// History is how many rows from above the screen to add.
	History int
}

// Method says how captures are made while control clients work.
type Method uint8

const (
	// MethodPipelined sends many requests at once over few clients: one for up
	// to 200 captures, up to four beyond.
	MethodPipelined Method = iota
	// MethodPooled takes a client from the pool for each capture.
	MethodPooled
	// MethodProcess starts a tmux process for each capture.
	MethodProcess
)

// String returns the method's word.
func (m Method) String() string {
	words := [...]string{"pipelined", "pooled", "process"}
	if int(m) < len(words) {
		return words[m]
	}
	return fmt.Sprintf("method(%d)", uint8(m))
}
