package tmuxpool

import (
	"testing"
	"time"
)

// meterClock tells a meter what happens when, without any clock.
type meterClock struct {
	demandMeter
	now time.Time
}

func newMeterClock() *meterClock { return &meterClock{now: time.Unix(1000, 0)} }

func (m *meterClock) pass(d time.Duration) { m.now = m.now.Add(d) }

// serve makes leases of the same length on so many connections, without a pause.
func (m *meterClock) serve(leases, connections int, held time.Duration) {
	for ; leases > 0; leases -= connections {
		batch := min(leases, connections)
		lent := m.now
		for range batch {
			m.lend(lent, 0)
		}
		m.pass(held)
		for range batch {
			m.giveBack(lent, m.now, true)
		}
	}
}

// window settles a window that must be over.
func (m *meterClock) window(t *testing.T) demand {
	t.Helper()
	seen, over := m.settle(m.now)
	if !over {
		t.Fatal("the window is not over")
	}
	return seen
}

func TestAWindowLastsAsLongAsItsWork(t *testing.T) {
	m := newMeterClock()
	m.serve(50, 1, time.Millisecond)
	m.pass(time.Hour) // of quiet, which is no demand
	if got := m.window(t); got.rate != 1000 || got.service != time.Millisecond || got.peak != 1 {
		t.Errorf("it is %+v", got)
	}
	if got := m.forecast(); got.rate != 1000 || got.service != time.Millisecond || got.load() != 1 {
		t.Errorf("the forecast is %+v", got)
	}
}

func TestWhatIsShorterThanAWindowIsSpreadOverIt(t *testing.T) {
	m := newMeterClock()
	m.serve(2, 1, time.Millisecond)
	if _, over := m.settle(m.now); over {
		t.Error("it is over after 2 ms")
	}
	m.pass(time.Second)
	if got := m.window(t); got.rate != 200 {
		t.Errorf("two in 10 ms are %v a second", got.rate)
	}
	if _, over := m.settle(m.now); over {
		t.Error("an empty window counts")
	}
}

func TestWorkWithoutEndIsSeenInTheMiddle(t *testing.T) {
	m := newMeterClock()
	held := m.now
	m.lend(held, 3) // and kept
	m.serve(int(windowMost/time.Millisecond), 1, time.Millisecond)
	if got := m.window(t); got.rate != 1000 || got.peak != 4 {
		t.Errorf("it is %+v", got)
	}
}

func TestTheServiceTimeIsThatOfWhoWasServedFirst(t *testing.T) {
	m := newMeterClock()
	for range 10 {
		lent := m.now
		for range 4 {
			m.lend(lent, 0)
		}
		for range 4 { // one after the other, as tmux does
			m.pass(5 * time.Millisecond)
			m.giveBack(lent, m.now, true)
		}
		if got := m.window(t); got.service != 5*time.Millisecond {
			t.Fatalf("it is %s", got.service)
		}
	}
}

func TestOneSlowWindowChangesNoServiceTime(t *testing.T) {
	m := newMeterClock()
	for range 5 {
		m.serve(20, 1, time.Millisecond)
		m.window(t)
	}
	m.serve(20, 1, 50*time.Millisecond)
	m.window(t)
	if got := m.forecast().service; got != time.Millisecond {
		t.Errorf("it is %s", got)
	}
}

func TestALastingChangeOfServiceTimeIsLearnt(t *testing.T) {
	m := newMeterClock()
	for _, held := range []time.Duration{time.Millisecond, 4 * time.Millisecond, 2 * time.Millisecond} {
		for range 40 {
			m.serve(20, 1, held)
			m.window(t)
		}
		if got := m.forecast().service; got < held*99/100 || got > held*101/100 {
			t.Errorf("it is %s and not %s", got, held)
		}
	}
}

func TestALeaseThatWasOfNoUseSaysNothing(t *testing.T) {
	m := newMeterClock()
	m.lend(m.now, 0)
	lent := m.now
	m.pass(time.Second)
	m.giveBack(lent, m.now, false)
	if _, over := m.settle(m.now); over {
		t.Error("it counts")
	}
	m.serve(20, 1, time.Millisecond)
	if got := m.window(t); got.rate != 1000 {
		t.Errorf("the second before counts: %v a second", got.rate)
	}
}
