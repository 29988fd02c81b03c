package ui

import (
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"agentwatch/engine"
)

// benchSnapshots are two snapshots of n agents of which three have printed
// another row, and changed their activity, from the one to the other.
func benchSnapshots(n int) [2]*engine.Snapshot {
	first := withScreens(crowd(n))
	second := *first
	second.Agents = slices.Clone(first.Agents)
	second.Previews = maps.Clone(first.Previews)
	second.Seq, second.At = first.Seq+1, first.At.Add(100*time.Millisecond)
	for i := range 3 {
		a := &second.Agents[i]
		a.Revision, a.Activity = a.Revision+1, "Ruminating… ↑ 1.3k tokens"
		p := *first.Previews[a.Ref]
		p.Revision, p.Text = p.Revision+1, "one more row\n"+p.Text
		second.Previews[a.Ref] = &p
	}
	return [2]*engine.Snapshot{first, &second}
}

// benchModel is a dashboard of that size that shows a snapshot, in a view. No
// command is run.
func benchModel(b *testing.B, view string, width, height int, snap *engine.Snapshot) *Model {
	b.Helper()
	m := New(newFakeMonitor(), Options{View: view, Now: sceneTime})
	b.Cleanup(m.Close)
	m.Update(tea.WindowSizeMsg{Width: width, Height: height})
	m.Update(snapshotMsg{snap})
	if view == ViewFocus.String() {
		m.Update(keyPress("enter"))
	}
	if m.at.String() != view || m.View().Content == "" {
		b.Fatalf("it shows the %s", m.at)
	}
	return m
}

// BenchmarkView takes a snapshot in which three of 40 agents have changed, and
// draws it.
func BenchmarkView(b *testing.B) {
	snaps := benchSnapshots(40)
	for _, view := range ViewNames() {
		for _, size := range [][2]int{{40, 12}, {80, 24}, {200, 50}, {300, 80}} {
			b.Run(fmt.Sprintf("%s-%dx%d", view, size[0], size[1]), func(b *testing.B) {
				m := benchModel(b, view, size[0], size[1], snaps[0])
				b.ReportAllocs()
				for i := 0; b.Loop(); i++ {
					m.Update(snapshotMsg{snaps[i%2]})
					_ = m.View()
				}
			})
		}
	}
}

// BenchmarkUpdate takes a snapshot of 1000 agents, without drawing it.
func BenchmarkUpdate(b *testing.B) {
	snaps := benchSnapshots(1000)
	for _, view := range ViewNames() {
		b.Run(view+"-1000", func(b *testing.B) {
			m := benchModel(b, view, 200, 50, snaps[0])
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				m.Update(snapshotMsg{snaps[i%2]})
			}
		})
	}
}

// BenchmarkKey presses a key with 1000 agents, and draws what comes of it.
func BenchmarkKey(b *testing.B) {
	snaps := benchSnapshots(1000)
	for _, view := range ViewNames() {
		b.Run(view+"-1000", func(b *testing.B) {
			m := benchModel(b, view, 200, 50, snaps[0])
			keys := []tea.KeyPressMsg{keyPress("down"), keyPress("up")}
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				m.Update(keys[i%2])
				_ = m.View()
			}
		})
	}
}
