package bench

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"agentwatch/internal/beat"
)

// DashboardOptions say what to measure of the dashboard.
type DashboardOptions struct {
	// Command starts a program that serves a dashboard (ServeDashboard) of as
	// many agents as the number that is appended says.
	Command []string
	// Few and Many are the numbers of agents: Few while FewChanges of them change
	// with each of ten snapshots a second, Many while ManyChanges do.
	Few, Many, FewChanges, ManyChanges int
	// Span is how long each load is measured.
	Span time.Duration
	// Keys is how many keys are timed.
	Keys int
	// Views are the names of those to measure.
	Views []string
	// Progress is as in Options.
	Progress func(Progress)
}

// The standard loads: those of the figures that the dashboard has to keep.
const (
	DashboardFew         = 40
	DashboardMany        = 1000
	DashboardFewChanges  = 3
	DashboardManyChanges = 10
)

// Check returns ErrOptions for what RunDashboard would refuse.
func (o DashboardOptions) Check() error {
	switch {
	case len(o.Command) == 0:
		return fmt.Errorf("%w: no command", ErrOptions)
	case o.Few < 1 || o.Many < 1 || max(o.Few, o.Many) > MaxAgents:
		return fmt.Errorf("%w: %d and %d agents (1 to %d)", ErrOptions, o.Few, o.Many, MaxAgents)
	case o.FewChanges < 0 || o.ManyChanges < 0:
		return fmt.Errorf("%w: %d and %d changes", ErrOptions, o.FewChanges, o.ManyChanges)
	case o.Span < time.Second || o.Keys < 1:
		return fmt.Errorf("%w: %s for each load, %d keys", ErrOptions, o.Span, o.Keys)
	}
	for _, name := range o.Views {
		if _, known := scenes()[name]; !known {
			return fmt.Errorf("%w: no view is called %q; there are: %v", ErrOptions, name, DashboardViews())
		}
	}
	return nil
}

// DashboardView is what was measured of one view, on a terminal of 200x50.
type DashboardView struct {
	View  string          `json:"view"`
	Loads []DashboardLoad `json:"loads"`
	// Keys is how many were timed, with Many agents of which ManyChanges change
	// with each snapshot: from the key's byte until its effect is on the screen.
	Keys  int     `json:"keys"`
	P50MS float64 `json:"key_p50_ms"`
	P99MS float64 `json:"key_p99_ms"`
	MaxMS float64 `json:"key_max_ms"`
}

// DashboardLoad is what a load costs.
type DashboardLoad struct {
	Agents int `json:"agents"`
	// ChangesPerSecond are agents that change, in ten snapshots a second; 0 is
	// rest, with two.
	ChangesPerSecond int     `json:"changes_per_second"`
	Seconds          float64 `json:"seconds"`
	// BytesPerSecond go to the terminal; CPUShare is the program's, of one core,
	// with the little that the script takes.
	BytesPerSecond float64 `json:"bytes_per_second"`
	CPUShare       float64 `json:"cpu_share"`
	RSSBytes       int64   `json:"rss_bytes"`
}

// DashboardViews names the views that can be measured.
func DashboardViews() []string {
	return []string{"board", "grid", "focus", "timeline", "engine", "inbox"}
}

const (
	// drawTime bounds the wait for a frame.
	drawTime = 15 * time.Second
	// settleTime passes between a change of load and its measurement, at most half
	// as long as that.
	settleTime = 2 * time.Second
)

// RunDashboard measures the dashboard as its user has it: a program on a
// terminal of 200x50 with the focus, with ten snapshots a second, and two while
// nothing changes.
func RunDashboard(ctx context.Context, o DashboardOptions) ([]DashboardView, error) {
	if err := o.Check(); err != nil {
		return nil, err
	}
	if len(o.Views) == 0 {
		o.Views = DashboardViews()
	}
	d := &dashboardRun{options: o, now: Progress{Total: 5 * len(o.Views)}}
	all := make([]DashboardView, 0, len(o.Views))
	for _, name := range o.Views {
		view, err := d.view(ctx, name)
		if err != nil {
			return nil, interrupted(ctx, fmt.Errorf("%s: %w", name, err))
		}
		all = append(all, view)
	}
	return all, nil
}

