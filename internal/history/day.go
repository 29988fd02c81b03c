package history

import (
	"fmt"
	"sort"
	"time"
)

// Day is a day of the calendar in some place.
type Day struct {
	Year  int
	Month time.Month
	Day   int
}

// DayOf is the day of a moment in its location.
func DayOf(t time.Time) Day {
	y, m, d := t.Date()
	return Day{y, m, d}
}

// String returns the day as 2006-01-02.
func (d Day) String() string { return fmt.Sprintf("%04d-%02d-%02d", d.Year, d.Month, d.Day) }

// Before tells whether the day comes before another.
func (d Day) Before(other Day) bool {
	if d.Year != other.Year {
		return d.Year < other.Year
	}
	if d.Month != other.Month {
		return d.Month < other.Month
	}
	return d.Day < other.Day
}

// Next is the day after.
func (d Day) Next() Day { return DayOf(d.noon(time.UTC).AddDate(0, 0, 1)) }

func (d Day) noon(location *time.Location) time.Time {
	return time.Date(d.Year, d.Month, d.Day, 12, 0, 0, 0, location)
}

// Begin is the first moment of the day in a place. Where the clocks change at
// midnight that is not always 00:00, so it is looked for between two noons.
func (d Day) Begin(location *time.Location) time.Time {
	midnight := time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, location)
	if DayOf(midnight) == d && DayOf(midnight.Add(-1)) != d {
		return midnight
	}
	noon := d.noon(location)
	before := noon.Add(-24 * time.Hour)
	seconds := sort.Search(int(noon.Sub(before)/time.Second), func(i int) bool {
		return !DayOf(before.Add(time.Duration(i) * time.Second)).Before(d)
	})
	return before.Add(time.Duration(seconds) * time.Second)
}
