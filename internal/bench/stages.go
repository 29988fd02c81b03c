package bench

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"time"

	"agentwatch/engine"
	"agentwatch/engine/monitor"
	"agentwatch/tmuxpool"
)

// Stages says where the time of a round goes in which every pane has changed.
type Stages struct {
	Agents int    `json:"agents"`
	Tmux   string `json:"tmux"`
	Rounds int    `json:"rounds"`
	// Heard is set when the kernel told which panes have changed.
	Heard bool `json:"heard"`
	// WallMS is the median of a round, OwnCPUMS and ServerCPUMS what we and the tmux
	// server used on average, our processes included.
	WallMS      float64      `json:"wall_ms"`
	OwnCPUMS    float64      `json:"own_cpu_ms"`
	ServerCPUMS float64      `json:"server_cpu_ms"`
	Stages      []StageShare `json:"stages"`
	// Detection is how long it took to judge the same screens again, and nothing else.
	Detection []Detection `json:"detection"`
}

// StageShare is what a stage of a round took: the median, and processor time of this
// process on average.
type StageShare struct {
	Name   string  `json:"name"`
	WallMS float64 `json:"wall_ms"`
	CPUMS  float64 `json:"cpu_ms"`
}

// Detection is how long it takes to judge all screens with so many cores, and what
// processor time: where others use the machine, that is the one to trust.
type Detection struct {
	Cores  int     `json:"cores"`
	WallMS float64 `json:"wall_ms"`
	CPUMS  float64 `json:"cpu_ms"`
	Speed  float64 `json:"speed"`
}

// Bound is what a round would save at most, as a share of all processor time that it
// uses, if detection cost nothing at all.
func (s Stages) Bound() float64 {
	if total := s.OwnCPUMS + s.ServerCPUMS; len(s.Detection) > 0 && total > 0 {
		return s.Detection[0].CPUMS / total
	}
	return 0
}

// stageWitness keeps the rounds that it is told of.
type stageWitness struct {
	mu     sync.Mutex
	rounds []engine.RoundTrace
}

func (w *stageWitness) Round(t engine.RoundTrace) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.rounds = append(w.rounds, t)
}

func (*stageWitness) Capture(engine.CaptureTrace)  {}
func (*stageWitness) Late(time.Duration)           {}
func (*stageWitness) Answer(engine.AnswerTrace)    {}
func (*stageWitness) Acquire(time.Duration, error) {}

// RunStages measures where the time goes, on a server of its own.
func RunStages(ctx context.Context, o Options) (Stages, error) {
	if err := o.Check(); err != nil {
		return Stages{}, err
	}
	if o.TmuxPath == "" {
		path, err := tmuxpool.FindTmux()
		if err != nil {
			return Stages{}, fmt.Errorf("bench: %w", err)
		}
		o.TmuxPath = path
	}
	tell := newTeller(o)
	s, err := startServer(ctx, o.TmuxPath, o.Agents, tell.made)
	if err != nil {
		return Stages{}, interrupted(ctx, err)
	}
	stages, err := measureStages(ctx, o, s, tell)
	return stages, errors.Join(interrupted(ctx, err), s.close())
}

func measureStages(ctx context.Context, o Options, s *server, tell *teller) (_ Stages, err error) {
	p, err := openPanes(ctx, s, o.Agents)
	if err != nil {
		return Stages{}, err
	}
	defer p.close()
	probe, err := monitor.NewProbe(tmuxpool.Socket{Path: s.socket(), Name: "bench"}, tmuxpool.Options{TmuxPath: o.TmuxPath}, false)
	if err != nil {
		return Stages{}, err
	}
	defer func() { err = errors.Join(err, probe.Close()) }()
	out := Stages{Agents: o.Agents, Tmux: s.version, Heard: probe.Hear() == nil}
	m := &measurement{options: o, server: s, panes: p, tell: tell}
	one := method{name: "default", strategy: engine.StrategyPush, probe: probe}
	if err := m.warmUp(ctx, []method{one}); err != nil {
		return Stages{}, err
	}
	witness := &stageWitness{}
	probe.Observe(witness)
	defer probe.Observe(nil)
	var walls []time.Duration
	for range o.Rounds {
		sample, err := m.round(ctx, one, o.Agents)
		if err != nil {
			return Stages{}, err
		}
		tell.rounds(1, fmt.Sprintf("%d agents, all changed", o.Agents))
		walls = append(walls, sample.wall)
		out.OwnCPUMS += milliseconds(sample.cpu.own) / float64(o.Rounds)
		out.ServerCPUMS += milliseconds(sample.cpu.server) / float64(o.Rounds)
	}
	out.Rounds, out.WallMS = len(walls), milliseconds(middle(walls))
	out.Stages = stageShares(witness.rounds)
	out.Detection, err = detections(probe)
	return out, errors.Join(err, ctx.Err())
}

// stageShares sums rounds up by stage.
func stageShares(rounds []engine.RoundTrace) []StageShare {
	var shares []StageShare
	for stage := engine.StageList; stage <= engine.StagePublish; stage++ {
		share := StageShare{Name: stage.String()}
		var walls []time.Duration
		for _, r := range rounds {
			from := r.Began
			if stage > 0 {
				from = r.Ends[stage-1]
			}
			wall, used := r.Ends[stage].Sub(from), r.Used[stage]
			switch stage {
			case engine.StageList:
				wall, used = wall-r.Ahead, used-r.AheadUsed
			case engine.StageCapture:
				wall, used = wall+r.Ahead, used+r.AheadUsed
			}
			walls = append(walls, wall)
			share.CPUMS += milliseconds(used) / float64(len(rounds))
		}
		share.WallMS = milliseconds(middle(walls))
		shares = append(shares, share)
	}
	return shares
}

// detectionTurns is how often detection is timed; the median counts.
const detectionTurns = 15

// detections times detection on 1 to all cores, which take turns.
func detections(probe *monitor.Probe) ([]Detection, error) {
	cores := runtime.GOMAXPROCS(0)
	walls, used := make([][]time.Duration, cores), make([][]time.Duration, cores)
	for range detectionTurns {
		for n := range cores {
			before, err := ownCPU()
			if err != nil {
				return nil, err
			}
			_, took := probe.Detect(n + 1)
			after, err := ownCPU()
			if err != nil {
				return nil, err
			}
			walls[n], used[n] = append(walls[n], took), append(used[n], after-before)
		}
	}
	var all []Detection
	for n := range cores {
		d := Detection{Cores: n + 1, WallMS: milliseconds(middle(walls[n])), CPUMS: milliseconds(middle(used[n])), Speed: 1}
		if n > 0 && d.WallMS > 0 {
			d.Speed = all[0].WallMS / d.WallMS
		}
		all = append(all, d)
	}
	return all, nil
}

// middle is the median; zero of none.
func middle(all []time.Duration) time.Duration {
	if len(all) == 0 {
		return 0
	}
	slices.Sort(all)
	return all[len(all)/2]
}
