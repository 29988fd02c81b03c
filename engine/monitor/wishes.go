package monitor

import (
	"context"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"agentwatch/engine"
	"agentwatch/engine/answer"
	"agentwatch/health"
)

// aboutWishes is the topic of notices on wishes that cannot be kept.
const aboutWishes engine.NoticeTopic = "wishes"

// wishes are those of a service. Safe for concurrent use; nothing that can wait is
// done under its lock.
type wishes struct {
	// changed wakes the goroutine that saves. It has room for one.
	changed chan struct{}

	mu      sync.Mutex
	snoozes map[health.PaneRef]engine.KeptSnooze
	// waiting are the texts of each agent in their order. A slice is never changed.
	waiting map[health.PaneRef][]engine.KeptText
	limits  map[health.PaneRef]engine.KeptLimit
}

func newWishes(before engine.Wishes) *wishes {
	w := &wishes{changed: make(chan struct{}, 1), snoozes: make(map[health.PaneRef]engine.KeptSnooze), waiting: make(map[health.PaneRef][]engine.KeptText), limits: make(map[health.PaneRef]engine.KeptLimit)}
	for _, l := range before.Limits {
		w.limits[l.Ref] = l
	}
	for _, s := range before.Snoozes {
		w.snoozes[s.Ref] = s
	}
	for _, t := range before.Texts {
		// Nobody knows what came of one that was being typed.
		t.Uncertain = t.Begun
		w.waiting[t.Ref] = append(w.waiting[t.Ref], t)
	}
	return w
}

// all are the wishes as they are written down.
func (w *wishes) all() engine.Wishes {
	w.mu.Lock()
	defer w.mu.Unlock()
	snoozes := slices.SortedFunc(maps.Values(w.snoozes), func(a, b engine.KeptSnooze) int {
		return strings.Compare(a.Ref.String(), b.Ref.String())
	})
	var texts []engine.KeptText
	for _, ref := range slices.SortedFunc(maps.Keys(w.waiting), func(a, b health.PaneRef) int { return strings.Compare(a.String(), b.String()) }) {
		texts = append(texts, w.waiting[ref]...)
	}
	limits := slices.SortedFunc(maps.Values(w.limits), func(a, b engine.KeptLimit) int { return strings.Compare(a.Ref.String(), b.Ref.String()) })
	return engine.Wishes{Snoozes: snoozes, Texts: texts, Limits: limits}
}

// limit is what is kept of a pane's agent and its limit; the zero value for nothing.
func (w *wishes) limit(ref health.PaneRef) engine.KeptLimit {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.limits[ref]
}

// limited is of how many agents anything is kept.
func (w *wishes) limited() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.limits)
}

// pendingLimits are the panes whose agents go on when a limit ends that is in force.
func (w *wishes) pendingLimits(now time.Time) []health.PaneRef {
	w.mu.Lock()
	defer w.mu.Unlock()
	var all []health.PaneRef
	for ref, l := range w.limits {
		if !l.Begun && !l.Until.IsZero() && now.Sub(l.Until) < limitsEvery+2*engine.AfterReset {
			all = append(all, ref)
		}
	}
	return all
}

// changeLimit changes what is kept of a pane's agent.
func (w *wishes) changeLimit(ref health.PaneRef, change func(*engine.KeptLimit)) {
	w.mu.Lock()
	l := w.limits[ref]
	change(&l)
	w.limits[ref] = l
	w.mu.Unlock()
}

// forgetLimits forgets what is kept of the agents of which gone says so.
func (w *wishes) forgetLimits(gone func(engine.KeptLimit) bool) {
	w.mu.Lock()
	all := slices.Collect(maps.Values(w.limits))
	w.mu.Unlock()
	all = slices.DeleteFunc(all, func(l engine.KeptLimit) bool { return !gone(l) })
	w.mu.Lock()
	for _, l := range all {
		delete(w.limits, l.Ref)
	}
	w.mu.Unlock()
	if len(all) > 0 {
		signal(w.changed)
	}
}

