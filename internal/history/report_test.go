package history

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"pgregory.net/rapid"

	"agentwatch/engine"
)

// places have clocks that change in all ways that matter: at night, at midnight
// forwards, at midnight backwards, just after midnight, by half an hour, a whole
// day left out.
func places(t testing.TB) map[string][]time.Time {
	t.Helper()
	at := func(y int, m time.Month, d int) time.Time { return time.Date(y, m, d, 12, 0, 0, 0, time.UTC) }
	return map[string][]time.Time{
		"UTC":                 {at(2026, 3, 14)},
		"Europe/Berlin":       {at(2026, 3, 29), at(2026, 10, 25)},
		"America/Sao_Paulo":   {at(2018, 11, 4), at(2018, 2, 18)},
		"America/St_Johns":    {at(2010, 3, 14), at(2010, 11, 7)},
		"Australia/Lord_Howe": {at(2026, 4, 5), at(2026, 10, 4)},
		"Pacific/Apia":        {at(2011, 12, 30)},
		"Asia/Beirut":         {at(2022, 3, 27), at(2022, 10, 30)},
	}
}

func location(t testing.TB, name string) *time.Location {
	t.Helper()
	l, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func TestDaysFollowEachOtherWithoutAGapWhereverClocksChange(t *testing.T) {
	for name, changes := range places(t) {
		l := location(t, name)
		for _, change := range changes {
			day := DayOf(change.AddDate(0, 0, -3))
			for range 6 {
				begin, end := day.Begin(l), day.Next().Begin(l)
				if length := end.Sub(begin); length < 0 || length > 26*time.Hour {
					t.Errorf("%s: %s lasts %s", name, day, length)
				}
				if middle := begin.Add(end.Sub(begin) / 2); end.After(begin) && DayOf(middle.In(l)) != day {
					t.Errorf("%s: the middle of %s is %s", name, day, middle.In(l))
				}
				if DayOf(begin.Add(-time.Second).In(l)) == day {
					t.Errorf("%s: %s begins before %s", name, day, begin)
				}
				day = day.Next()
			}
		}
	}
}

func TestTheDayOnWhichClocksGoForwardHas23Hours(t *testing.T) {
	l := location(t, "Europe/Berlin")
	s := opened(t, Options{})
	begin := Day{2026, 3, 28}.Begin(l)
	appended(t, s, RunBegun{Run: 1, Socket: api().Socket, At: begin},
		change(1, 1, begin, engine.UrgencyIdle, engine.UrgencyWaiting), RunSeen{Run: 1, At: begin.Add(72 * time.Hour)})
	rows, err := s.Report(context.Background(), begin, begin.Add(72*time.Hour), l)
	if err != nil {
		t.Fatal(err)
	}
	got := ""
	for _, r := range rows {
		got += fmt.Sprintf("%s %s %s\n", r.Day, r.Watched(), r.LongestWait)
	}
	want := "2026-03-28 24h0m0s 24h0m0s\n2026-03-29 23h0m0s 23h0m0s\n2026-03-30 24h0m0s 24h0m0s\n2026-03-31 1h0m0s 1h0m0s\n"
	if got != want {
		t.Errorf("got:\n%swant:\n%s", got, want)
	}
}

// scenario is what a property test draws: runs of some minutes, in them the
// transitions of two agents, to the minute.
type scenario struct {
	runs    []scenarioRun
	minutes int
}

type scenarioRun struct {
	begin, end int
	marks      []scenarioMark
}

type scenarioMark struct {
	minute, agent int
	to            engine.Urgency
	carried, gone bool
}

func scenarios(t *rapid.T) scenario {
	var s scenario
	minute := 0
	for range rapid.IntRange(1, 5).Draw(t, "runs") {
		// A run can begin in the minute in which the one before has ended.
		run := scenarioRun{begin: minute + rapid.SampledFrom([]int{0, 0, 7, 300}).Draw(t, "gap")}
		minute = run.begin
		for range rapid.IntRange(0, 12).Draw(t, "marks") {
			minute += rapid.SampledFrom([]int{0, 1, 5, 61, 700}).Draw(t, "after")
			run.marks = append(run.marks, scenarioMark{
				minute: minute, agent: rapid.IntRange(0, 1).Draw(t, "agent"),
				to:      engine.Urgency(rapid.IntRange(0, int(engine.UrgencyExited)).Draw(t, "to")),
				carried: rapid.IntRange(0, 4).Draw(t, "carried") == 0, gone: rapid.IntRange(0, 6).Draw(t, "gone") == 0,
			})
		}
		minute += rapid.IntRange(0, 400).Draw(t, "rest")
		run.end = minute
		s.runs = append(s.runs, run)
	}
	s.minutes = minute + 1
	return s
}

func agentNumber(n int) Agent {
	a := api()
	a.Pane, a.Session = fmt.Sprintf("%%%d", n), fmt.Sprintf("s%d", n)
	return a
}

// entries are what a recorder would have kept.
func (s scenario) entries(start time.Time) []Entry {
	var all []Entry
	was := map[int]engine.Urgency{0: engine.UrgencyUnknown, 1: engine.UrgencyUnknown}
	at := func(minute int) time.Time { return start.Add(time.Duration(minute) * time.Minute) }
	for i, run := range s.runs {
		id := RunID(i + 1)
		all = append(all, RunBegun{Run: id, Socket: api().Socket, At: at(run.begin)})
		for j, m := range run.marks {
			all = append(all, Transition{
				Run: id, Seq: uint64(j), At: at(m.minute), Agent: agentNumber(m.agent), From: was[m.agent], To: m.to,
				Carried: m.carried, Gone: m.gone,
			})
			was[m.agent] = m.to
		}
		all = append(all, RunEnded{Run: id, At: at(run.end)})
	}
	return all
}

// nothing is what an agent is while nobody watches it.
const nothing = engine.Urgency(255)

// minuteByMinute is the naive model: what an agent was in each minute.
func (s scenario) minuteByMinute(agent int) []engine.Urgency {
	line := make([]engine.Urgency, s.minutes)
	for minute := range line {
		line[minute] = nothing
		for _, run := range s.runs {
			if minute < run.begin || minute >= run.end {
				continue
			}
			for _, m := range run.marks {
				if m.agent == agent && m.minute <= minute {
					line[minute] = m.to
					if m.gone {
						line[minute] = nothing
					}
				}
			}
		}
	}
	return line
}

// modelRows sums minutes one by one.
func (s scenario) modelRows(start time.Time, from, to int, l *time.Location) map[string]Row {
	rows := make(map[string]Row)
	was := map[int]engine.Urgency{0: engine.UrgencyUnknown, 1: engine.UrgencyUnknown}
	key := func(agent, minute int) string {
		return fmt.Sprintf("%s %s", DayOf(start.Add(time.Duration(minute)*time.Minute).In(l)), agentNumber(agent).Pane)
	}
	for agent := range 2 {
		streak, day := time.Duration(0), ""
		for minute, urgency := range s.minuteByMinute(agent) {
			if minute < from || minute >= to || urgency == nothing {
				streak = 0
				continue
			}
			k := key(agent, minute)
			if k != day {
				streak, day = 0, k
			}
			streak += time.Minute
			if urgency != engine.UrgencyWaiting {
				streak = 0
			}
			row := rows[k]
			row.Spent[urgency] += time.Minute
			row.LongestWait = max(row.LongestWait, streak)
			rows[k] = row
		}
	}
	for _, run := range s.runs {
		for _, m := range run.marks {
			before := was[m.agent]
			was[m.agent] = m.to
			if m.carried || m.gone || m.minute < from || m.minute >= to {
				continue
			}
			row, k := rows[key(m.agent, m.minute)], key(m.agent, m.minute)
			switch {
			case m.to == engine.UrgencyCrashed:
				row.Crashes++
			case before == engine.UrgencyWorking && (m.to == engine.UrgencyDone || m.to == engine.UrgencyIdle):
				row.Turns++
			default:
				continue
			}
			rows[k] = row
		}
	}
	return rows
}

func TestAReportSaysWhatCountingMinutesWouldSay(t *testing.T) {
	t.Parallel()
	dir, round := t.TempDir(), 0
	all := places(t)
	names := []string{"UTC", "Europe/Berlin", "Australia/Lord_Howe", "Pacific/Apia"}
	rapid.Check(t, func(rt *rapid.T) {
		round++
		s := opened(t, Options{Path: filepath.Join(dir, fmt.Sprintf("%d.db", round)), Delay: time.Microsecond})
		defer s.Close()
		name := rapid.SampledFrom(names).Draw(rt, "place")
		l := location(t, name)
		start := rapid.SampledFrom(all[name]).Draw(rt, "about").Add(time.Duration(rapid.IntRange(-3000, 0).Draw(rt, "earlier")) * time.Minute)
		drawn := scenarios(rt)
		from := rapid.IntRange(0, drawn.minutes).Draw(rt, "from")
		to := from + rapid.IntRange(0, drawn.minutes).Draw(rt, "length")
		appended(t, s, drawn.entries(start)...)
		at := func(minute int) time.Time { return start.Add(time.Duration(minute) * time.Minute) }
		got, err := s.Report(context.Background(), at(from), at(to), l)
		if err != nil {
			rt.Fatal(err)
		}
		want := drawn.modelRows(start, from, to, l)
		for _, row := range got {
			key := fmt.Sprintf("%s %s", row.Day, row.Agent.Pane)
			w := want[key]
			if row.Spent != w.Spent || row.Crashes != w.Crashes || row.Turns != w.Turns || row.LongestWait != w.LongestWait {
				rt.Errorf("%s in %s: %v, %d crashes, %d turns, longest wait %s; counted: %v, %d, %d, %s", key, name, row.Spent,
					row.Crashes, row.Turns, row.LongestWait, w.Spent, w.Crashes, w.Turns, w.LongestWait)
			}
			delete(want, key)
		}
		for key := range want {
			rt.Errorf("%s in %s is missing", key, name)
		}
	})
}
