package ui

import (
	"slices"
	"strconv"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"agentwatch/engine"
	"agentwatch/ui/block"
	"agentwatch/ui/format"
	"agentwatch/ui/keys"
	"agentwatch/ui/sanitize"
	"agentwatch/ui/style"
)

// engineView is the view of how the watching goes: pool, cache, rounds, servers,
// and what each strategy costs.
type engineView struct {
	*desk
	size   block.Size
	offset int
	drawn  block.Memo[panelsVersion]
}

func newEngineView(d *desk) *engineView { return &engineView{desk: d} }

// full is all of it, as high as it comes.
func (e *engineView) full() block.Block {
	if e.figures == nil {
		return nil
	}
	return e.drawn.Draw(enginePart{panels{e.styles(), e.figures, e.margin}}, block.Size{W: e.size.W})
}

// resize implements view.
func (e *engineView) resize(size block.Size) { e.size = size }

// scroll scrolls down by so many rows and tells whether it could.
func (e *engineView) scroll(by int) bool {
	before := e.offset
	e.offset = min(max(e.offset+by, 0), max(len(e.full())-e.size.H, 0))
	return e.offset != before
}

// perform implements view.
func (e *engineView) perform(a keys.Action) (tea.Cmd, bool) {
	lines := len(e.full())
	by, moves := map[keys.Action]int{
		keys.Up: -1, keys.Down: 1, keys.PageUp: -e.size.H, keys.PageDown: e.size.H, keys.Top: -lines, keys.Bottom: lines,
	}[a]
	if moves && !e.scroll(by) {
		e.tell("there is no more to see here")
	}
	return nil, moves
}

// hit implements view.
func (e *engineView) hit(int, int) hit { return hit{} }

// wheel implements view.
func (e *engineView) wheel(_, _, by int) tea.Cmd {
	e.scroll(-by)
	return nil
}

// draw implements view.
func (e *engineView) draw() block.Block {
	if e.snap == nil {
		return block.Centre(emptyLines(nil, e.styles(), e.size.W), e.size)
	}
	full := e.full()
	e.offset = min(e.offset, max(len(full)-e.size.H, 0))
	return block.Of(full[e.offset:], e.size)
}

// enginePart draws all of it, as high as it comes.
type enginePart struct{ panels }

// Draw implements block.Part; of the size only the width counts.
func (p enginePart) Draw(size block.Size) block.Block {
	const gap = 0
	strategies := p.sized("strategies", "what each costs on these panes", size.W, p.strategies)
	servers := p.sized("servers", format.Plural(len(p.snap.Servers), "server"), size.W, p.servers)
	if len(p.snap.Hosts) > 0 {
		servers = block.Stack(servers, p.sized("hosts", p.hostsSummary(), size.W, p.hosts))
	}
	if size.W < 2*leastPanel {
		return block.Stack(
			p.sized("pool", p.link(), size.W, p.poolLong), p.sized("cache", p.lookups(), size.W, p.cacheLong),
			p.sized("rounds", p.every(), size.W, p.roundsLong), servers, strategies,
		)
	}
	left := size.W * 42 / 100
	pool := p.sized("pool", p.link(), left, p.poolLong)
	rounds := p.sized("rounds", p.every(), left, p.roundsLong)
	height := len(pool) + len(rounds)
	cache := p.panel("cache", p.lookups(), block.Size{W: size.W - left - gap, H: height}, p.cacheLong)
	return block.Stack(block.Beside(gap, block.Stack(pool, rounds), cache), servers, strategies)
}

// leastPanel is the width below which panels do not stand side by side.
const leastPanel = 46

// sized draws a panel as high as its lines.
func (p panels) sized(name, facts string, width int, draw func(block.Size) []string) block.Block {
	lines := draw(block.Size{W: width - 4})
	return p.panel(name, facts, block.Size{W: width, H: len(lines) + 2}, func(block.Size) []string { return lines })
}

// trend draws two rows of a trend: its label with the newest value, and the
// last minute.
func (p panels) trend(label, value string, w int, top float64, of func(engine.Sample) float64) string {
	const labels = 20
	head := p.styles.Faint.Paint(block.Fit(label, labels-9, p.styles.Glyphs.Ellipsis)) + p.styles.Text.Paint(block.FitRight(value, 8, "")) + " "
	return head + p.styles.Accent.Paint(block.Spark(p.series(of), min(max(w-labels, 0), 60), top, p.styles.Glyphs.Steps))
}

// newest is the last sample of the trend.
func (p panels) newest() engine.Sample {
	if n := len(p.snap.Trend); n > 0 {
		return p.snap.Trend[n-1]
	}
	return engine.Sample{HitRate: -1}
}

