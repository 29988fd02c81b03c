package bench

import (
	"context"
	"encoding/json"
	"io"
	"strconv"
	"sync"
	"time"

	"agentwatch/engine"
)

// Shown is what a viewer shows: this machine and others as one.
type Shown interface {
	Subscribe() (snapshots <-chan *engine.Snapshot, cancel func())
}

// The orders to a viewer: when everything was there, in milliseconds from its begin, or
// nothing yet; to time changes from now on; and how late each was, in milliseconds.
const (
	orderJoined = "joined"
	orderWatch  = "time"
	orderTimes  = "times"
)

// stopwatch notes how late changes are shown.
type stopwatch struct {
	mu     sync.Mutex
	began  time.Time
	total  int
	joined time.Duration
	timing bool
	before []engine.Agent
	late   []float64
}

// ServeViewer follows what a viewer shows that began at a time and is to show so many
// agents of other machines, until orders end.
func ServeViewer(ctx context.Context, began time.Time, total int, shown Shown, orders io.Reader, answers io.Writer) error {
	ctx, cancel := context.WithCancel(ctx)
	w := &stopwatch{began: began, total: total}
	var work sync.WaitGroup
	defer work.Wait()
	defer cancel()
	snapshots, leave := shown.Subscribe()
	defer leave()
	work.Go(func() {
		for {
			select {
			case <-ctx.Done():
				return
			case s, open := <-snapshots:
				if !open {
					return
				}
				w.take(s, time.Now())
			}
		}
	})
	return obeyed(orders, answers, w.order)
}

func (w *stopwatch) order(word, _ string) (string, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch word {
	case orderJoined:
		if w.joined == 0 {
			return "", nil
		}
		return strconv.FormatFloat(milliseconds(w.joined), 'f', 1, 64), nil
	case orderWatch:
		w.timing, w.late, w.before = true, nil, nil
		return "", nil
	case orderTimes:
		w.timing, w.before = false, nil
		data, err := json.Marshal(w.late)
		w.late = nil
		return string(data), err
	}
	return "", errOrder
}

// take takes a snapshot that has come at a time.
func (w *stopwatch) take(s *engine.Snapshot, now time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.joined == 0 {
		there := 0
		for i := range s.Agents {
			if s.Agents[i].Ref.Host != "" && !s.Agents[i].Stale {
				there++
			}
		}
		if there >= w.total {
			w.joined = now.Sub(w.began)
		}
	}
	if !w.timing {
		return
	}
	before := w.before
	w.before = s.Agents
	if len(before) != len(s.Agents) {
		return
	}
	for i := range s.Agents {
		a := &s.Agents[i]
		if a.Revision != before[i].Revision && a.Ref == before[i].Ref && !a.Since.Equal(before[i].Since) {
			w.late = append(w.late, float64(now.Sub(a.Since).Microseconds())/1000)
		}
	}
}
