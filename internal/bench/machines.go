package bench

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
	"strconv"
	"time"

	"agentwatch/internal/beat"
	"agentwatch/internal/hub"
)

// MachinesOptions say what to measure of many machines on one dashboard.
type MachinesOptions struct {
	// Command starts a program that plays a role (the Role constants), which is appended
	// with its arguments.
	Command []string
	// Hosts with Agents each write to a hub, and Changes of those change each second.
	Hosts, Agents, Changes int
	// Viewers read the hub; one of them is a dashboard on a terminal of 200x50.
	Viewers int
	// DirectHosts with DirectAgents each are read over a command of their own, and
	// DirectChanges of those change each second; 0 for none.
	DirectHosts, DirectAgents, DirectChanges int
	// Span is how long each is measured, Keys how many keys are timed.
	Span time.Duration
	Keys int
	// Progress is as in Options.
	Progress func(Progress)
}

// The roles of the processes: RoleHosts URL HOSTS AGENTS, RoleViewer and RoleDashboard
// URL TOTAL, RoleDirect HOSTS AGENTS CHANGES, of which each host is a RoleHost AGENTS
// CHANGES.
const (
	RoleHosts     = "hosts"
	RoleViewer    = "viewer"
	RoleDashboard = "dashboard"
	RoleDirect    = "direct"
	RoleHost      = "host"
)

// Check returns ErrOptions for what RunMachines would refuse.
func (o MachinesOptions) Check() error {
	switch {
	case len(o.Command) == 0:
		return fmt.Errorf("%w: no command", ErrOptions)
	case o.Hosts < 2 || o.Hosts > 1000 || o.Agents < 1 || o.Hosts*o.Agents > 20_000:
		return fmt.Errorf("%w: %d hosts with %d agents (2 to 1000, 20000 agents at most)", ErrOptions, o.Hosts, o.Agents)
	case o.Changes < 1 || o.Viewers < 1 || o.DirectHosts < 0 || o.DirectHosts > 0 && (o.DirectAgents < 1 || o.DirectChanges < o.DirectHosts):
		return fmt.Errorf("%w: %d changes a second, %d viewers, %d hosts read directly", ErrOptions, o.Changes, o.Viewers, o.DirectHosts)
	case o.Span < time.Second || o.Keys < 1:
		return fmt.Errorf("%w: %s for each load, %d keys", ErrOptions, o.Span, o.Keys)
	}
	return nil
}

// Late is how late changes are shown, in milliseconds.
type Late struct {
	Changes int     `json:"changes"`
	P50MS   float64 `json:"p50_ms"`
	P99MS   float64 `json:"p99_ms"`
	MaxMS   float64 `json:"max_ms"`
}

func lateOf(all []float64) Late {
	if len(all) == 0 {
		return Late{}
	}
	slices.Sort(all)
	at := func(p int) float64 { return all[min((len(all)*p+99)/100, len(all))-1] }
	return Late{Changes: len(all), P50MS: at(50), P99MS: at(99), MaxMS: all[len(all)-1]}
}

// Costs are shares of one core: of redis-server, of a viewer without a screen, of the
// dashboard, and of all collectors together; and bytes to the terminal.
type Costs struct {
	Redis          float64 `json:"redis"`
	Viewer         float64 `json:"viewer"`
	Dashboard      float64 `json:"dashboard"`
	Collectors     float64 `json:"collectors"`
	BytesPerSecond float64 `json:"bytes_per_second"`
}

// Machines is what was measured.
type Machines struct {
	Hosts   int     `json:"hosts"`
	Agents  int     `json:"agents"`
	Changes int     `json:"changes_per_second"`
	Viewers int     `json:"viewers"`
	Seconds float64 `json:"seconds"`
	// Late is from a change on its host until a viewer's snapshot has it, over all
	// viewers.
	Late Late `json:"change_to_viewer"`
	// Rest is what nothing costs that happens, Load what the changes cost.
	Rest Costs `json:"rest"`
	Load Costs `json:"load"`
	// Keys are from a key's byte until its effect is on the dashboard's screen, under
	// load, with all agents in its list.
	Keys Late `json:"keys"`
	// JoinedMS are how long viewers took that came under load, until they had all.
	JoinedMS []float64 `json:"joined_ms"`
	// The memory of each, after the load.
	RedisBytes     int64 `json:"redis_bytes"`
	ViewerBytes    int64 `json:"viewer_bytes"`
	DashboardBytes int64 `json:"dashboard_bytes"`
	// Direct is over a command per host, without a hub; DirectShare its viewer's share of
	// a core.
	DirectHosts   int     `json:"direct_hosts"`
	DirectAgents  int     `json:"direct_agents"`
	DirectChanges int     `json:"direct_changes_per_second"`
	Direct        Late    `json:"direct"`
	DirectShare   float64 `json:"direct_share"`
}