func (p panels) poolLong(size block.Size) []string {
	s := p.snap.Pool
	row := rowOf(size.W)
	return []string{
		p.trend("busy", strconv.Itoa(p.newest().Busy), size.W, busyTop, func(x engine.Sample) float64 { return float64(x.Busy) }),
		row(p.figure("open", strconv.Itoa(s.Open)+" of "+strconv.Itoa(s.Max)), p.figure("busy", strconv.Itoa(s.Busy))),
		row(p.figure("reuse", format.Percent(s.ReuseRate)), p.figure("created", p.count(s.Created)), p.figure("recycled", p.count(s.Recycled))),
		row(p.figure("waits", p.count(s.Waits)), p.figure("mean", format.Duration(s.MeanWait)), p.alarm("timeouts", s.Timeouts)),
	}
}

// cacheLong has two lines for each layer: its hit rate, and what came and went; and
// a third where something was stored before it was asked for.
func (p panels) cacheLong(size block.Size) []string {
	c := p.snap.Cache
	rate := "-"
	if r := p.newest().HitRate; r >= 0 {
		rate = format.Percent(r)
	}
	lines := []string{
		p.trend("hits", rate, size.W, 1, func(x engine.Sample) float64 { return x.HitRate }),
		p.figure("all layers", format.Percent(c.HitRate)),
	}
	const name, percent, lookups, gaps = 13, 7, 7, 3
	bar := max(size.W-name-percent-lookups-gaps, 0)
	row := rowOf(max(size.W-2, 0))
	for _, l := range c.Layers {
		lines = append(lines, strings.Join([]string{
			p.styles.Subtle.Paint(block.Fit(sanitize.Text(l.Name), name, p.styles.Glyphs.Ellipsis)), p.bar(l.HitRate, bar),
			p.styles.Text.Paint(block.FitRight(format.Percent(l.HitRate), percent, "")),
			p.styles.Faint.Paint(block.FitRight(format.Short(l.Hits+l.Misses), lookups, "")),
		}, " "))
		lines = append(lines, "  "+row(
			p.figure("ttl", format.Interval(l.TTL)), p.figure("size", p.count(uint64(max(l.Size, 0)))), p.figure("invalidated", format.Short(l.Invalidations)),
			p.figure("expired", format.Short(l.Expiries)), p.figure("evicted", format.Short(l.Evictions)),
		))
		if l.Warmed > 0 || l.WarmCaptures > 0 {
			lines = append(lines, "  "+row(
				p.figure("warmed", format.Short(l.Warmed)), p.figure("then asked for", format.Short(l.WarmHits)), p.figure("captured for it", format.Short(l.WarmCaptures)),
			))
		}
	}
	return lines
}

func (p panels) roundsLong(size block.Size) []string {
	r, newest := p.snap.Round, p.newest()
	row := rowOf(size.W)
	return []string{
		p.trend("duration", format.Duration(newest.Round), size.W, float64(time.Millisecond), func(x engine.Sample) float64 { return float64(x.Round) }),
		row(p.figure("p50", format.Duration(r.P50)), p.figure("p99", format.Duration(r.P99)), p.figure("rounds", format.Short(r.Rounds))),
		p.trend("captures", strconv.Itoa(newest.Captured), size.W, 1, func(x engine.Sample) float64 { return float64(x.Captured) }),
		row(p.figure("captured", format.Short(r.Captured)), p.figure("avoided", format.Short(r.Avoided)), p.avoided(), p.figure("in vain", format.Short(r.InVain))),
		row(p.figure("latency p50", format.Duration(r.LatencyP50)), p.figure("p99", format.Duration(r.LatencyP99))),
		row(p.figure("read", format.Bytes(r.Bytes)), p.figure("memory", format.Bytes(p.snap.Cost.Memory)), p.alarm("failed", r.Failures)),
		row(p.costs()...),
	}
}

// explained says what the words of the figures mean, below the tables that use
// them.
func (p panels) explained(width int) []string {
	return paragraph("", "", "avoided: panes that needed no capture, as nothing had changed. latency: from an agent's last output "+
		"to its new state here. forecast: the captures that a strategy would make on these panes as they change now; "+
		"the other figures were measured when it was in force the last time.", width, p.styles.Faint)
}

