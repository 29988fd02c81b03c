package monitor

import (
	"context"
	"errors"
	"sync"
	"time"
)

// tempo says how often something is read.
type tempo struct {
	// least is the least time between two readings of one thing, however much its
	// agents print; share times what the last reading took, if that is longer, so that
	// what is large costs no more than what is small.
	least time.Duration
	share time.Duration
	// within bounds one reading.
	within time.Duration
	// age is after which time it is read again although nothing was printed; zero for
	// never.
	age time.Duration
}

// used is something that agents use, and when one of them last printed.
type used[K comparable] struct {
	key     K
	printed time.Time
}

// reading is what is known of one thing.
type reading[V any] struct {
	// value is nil where there is nothing or it could not be read. What it points to is
	// never changed; it is another pointer only for another value.
	value *V
	// at is when the reading began, took how long it lasted.
	at   time.Time
	took time.Duration
}

// dueAt is when it is to be read again; zero when nothing has been printed since.
func (r reading[V]) dueAt(p tempo, printed time.Time) time.Time {
	// tmux's times are whole seconds: what was printed in the reading's own may
	// have come after it.
	if !printed.Before(r.at.Truncate(time.Second)) {
		return r.at.Add(max(p.least, p.share*r.took))
	}
	if p.age > 0 {
		return r.at.Add(max(p.age, p.share*r.took))
	}
	return time.Time{}
}

// beside is what is read of agents beside the rounds, one reading at a time: each thing
// again when an agent that uses it has printed.
type beside[K comparable, V any] struct {
	tempo tempo
	// read reads one; nil is nothing. What has absent in its error ends all reading.
	read   func(ctx context.Context, key K) (*V, error)
	absent error
	same   func(a, b *V) bool
	now    func() time.Time
	// wake says that watchers have reported.
	wake chan struct{}

	// mu guards what is known.
	mu    sync.Mutex
	known map[K]reading[V]
	// ended is set when nothing can be read.
	ended bool
}

func newBeside[K comparable, V any](p tempo, now func() time.Time, read func(context.Context, K) (*V, error), same func(a, b *V) bool) beside[K, V] {
	return beside[K, V]{tempo: p, read: read, same: same, now: now, wake: make(chan struct{}, 1), known: make(map[K]reading[V])}
}

// of returns what is known of a key, and whether that has been read. The zero key has
// nothing to be read.
func (b *beside[K, V]) of(key K) (value *V, read bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	var none K
	known, read := b.known[key]
	return known.value, read || b.ended || key == none
}

// forget makes everything be read again.
func (b *beside[K, V]) forget() {
	if b == nil {
		return
	}
	b.mu.Lock()
	for key, known := range b.known {
		known.at = time.Time{}
		b.known[key] = known
	}
	b.mu.Unlock()
	signal(b.wake)
}

// run reads until ctx ends. all tells what is used, changed is called when something
// else is known of it. It returns nil when nothing can be read.
func (b *beside[K, V]) run(ctx context.Context, all func() []used[K], changed func()) error {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-b.wake:
		case <-timer.C:
		}
		key, now, wait := b.next(all())
		if !now {
			if wait > 0 {
				timer.Reset(wait)
			}
			continue
		}
		news, err := b.update(ctx, key)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if news {
			changed()
		}
		if b.absent != nil && errors.Is(err, b.absent) {
			return nil
		}
		timer.Reset(0)
	}
}

// next is what is to be read now, else how long the first is to be waited for; zero when
// none is due. What nobody uses is forgotten.
func (b *beside[K, V]) next(all []used[K]) (key K, now bool, wait time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	clock := b.now()
	printed := make(map[K]time.Time, len(all))
	for _, u := range all {
		if last, known := printed[u.key]; !known || u.printed.After(last) {
			printed[u.key] = u.printed
		}
	}
	for known := range b.known {
		if _, still := printed[known]; !still {
			delete(b.known, known)
		}
	}
	var first time.Time
	for _, u := range all {
		known, read := b.known[u.key]
		if !read || known.at.IsZero() {
			return u.key, true, 0
		}
		if due := known.dueAt(b.tempo, printed[u.key]); !due.IsZero() && (first.IsZero() || due.Before(first)) {
			key, first = u.key, due
		}
	}
	if first.IsZero() {
		return key, false, 0
	}
	if wait = first.Sub(clock); wait <= 0 {
		return key, true, 0
	}
	return key, false, wait
}

// update reads one and reports whether something else is known of it now. What could
// not be read is not known.
func (b *beside[K, V]) update(ctx context.Context, key K) (news bool, err error) {
	began := b.now()
	within, cancel := context.WithTimeout(ctx, b.tempo.within)
	defer cancel()
	value, err := b.read(within, key)
	b.mu.Lock()
	defer b.mu.Unlock()
	known, read := b.known[key]
	news = !read
	known.at, known.took = began, b.now().Sub(began)
	switch {
	case err != nil:
		news = news || known.value != nil
		known.value = nil
		b.ended = b.absent != nil && errors.Is(err, b.absent)
	case known.value == nil || value == nil || !b.same(known.value, value):
		news = news || known.value != value
		known.value = value
	}
	b.known[key] = known
	return news, err
}
