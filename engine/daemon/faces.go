package daemon

import (
	"context"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"agentwatch/engine/api"
	"agentwatch/health"
)

// face is one stream that somebody reads.
type face struct {
	selection api.Selection
	// pane is the one that it runs in; zero when it runs in none.
	pane health.PaneRef
	// follows are the panes whose screens it shows, likely those that it is likely
	// to show next. No pane is in both.
	follows, likely []health.PaneRef
}

// wants are the servers that it wants to see: without a selection also the one
// that it runs in, which need not be where others are found.
func (f *face) wants() []api.Selection {
	if f.selection.All() && f.selection.Here != "" {
		return []api.Selection{{}, {Sockets: []string{f.selection.Here}}}
	}
	return []api.Selection{{Names: f.selection.Names, Sockets: f.selection.Sockets}}
}

// faces are all streams that are read. What they want is put together for the
// engine. Safe for concurrent use.
type faces struct {
	options *Options

	mu   sync.Mutex
	open map[*face]struct{}
	// stopped is set when the process ends by itself.
	stopped bool
	// alone runs while there is no face; nil when that is no reason to leave.
	alone *time.Timer
	// following, likely, selected and hidden are what the engine was told last.
	following, likely []health.PaneRef
	selected          []api.Selection
	hidden            map[health.PaneRef]bool
}

// firstFace is how long a process that leaves without faces waits for its first.
const firstFace = 15 * time.Second

func newFaces(o *Options) *faces {
	f := &faces{options: o, open: make(map[*face]struct{})}
	if o.Linger > 0 {
		f.alone = time.AfterFunc(max(firstFace, o.Linger), f.lonely)
	}
	return f
}

// lonely lets the process leave that has no face, unless texts wait: then it stays
// until they are typed or their agents are gone.
func (f *faces) lonely() {
	if f.options.Engine == nil || !f.options.Engine.Waiting() {
		f.options.Leave()
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.open) == 0 && !f.stopped {
		f.alone.Reset(f.options.Linger)
	}
}

// join adds a face until the returned function is called.
func (f *faces) join(ctx context.Context, one *face) (leave func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.open[one] = struct{}{}
	if f.alone != nil {
		f.alone.Stop()
	}
	f.tell(ctx)
	return func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		delete(f.open, one)
		f.tell(context.WithoutCancel(ctx))
		if len(f.open) == 0 && f.alone != nil {
			f.alone.Reset(f.options.Linger)
		}
	}
}

// count is how many streams are read.
func (f *faces) count() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.open)
}

// narrowed reports whether the engine watches only what some faces have named, and
// so not all that it would watch by itself.
func (f *faces) narrowed() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.options.Select != nil && len(f.selected) > 0 && !slices.ContainsFunc(f.selected, f.options.Configured.Within)
}

// ignored are the panes that faces run in.
func (f *faces) ignored() map[health.PaneRef]bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.hidden
}

// tell tells the engine what all faces want, where that has changed. It is called
// under mu, so that the last union made is the last one told. None of it waits.
func (f *faces) tell(ctx context.Context) {
	following, likely, hidden := make(map[health.PaneRef]bool), make(map[health.PaneRef]bool), make(map[health.PaneRef]bool)
	var selected []api.Selection
	for one := range f.open {
		for _, ref := range one.follows {
			following[ref] = true
		}
		for _, ref := range one.likely {
			likely[ref] = true
		}
		if one.pane != (health.PaneRef{}) {
			hidden[one.pane] = true
		}
		for _, wanted := range one.wants() {
			if !slices.ContainsFunc(selected, wanted.Equal) {
				selected = append(selected, wanted)
			}
		}
	}
	if len(f.open) > 0 && !sameSelections(selected, f.selected) {
		// Without a face what was wanted last stays.
		f.selected = selected
		if f.options.Select != nil {
			f.options.Select(selected)
		}
	}
	if !maps.Equal(hidden, f.hidden) {
		f.hidden = hidden
		f.options.Engine.Ignore(hidden)
	}
	// What one face shows is not just likely because another one may show it next.
	maps.DeleteFunc(likely, func(ref health.PaneRef, _ bool) bool { return following[ref] })
	refs, next := inOrder(following), inOrder(likely)
	if !slices.Equal(refs, f.following) || !slices.Equal(next, f.likely) {
		f.following, f.likely = refs, next
		// It fails only when the engine has stopped.
		_ = f.options.Engine.Follow(ctx, refs, next)
	}
}

// inOrder are the panes of a set, always in the same order.
func inOrder(set map[health.PaneRef]bool) []health.PaneRef {
	return slices.SortedFunc(maps.Keys(set), func(a, b health.PaneRef) int { return strings.Compare(a.String(), b.String()) })
}

// sameSelections compares two lists without regard to their order.
func sameSelections(a, b []api.Selection) bool {
	return len(a) == len(b) && !slices.ContainsFunc(a, func(s api.Selection) bool { return !slices.ContainsFunc(b, s.Equal) })
}

// stop ends the timer.
func (f *faces) stop() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.stopped = true
	if f.alone != nil {
		f.alone.Stop()
	}
}
