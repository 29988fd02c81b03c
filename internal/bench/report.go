package bench

import "time"

// Report is what `agentwatch bench --json` prints.
type Report struct {
	// At is when the run began.
	At      time.Time `json:"at"`
	Machine Machine   `json:"machine"`
	// Fleets are the numbers of agents, in the order asked for.
	Fleets []Fleet `json:"fleets"`
}

// Machine is where it was measured: ratios travel, absolute times do not.
type Machine struct {
	OS   string `json:"os"`
	Arch string `json:"arch"`
	CPUs int    `json:"cpus"`
	Go   string `json:"go"`
}

// Fleet is all that was measured on one private server.
type Fleet struct {
	Agents int `json:"agents"`
	// Width and Height are those of every pane, in cells.
	Width  int `json:"width"`
	Height int `json:"height"`
	// Tmux is the server's version.
	Tmux   string `json:"tmux"`
	Cells  []Cell `json:"cells"`
	Memory Memory `json:"memory"`
}

// Cell is one share of changed panes with one kind of capture: the rows in it
// were measured interleaved, on the same panes.
type Cell struct {
	// Colours tells whether captures held colours.
	Colours bool  `json:"colours"`
	Share   Share `json:"changed"`
	// ChangedPanes is how many panes were written to before each round.
	ChangedPanes int   `json:"changed_panes"`
	Rows         []Row `json:"rows"`
}

// Row is one way of looking at all panes.
type Row struct {
	// Method is a strategy's name, MethodBatched or MethodHeard.
	Method string `json:"method"`
	// Link is how the panes were reached: "control", "batch" or "process".
	Link string `json:"link"`
	// Rounds is how many were measured.
	Rounds int `json:"rounds"`
	// MedianMS and P90MS are the wall time of a round, in milliseconds.
	MedianMS float64 `json:"median_ms"`
	P90MS    float64 `json:"p90_ms"`
	// Ratio is how many times faster the median is than that of the reference,
	// a process per pane, in the same cell; 0 when that was not measured.
	Ratio float64 `json:"ratio"`
	// Captures and Bytes are the captures made and the bytes read in a round,
	// on average.
	Captures float64 `json:"captures"`
	Bytes    float64 `json:"bytes"`
	// ServerCPUMS and OwnCPUMS are the CPU time of a round, on average, in
	// milliseconds: that of the tmux server, and ours with all processes that
	// we started.
	ServerCPUMS float64 `json:"server_cpu_ms"`
	OwnCPUMS    float64 `json:"own_cpu_ms"`
}

// Memory is resident memory, in bytes.
type Memory struct {
	// OwnBytes is ours at the end of the run.
	OwnBytes int64 `json:"own_bytes"`
	// ServerStartBytes is the server's when every method had made one round,
	// ServerEndBytes at the end; Rounds is how many lie between them.
	ServerStartBytes int64 `json:"server_start_bytes"`
	ServerEndBytes   int64 `json:"server_end_bytes"`
	Rounds           int   `json:"rounds"`
}

// Growth is how much the server grew, in bytes.
func (m Memory) Growth() int64 { return m.ServerEndBytes - m.ServerStartBytes }

// row sums up a method's samples.
func row(m method, samples []sample) Row {
	r := Row{Method: m.name, Link: m.link(), Rounds: len(samples)}
	walls := make([]time.Duration, 0, len(samples))
	var captures, bytes, server, own float64
	for _, s := range samples {
		walls = append(walls, s.wall)
		captures += float64(s.captures)
		bytes += float64(s.bytes)
		server += milliseconds(s.cpu.server)
		own += milliseconds(s.cpu.own)
	}
	n := float64(max(len(samples), 1))
	r.MedianMS, r.P90MS = milliseconds(median(walls)), milliseconds(percentile(walls, 90))
	r.Captures, r.Bytes, r.ServerCPUMS, r.OwnCPUMS = captures/n, bytes/n, server/n, own/n
	return r
}

// compare sets the ratios against the reference's row.
func compare(rows []Row, reference string) {
	base := 0.0
	for _, r := range rows {
		if r.Method == reference {
			base = r.MedianMS
		}
	}
	for i := range rows {
		if rows[i].MedianMS > 0 {
			rows[i].Ratio = base / rows[i].MedianMS
		}
	}
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
