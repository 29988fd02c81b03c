package hub

import (
	"context"
	"crypto/rand"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/redis/rueidis"
)

// mostRemembered is how much that has been told a viewer remembers.
const mostRemembered = 20_000

// memory is what a viewer knows has been told, for a hub that has forgotten it: one that
// was emptied, or came back with an old file. All methods are safe for concurrent use.
type memory struct {
	mu sync.Mutex
	// marks are the keys of what has been told, oldest first.
	marks []string
	known map[string]bool
	// era is what the hub calls the time since it was empty, last when somebody has told
	// there, as read last.
	era  string
	last int64
	// until is how long nothing is told after the hub has forgotten: so long all who know
	// something may take to write it again.
	until time.Time
}

func newMemory() memory { return memory{known: make(map[string]bool)} }

func (k keys) era() string { return k.prefix() + "told:era" }

// note remembers that something has been told.
func (m *memory) note(key string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.known[key] {
		return
	}
	if len(m.marks) == mostRemembered {
		for _, old := range m.marks[:mostRemembered/4] {
			delete(m.known, old)
		}
		m.marks = slices.Clone(m.marks[mostRemembered/4:])
	}
	m.known[key], m.marks = true, append(m.marks, key)
}

func (m *memory) currentEra() string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.era
}

// restoring reports whether it is not known yet what others have told.
func (m *memory) restoring() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return time.Now().Before(m.until)
}

// forgotten notes what the hub says, and returns what is to be written again.
func (m *memory) forgotten(era string, last int64, wait time.Duration) []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	lost := m.era != "" && m.era != era || last < m.last
	m.era, m.last = era, last
	if !lost {
		return nil
	}
	m.until = time.Now().Add(wait)
	return slices.Clone(m.marks)
}

// again lets the hub count as one that has forgotten when it is read next.
func (m *memory) again() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.era = "unknown"
}

// restore looks whether the hub has forgotten what was told, and writes it again.
func (t *Teller) restore(ctx context.Context, lastTold string) error {
	key := t.viewer.keys.era()
	err := t.client.Do(ctx, t.client.B().Set().Key(key).Value(rand.Text()[:16]).Nx().Px(toldLives).Build()).Error()
	if err != nil && !rueidis.IsRedisNil(err) {
		return err
	}
	era, err := t.client.Do(ctx, t.client.B().Get().Key(key).Build()).ToString()
	if err != nil {
		return err
	}
	last, _ := strconv.ParseInt(lastTold, 10, 64)
	var commands []rueidis.Completed
	for _, mark := range t.memory.forgotten(era, last, t.lasts+writeTime) {
		commands = append(commands, t.client.B().Set().Key(mark).Value(sentPrefix+t.id).Px(toldLives).Build())
	}
	for part := range slices.Chunk(commands, batch) {
		for _, result := range t.client.DoMulti(ctx, part...) {
			if err := result.Error(); err != nil {
				t.memory.again()
				return err
			}
		}
	}
	return nil
}
