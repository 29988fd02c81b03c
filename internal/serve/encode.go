package serve

import (
	"reflect"
	"slices"

	"agentwatch/engine"
	"agentwatch/health"
)

// encoder makes frames of the snapshots of one connection. The zero value has
// sent nothing. It is not safe for concurrent use.
type encoder struct{ last engine.Snapshot }

// encode makes the frame that leads from the snapshot before to the next.
func (e *encoder) encode(next *engine.Snapshot) frame {
	before := &e.last
	f := frame{
		Seq: next.Seq, At: next.At, Ready: next.Ready, Panes: next.Panes, Strategy: next.Strategy, Today: next.Today,
		Counts: next.Counts, Round: next.Round, Pool: next.Pool, Cost: next.Cost,
		Servers: changed(before.Servers, next.Servers), Strategies: changed(before.Strategies, next.Strategies),
		Notices: changed(before.Notices, next.Notices),
	}
	if before.Cache.HitRate != next.Cache.HitRate || before.Cache.Looks != next.Cache.Looks ||
		!slices.Equal(before.Cache.Layers, next.Cache.Layers) {
		f.Cache = &next.Cache
	}
	f.addAgents(before.Agents, next.Agents)
	f.Dropped = dropped(before.Trend, next.Trend)
	f.Trend = next.Trend[len(before.Trend)-f.Dropped:]
	for ref, p := range next.Previews {
		if before.Previews[ref] != p {
			f.Previews = append(f.Previews, sentPreviewOf(p))
		}
	}
	for ref := range before.Previews {
		if next.Previews[ref] == nil {
			f.Closed = append(f.Closed, ref)
		}
	}
	e.last = *next
	return f
}

// changed is the list when it differs from the one before; never one of nil,
// which would say the contrary on the wire.
func changed[T comparable](before, next []T) *[]T {
	if slices.Equal(before, next) {
		return nil
	}
	list := append([]T{}, next...)
	return &list
}

// dropped is how many of the oldest samples are gone.
func dropped(before, next []engine.Sample) int {
	for n := range before {
		rest := before[n:]
		if len(rest) <= len(next) && slices.Equal(rest, next[:len(rest)]) {
			return n
		}
	}
	return len(before)
}

func sentPreviewOf(p *engine.Preview) sentPreview {
	sent := sentPreview{Ref: p.Ref, Text: p.Text, At: p.At, Revision: p.Revision}
	if p.Err != nil {
		sent.Failed, sent.Err = true, p.Err.Error()
	}
	return sent
}

// addAgents adds what has changed of the agents.
func (f *frame) addAgents(before, next []engine.Agent) {
	same := len(before) == len(next)
	for i := 0; same && i < len(next); i++ {
		same = before[i].Ref == next[i].Ref
	}
	if same {
		for i := range next {
			f.addAgent(i, &before[i], &next[i])
		}
		return
	}
	places := make(map[health.PaneRef]int, len(before))
	for i := range before {
		places[before[i].Ref] = i
	}
	from := make([]int, len(next))
	for i := range next {
		was, known := places[next[i].Ref]
		if !known {
			from[i] = -1
			f.addAgent(i, &engine.Agent{}, &next[i])
			continue
		}
		from[i] = was
		f.addAgent(i, &before[was], &next[i])
	}
	f.From = &from
}

// addAgent adds what has changed of one agent.
func (f *frame) addAgent(i int, before, next *engine.Agent) {
	if before.Ref == next.Ref && before.Revision == next.Revision {
		if before.CheckedAt.Equal(next.CheckedAt) && before.ActiveAt.Equal(next.ActiveAt) && before.PanePID == next.PanePID {
			return // what it is comes from a look, and there was none
		}
		looked := *before
		looked.CheckedAt, looked.ActiveAt = next.CheckedAt, next.ActiveAt
		if reflect.DeepEqual(&looked, next) {
			f.Looked = append(f.Looked, lookedAgent{i, next.CheckedAt, next.ActiveAt})
			return
		}
	}
	sent := sentAgent{I: i, A: *next}
	for sent.Kept < min(len(before.Past), len(next.Past)) && before.Past[sent.Kept] == next.Past[sent.Kept] {
		sent.Kept++
	}
	sent.A.Past, sent.Past = nil, sentPastOf(next.Past[sent.Kept:])
	f.Agents = append(f.Agents, sent)
}
