package bench

import (
	"errors"
	"os"
	"os/exec"
	"testing"
	"time"
)

func TestClocksOfPsAreRead(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"0:00.25":    250 * time.Millisecond,
		"1:02.50":    62500 * time.Millisecond,
		"00:01:02":   62 * time.Second,
		"2-03:04:05": 51*time.Hour + 4*time.Minute + 5*time.Second,
	} {
		if got, err := parseClock(text); err != nil || got != want {
			t.Errorf("parseClock(%q) = %s, %v; want %s", text, got, err, want)
		}
	}
	for _, text := range []string{"", "x", "1:", "1:2:3:4", "1-2:03", "1:-2"} {
		if got, err := parseClock(text); !errors.Is(err, errClock) {
			t.Errorf("parseClock(%q) = %s, %v; want an error", text, got, err)
		}
	}
}

// burn uses CPU time until the kernel has counted d of it.
func burn(t *testing.T, d time.Duration) {
	t.Helper()
	from, err := ownCPU()
	if err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(30 * time.Second); ; {
		now, err := ownCPU()
		if err != nil {
			t.Fatal(err)
		}
		if now-from >= d {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("the kernel counted only %s", now-from)
		}
	}
}

func TestUsageCountsOurTimeAndThatOfChildrenThatEnded(t *testing.T) {
	u := usage{server: os.Getpid()}
	before, err := u.begin()
	if err != nil {
		t.Fatal(err)
	}
	burn(t, 30*time.Millisecond)
	alone, err := u.end(before)
	if err != nil {
		t.Fatal(err)
	}
	if alone.own < 30*time.Millisecond {
		t.Errorf("30 ms were used, %s counted", alone.own)
	}
	if before, err = u.begin(); err != nil {
		t.Fatal(err)
	}
	own, err := ownCPU()
	if err != nil {
		t.Fatal(err)
	}
	if err := exec.Command("/bin/sh", "-c", "i=0; while [ $i -lt 50000 ]; do i=$((i+1)); done").Run(); err != nil {
		t.Fatal(err)
	}
	after, err := ownCPU()
	if err != nil {
		t.Fatal(err)
	}
	with, err := u.end(before)
	if err != nil {
		t.Fatal(err)
	}
	if after <= own || with.own < after-own {
		t.Errorf("a child used %s, %s counted", after-own, with.own)
	}
}

func TestALivingClientCountsOnceAndAnEndedOneNothing(t *testing.T) {
	ended := exec.Command("/bin/sh", "-c", ":")
	if err := ended.Run(); err != nil {
		t.Fatal(err)
	}
	if got := (usage{clients: []int{ended.Process.Pid}}).living(); got != 0 {
		t.Errorf("an ended client counts %s", got)
	}
	burn(t, 10*time.Millisecond)
	if got := (usage{clients: []int{os.Getpid()}}).living(); got <= 0 {
		t.Errorf("a living client counts %s", got)
	}
}

func TestMemoryOfAProcessIsRead(t *testing.T) {
	got, err := processRSS(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	if got < 1<<20 || got > 1<<40 {
		t.Errorf("this process has %d bytes", got)
	}
}
