package block

import "math"

// Spark draws values as one row of w cells, newest at the right. Steps are the
// characters from least to most; the greatest value, or top when that is
// greater, gets the last. A negative value is a gap. Values above zero are
// never drawn as zero.
func Spark(values []float64, w int, top float64, steps []string) string {
	if w <= 0 || len(steps) == 0 {
		return ""
	}
	if len(values) > w {
		values = values[len(values)-w:]
	}
	for _, v := range values {
		top = max(top, v)
	}
	out := Spaces(w - len(values))
	for _, v := range values {
		if v < 0 {
			out += " "
			continue
		}
		step := 0
		if top > 0 && v > 0 {
			step = max(1, int(math.Round(v/top*float64(len(steps)-1))))
		}
		out += steps[min(step, len(steps)-1)]
	}
	return out
}

// Filled is how many of w cells a share between 0 and 1 fills; all only when
// the share is whole.
func Filled(share float64, w int) int {
	if share >= 1 {
		return w
	}
	return min(max(int(math.Round(share*float64(w))), 0), max(w-1, 0))
}
