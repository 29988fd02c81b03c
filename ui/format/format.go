// Package format writes figures the way the dashboard shows them: short, with a
// unit, and no more digits than tell something.
package format

import (
	"strconv"
	"strings"
	"time"
)

// Age writes how long something has lasted: 38s, 4m12s, 22m, 2h, 3d. Beyond ten
// minutes it changes once a minute or less, so that little moves.
func Age(d time.Duration) string {
	d = max(d, 0)
	switch {
	case d < time.Minute:
		return strconv.Itoa(int(d/time.Second)) + "s"
	case d < 10*time.Minute:
		rest := int(d % time.Minute / time.Second)
		return strconv.Itoa(int(d/time.Minute)) + "m" + pad2(rest) + "s"
	case d < time.Hour:
		return strconv.Itoa(int(d/time.Minute)) + "m"
	case d < 48*time.Hour:
		return strconv.Itoa(int(d/time.Hour)) + "h"
	default:
		return strconv.Itoa(int(d/(24*time.Hour))) + "d"
	}
}

// Coarse writes an age that need not be followed by the second: below ten
// minutes it moves in steps of five seconds.
func Coarse(d time.Duration) string {
	const step = 5 * time.Second
	if d >= 10*time.Minute {
		return Age(d)
	}
	return Age(d.Truncate(step))
}

func pad2(n int) string {
	if n < 10 {
		return "0" + strconv.Itoa(n)
	}
	return strconv.Itoa(n)
}

// Long writes a sum of time as Age does, but keeps the minutes beside the hours:
// 40s, 4m12s, 22m, 31h12m.
func Long(d time.Duration) string {
	if d < time.Hour {
		return Age(d)
	}
	return strconv.Itoa(int(d/time.Hour)) + "h" + pad2(int(d%time.Hour/time.Minute)) + "m"
}

// Duration writes a measured duration: 0.6 ms, 41 ms, 1.2 s.
func Duration(d time.Duration) string {
	switch {
	case d <= 0:
		return "0 ms"
	case d < 100*time.Microsecond:
		return strconv.Itoa(max(int(d/time.Microsecond), 1)) + " us"
	case d < 10*time.Millisecond:
		return decimal(float64(d)/float64(time.Millisecond)) + " ms"
	case d < time.Second:
		return strconv.Itoa(int(d/time.Millisecond)) + " ms"
	case d < 100*time.Second:
		return decimal(d.Seconds()) + " s"
	default:
		return strconv.Itoa(int(d/time.Minute)) + " min"
	}
}

// Interval writes a period that was set, without decimals it does not need.
func Interval(d time.Duration) string {
	if d >= time.Second && d%time.Second == 0 {
		return strconv.Itoa(int(d/time.Second)) + " s"
	}
	return Duration(d)
}

// Percent writes a share between 0 and 1: 98 %, 99.8 %, 100 %. It says 100 only
// when the share is whole.
func Percent(share float64) string {
	switch percent := share * 100; {
	case share >= 1:
		return "100 %"
	case percent >= 99.9:
		return "99.9 %"
	case percent >= 99:
		return decimal(percent) + " %"
	default:
		return strconv.Itoa(int(max(percent, 0)+0.5)) + " %"
	}
}

// Load writes a share of a processor: 0.2 %, 3.4 %, 12 %, 140 %. Below a tenth
// of a percent it says so.
func Load(share float64) string {
	switch percent := share * 100; {
	case percent <= 0:
		return "0 %"
	case percent < 0.1:
		return "<0.1 %"
	case percent < 9.95:
		return strconv.FormatFloat(percent, 'f', 1, 64) + " %"
	default:
		return strconv.FormatFloat(percent, 'f', 0, 64) + " %"
	}
}

// Count writes a number with its thousands apart: 1 204.
func Count(n uint64, between string) string {
	digits := strconv.FormatUint(n, 10)
	out := ""
	for len(digits) > 3 {
		out = between + digits[len(digits)-3:] + out
		digits = digits[:len(digits)-3]
	}
	return digits + out
}

// Short writes a number in at most five characters: 940, 18.2k, 3.1M.
func Short(n uint64) string {
	units := [...]string{"", "k", "M", "G", "T", "P", "E"}
	value, unit := float64(n), 0
	for value >= 999.5 && unit < len(units)-1 {
		value /= 1000
		unit++
	}
	if unit == 0 || value >= 99.95 {
		return strconv.Itoa(int(value+0.5)) + units[unit]
	}
	return decimal(value) + units[unit]
}

// Bytes writes a size: 940 B, 18.2 kB, 3.1 MB.
func Bytes(n uint64) string {
	short := Short(n)
	digits := strings.TrimRight(short, "kMGTPE")
	return digits + " " + short[len(digits):] + "B"
}

// Mean writes an average: 1.4, 28, 1.2k.
func Mean(v float64) string {
	if v < 10 {
		return decimal(max(v, 0))
	}
	return Short(uint64(v + 0.5))
}

// Plural writes a number and its noun: 1 pane, 3 panes.
func Plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return strconv.Itoa(n) + " " + noun + "s"
}

// decimal writes one digit after the point.
func decimal(v float64) string { return strconv.FormatFloat(v, 'f', 1, 64) }
