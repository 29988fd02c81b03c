package bench

import (
	"slices"
	"time"
)

// median returns the middle of values, the mean of the two middle ones when
// their number is even, and 0 for none. It leaves values as they are.
func median(values []time.Duration) time.Duration {
	if len(values) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(values))
	middle := len(sorted) / 2
	if len(sorted)%2 == 1 {
		return sorted[middle]
	}
	return sorted[middle-1] + (sorted[middle]-sorted[middle-1])/2
}

// percentile returns the smallest value that at least p percent of values do
// not exceed (nearest rank), and 0 for none. It leaves values as they are.
func percentile(values []time.Duration, p int) time.Duration {
	if len(values) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(values))
	rank := (len(sorted)*p + 99) / 100
	return sorted[min(max(rank, 1), len(sorted))-1]
}
