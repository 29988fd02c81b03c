package monitor

import (
	"sync"

	"agentwatch/engine"
)

// mailbox hands the newest snapshot to one subscriber: a newer one replaces one
// that has not been read, and the sender never waits.
type mailbox struct {
	mu     sync.Mutex
	ch     chan *engine.Snapshot
	closed bool
}

func newMailbox() *mailbox { return &mailbox{ch: make(chan *engine.Snapshot, 1)} }

// put replaces what lies in the box.
func (m *mailbox) put(s *engine.Snapshot) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return
	}
	select {
	case <-m.ch:
	default:
	}
	m.ch <- s
}

// close ends the stream; the reader sees a closed channel.
func (m *mailbox) close() {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.closed {
		m.closed = true
		close(m.ch)
	}
}
