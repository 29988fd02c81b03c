package health

import (
	"testing"
	"time"
)

func TestTheEndOfALimitIsReadFromItsText(t *testing.T) {
	printed := time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC)
	r := NewResetReader()
	for text, want := range map[string]time.Time{
		"You've hit your 5-hour limit · resets 10:31am (UTC)":             time.Date(2026, 11, 24, 10, 31, 0, 0, time.UTC),
		"You've hit your limit · resets 8am (UTC)":                        time.Date(2026, 11, 25, 8, 0, 0, 0, time.UTC),
		"resets 3pm (America/New_York)":                                   time.Date(2026, 11, 24, 20, 0, 0, 0, time.UTC),
		"■ You’ve hit your usage limit. Try again at 7:13 PM.":            time.Date(2026, 11, 24, 19, 13, 0, 0, time.UTC),
		"try again at Nov 27th, 2026 7:13 PM.":                            time.Date(2026, 11, 27, 19, 13, 0, 0, time.UTC),
		"Opus weekly limit reached ∙ resets Nov 27, 10am (UTC)":           time.Date(2026, 11, 27, 10, 0, 0, 0, time.UTC),
		"resets Jan 2 at 9:30am (UTC)":                                    time.Date(2027, 1, 2, 9, 30, 0, 0, time.UTC),
		"Please try again in 2 hours 3 minutes.":                          printed.Add(2*time.Hour + 3*time.Minute),
		"try again in 1 day 4 hours":                                      printed.Add(28 * time.Hour),
		"Rate limited, retry after 30s":                                   printed.Add(30 * time.Second),
		"resets in 3h 12m":                                                printed.Add(3*time.Hour + 12*time.Minute),
		"Claude AI usage limit reached|1795564800":                        time.Unix(1795564800, 0),
		"You've hit your usage limit. Upgrade to Pro, try again at 19:05": time.Date(2026, 11, 24, 19, 5, 0, 0, time.UTC),
	} {
		got, ok := r.Read(text, printed)
		if text == "resets Jan 2 at 9:30am (UTC)" {
			// More than a month ahead is no limit.
			if ok {
				t.Errorf("%q: read %s", text, got)
			}
			continue
		}
		if !ok || !got.Equal(want) {
			t.Errorf("%q: got %s %v, want %s", text, got, ok, want)
		}
	}
	for _, text := range []string{
		"", "You've used 92% of your weekly limit", "resets soon", "limit 10 items", "resets 25:00", "try again", "resets 13pm",
	} {
		if got, ok := r.Read(text, printed); ok {
			t.Errorf("%q: read %s", text, got)
		}
	}
}

func FuzzResetReader(f *testing.F) {
	f.Add("resets 10:31am (UTC)")
	f.Add("try again in 99999999999 days")
	f.Add("resets feb 31 at 12:00 (Europe/Paris)")
	r := NewResetReader()
	printed := time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, text string) {
		if at, ok := r.Read(text, printed); ok && at.Sub(printed) > maxReset {
			t.Fatalf("%q: %s", text, at)
		}
	})
}