func (w *wishes) snoozed(ref health.PaneRef) (engine.KeptSnooze, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	s, is := w.snoozes[ref]
	return s, is
}

// snooze keeps a snooze; the zero value takes that of the pane away.
func (w *wishes) snooze(ref health.PaneRef, s engine.KeptSnooze) {
	w.mu.Lock()
	if s == (engine.KeptSnooze{}) {
		delete(w.snoozes, ref)
	} else {
		w.snoozes[ref] = s
	}
	w.mu.Unlock()
	signal(w.changed)
}

// recipients are the panes for whose agents texts wait.
func (w *wishes) recipients() []health.PaneRef {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Collect(maps.Keys(w.waiting))
}

func (w *wishes) texts(ref health.PaneRef) []engine.KeptText {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.waiting[ref]
}

func (w *wishes) setTexts(ref health.PaneRef, texts []engine.KeptText) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.put(ref, texts)
}

// put is called under mu.
func (w *wishes) put(ref health.PaneRef, texts []engine.KeptText) {
	if w.waiting[ref] = texts; len(texts) == 0 {
		delete(w.waiting, ref)
	}
}

// addText adds a text, once for each ID.
func (w *wishes) addText(t engine.KeptText) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	all := w.waiting[t.Ref]
	switch {
	case slices.ContainsFunc(all, func(before engine.KeptText) bool { return before.ID == t.ID }):
		return nil
	case len(all) >= maxTexts:
		return answer.Cannot("%d texts wait for it already", len(all))
	}
	w.put(t.Ref, append(slices.Clone(all), t))
	return nil
}

func (w *wishes) removeText(ref health.PaneRef, id string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.put(ref, slices.DeleteFunc(slices.Clone(w.waiting[ref]), func(t engine.KeptText) bool { return t.ID == id }))
}

// mark notes whether a text is being typed, and whether that came to an uncertain end;
// false when it is there no more.
func (w *wishes) mark(ref health.PaneRef, id string, begun, uncertain bool) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	all := slices.Clone(w.waiting[ref])
	i := slices.IndexFunc(all, func(t engine.KeptText) bool { return t.ID == id })
	if i < 0 {
		return false
	}
	all[i].Begun, all[i].Uncertain = begun, uncertain
	w.put(ref, all)
	return true
}

// identify notes what the agent is known by from now on.
func (w *wishes) identify(ref health.PaneRef, identity engine.Identity) {
	w.mu.Lock()
	defer w.mu.Unlock()
	all := slices.Clone(w.waiting[ref])
	for i := range all {
		all[i].Identity = identity
	}
	w.put(ref, all)
}

// saveWishes writes the wishes down now.
func (s *Service) saveWishes() error {
	if s.options.Wishes.Save == nil {
		return nil
	}
	s.saving.Lock()
	defer s.saving.Unlock()
	return s.options.Wishes.Save(s.wishes.all())
}

// saveEvery is the least time between two tries to save wishes.
const saveEvery = 100 * time.Millisecond

// keepWishes saves the wishes whenever they have changed, and what is left when ctx
// ends.
func (s *Service) keepWishes(ctx context.Context) error {
	failed := false
	save := func() {
		if err := s.saveWishes(); err != nil {
			failed = true
			s.Tell(aboutWishes, engine.Notice{
				Severity: engine.SeverityWarning, Text: "what is snoozed will not be remembered: " + err.Error(),
			})
			return
		}
		if failed {
			failed = false
			s.Tell(aboutWishes)
		}
	}
	for {
		select {
		case <-ctx.Done():
			select {
			case <-s.wishes.changed:
				save()
			default:
			}
			return ctx.Err()
		case <-s.wishes.changed:
			save()
		}
		timer := time.NewTimer(saveEvery)
		select {
		case <-ctx.Done():
		case <-timer.C:
		}
		timer.Stop()
	}
}
