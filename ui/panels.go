package ui

import (
	"strconv"
	"strings"
	"time"

	"agentwatch/engine"
	"agentwatch/ui/block"
	"agentwatch/ui/format"
	"agentwatch/ui/sanitize"
	"agentwatch/ui/style"
)

// busyTop is how many busy connections fill the pool's trend at least: one is no
// load.
const busyTop = 4

// panels are the figures of pool, cache and rounds: three frames, or one line.
type panels struct {
	styles *style.Styles
	snap   *engine.Snapshot
	margin int
}

// panelsVersion is what drawn panels depend on.
type panelsVersion struct {
	styles *style.Styles
	snap   *engine.Snapshot
	margin int
}

// Version implements block.Part.
func (p panels) Version() panelsVersion { return panelsVersion(p) }

// Draw implements block.Part.
func (p panels) Draw(size block.Size) block.Block {
	if p.snap == nil {
		return block.Of(nil, size)
	}
	if size.H < panelRows {
		return p.line(size)
	}
	first, second := size.W*27/100, size.W*35/100
	return block.Beside(
		0,
		p.panel("pool", p.link(), block.Size{W: first, H: size.H}, p.pool),
		p.panel("cache", p.lookups(), block.Size{W: second, H: size.H}, p.cache),
		p.panel("rounds", p.every(), block.Size{W: size.W - first - second, H: size.H}, p.rounds),
	)
}

// panel draws one frame of figures.
func (p panels) panel(name, facts string, size block.Size, draw func(block.Size) []string) block.Block {
	s := p.styles
	frame := block.Frame{
		Edges: s.Glyphs.Edges, Paint: s.Chrome.Paint, Ellipsis: s.Glyphs.Ellipsis,
		Title: s.Subtle.Bold().Paint(name), Facts: s.Faint.Paint(facts),
	}
	inner := frame.Inner(size)
	return frame.Around(block.Of(draw(inner), inner), size)
}

// figure writes a label and its value.
func (p panels) figure(label, value string) string {
	return p.styles.Faint.Paint(label+" ") + p.styles.Text.Paint(value)
}

// count writes a number with its thousands apart.
func (p panels) count(n uint64) string { return format.Count(n, p.styles.Glyphs.Thousands) }

// alarm is a figure that is good at zero.
func (p panels) alarm(label string, n uint64) string {
	if n == 0 {
		return p.figure(label, "0")
	}
	return p.styles.Faint.Paint(label+" ") + p.styles.Warning.Paint(p.count(n))
}

// link is the worst way in which a server is watched.
func (p panels) link() string {
	worst := engine.LinkConnecting
	for _, server := range p.snap.Servers {
		worst = max(worst, server.Link)
	}
	return format.Plural(len(p.snap.Servers), "server") + " " + p.styles.Glyphs.Dot + " " + worst.String()
}

// series picks one figure of the trend.
func (p panels) series(of func(engine.Sample) float64) []float64 {
	values := make([]float64, len(p.snap.Trend))
	for i, sample := range p.snap.Trend {
		values[i] = of(sample)
	}
	return values
}

// spark draws a trend of the last minute, with its label.
func (p panels) spark(label string, w int, top float64, of func(engine.Sample) float64) string {
	const labelWidth = 9
	graph := block.Spark(p.series(of), min(w-labelWidth, 60), top, p.styles.Glyphs.Steps)
	return p.styles.Faint.Paint(block.Fit(label, labelWidth, "")) + p.styles.Faint.Paint(graph)
}

// rowOf returns a function that joins as many figures as fit into a row.
func rowOf(width int) func(...string) string {
	return func(figures ...string) string { return joinFitting(figures, "   ", width) }
}

func (p panels) pool(size block.Size) []string {
	s := p.snap.Pool
	row := rowOf(size.W)
	return []string{
		row(p.figure("open", strconv.Itoa(s.Open)+" of "+strconv.Itoa(s.Max)), p.figure("busy", strconv.Itoa(s.Busy))),
		p.spark("busy", size.W, busyTop, func(x engine.Sample) float64 { return float64(x.Busy) }),
		row(p.figure("reuse", format.Percent(s.ReuseRate)), p.figure("of", format.Short(s.Reused+s.Created))),
		row(p.figure("created", p.count(s.Created)), p.figure("recycled", p.count(s.Recycled))),
		row(p.figure("waits", p.count(s.Waits)), p.figure("mean", format.Duration(s.MeanWait)), p.alarm("timeouts", s.Timeouts)),
	}
}

