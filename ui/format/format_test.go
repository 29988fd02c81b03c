package format

import (
	"testing"
	"time"
)

func TestAgesAreShort(t *testing.T) {
	for d, want := range map[time.Duration]string{
		-time.Second: "0s", 38 * time.Second: "38s", 63 * time.Second: "1m03s", 252 * time.Second: "4m12s",
		10 * time.Minute: "10m", 59 * time.Minute: "59m", 2 * time.Hour: "2h", 47 * time.Hour: "47h", 72 * time.Hour: "3d",
	} {
		if got := Age(d); got != want {
			t.Errorf("%v: got %q, want %q", d, got, want)
		}
	}
}

func TestDurationsHaveAUnit(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "0 ms", 40 * time.Microsecond: "40 us", 600 * time.Microsecond: "0.6 ms", 4100 * time.Microsecond: "4.1 ms",
		41 * time.Millisecond: "41 ms", 1200 * time.Millisecond: "1.2 s", 5 * time.Minute: "5 min",
	} {
		if got := Duration(d); got != want {
			t.Errorf("%v: got %q, want %q", d, got, want)
		}
	}
	if got := Interval(2 * time.Second); got != "2 s" {
		t.Errorf("got %q", got)
	}
}

func TestPercentSaysHundredOnlyWhenWhole(t *testing.T) {
	for share, want := range map[float64]string{
		0: "0 %", 0.914: "91 %", 0.998: "99.8 %", 0.99999: "99.9 %", 1: "100 %", -0.5: "0 %",
	} {
		if got := Percent(share); got != want {
			t.Errorf("%v: got %q, want %q", share, got, want)
		}
	}
}

func TestNumbersArePartedOrShortened(t *testing.T) {
	for n, want := range map[uint64][2]string{
		0: {"0", "0"}, 999: {"999", "999"}, 1204: {"1\u2009204", "1.2k"}, 18200: {"18\u2009200", "18.2k"},
		999999: {"999\u2009999", "1.0M"}, 3100000: {"3\u2009100\u2009000", "3.1M"}, 120400: {"120\u2009400", "120k"},
	} {
		if got := Count(n, "\u2009"); got != want[0] {
			t.Errorf("Count(%d) = %q, want %q", n, got, want[0])
		}
		if got := Short(n); got != want[1] {
			t.Errorf("Short(%d) = %q, want %q", n, got, want[1])
		}
	}
	if Mean(1.41) != "1.4" || Mean(28) != "28" || Mean(1200) != "1.2k" {
		t.Error(Mean(1.41), Mean(28), Mean(1200))
	}
	if Plural(1, "pane") != "1 pane" || Plural(3, "pane") != "3 panes" {
		t.Error(Plural(1, "pane"), Plural(3, "pane"))
	}
}

func TestLoadKeepsADecimalWhereItTells(t *testing.T) {
	for share, want := range map[float64]string{
		-1: "0 %", 0: "0 %", 0.0004: "<0.1 %", 0.0023: "0.2 %", 0.034: "3.4 %", 0.0996: "10 %", 0.12: "12 %", 1.4: "140 %",
	} {
		if got := Load(share); got != want {
			t.Errorf("Load(%v) = %q, want %q", share, got, want)
		}
	}
}

func TestSizesAreWrittenWithAUnit(t *testing.T) {
	for n, want := range map[uint64]string{0: "0 B", 940: "940 B", 18_200: "18.2 kB", 31_400_000: "31.4 MB", 2_000_000_000: "2.0 GB"} {
		if got := Bytes(n); got != want {
			t.Errorf("Bytes(%d) = %q, want %q", n, got, want)
		}
	}
}

func TestSumsOfTimeAreWrittenLikeAgesAndKeepTheirMinutes(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "0s", 59 * time.Second: "59s", 74 * time.Second: "1m14s", 22*time.Minute + 5*time.Second: "22m",
		31*time.Hour + 2*time.Minute: "31h02m",
	} {
		if got := Long(d); got != want {
			t.Errorf("%v: %q, want %q", d, got, want)
		}
	}
}
