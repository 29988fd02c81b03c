package notify

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"agentwatch/engine"
)

// quietTime is one Quiet, ready for use.
type quietTime struct {
	// start and end are minutes after midnight; end may be on the next day.
	start, end int
	days       [7]bool
	pass       states
	channels   []string
}

// minutesOfDay is how many minutes a day of 24 hours has.
const minutesOfDay = 24 * 60

// parseClock reads a time of the day, "00:00" to "24:00", in minutes.
func parseClock(text string) (minutes int, err error) {
	if text == "24:00" {
		return minutesOfDay, nil
	}
	t, err := time.Parse("15:04", text)
	if err != nil {
		return 0, fmt.Errorf("notify: time of the day: %w", err)
	}
	return t.Hour()*60 + t.Minute(), nil
}

func weekdayOf(word string) (time.Weekday, bool) {
	for day := time.Sunday; day <= time.Saturday; day++ {
		if strings.EqualFold(word, day.String()[:3]) || strings.EqualFold(word, day.String()) {
			return day, true
		}
	}
	return 0, false
}

// compileQuiet takes a valid Quiet.
func compileQuiet(q Quiet) quietTime {
	var t quietTime
	t.start, _ = parseClock(q.Start)
	t.end, _ = parseClock(q.End)
	if t.end <= t.start {
		t.end += minutesOfDay
	}
	for day := range t.days {
		t.days[day] = len(q.Days) == 0
	}
	for _, word := range q.Days {
		day, _ := weekdayOf(word)
		t.days[day] = true
	}
	t.pass, t.channels = statesOf(q.Pass), q.PassChannels
	return t
}

// until returns the end of this quiet time when now is within it.
func (q quietTime) until(now time.Time) (end time.Time, within bool) {
	year, month, day := now.Date()
	for _, before := range []int{1, 0} {
		// time.Date knows the days on which clocks are set.
		at := func(minutes int) time.Time {
			return time.Date(year, month, day-before, 0, minutes, 0, 0, now.Location())
		}
		first, last := at(q.start), at(q.end)
		if q.days[at(0).Weekday()] && !now.Before(first) && now.Before(last) && last.After(end) {
			end, within = last, true
		}
	}
	return end, within
}

// holds tells whether it holds back a state on a channel.
func (q quietTime) holds(state engine.Urgency, channel string) bool {
	return !q.pass.has(state) && !slices.Contains(q.channels, channel)
}

// quietTimes are all of them.
type quietTimes []quietTime

// maxQuietSteps bounds how many quiet times that follow each other are walked.
const maxQuietSteps = 64

// clear returns the earliest time from t on at which a state may be told on a
// channel: t itself when it is not quiet.
func (all quietTimes) clear(t time.Time, state engine.Urgency, channel string) time.Time {
	for range maxQuietSteps {
		quiet := false
		for _, q := range all {
			if !q.holds(state, channel) {
				continue
			}
			if end, within := q.until(t); within {
				t, quiet = end, true
			}
		}
		if !quiet {
			break
		}
	}
	return t
}