func (p panels) cache(size block.Size) []string {
	const rate, lookups, gaps = 6, 6, 3
	name := 8
	for _, layer := range p.snap.Cache.Layers {
		name = max(name, len(layer.Name))
	}
	bar := max(size.W-name-rate-lookups-gaps, 0)
	var lines []string
	for _, layer := range p.snap.Cache.Layers {
		lines = append(lines, strings.Join([]string{
			p.styles.Subtle.Paint(block.Fit(sanitize.Text(layer.Name), name, p.styles.Glyphs.Ellipsis)),
			p.bar(layer.HitRate, bar),
			p.styles.Text.Paint(block.FitRight(format.Percent(layer.HitRate), rate, "")),
			p.styles.Faint.Paint(block.FitRight(format.Short(layer.Hits+layer.Misses), lookups, "")),
		}, " "))
	}
	return append(lines, p.spark("hits", size.W, 1, func(x engine.Sample) float64 { return x.HitRate }))
}

// bar draws a share as a thin line.
func (p panels) bar(share float64, w int) string {
	full := block.Filled(share, w)
	g := p.styles.Glyphs
	return p.styles.Accent.Paint(strings.Repeat(g.Full, full)) + p.styles.Track.Paint(strings.Repeat(g.Empty, w-full))
}

func (p panels) rounds(size block.Size) []string {
	r := p.snap.Round
	row := rowOf(size.W)
	return []string{
		row(p.figure("p50", format.Duration(r.P50)), p.figure("p99", format.Duration(r.P99)), p.figure("latency", format.Duration(r.LatencyP99))),
		p.spark("duration", size.W, float64(time.Millisecond), func(x engine.Sample) float64 { return float64(x.Round) }),
		row(p.figure("captured", format.Short(r.Captured)), p.figure("avoided", format.Short(r.Avoided)), p.avoided(),
			p.figure("read", format.Bytes(r.Bytes))),
		p.spark("captures", size.W, 1, func(x engine.Sample) float64 { return float64(x.Captured) }),
		row(append(p.costs(), p.figure("rounds", format.Short(r.Rounds)))...),
	}
}

// costs are what watching takes from the machine, and the failures if there are
// any.
func (p panels) costs() []string {
	cost, r := p.snap.Cost, p.snap.Round
	servers := "?"
	if cost.Servers >= 0 {
		servers = format.Load(cost.Servers)
	}
	figures := []string{p.figure("CPU tmux", servers) + "  " + p.figure("agentwatch", format.Load(cost.Own))}
	if r.Failures > 0 {
		figures = append(figures, p.alarm("failed", r.Failures))
	}
	return figures
}

// lookups is how often the cache was asked.
func (p panels) lookups() string { return format.Short(p.snap.Cache.Looks) + " lookups" }

// every is how often rounds are made.
func (p panels) every() string { return "every " + format.Interval(p.snap.Round.Interval) }

// avoided is the share of looks that needed no capture.
func (p panels) avoided() string {
	r := p.snap.Round
	if r.Captured+r.Avoided == 0 {
		return ""
	}
	return p.styles.Good.Paint(format.Percent(float64(r.Avoided) / float64(r.Captured+r.Avoided)))
}

// line is all of it in one line, most telling first.
func (p panels) line(size block.Size) block.Block {
	s := p.snap
	parts := []string{
		p.styles.Accent.Paint(sanitize.Text(string(s.Strategy))),
		p.figure("pool", strconv.Itoa(s.Pool.Open)+"/"+strconv.Itoa(s.Pool.Max)),
		p.figure("cache", format.Percent(s.Cache.HitRate)),
		p.figure("p50", format.Duration(s.Round.P50)),
		p.figure("p99", format.Duration(s.Round.P99)),
		p.figure("captured", format.Short(s.Round.Captured)),
		p.figure("avoided", format.Short(s.Round.Avoided)),
	}
	edge := block.Spaces(p.margin)
	line := joinFitting(parts, p.styles.Faint.Paint(" "+p.styles.Glyphs.Dot+" "), size.W-2*p.margin)
	return block.Of([]string{edge + line}, size)
}