const (
	// joinTime bounds how long a viewer may take until it has everything.
	joinTime = time.Minute
	joinLook = 10 * time.Millisecond
	// joiners is how many viewers come late, one after the other.
	joiners = 5
	// machinesSettle passes before the first measurement.
	machinesSettle = 5 * time.Second
	machinesSteps  = 7
)

// RunMachines measures many machines on a redis-server of its own, on loopback: the
// collectors of all hosts are one process, each viewer is another.
func RunMachines(ctx context.Context, o MachinesOptions) (m Machines, err error) {
	if err := o.Check(); err != nil {
		return m, err
	}
	dir, err := os.MkdirTemp("", "awb-machines-")
	if err != nil {
		return m, fmt.Errorf("bench: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	r := &machinesRun{options: o, dir: dir, now: Progress{Total: machinesSteps}}
	r.report = Machines{
		Hosts: o.Hosts, Agents: o.Agents, Changes: o.Changes, Viewers: o.Viewers, Seconds: o.Span.Seconds(),
		DirectHosts: o.DirectHosts, DirectAgents: o.DirectAgents, DirectChanges: o.DirectChanges,
	}
	err = r.overHub(ctx)
	err = errors.Join(err, r.stop())
	if err == nil && o.DirectHosts > 0 {
		err = errors.Join(r.direct(ctx), r.stop())
	}
	return r.report, interrupted(ctx, err)
}

// machinesRun is one measurement.
type machinesRun struct {
	options MachinesOptions
	dir     string
	now     Progress
	report  Machines
	redis   *hub.Redis
	url     string
	// started are the processes, hosts and dashboard those of them, viewers all that
	// read.
	started   []*program
	hosts     *program
	dashboard *program
	viewers   []*program
}

func (r *machinesRun) step(doing string) {
	r.now.Doing = doing
	if r.options.Progress != nil {
		r.options.Progress(r.now)
	}
	r.now.Done++
}

// start starts a process in a role.
func (r *machinesRun) start(ctx context.Context, role string, args ...string) (*program, error) {
	p, err := startProgram(ctx, true, r.dir, slices.Concat(r.options.Command, []string{role}, args))
	if err == nil {
		r.started = append(r.started, p)
	}
	return p, err
}

// stop ends all processes, the last one first.
func (r *machinesRun) stop() (err error) {
	for _, p := range slices.Backward(r.started) {
		err = errors.Join(err, p.stop())
	}
	r.started, r.viewers = nil, nil
	if r.redis != nil {
		r.redis.Kill()
		r.redis = nil
	}
	return err
}

// startHub starts the server, its hosts and its viewers.
func (r *machinesRun) startHub(ctx context.Context) error {
	r.step("starting hosts")
	port, err := freePort()
	if err != nil {
		return err
	}
	if r.redis, err = hub.StartRedis(ctx, r.dir, "--port", port, "--bind", "127.0.0.1"); err != nil {
		return fmt.Errorf("bench: %w", err)
	}
	r.url = "redis://127.0.0.1:" + port
	o := r.options
	if r.hosts, err = r.start(ctx, RoleHosts, r.url, strconv.Itoa(o.Hosts), strconv.Itoa(o.Agents)); err != nil {
		return err
	}
	for n := range o.Viewers {
		role := RoleViewer
		if n == 0 {
			role = RoleDashboard
		}
		p, err := r.start(ctx, role, r.url, strconv.Itoa(o.Hosts*o.Agents))
		if err != nil {
			return err
		}
		if r.viewers = append(r.viewers, p); n == 0 {
			r.dashboard = p
		}
	}
	for _, p := range r.viewers {
		if _, err := p.joined(ctx); err != nil {
			return err
		}
	}
	return scenes()["board"].arrange(ctx, r.dashboard)
}

// freePort is a port on which nobody listens.
func freePort() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("bench: %w", err)
	}
	_, port, err := net.SplitHostPort(l.Addr().String())
	return port, errors.Join(err, l.Close())
}

// joined waits until a viewer has everything, and returns how long that has taken.
func (p *program) joined(ctx context.Context) (float64, error) {
	for late := time.Now().Add(joinTime); ; {
		text, err := p.order(orderJoined)
		if err != nil {
			return 0, err
		}
		if text != "" {
			return strconv.ParseFloat(text, 64)
		}
		if time.Now().After(late) {
			return 0, errors.New("bench: a viewer does not show all agents")
		}
		if err := beat.Pause(ctx, joinLook); err != nil {
			return 0, err
		}
	}
}

