package serve

import (
	"errors"
	"fmt"
	"slices"

	"agentwatch/engine"
	"agentwatch/health"
)

// decoder makes snapshots of the frames of one connection. The zero value has
// received nothing. It is not safe for concurrent use.
type decoder struct{ last engine.Snapshot }

// decode makes the next snapshot.
func (d *decoder) decode(f *frame) (*engine.Snapshot, error) {
	before := &d.last
	agents, err := f.agents(before.Agents)
	if err != nil {
		return nil, err
	}
	if f.Dropped < 0 || f.Dropped > len(before.Trend) {
		return nil, fmt.Errorf("%w: %d samples less of %d", errFrame, f.Dropped, len(before.Trend))
	}
	next := engine.Snapshot{
		Seq: f.Seq, At: f.At, Ready: f.Ready, Panes: f.Panes, Strategy: f.Strategy, Today: f.Today, Counts: f.Counts,
		Round: f.Round, Pool: f.Pool, Cost: f.Cost, Agents: agents,
		Servers: orBefore(f.Servers, before.Servers), Strategies: orBefore(f.Strategies, before.Strategies),
		Notices: orBefore(f.Notices, before.Notices), Cache: before.Cache,
		Trend:    slices.Concat(before.Trend[f.Dropped:], f.Trend),
		Previews: make(map[health.PaneRef]*engine.Preview, len(before.Previews)+len(f.Previews)),
	}
	if f.Cache != nil {
		next.Cache = *f.Cache
	}
	for ref, p := range before.Previews {
		next.Previews[ref] = p
	}
	for _, ref := range f.Closed {
		delete(next.Previews, ref)
	}
	for _, sent := range f.Previews {
		next.Previews[sent.Ref] = sent.preview()
	}
	d.last = next
	return &next, nil
}

func orBefore[T any](list *[]T, before []T) []T {
	if list != nil {
		return *list
	}
	return before
}

func (sent sentPreview) preview() *engine.Preview {
	p := &engine.Preview{Ref: sent.Ref, Text: sent.Text, At: sent.At, Revision: sent.Revision}
	if sent.Failed {
		p.Err = errors.New(sent.Err)
	}
	return p
}

// agents are the agents after the frame.
func (f *frame) agents(before []engine.Agent) ([]engine.Agent, error) {
	next := slices.Clone(before)
	if f.From != nil {
		next = make([]engine.Agent, len(*f.From))
		for i, was := range *f.From {
			if was >= len(before) {
				return nil, fmt.Errorf("%w: no agent %d of %d", errFrame, was, len(before))
			}
			if was >= 0 {
				next[i] = before[was]
			}
		}
	}
	for _, looked := range f.Looked {
		if looked.I < 0 || looked.I >= len(next) {
			return nil, fmt.Errorf("%w: no agent %d of %d", errFrame, looked.I, len(next))
		}
		next[looked.I].CheckedAt, next[looked.I].ActiveAt = looked.CheckedAt, looked.ActiveAt
	}
	for _, sent := range f.Agents {
		if sent.I < 0 || sent.I >= len(next) || sent.Kept < 0 || sent.Kept > len(next[sent.I].Past) {
			return nil, fmt.Errorf("%w: agent %d of %d keeps %d", errFrame, sent.I, len(next), sent.Kept)
		}
		more, err := sent.Past.phases()
		if err != nil {
			return nil, err
		}
		past := slices.Concat(next[sent.I].Past[:sent.Kept], more)
		next[sent.I] = sent.A
		next[sent.I].Past = past
	}
	return next, nil
}