// strategies is the table of what each strategy costs: measured where it was in
// force, foreseen on the panes as they change now.
func (p panels) strategies(size block.Size) []string {
	s := p.styles
	const name, forecast, round, captured, latency = 12, 18, 11, 14, 13
	origin := p.origins()
	wide := size.W >= name+origin+forecast+round+captured+latency
	head := block.Fit("", name+2, "") + block.Fit("", origin, "") + block.FitRight("forecast", forecast, "")
	if wide {
		head += block.FitRight("round p50", round, "") + block.FitRight("captures", captured, "") + block.FitRight("latency p99", latency, "")
	}
	lines, heads := []string{s.Faint.Paint(head)}, []string(nil)
	for _, info := range p.snap.Strategies {
		mark, ink, rate := "  ", s.Text, s.Faint
		if info.Name == p.snap.Strategy {
			mark, ink = s.Glyphs.Bar+" ", s.Accent.Bold()
		}
		if info.Foreseen {
			rate = s.Text
		}
		line := s.Accent.Paint(mark) + ink.Paint(block.Fit(sanitize.Text(string(info.Name)), name, s.Glyphs.Ellipsis)) +
			s.Faint.Paint(block.Fit(originOf(info), origin, s.Glyphs.Ellipsis)) + rate.Paint(block.FitRight(foreseen(info), forecast, ""))
		if wide {
			line += p.measured(info, round, captured, latency)
		}
		heads = append(heads, line)
	}
	return slices.Concat(lines, p.described(heads, size.W), p.explained(size.W))
}

// origins is how wide the column is that says where strategies come from: 0 when
// all are built in.
func (p panels) origins() int {
	const widest = 28
	width := 0
	for _, info := range p.snap.Strategies {
		if origin := originOf(info); origin != "" {
			width = max(width, min(block.Width(origin), widest)+1)
		}
	}
	return width
}

// described are the strategies' lines with what each does, or what is wrong with
// it: behind them where all have room there, else below.
func (p panels) described(heads []string, width int) []string {
	const indent = 3
	behind := true
	words, inks := make([]string, len(heads)), make([]style.Ink, len(heads))
	for i, info := range p.snap.Strategies {
		words[i], inks[i] = sanitize.Text(info.Summary), p.styles.Faint
		if word, reason := illness(info); word != "" {
			words[i], inks[i] = strings.TrimSuffix(word+": "+reason, ": "), p.styles.Warning
		}
		behind = behind && block.Width(heads[i])+indent+block.Width(words[i]) <= width
	}
	var lines []string
	for i, head := range heads {
		if behind {
			lines = append(lines, head+block.Spaces(indent)+inks[i].Paint(words[i]))
			continue
		}
		margin := block.Spaces(indent + 1)
		lines = append(append(lines, head), paragraph(margin, margin, words[i], width, inks[i])...)
	}
	return lines
}

// measured writes what was measured while a strategy was in force.
func (p panels) measured(info engine.StrategyInfo, round, captured, latency int) string {
	if info.Rounds == 0 {
		return p.styles.Faint.Paint(block.FitRight("not used yet", round+captured+latency, ""))
	}
	return p.styles.Text.Paint(block.FitRight(format.Duration(info.P50), round, "") + block.FitRight(format.Mean(info.Captures)+" a round", captured, "") +
		block.FitRight(format.Duration(info.Late), latency, ""))
}

func (p panels) servers(size block.Size) []string {
	s := p.styles
	if len(p.snap.Servers) == 0 {
		return []string{s.Faint.Paint("no tmux server is running")}
	}
	var lines []string
	for _, server := range p.snap.Servers {
		ink := s.Text
		reason := s.Faint
		if server.Degraded {
			ink, reason = s.Warning, s.Warning
		}
		line := s.Subtle.Paint(block.Fit(sanitize.Text(server.Name), 14, s.Glyphs.Ellipsis)) + " " + ink.Paint(block.Fit(server.Link.String(), 10, "")) +
			s.Faint.Paint(" tmux ") + s.Text.Paint(block.Fit(sanitize.Text(server.Version), 6, "")) + " " +
			p.figure("panes", strconv.Itoa(server.Panes)) + "  " + p.figure("agents", strconv.Itoa(server.Agents))
		if server.Reason != "" {
			line += "  " + reason.Paint(sanitize.Text(server.Reason))
		} else {
			line += "  " + s.Faint.Paint(sanitize.Text(server.Socket))
		}
		lines = append(lines, block.Cut(line, size.W, s.Glyphs.Ellipsis), block.Cut(p.heardBy(server.Hearing), size.W, s.Glyphs.Ellipsis))
	}
	return lines
}

// heardBy says how a server's changes are noticed.
func (p panels) heardBy(h engine.Hearing) string {
	line := block.Spaces(15) + p.figure("heard by", h.By.String())
	if h.By == engine.HeardByKernel {
		line += "  " + p.figure("events", format.Short(h.Events)) + "  " + p.figure("merged", format.Short(h.Merged)) + "  " + p.alarm("lost", h.Lost)
		if h.Unheard > 0 {
			line += "  " + p.alarm("unheard", uint64(h.Unheard))
		}
	}
	if h.Reason != "" {
		line += "  " + p.styles.Faint.Paint(sanitize.Text(h.Reason))
	}
	return line
}
