package serve

import "agentwatch/engine"

// box hands the newest snapshot to one subscriber. Its owner's lock guards it.
type box struct{ ch chan *engine.Snapshot }

// newBox returns a box in which a snapshot lies, nil for none.
func newBox(first *engine.Snapshot) *box {
	b := &box{make(chan *engine.Snapshot, 1)}
	if first != nil {
		b.put(first)
	}
	return b
}

// put replaces what lies in the box; it never waits.
func (b *box) put(s *engine.Snapshot) {
	select {
	case <-b.ch:
	default:
	}
	b.ch <- s
}

func (b *box) close() { close(b.ch) }

// boxes are those of all subscribers. The zero value is fit for use; its owner's
// lock guards it.
type boxes struct{ open map[*box]struct{} }

func (b *boxes) add(one *box) {
	if b.open == nil {
		b.open = make(map[*box]struct{})
	}
	b.open[one] = struct{}{}
}

// remove closes a box, unless that has been done.
func (b *boxes) remove(one *box) {
	if _, open := b.open[one]; open {
		delete(b.open, one)
		one.close()
	}
}

func (b *boxes) put(s *engine.Snapshot) {
	for one := range b.open {
		one.put(s)
	}
}

func (b *boxes) close() {
	for one := range b.open {
		b.remove(one)
	}
}
