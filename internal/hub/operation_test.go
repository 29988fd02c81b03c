package hub

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
)

// operations keeps what was done at a hub.
type operations struct {
	mu  sync.Mutex
	all []Operation
}

func (o *operations) note(op Operation) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.all = append(o.all, op)
}

// has tells whether there was one of that name and reason, with or without an error.
func (o *operations) has(name, reason string, failed bool) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, op := range o.all {
		if op.Name == name && op.Reason == reason && (op.Err != nil) == failed && !op.Began.IsZero() && op.Took > 0 {
			return true
		}
	}
	return false
}

func TestWhatIsDoneAtAHubIsTold(t *testing.T) {
	t.Parallel()
	r := redis(t)
	var done operations
	o := optionsOf(r)
	o.Observe = done.note
	m := start(t, o, 1, 3)
	v := view(t, o)
	until(t, v, "the host", shows(1, 3))
	m.turn(1, wait("May I?"))
	c, k := direct(t, r), keys{"test"}
	if err := c.Do(t.Context(), c.B().Del().Key(k.agent(idOf(1), "s1.1")).Build()).Error(); err != nil {
		t.Fatal(err)
	}
	told := func(name, reason string, failed bool) {
		t.Helper()
		until(t, v, fmt.Sprintf("%s %s (failed: %v) to be told", name, reason, failed), func([]Host) bool { return done.has(name, reason, failed) })
	}
	for _, name := range []string{"begin", "write", "beat", "connect", "snapshot", "fetch"} {
		told(name, "", false)
	}
	told("put", "start", false)
	told("put", "lost", false)
	r.Kill()
	told("beat", "", true)
	told("connect", "", true)
}

func TestErrorsOfAHubAreToldByTheirKind(t *testing.T) {
	for want, err := range map[string]error{
		"": nil, "timeout": fmt.Errorf("write: %w", context.DeadlineExceeded), "twin": ErrTwin, "other": errors.New("what /home/ada/secret"),
	} {
		if got := (Operation{Err: err}).Kind(); got != want {
			t.Errorf("%v is %q, want %q", err, got, want)
		}
	}
	var o Options
	if err := o.observed("x", "", func() error { return context.Canceled }); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	o.Observe = func(op Operation) { t.Errorf("%+v is told: it was only ended", op) }
	_ = o.observed("x", "", func() error { return fmt.Errorf("end: %w", context.Canceled) })
}