// overHub measures the hub.
func (r *machinesRun) overHub(ctx context.Context) (err error) {
	if err := r.startHub(ctx); err != nil {
		return err
	}
	r.step("measuring the rest")
	if err := beat.Pause(ctx, machinesSettle); err != nil {
		return err
	}
	if r.report.Rest, err = r.costs(ctx); err != nil {
		return err
	}
	if err := r.hosts.changes(r.options.Changes); err != nil {
		return err
	}
	r.step("timing changes")
	if err := beat.Pause(ctx, settleTime); err != nil {
		return err
	}
	if r.report.Late, err = r.late(ctx, r.viewers); err != nil {
		return err
	}
	r.step("measuring the load")
	if r.report.Load, err = r.costs(ctx); err != nil {
		return err
	}
	r.step("timing keys")
	view := DashboardView{View: "board"}
	d := dashboardRun{options: DashboardOptions{Keys: r.options.Keys}}
	if err := d.keys(ctx, r.dashboard, &view); err != nil {
		return err
	}
	r.report.Keys = Late{Changes: view.Keys, P50MS: view.P50MS, P99MS: view.P99MS, MaxMS: view.MaxMS}
	r.step("joining")
	for range joiners {
		if err := r.join(ctx); err != nil {
			return err
		}
	}
	return r.memory()
}

// join starts a viewer that comes late.
func (r *machinesRun) join(ctx context.Context) error {
	p, err := r.start(ctx, RoleViewer, r.url, strconv.Itoa(r.options.Hosts*r.options.Agents))
	if err != nil {
		return err
	}
	took, err := p.joined(ctx)
	r.report.JoinedMS = append(r.report.JoinedMS, took)
	r.started = slices.DeleteFunc(r.started, func(other *program) bool { return other == p })
	return errors.Join(err, p.stop())
}

func (r *machinesRun) memory() (err error) {
	of := func(pid int) int64 {
		size, failed := processRSS(pid)
		err = errors.Join(err, failed)
		return size
	}
	r.report.RedisBytes, r.report.DashboardBytes = of(r.redis.PID()), of(r.dashboard.command.Process.Pid)
	for _, p := range r.viewers {
		if p != r.dashboard {
			r.report.ViewerBytes = max(r.report.ViewerBytes, of(p.command.Process.Pid))
		}
	}
	return err
}

// late times changes over a span, at all viewers.
func (r *machinesRun) late(ctx context.Context, viewers []*program) (Late, error) {
	for _, p := range viewers {
		if _, err := p.order(orderWatch); err != nil {
			return Late{}, err
		}
	}
	if err := beat.Pause(ctx, r.options.Span); err != nil {
		return Late{}, err
	}
	var all []float64
	for _, p := range viewers {
		text, err := p.order(orderTimes)
		if err != nil {
			return Late{}, err
		}
		var times []float64
		if err := json.Unmarshal([]byte(text), &times); err != nil {
			return Late{}, fmt.Errorf("bench: times of a viewer: %w", err)
		}
		all = append(all, times...)
	}
	if len(all) == 0 {
		return Late{}, errors.New("bench: no change was shown")
	}
	return lateOf(all), nil
}

// costs measures shares of a core over a span. That of a viewer is the greatest.
func (r *machinesRun) costs(ctx context.Context) (c Costs, err error) {
	read := func() (used []time.Duration) {
		redis, failed := threadsCPU(r.redis.PID())
		err = errors.Join(err, failed)
		used = append(used, redis)
		for _, p := range append([]*program{r.hosts}, r.viewers...) {
			one, failed := p.used()
			err = errors.Join(err, failed)
			used = append(used, one)
		}
		return used
	}
	before, bytes, began := read(), r.dashboard.count(), time.Now()
	if err := errors.Join(err, beat.Pause(ctx, r.options.Span)); err != nil {
		return c, err
	}
	after, took := read(), time.Since(began)
	share := func(i int) float64 { return float64(after[i]-before[i]) / float64(took) }
	c.Redis, c.Collectors, c.Dashboard = share(0), share(1), share(2)
	for i := 3; i < len(after); i++ {
		c.Viewer = max(c.Viewer, share(i))
	}
	c.BytesPerSecond = float64(r.dashboard.count()-bytes) / took.Seconds()
	return c, err
}

// direct measures hosts that are read over a command each.
func (r *machinesRun) direct(ctx context.Context) error {
	r.step("reading hosts directly")
	o := r.options
	p, err := r.start(ctx, RoleDirect, strconv.Itoa(o.DirectHosts), strconv.Itoa(o.DirectAgents), strconv.Itoa(o.DirectChanges/o.DirectHosts))
	if err != nil {
		return err
	}
	if _, err := p.joined(ctx); err != nil {
		return err
	}
	if err := beat.Pause(ctx, settleTime); err != nil {
		return err
	}
	if r.report.Direct, err = r.late(ctx, []*program{p}); err != nil {
		return err
	}
	before, err := p.used()
	if err != nil {
		return err
	}
	began := time.Now()
	if err := beat.Pause(ctx, o.Span); err != nil {
		return err
	}
	after, err := p.used()
	r.report.DirectShare = float64(after-before) / float64(time.Since(began))
	return err
}
