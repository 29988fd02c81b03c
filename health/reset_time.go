package health

import (
	"regexp"
	"strconv"
	"strings"
	"time"
)

// The forms in which programs write when a limit ends. They are compiled once
// and never changed.
type resetForms struct {
	// within: "try again in 2 hours 3 minutes"; clock: "resets 10:31am (UTC)";
	// dated: "resets Oct 7, 10am"; epoch: "limit reached|1712345678".
	within, part, clock, dated, epoch *regexp.Regexp
}

func newResetForms() resetForms {
	const clock = `(\d{1,2})(?::(\d{2}))?\s*(am|pm)?(?:\s*\(?([A-Za-z]+/[A-Za-z_/+-]+|UTC|GMT)\)?)?`
	return resetForms{
		within: regexp.MustCompile(`(?:again|resets?|reset|available|wait|retry(?:ing)?|refresh(?:es)?)\s+(?:again\s+)?(?:in\s+|after\s+)?((?:\d+\s*(?:days?|hours?|hrs?|minutes?|mins?|seconds?|secs?|[dhms])\b[ ,]*(?:and )?)+)`),
		part:   regexp.MustCompile(`(\d+)\s*(d|h|m|s)`),
		clock:  regexp.MustCompile(`(?:again|resets?|reset|until|available|access)\s+(?:again\s+)?(?:at\s+)?` + clock),
		dated:  regexp.MustCompile(`(?:again|resets?|reset|until|available)\s+(?:at\s+|on\s+)?(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?\s+(\d{1,2})(?:st|nd|rd|th)?(?:,?\s+(\d{4}))?(?:,|\s+at)?\s+` + clock),
		epoch:  regexp.MustCompile(`limit reached\|(\d{10})`),
	}
}

// ResetReader reads when a limit ends. It is immutable and safe for concurrent
// use.
type ResetReader struct{ forms resetForms }

// NewResetReader returns a reader.
func NewResetReader() *ResetReader { return &ResetReader{forms: newResetForms()} }

// maxReset is the longest time that a limit is believed to last.
const maxReset = 32 * 24 * time.Hour

// Read returns the moment at which the limit that text announces ends, for a
// text that was printed at the moment printed: a time of day is the next one
// after it, in its own zone when the text names one, else in printed's. ok is
// false when the text does not tell.
func (r *ResetReader) Read(text string, printed time.Time) (at time.Time, ok bool) {
	text = strings.ToLower(text)
	if m := r.forms.epoch.FindStringSubmatch(text); m != nil {
		seconds, err := strconv.ParseInt(m[1], 10, 64)
		return r.bound(time.Unix(seconds, 0), printed, err == nil)
	}
	if m := r.forms.dated.FindStringSubmatch(text); m != nil {
		return r.bound(r.onDate(m, printed))
	}
	if m := r.forms.within.FindStringSubmatch(text); m != nil {
		return r.bound(printed.Add(r.length(m[1])), printed, true)
	}
	if m := r.forms.clock.FindStringSubmatch(text); m != nil && (m[2] != "" || m[3] != "") {
		hour, minute, valid := clockOf(m[1], m[2], m[3])
		zone := zoneOf(m[4], printed)
		day := printed.In(zone)
		at = time.Date(day.Year(), day.Month(), day.Day(), hour, minute, 0, 0, zone)
		if !at.After(printed) {
			at = at.AddDate(0, 0, 1)
		}
		return r.bound(at, printed, valid)
	}
	return time.Time{}, false
}

// bound refuses what no limit means.
func (r *ResetReader) bound(at, printed time.Time, ok bool) (time.Time, bool) {
	if !ok || at.Sub(printed) > maxReset {
		return time.Time{}, false
	}
	return at, true
}

func (r *ResetReader) onDate(m []string, printed time.Time) (at, base time.Time, ok bool) {
	hour, minute, valid := clockOf(m[4], m[5], m[6])
	day, err := strconv.Atoi(m[2])
	month := 1 + strings.Index("janfebmaraprmayjunjulaugsepoctnovdec", m[1])/3
	zone := zoneOf(m[7], printed)
	year := printed.In(zone).Year()
	if m[3] != "" {
		year, _ = strconv.Atoi(m[3]) // four digits
	}
	at = time.Date(year, time.Month(month), day, hour, minute, 0, 0, zone)
	if m[3] == "" && at.Before(printed.AddDate(0, -6, 0)) {
		at = at.AddDate(1, 0, 0)
	}
	return at, printed, valid && err == nil && day >= 1 && day <= 31
}

// length adds up "2 hours 3 minutes".
func (r *ResetReader) length(text string) time.Duration {
	var sum time.Duration
	units := map[string]time.Duration{"d": 24 * time.Hour, "h": time.Hour, "m": time.Minute, "s": time.Second}
	for _, m := range r.forms.part.FindAllStringSubmatch(text, 8) {
		n, err := strconv.Atoi(m[1])
		if err != nil || n > 100_000 {
			return maxReset + 1
		}
		sum += time.Duration(n) * units[m[2]]
	}
	return sum
}

// clockOf reads a time of day.
func clockOf(hours, minutes, half string) (hour, minute int, ok bool) {
	hour, _ = strconv.Atoi(hours)
	if minutes != "" {
		minute, _ = strconv.Atoi(minutes)
	}
	switch {
	case half == "":
	case hour < 1 || hour > 12:
		return 0, 0, false
	case half == "am":
		hour %= 12
	default:
		hour = hour%12 + 12
	}
	return hour, minute, hour < 24 && minute < 60
}

// zoneOf finds the zone that a text names; the one of base when it names none
// that is known here.
func zoneOf(name string, base time.Time) *time.Location {
	if name == "" {
		return base.Location()
	}
	if name == "utc" || name == "gmt" {
		return time.UTC
	}
	parts := strings.Split(name, "/")
	for i, part := range parts {
		words := strings.Split(part, "_")
		for j, word := range words {
			if word != "" {
				words[j] = strings.ToUpper(word[:1]) + word[1:]
			}
		}
		parts[i] = strings.Join(words, "_")
	}
	zone, err := time.LoadLocation(strings.Join(parts, "/"))
	if err != nil {
		return base.Location()
	}
	return zone
}
