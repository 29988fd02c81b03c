package serve

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"agentwatch/engine"
	"agentwatch/health"
)

// line is one end of a connection and the other.
type line struct {
	encoder encoder
	decoder decoder
}

// carry takes a snapshot through JSON and tells how many bytes that were.
func (l *line) carry(t interface{ Fatal(...any) }, s *engine.Snapshot) (*engine.Snapshot, int) {
	f := l.encoder.encode(s)
	data, err := json.Marshal(&f)
	if err != nil {
		t.Fatal(err)
	}
	var arrived frame
	if err := json.Unmarshal(data, &arrived); err != nil {
		t.Fatal(err)
	}
	got, err := l.decoder.decode(&arrived)
	if err != nil {
		t.Fatal(err)
	}
	return got, len(data)
}

func TestNoFieldOfASnapshotIsLostOnTheWay(t *testing.T) {
	var f filler
	var l line
	// What changes at once, and what changes from one filled snapshot to another.
	for range 3 {
		sent := filled[engine.Snapshot](&f)
		for ref, p := range sent.Previews {
			sent.Previews = map[health.PaneRef]*engine.Preview{p.Ref: sent.Previews[ref]}
		}
		got, _ := l.carry(t, &sent)
		if diff := cmp.Diff(&sent, got, alike()); diff != "" {
			t.Fatal(diff)
		}
	}
}

func TestNoFieldOfAnExplanationOrAHistoryIsLostOnTheWay(t *testing.T) {
	var f filler
	e, h := filled[engine.Explained](&f), filled[engine.History](&f)
	data, err := json.Marshal(&reply{Explained: &e, History: &h})
	if err != nil {
		t.Fatal(err)
	}
	var got reply
	if err := json.Unmarshal(data, &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(reply{Explained: &e, History: &h}, got, alike()); diff != "" {
		t.Error(diff)
	}
}

func TestAnObservationWithoutProcessesDiffersFromOneOfWhichNothingIsKnown(t *testing.T) {
	for _, processes := range [][]health.Process{nil, {}} {
		data, err := json.Marshal(engine.Explained{Observation: health.Observation{Processes: processes}})
		if err != nil {
			t.Fatal(err)
		}
		var got engine.Explained
		if err := json.Unmarshal(data, &got); err != nil {
			t.Fatal(err)
		}
		if (got.Observation.Processes == nil) != (processes == nil) {
			t.Errorf("%#v became %#v", processes, got.Observation.Processes)
		}
	}
}

// world makes snapshots that follow each other, as an engine does.
type world struct {
	t        *rapid.T
	now      time.Time
	agents   []engine.Agent
	previews map[health.PaneRef]*engine.Preview
	trend    []engine.Sample
	notices  []engine.Notice
	seq      uint64
	revision uint64
}

func (w *world) chance(label string, percent int) bool {
	return rapid.IntRange(0, 99).Draw(w.t, label) < percent
}

// step changes some of the world and takes a snapshot of it.
func (w *world) step() *engine.Snapshot {
	w.now = w.now.Add(time.Duration(rapid.IntRange(1, 5000).Draw(w.t, "ms")) * time.Millisecond)
	w.seq++
	w.agents = append([]engine.Agent(nil), w.agents...)
	for i := range w.agents {
		w.live(&w.agents[i])
	}
	pane := fmt.Sprintf("%%%d", rapid.IntRange(0, 8).Draw(w.t, "pane"))
	there := slices.ContainsFunc(w.agents, func(a engine.Agent) bool { return a.Ref.Pane == pane })
	if !there && w.chance("comes", 60) {
		at := rapid.IntRange(0, len(w.agents)).Draw(w.t, "at")
		a := agentIn(pane, health.StateWorking)
		w.revision++
		a.Revision, a.CheckedAt = w.revision, w.now
		a.Past = []engine.Phase{{At: w.now, Urgency: engine.UrgencyWorking}}
		w.agents = append(w.agents[:at:at], append([]engine.Agent{a}, w.agents[at:]...)...)
	}
	if len(w.agents) > 0 && w.chance("goes", 20) {
		at := rapid.IntRange(0, len(w.agents)-1).Draw(w.t, "gone")
		w.agents = append(w.agents[:at:at], w.agents[at+1:]...)
	}
	previews := make(map[health.PaneRef]*engine.Preview)
	for _, a := range w.agents {
		kept := w.previews[a.Ref]
		switch rapid.IntRange(0, 3).Draw(w.t, "preview") {
		case 0:
		case 1:
			previews[a.Ref] = &engine.Preview{Ref: a.Ref, Err: errors.New("no such pane")}
		case 2:
			previews[a.Ref] = &engine.Preview{Ref: a.Ref, Text: "\x1b[1m" + a.Activity, At: w.now, Revision: w.seq}
		default:
			if kept != nil {
				previews[a.Ref] = kept
			}
		}
	}
	w.previews = previews
	w.trend = append(w.trend[min(len(w.trend)/4, 1):len(w.trend):len(w.trend)], engine.Sample{At: w.now, Captured: int(w.seq)})
	if w.chance("notice", 30) {
		w.notices = rapid.SampledFrom([][]engine.Notice{nil, {{Text: "one"}}, {{Text: "one"}, {Severity: engine.SeverityError, Until: w.now}}}).Draw(w.t, "notices")
	}
	s := snapshotOf(w.agents...)
	s.Seq, s.At, s.Previews, s.Trend, s.Notices = w.seq, w.now, w.previews, w.trend, w.notices
	return s
}

// live lets an agent be looked at, change and grow older.
func (w *world) live(a *engine.Agent) {
	if w.chance("looked", 50) {
		a.CheckedAt = w.now
	}
	if w.chance("printed", 30) {
		a.ActiveAt = w.now.Truncate(time.Second)
	}
	if w.chance("cursor", 20) {
		// It is seen by a look only, and is no new revision.
		a.CheckedAt = w.now
		a.Dialog = &health.Dialog{Question: "?", Options: []health.Option{{Key: "1", Selected: w.chance("selected", 50)}}}
	}
	if w.chance("changed", 30) {
		w.revision++
		a.Revision, a.Activity = w.revision, rapid.SampledFrom([]string{"", "thinking", "<é>"}).Draw(w.t, "activity")
		a.Past = append(a.Past[:len(a.Past):len(a.Past)], engine.Phase{At: w.now, Urgency: engine.UrgencyIdle, Gap: w.chance("gap", 10)})
	}
	if len(a.Past) > 3 && w.chance("forget", 30) {
		w.revision++
		a.Revision, a.Past = w.revision, append([]engine.Phase(nil), a.Past[2:]...)
	}
}

func TestEachOfASeriesOfSnapshotsArrivesAsItWasSent(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := &world{t: t, now: time.Unix(1_700_000_000, 0)}
		var l line
		for range rapid.IntRange(1, 12).Draw(t, "snapshots") {
			sent := w.step()
			// Snapshots between two that are sent are lost.
			if w.chance("skipped", 30) {
				continue
			}
			got, _ := l.carry(t, sent)
			if diff := cmp.Diff(sent, got, alike()); diff != "" {
				t.Fatal(diff)
			}
		}
	})
}

