package hub

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"agentwatch/cache"
	"agentwatch/engine"
	"agentwatch/health"
)

// played is a viewer of so many hosts and agents, without a hub, and what their records hold.
func played(tb testing.TB, hosts, agents int) (*Viewer, [][]engine.Agent) {
	tb.Helper()
	set := cache.NewSet()
	v := &Viewer{
		keys: keys{"test"}, layers: set, changed: make(chan struct{}, 1), wake: make(chan struct{}, 1),
		records: cache.NewStore[Record](set, cache.LayerFleet, cache.DefaultLayerConfig(cache.LayerFleet)),
		named:   make(map[string]struct{}), hosts: make(map[HostID]*hostView), refusals: make(map[refused]uint64), incomplete: make(map[*hostView]struct{}),
	}
	all := make([][]engine.Agent, hosts)
	for n := range hosts {
		name := fmt.Sprintf("host%03d", n)
		id := PulledID("test", name)
		v.hosts[id] = newHostView(id)
		record := HostRecord{V: 1, ID: id, Name: name, Epoch: 1, Rev: 1, At: time.Now().UnixMilli(), Servers: []Server{{ID: "s1", Name: "default", Socket: "/tmp/tmux-1000/default"}}}
		for i := range agents {
			a := engine.Agent{
				Ref: health.PaneRef{Server: "/tmp/tmux-1000/default", Pane: fmt.Sprintf("%%%d", i)}, Session: fmt.Sprintf("session %d", i), Window: "claude", Kind: health.KindClaude,
				State: health.StateWorking, Since: time.Now(), Title: "a title of some length", CWD: "/home/alice/work/project", Command: "claude", PID: 1000 + i, Activity: "Thinking (esc to interrupt)",
				Evidence: health.Evidence{Rule: "spinner", Text: "Thinking (esc to interrupt)"},
			}
			for k := range 20 {
				a.Past = append(a.Past, engine.Phase{At: time.Now().Add(time.Duration(k-20) * time.Minute), Urgency: engine.UrgencyWorking})
			}
			all[n] = append(all[n], a)
			record.Index = append(record.Index, fmt.Sprintf("s1.%d", i))
			write(tb, v, id, record.Index[i], a, 1)
		}
		if err := v.takeHost(v.hosts[id], encodedHost(tb, record)); err != nil {
			tb.Fatal(err)
		}
		v.hosts[id].takeBeat(beat(1, 1), time.Now())
	}
	return v, all
}

// write lets a viewer take the record of an agent.
func write(tb testing.TB, v *Viewer, id HostID, pane string, a engine.Agent, rev uint64) {
	tb.Helper()
	r := recordOf(a, id, pane, ShareLines)
	r.Epoch, r.Rev = 1, rev
	data, err := r.encoded()
	if err != nil {
		tb.Fatal(err)
	}
	if err := v.takeAgent(v.hosts[id], string(data), pane); err != nil {
		tb.Fatal(err)
	}
}

func encodedHost(tb testing.TB, r HostRecord) string {
	tb.Helper()
	data, err := json.Marshal(r)
	if err != nil {
		tb.Fatal(err)
	}
	return string(data)
}

// BenchmarkShowing is what a viewer does to show 10,000 agents of 200 hosts, of which 50 have changed.
func BenchmarkShowing(b *testing.B) {
	v, all := played(b, 200, 50)
	random := rand.New(rand.NewPCG(1, 2))
	v.Hosts(time.Now())
	rev := uint64(1)
	var shown []engine.Agent
	for b.Loop() {
		for _, h := range v.hosts {
			h.takeBeat(beat(1, rev), time.Now())
		}
		for range 50 {
			n, i := random.IntN(200), random.IntN(50)
			a := &all[n][i]
			a.Since, rev = time.Now(), rev+1
			write(b, v, PulledID("test", fmt.Sprintf("host%03d", n)), fmt.Sprintf("s1.%d", i), *a, rev)
		}
		_, shown = v.HostsAfter(nil, time.Now())
	}
	if len(shown) != 10_000 {
		b.Fatal(len(shown))
	}
}
