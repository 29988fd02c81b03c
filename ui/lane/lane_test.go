package lane

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"agentwatch/engine"
)

func noon() time.Time { return time.Date(2026, 3, 14, 12, 0, 0, 0, time.UTC) }

func letters() Paint {
	return Paint{
		Glyph: func(u engine.Urgency) string { return u.String()[:1] },
		Ink:   func(engine.Urgency) func(string) string { return func(s string) string { return s } },
	}
}

func TestALaneShowsWhatAnAgentWasAndWhen(t *testing.T) {
	past := []engine.Phase{
		{At: noon().Add(-50 * time.Minute), Urgency: engine.UrgencyWorking},
		{At: noon().Add(-30 * time.Minute), Urgency: engine.UrgencyIdle},
		{At: noon().Add(-10 * time.Minute), Urgency: engine.UrgencyWorking},
	}
	w := Ending(noon(), time.Hour, 12)
	if got, want := Draw(past, w, noon().Add(4*time.Minute), letters()), " wwwwiiiiwww"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestAShortWaitIsSeenInALongCell(t *testing.T) {
	past := []engine.Phase{
		{At: noon().Add(-10 * time.Minute), Urgency: engine.UrgencyWorking},
		{At: noon().Add(-6 * time.Minute), Urgency: engine.UrgencyCrashed},
		{At: noon().Add(-4 * time.Minute), Urgency: engine.UrgencyWorking},
	}
	if got := Draw(past, Window{From: noon().Add(-10 * time.Minute), Cell: 10 * time.Minute, Cells: 1}, noon(), letters()); got != "c" {
		t.Errorf("got %q", got)
	}
}

func TestALaneIsAsWideAsItsWindowAndKnowsNothingBeforeItsPast(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		at := noon()
		var past []engine.Phase
		for range rapid.IntRange(0, 30).Draw(t, "phases") {
			at = at.Add(time.Duration(rapid.IntRange(0, 4000).Draw(t, "s")) * time.Second)
			past = append(past, engine.Phase{At: at, Urgency: engine.Urgency(rapid.IntRange(0, int(engine.UrgencyExited)).Draw(t, "u"))})
		}
		now := at.Add(time.Duration(rapid.IntRange(0, 4000).Draw(t, "age")) * time.Second)
		w := Ending(noon().Add(time.Duration(rapid.IntRange(-4000, 90000).Draw(t, "end"))*time.Second),
			time.Duration(rapid.IntRange(1, 86400).Draw(t, "lasts"))*time.Second, rapid.IntRange(1, 200).Draw(t, "cells"))
		cells := Cells(past, w, now)
		if len(cells) != w.Cells || len(Axis(w)) != w.Cells || len(Draw(past, w, now, letters())) != w.Cells {
			t.Fatalf("%d cells, want %d", len(cells), w.Cells)
		}
		for i, c := range cells {
			from, to := w.From.Add(time.Duration(i)*w.Cell), w.From.Add(time.Duration(i+1)*w.Cell)
			lived := len(past) > 0 && past[0].At.Before(to) && past[0].At.Before(now) && from.Before(now)
			if c.Known != lived {
				t.Fatalf("cell %d is known: %v, want %v", i, c.Known, lived)
			}
		}
	})
}

func TestTheAxisNamesRoundTimes(t *testing.T) {
	got := strings.Fields(Axis(Ending(noon(), time.Hour, 90)))
	for _, label := range got {
		if !strings.HasSuffix(label, "0") {
			t.Errorf("%q in %v", label, got)
		}
	}
	if len(got) < 4 {
		t.Errorf("only %v", got)
	}
}

func TestTheAxisOfAMinuteNamesSeconds(t *testing.T) {
	for _, lasts := range []time.Duration{time.Minute, 2 * time.Minute} {
		w := Ending(noon(), lasts, 80)
		axis := Axis(w)
		labels := strings.Fields(axis)
		if len(labels) < 3 {
			t.Errorf("%v: only %v", lasts, labels)
		}
		for _, label := range labels {
			at, err := time.Parse(time.TimeOnly, label)
			if err != nil || at.Second()%5 != 0 {
				t.Errorf("%v: %q in %v: %v", lasts, label, labels, err)
			}
			stands := time.Date(noon().Year(), noon().Month(), noon().Day(), at.Hour(), at.Minute(), at.Second(), 0, noon().Location())
			if got := w.Index(stands); got != strings.Index(axis, label) {
				t.Errorf("%v: %q stands at %d, its time is in %d", lasts, label, strings.Index(axis, label), got)
			}
		}
	}
}
