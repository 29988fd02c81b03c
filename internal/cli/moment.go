package cli

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// parseMoment reads the time that a user means by --since or --until: how long
// ago (90m, 24h, 7d, 2w), a day (2026-03-14, today, yesterday: its beginning), or
// a moment (2026-03-14 15:04, 15:04 today, RFC 3339).
func parseMoment(flag, text string, now time.Time) (time.Time, error) {
	today := time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, now.Location())
	switch text {
	case "now":
		return now, nil
	case "today":
		return today, nil
	case "yesterday":
		return today.AddDate(0, 0, -1), nil
	}
	if ago, ok := parseAgo(text); ok {
		return now.Add(-ago), nil
	}
	for _, layout := range []string{time.DateOnly, "2006-01-02 15:04", time.DateTime, "2006-01-02T15:04", time.RFC3339Nano} {
		if at, err := time.ParseInLocation(layout, text, now.Location()); err == nil {
			return at, nil
		}
	}
	if at, err := time.ParseInLocation("15:04", text, now.Location()); err == nil {
		return time.Date(now.Year(), now.Month(), now.Day(), at.Hour(), at.Minute(), 0, 0, now.Location()), nil
	}
	return time.Time{}, usageError(fmt.Errorf(
		"--%s %q is no time; write how long ago (90m, 24h, 7d), a day (2026-03-14, today, yesterday) or a moment (2026-03-14 15:04)", flag, text))
}

// maxAgo bounds how long ago a moment can be meant.
const maxAgo = 100 * 365 * 24 * time.Hour

func parseAgo(text string) (time.Duration, bool) {
	if ago, err := time.ParseDuration(text); err == nil {
		return ago, ago >= 0 && ago <= maxAgo
	}
	for unit, length := range map[string]time.Duration{"d": 24 * time.Hour, "w": 7 * 24 * time.Hour} {
		digits, has := strings.CutSuffix(text, unit)
		if n, err := strconv.ParseUint(digits, 10, 32); has && err == nil && n <= uint64(maxAgo/length) {
			return time.Duration(n) * length, true
		}
	}
	return 0, false
}
