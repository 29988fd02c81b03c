package plugin

import (
	"context"
	"slices"
	"sync"
	"time"

	"agentwatch/engine"
	"agentwatch/internal/beat"
)

// lookEvery is how often the folders are looked at. They are small, may not
// exist yet, and can lie on a network file system, where no notification comes.
const lookEvery = 2 * time.Second

// Options say where strategies come from.
type Options struct {
	// Folders are where executables are looked for, first come, first served.
	Folders []string
	// Configured are those of the configuration, Problems what is wrong there.
	Configured []engine.Strategy
	Problems   []error
	// Version is agentwatch's own, for the handshake.
	Version string
	// Every is how often the folders are looked at; every two seconds when 0.
	Every time.Duration

	// limits are other than defaultLimits in tests.
	limits *limits
}

// Discover returns all strategies as they are now, without running any: an
// executable among them plans as push does. What is wrong with others is in the
// errors.
func Discover(o Options) ([]engine.Strategy, []error) {
	files, problems := find(o.Folders)
	all := slices.Clone(o.Configured)
	for _, f := range files {
		all = append(all, newExecutable(f.path, o.Version, defaultLimits()))
	}
	return all, slices.Concat(o.Problems, problems)
}

// Manager runs the executables. It is used by one call of Run; Settled and
// Configure may be called by others.
type Manager struct {
	options Options
	limits  limits

	mu         sync.Mutex
	configured []engine.Strategy
	problems   []error
	// fresh is set when the configuration has changed and nobody was told.
	fresh   bool
	looked  bool
	running map[found]*running
	order   []*Executable
}

// running is an executable at work.
type running struct {
	executable *Executable
	stop       context.CancelFunc
}

// NewManager returns a manager that runs nothing yet.
func NewManager(o Options) *Manager {
	m := &Manager{
		options: o, limits: defaultLimits(), running: make(map[found]*running), configured: o.Configured, problems: o.Problems,
	}
	if o.limits != nil {
		m.limits = *o.limits
	}
	if m.options.Every <= 0 {
		m.options.Every = lookEvery
	}
	return m
}

// Run starts all executables, keeps them alive, and calls changed with all
// strategies and with what is wrong with others: once at the beginning, and when
// an executable has appeared, changed or disappeared. It returns when ctx has
// ended and no process is left.
func (m *Manager) Run(ctx context.Context, changed func([]engine.Strategy, []error)) {
	var work sync.WaitGroup
	defer work.Wait()
	ticker := beat.NewTicker(m.options.Every)
	defer ticker.Stop()
	var told []string
	for {
		files, problems := find(m.options.Folders)
		if fresh, texts := m.adopt(ctx, &work, files), texts(problems); fresh || !slices.Equal(told, texts) {
			told = texts
			changed(m.strategies(problems))
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.Next():
		}
	}
}

func texts(problems []error) []string {
	var all []string
	for _, p := range problems {
		all = append(all, p.Error())
	}
	return all
}

// adopt starts what is new and stops what is gone; a changed file is both. It
// tells whether there was any of it, which the first look always has.
func (m *Manager) adopt(ctx context.Context, work *sync.WaitGroup, files []found) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	changed := !m.looked || m.fresh
	m.looked, m.fresh = true, false
	for f, r := range m.running {
		if !slices.Contains(files, f) {
			r.stop()
			delete(m.running, f)
			changed = true
		}
	}
	m.order = nil
	for _, f := range files {
		r := m.running[f]
		if r == nil {
			within, stop := context.WithCancel(ctx)
			r = &running{executable: newExecutable(f.path, m.options.Version, m.limits), stop: stop}
			m.running[f] = r
			work.Go(func() {
				defer stop()
				r.executable.run(within)
			})
			changed = true
		}
		m.order = append(m.order, r.executable)
	}
	return changed
}

// Configure replaces the strategies of the configuration, and what is wrong there.
// Run tells so when it looks at the folders next.
func (m *Manager) Configure(configured []engine.Strategy, problems []error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.configured, m.problems, m.fresh = configured, problems, true
}

// strategies are all, with what is wrong with others; problems are those of the
// folders.
func (m *Manager) strategies(problems []error) ([]engine.Strategy, []error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	all := slices.Clone(m.configured)
	for _, e := range m.order {
		all = append(all, e)
	}
	return all, slices.Concat(m.problems, problems)
}

// Settled tells whether it is known of every executable whether it works.
func (m *Manager) Settled() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, e := range m.order {
		if e.Health().Status == engine.StrategyStarting {
			return false
		}
	}
	return m.looked
}
