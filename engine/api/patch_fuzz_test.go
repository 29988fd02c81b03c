package api_test

import (
	"encoding/json"
	"testing"

	"agentwatch/engine"
	"agentwatch/engine/api"
)

// What comes from another machine's engine may be of any build, or of nobody's.
func FuzzPatchesOfAnotherMachineFitOrAreRefused(f *testing.F) {
	f.Add([]byte(`{"whole":true,"seq":1,"ready":true,"order":[{"server":"s","pane":"%1"}],"agents":[{"ref":{"server":"s","pane":"%1"},"state":"waiting"}]}`),
		[]byte(`{"seq":2,"checked":[{"ref":{"server":"s","pane":"%1"},"at":"2026-01-02T03:04:05Z"}]}`))
	f.Add([]byte(`{"figures":{"trend_dropped":-1}}`), []byte(`{"figures":{"trend_whole":true}}`))
	f.Add([]byte(`{"agents":[{"state":"none","past":[{}]}]}`), []byte(`{"order":[]}`))
	f.Fuzz(func(t *testing.T, first, second []byte) {
		var before *engine.Snapshot
		for _, text := range [][]byte{first, second} {
			var p api.Patch
			if json.Unmarshal(text, &p) != nil {
				return
			}
			next, err := p.Apply(before)
			if err != nil {
				return
			}
			if p.Order != nil && len(next.Agents) != len(*p.Order) {
				t.Fatalf("%d agents, the order names %d", len(next.Agents), len(*p.Order))
			}
			// What every face does with a snapshot.
			api.StatusOf(next)
			if patch, news := api.Diff(before, next); news {
				if again, err := patch.Apply(before); err != nil || len(again.Agents) != len(next.Agents) {
					t.Fatalf("passed on: %v", err)
				}
			}
			before = next
		}
	})
}
