package bench

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// cpu is CPU time used.
type cpu struct {
	// server is that of the tmux server; own ours, with that of the processes
	// that we have started.
	server, own time.Duration
}

// usage reads CPU time around a round.
type usage struct {
	server int
	// clients are our control clients: children that live on, and so are in no
	// sum of the kernel's yet.
	clients []int
}

// begin reads before a round, what is ours last; end reads after it, what is
// ours first: reading costs CPU time itself.
func (u usage) begin() (cpu, error) {
	server, err := processCPU(u.server)
	if err != nil {
		return cpu{}, err
	}
	living := u.living()
	own, err := ownCPU()
	return cpu{server: server, own: living + own}, err
}

func (u usage) end(begin cpu) (cpu, error) {
	own, err := ownCPU()
	if err != nil {
		return cpu{}, err
	}
	living := u.living()
	server, err := processCPU(u.server)
	return cpu{server: server - begin.server, own: living + own - begin.own}, err
}

// living is what the control clients have used. One that has ended counts
// nothing: its time is in that of the children then.
func (u usage) living() time.Duration {
	total := time.Duration(0)
	for _, pid := range u.clients {
		if used, err := processCPU(pid); err == nil {
			total += used
		}
	}
	return total
}

// ownCPU is that of this process and of its children that have ended.
func ownCPU() (time.Duration, error) {
	total := int64(0)
	for _, who := range []int{unix.RUSAGE_SELF, unix.RUSAGE_CHILDREN} {
		var r unix.Rusage
		if err := unix.Getrusage(who, &r); err != nil {
			return 0, fmt.Errorf("bench: own CPU time: %w", err)
		}
		total += r.Utime.Nano() + r.Stime.Nano()
	}
	return time.Duration(total), nil
}

var errClock = errors.New("bench: not a time of ps")

// parseClock reads a CPU time as ps writes it: [[days-]hours:]minutes:seconds
// with an optional fraction.
func parseClock(text string) (time.Duration, error) {
	days, clock, ok := strings.Cut(text, "-")
	if !ok {
		days, clock = "0", text
	}
	total, err := strconv.ParseFloat(days, 64)
	if err != nil {
		return 0, fmt.Errorf("%w: %q", errClock, text)
	}
	parts := strings.Split(clock, ":")
	if len(parts) > 3 || (ok && len(parts) != 3) {
		return 0, fmt.Errorf("%w: %q", errClock, text)
	}
	scale := 24.0
	for i, part := range parts {
		if i > 0 || len(parts) < 3 {
			scale = 60
		}
		n, err := strconv.ParseFloat(part, 64)
		if err != nil || n < 0 {
			return 0, fmt.Errorf("%w: %q", errClock, text)
		}
		total = total*scale + n
	}
	return time.Duration(total * float64(time.Second)), nil
}