func TestFramesThatFitNothingAreRefused(t *testing.T) {
	one := 1
	for name, f := range map[string]frame{
		"an agent that is not there":       {Agents: []sentAgent{{I: one}}},
		"a look at one that is not there":  {Looked: []lookedAgent{{I: -1}}},
		"a place that was not there":       {From: &[]int{3}},
		"more of a past than there was":    {From: &[]int{-1}, Agents: []sentAgent{{Kept: 1}}},
		"half a phase":                     {From: &[]int{-1}, Agents: []sentAgent{{Past: sentPast{1, 2}}}},
		"an urgency that there is not":     {From: &[]int{-1}, Agents: []sentAgent{{Past: sentPast{1, 99, 0}}}},
		"fewer samples than there are":     {Dropped: 1},
		"a number of samples below nought": {Dropped: -1},
	} {
		var d decoder
		if _, err := d.decode(&f); !errors.Is(err, errFrame) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// FuzzDecode: whatever comes, nothing panics, and what is refused changes nothing.
func FuzzDecode(f *testing.F) {
	f.Add([]byte(`{"Seq":1,"From":[-1],"Agents":[{"I":0,"A":{"State":"idle"},"Past":[1,2,0]}]}`), []byte(`{"Looked":[{"I":0}],"Dropped":1}`))
	f.Fuzz(func(t *testing.T, first, second []byte) {
		var d decoder
		for _, data := range [][]byte{first, second} {
			var arrived frame
			if json.Unmarshal(data, &arrived) != nil {
				continue
			}
			before := len(d.last.Agents)
			if _, err := d.decode(&arrived); err != nil && len(d.last.Agents) != before {
				t.Error("a frame that was refused has changed the agents")
			}
		}
	})
}
