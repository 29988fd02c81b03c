package client

import (
	"sync"

	"agentwatch/engine"
)

// Mailbox gives each of its readers the latest snapshot only: one that is slow misses
// those in between. The zero value is ready. Safe for concurrent use.
type Mailbox struct {
	mu    sync.Mutex
	boxes map[chan *engine.Snapshot]struct{}
	last  *engine.Snapshot
	ended bool
}

// Put gives a snapshot to all readers.
func (m *Mailbox) Put(s *engine.Snapshot) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.ended {
		return
	}
	m.last = s
	for box := range m.boxes {
		select {
		case <-box:
		default:
		}
		box <- s
	}
}

// Subscribe delivers snapshots, beginning with the last one, until cancel is called or
// the mailbox is closed, which closes the channel.
func (m *Mailbox) Subscribe() (snapshots <-chan *engine.Snapshot, cancel func()) {
	m.mu.Lock()
	defer m.mu.Unlock()
	box := make(chan *engine.Snapshot, 1)
	if m.last != nil {
		box <- m.last
	}
	if m.ended {
		close(box)
		return box, func() {}
	}
	if m.boxes == nil {
		m.boxes = make(map[chan *engine.Snapshot]struct{})
	}
	m.boxes[box] = struct{}{}
	return box, func() {
		m.mu.Lock()
		defer m.mu.Unlock()
		if _, open := m.boxes[box]; open {
			delete(m.boxes, box)
			close(box)
		}
	}
}

// Close closes the channels of all readers. What is put later is dropped.
func (m *Mailbox) Close() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.ended = true
	for box := range m.boxes {
		delete(m.boxes, box)
		close(box)
	}
}
