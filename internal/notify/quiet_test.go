package notify

import (
	"testing"
	"time"
	_ "time/tzdata"

	"agentwatch/engine"
)

func TestQuietHoursEndWhenTheyShould(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	night := Quiet{Start: "22:00", End: "07:30"}
	weekend := Quiet{Start: "00:00", End: "24:00", Days: []string{"sat", "Sunday"}}
	friday := Quiet{Start: "22:00", End: "07:30", Days: []string{"fri"}}
	for _, test := range []struct {
		name     string
		quiet    []Quiet
		at, want string
	}{
		{"day", []Quiet{night}, "2026-03-04 12:00", "2026-03-04 12:00"},
		{"begins", []Quiet{night}, "2026-03-04 22:00", "2026-03-05 07:30"},
		{"after midnight", []Quiet{night}, "2026-03-05 03:00", "2026-03-05 07:30"},
		{"is over", []Quiet{night}, "2026-03-05 07:30", "2026-03-05 07:30"},
		{"whole days that follow each other", []Quiet{weekend}, "2026-03-07 10:00", "2026-03-09 00:00"},
		{"night into the weekend", []Quiet{night, weekend}, "2026-03-06 23:00", "2026-03-09 07:30"},
		{"belongs to the day it starts on", []Quiet{friday}, "2026-03-07 03:00", "2026-03-07 07:30"},
		{"not on other days", []Quiet{friday}, "2026-03-06 03:00", "2026-03-06 03:00"},
		{"clocks go forward in that night", []Quiet{night}, "2026-03-28 23:00", "2026-03-29 07:30"},
		{"clocks go back in that night", []Quiet{night}, "2026-10-24 23:00", "2026-10-25 07:30"},
	} {
		var all quietTimes
		for _, q := range test.quiet {
			all = append(all, compileQuiet(q))
		}
		at, err := time.ParseInLocation("2006-01-02 15:04", test.at, berlin)
		if err != nil {
			t.Fatal(err)
		}
		if got := all.clear(at, engine.UrgencyWaiting, "bell").Format("2006-01-02 15:04"); got != test.want {
			t.Errorf("%s: quiet at %s until %s, want %s", test.name, test.at, got, test.want)
		}
	}
}

func TestQuietThatNeverEndsIsNoEndlessLoop(t *testing.T) {
	always := quietTimes{compileQuiet(Quiet{Start: "00:00", End: "24:00"})}
	if got := always.clear(noon(), engine.UrgencyWaiting, "bell"); !got.After(noon()) {
		t.Errorf("always quiet, and clear at %s", got)
	}
}

func TestAChannelCanBeExemptFromQuietHours(t *testing.T) {
	q := quietTimes{compileQuiet(Quiet{Start: "11:00", End: "13:00", PassChannels: []string{"tmux"}})}
	if !q.clear(noon(), engine.UrgencyWaiting, "tmux").Equal(noon()) || q.clear(noon(), engine.UrgencyWaiting, "bell").Equal(noon()) {
		t.Error("only the tmux channel passes")
	}
}
