package history

import (
	"context"
	"testing"
	"time"

	"agentwatch/engine"
)

// BenchmarkEntriesInQuickSuccession is what the writer takes when it never
// waits: batches of up to 256, each committed and synced.
func BenchmarkEntriesInQuickSuccession(b *testing.B) {
	s := opened(b, Options{})
	waiting := make(chan (<-chan error), maxQueued/2)
	failed := make(chan error, 1)
	go func() {
		var first error
		for done := range waiting {
			if err := <-done; err != nil && first == nil {
				first = err
			}
		}
		failed <- first
	}()
	b.ResetTimer()
	for i := range b.N {
		waiting <- s.Record(change(1, uint64(i), noon().Add(time.Duration(i)), engine.UrgencyIdle, engine.UrgencyWorking))
	}
	close(waiting)
	if err := <-failed; err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "entries/s")
}

// BenchmarkOneEntryAcknowledged is one commit and sync for one entry.
func BenchmarkOneEntryAcknowledged(b *testing.B) {
	s := opened(b, Options{Delay: time.Nanosecond})
	for i := 0; b.Loop(); i++ {
		if err := s.Append(context.Background(), change(1, uint64(i), noon(), engine.UrgencyIdle, engine.UrgencyWorking)); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkAReportOnAHundredThousandTransitions reads a month of fifty busy agents.
func BenchmarkAReportOnAHundredThousandTransitions(b *testing.B) {
	const transitions = 100_000
	s := opened(b, Options{})
	begin := noon()
	step := 30 * 24 * time.Hour / transitions
	for day := range 30 {
		run := RunID(day + 1)
		entries := []Entry{RunBegun{Run: run, Socket: api().Socket, At: begin.AddDate(0, 0, day)}}
		for i := range transitions / 30 {
			e := change(run, uint64(i), begin.AddDate(0, 0, day).Add(time.Duration(i)*step), engine.UrgencyWorking, engine.Urgency(i%10))
			e.Agent.PanePID = i % 50
			entries = append(entries, e)
		}
		appended(b, s, entries...)
	}
	for b.Loop() {
		rows, err := s.Report(context.Background(), begin, begin.AddDate(0, 0, 30), time.UTC)
		if err != nil || len(rows) < 1500 {
			b.Fatal(len(rows), err)
		}
	}
}
