package bench

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestMedianIsTheMiddleOrTheMeanOfTheTwoMiddles(t *testing.T) {
	for _, c := range []struct {
		values []time.Duration
		want   time.Duration
	}{
		{nil, 0},
		{[]time.Duration{7}, 7},
		{[]time.Duration{9, 1, 5}, 5},
		{[]time.Duration{9, 1, 5, 3}, 4},
	} {
		if got := median(c.values); got != c.want {
			t.Errorf("median(%v) = %d, want %d", c.values, got, c.want)
		}
	}
}

func TestPercentileIsTheNearestRank(t *testing.T) {
	ten := []time.Duration{10, 9, 8, 7, 6, 5, 4, 3, 2, 1}
	for p, want := range map[int]time.Duration{0: 1, 1: 1, 10: 1, 11: 2, 50: 5, 90: 9, 91: 10, 100: 10} {
		if got := percentile(ten, p); got != want {
			t.Errorf("percentile %d = %d, want %d", p, got, want)
		}
	}
	if got := percentile(nil, 90); got != 0 {
		t.Errorf("percentile of nothing = %d", got)
	}
}

func TestPercentilesAreAmongTheValuesAndGrow(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		values := rapid.SliceOfN(rapid.Map(rapid.Int64Range(0, 1e12), func(n int64) time.Duration { return time.Duration(n) }), 1, 50).
			Draw(t, "values")
		before := slices.Clone(values)
		low, high := rapid.IntRange(0, 100).Draw(t, "p"), rapid.IntRange(0, 100).Draw(t, "q")
		if low > high {
			low, high = high, low
		}
		a, b := percentile(values, low), percentile(values, high)
		if a > b || !slices.Contains(values, a) || !slices.Contains(values, b) {
			t.Fatalf("percentiles %d and %d are %d and %d", low, high, a, b)
		}
		if m := median(values); m < slices.Min(values) || m > slices.Max(values) {
			t.Fatalf("the median %d is outside of the values", m)
		}
		if !slices.Equal(values, before) {
			t.Fatal("the values were changed")
		}
	})
}

func TestRatiosAreAgainstTheReferenceInTheSameCell(t *testing.T) {
	rows := []Row{{Method: "push", MedianMS: 2}, {Method: reference, MedianMS: 50}, {Method: MethodBatched}}
	compare(rows, reference)
	if rows[0].Ratio != 25 || rows[1].Ratio != 1 || rows[2].Ratio != 0 {
		t.Errorf("ratios %v, %v, %v; want 25, 1, 0", rows[0].Ratio, rows[1].Ratio, rows[2].Ratio)
	}
}

func TestARowAveragesCostsAndTakesTheMiddleOfTimes(t *testing.T) {
	got := row(method{name: "push"}, []sample{
		{wall: 4 * time.Millisecond, captures: 1, bytes: 100, cpu: cpu{server: 2 * time.Millisecond, own: time.Millisecond}},
		{wall: 2 * time.Millisecond, captures: 2, bytes: 300, cpu: cpu{server: 4 * time.Millisecond, own: time.Millisecond}},
		{wall: 9 * time.Millisecond, captures: 3, bytes: 200, cpu: cpu{server: 3 * time.Millisecond, own: 4 * time.Millisecond}},
	})
	want := Row{
		Method: "push", Link: "control", Rounds: 3, MedianMS: 4, P90MS: 9,
		Captures: 2, Bytes: 200, ServerCPUMS: 3, OwnCPUMS: 2,
	}
	if got != want {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

func TestSharesReadBackWhatTheyWrite(t *testing.T) {
	for _, s := range Shares() {
		text, err := s.MarshalText()
		if err != nil {
			t.Fatal(err)
		}
		var back Share
		if err := back.UnmarshalText(text); err != nil || back != s {
			t.Errorf("%s reads back as %s: %v", s, back, err)
		}
	}
	if _, err := (ShareAll + 1).MarshalText(); err == nil {
		t.Error("a share that there is not can be written")
	}
	var s Share
	if err := s.UnmarshalText([]byte("50")); err == nil {
		t.Error("a share that there is not can be read")
	}
}

func TestAShareOfThePanes(t *testing.T) {
	for _, c := range []struct{ panes, none, tenth, all int }{{1, 0, 1, 1}, {9, 0, 1, 9}, {50, 0, 5, 50}, {1000, 0, 100, 1000}} {
		if ShareNone.of(c.panes) != c.none || ShareTenth.of(c.panes) != c.tenth || ShareAll.of(c.panes) != c.all {
			t.Errorf("shares of %d: %d, %d, %d", c.panes, ShareNone.of(c.panes), ShareTenth.of(c.panes), ShareAll.of(c.panes))
		}
	}
}