// dashboardRun is one measurement of all views.
type dashboardRun struct {
	options DashboardOptions
	now     Progress
}

func (d *dashboardRun) step(doing string) {
	d.now.Done++
	d.now.Doing = doing
	if d.options.Progress != nil {
		d.options.Progress(d.now)
	}
}

// view measures one view: few agents at rest and changing, then many, and keys.
func (d *dashboardRun) view(ctx context.Context, name string) (DashboardView, error) {
	v := DashboardView{View: name}
	o := d.options
	err := d.with(ctx, name, o.Few, func(p *program) error {
		return errors.Join(d.load(ctx, p, &v, o.Few, 0), d.load(ctx, p, &v, o.Few, o.FewChanges))
	})
	if err != nil {
		return v, err
	}
	err = d.with(ctx, name, o.Many, func(p *program) error {
		return errors.Join(d.load(ctx, p, &v, o.Many, 0), d.load(ctx, p, &v, o.Many, o.ManyChanges), d.keys(ctx, p, &v))
	})
	return v, err
}

// with shows a view of so many agents while something is measured.
func (d *dashboardRun) with(ctx context.Context, view string, agents int, measure func(*program) error) error {
	p, err := startProgram(ctx, true, "", append(slices.Clone(d.options.Command), fmt.Sprint(agents)))
	if err != nil {
		return err
	}
	err = scenes()[view].arrange(ctx, p)
	if err == nil {
		err = measure(p)
	}
	return errors.Join(err, p.stop())
}

// load measures what the program does while so many agents change.
func (d *dashboardRun) load(ctx context.Context, p *program, v *DashboardView, agents, changes int) error {
	l := DashboardLoad{Agents: agents, ChangesPerSecond: changes * int(time.Second/scriptInterval)}
	d.step(fmt.Sprintf("%s: %d agents, %d changes a second", v.View, agents, l.ChangesPerSecond))
	if err := p.changes(changes); err != nil {
		return err
	}
	if err := beat.Pause(ctx, min(settleTime, d.options.Span/2)); err != nil {
		return err
	}
	bytes, began := p.count(), time.Now()
	before, err := p.used()
	if err != nil {
		return err
	}
	if err := beat.Pause(ctx, d.options.Span); err != nil {
		return err
	}
	after, err := p.used()
	if err != nil {
		return err
	}
	took := time.Since(began)
	l.Seconds, l.CPUShare = took.Seconds(), float64(after-before)/float64(took)
	l.BytesPerSecond = float64(p.count()-bytes) / took.Seconds()
	l.RSSBytes, err = processRSS(p.command.Process.Pid)
	v.Loads = append(v.Loads, l)
	return err
}

// keys times keys, each at a random moment.
func (d *dashboardRun) keys(ctx context.Context, p *program, v *DashboardView) error {
	d.step(v.View + ": keys")
	random := rand.New(rand.NewPCG(5, 7))
	scene := scenes()[v.View]
	times := make([]time.Duration, 0, d.options.Keys)
	for i := range d.options.Keys {
		if err := beat.Pause(ctx, time.Duration(30+random.IntN(70))*time.Millisecond); err != nil {
			return err
		}
		seen := scene.effect(i, p.rows())
		began := time.Now()
		if err := p.press(scene.keys[i%len(scene.keys)]); err != nil {
			return err
		}
		at, err := p.await(ctx, drawTime, seen)
		if err != nil {
			return err
		}
		times = append(times, at.Sub(began))
	}
	slices.Sort(times)
	v.Keys = len(times)
	v.P50MS, v.P99MS = milliseconds(percentile(times, 50)), milliseconds(percentile(times, 99))
	v.MaxMS = milliseconds(times[len(times)-1])
	return nil
}
