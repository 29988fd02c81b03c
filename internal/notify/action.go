package notify

import (
	"context"
	"strconv"
	"sync"
	"time"

	"github.com/godbus/dbus/v5"

	"agentwatch/engine"
)

// Act is what the user has chosen on a notification.
type Act struct {
	// Agent is as it was told of.
	Agent engine.Agent
	// Option is the index of the dialog's option that is to be chosen; -1 to go to the
	// agent's pane.
	Option int
}

// choice is an action with its key and label, in the words of the service.
type choice struct {
	key, label string
	act        Act
}

// mostOptions bounds how many options of a dialog are offered, longestOption how long
// each may be.
const (
	mostOptions   = 4
	longestOption = 40
)

// offers are what a message's notification offers: to go to the agent, or to the most
// urgent one, and, where that is wanted, what a single agent asks.
func (d desktop) offers(m Message) []choice {
	if m.Test() {
		return nil
	}
	first := m.Items[0].Agent
	// The default is what a click on the notification itself does.
	all := []choice{{"default", "Go", Act{first, -1}}, {"go", "Go", Act{first, -1}}}
	if !d.answers || len(m.Items) > 1 || m.Items[0].Over != "" || first.Dialog == nil || first.Urgency() != engine.UrgencyWaiting {
		return all
	}
	for i, option := range first.Dialog.Options[:min(len(first.Dialog.Options), mostOptions)] {
		all = append(all, choice{"option-" + strconv.Itoa(i), plain(option.Label, longestOption), Act{first, i}})
	}
	return all
}

// words are the offers as the service takes them: keys and labels in turn.
func words(offers []choice) []string {
	all := []string{}
	for _, o := range offers {
		all = append(all, o.key, o.label)
	}
	return all
}

// mostShown bounds the notifications whose actions are waited for at once, noteLasts how
// long each is.
const (
	mostShown = 16
	noteLasts = 2 * time.Hour
)

// shownNotes are the notifications whose actions are waited for, each on its connection.
// Safe for concurrent use.
type shownNotes struct {
	mu sync.Mutex
	// ctx ends the waiting; nil before begin, when nothing is waited for.
	ctx     context.Context
	working *sync.WaitGroup
	// waiting ends each, oldest first.
	waiting []context.CancelFunc
}

// begin lets actions be waited for until ctx ends. Whoever ends it waits for working.
func (s *shownNotes) begin(ctx context.Context, working *sync.WaitGroup) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ctx, s.working = ctx, working
}

// listen asks for the service's signals on a connection, before the notification is
// shown, so that none is missed; nil when they cannot be waited for.
func (s *shownNotes) listen(conn *dbus.Conn) (signals chan *dbus.Signal) {
	s.mu.Lock()
	ctx := s.ctx
	s.mu.Unlock()
	if ctx == nil || conn.AddMatchSignalContext(ctx, dbus.WithMatchObjectPath(notifyPath), dbus.WithMatchInterface(notifyService)) != nil {
		return nil
	}
	signals = make(chan *dbus.Signal, 64)
	conn.Signal(signals)
	return signals
}

// await waits beside for what is done with a notification, and closes the connection
// then. ok is false when it cannot: then the connection is the caller's to close.
func (s *shownNotes) await(conn *dbus.Conn, signals <-chan *dbus.Signal, id uint32, offers []choice, act func(context.Context, Act)) (ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ctx.Err() != nil {
		return false
	}
	ctx, cancel := context.WithTimeout(s.ctx, noteLasts)
	if s.waiting = append(s.waiting, cancel); len(s.waiting) > mostShown {
		s.waiting[0]()
		s.waiting = s.waiting[1:]
	}
	s.working.Go(func() {
		defer conn.Close()
		defer cancel()
		for {
			select {
			case <-ctx.Done():
				return
			case signal, open := <-signals:
				if !open {
					return
				}
				chosen, over := chosenOf(signal, id, offers)
				if chosen != nil {
					act(ctx, *chosen)
				}
				if over {
					return
				}
			}
		}
	})
	return true
}

// chosenOf is what a signal of the service says of a notification: what was chosen, nil
// for nothing, and whether that was the last of it.
func chosenOf(signal *dbus.Signal, id uint32, offers []choice) (chosen *Act, over bool) {
	var of uint32
	switch signal.Name {
	case notifyService + ".NotificationClosed":
		var reason uint32
		return nil, dbus.Store(signal.Body, &of, &reason) == nil && of == id
	case notifyService + ".ActionInvoked":
		var key string
		if dbus.Store(signal.Body, &of, &key) != nil || of != id {
			return nil, false
		}
		for _, o := range offers {
			if o.key == key {
				return &o.act, true
			}
		}
	}
	return nil, false
}
