//go:build !linux

package bench

import (
	"context"
	"fmt"
	"os/exec"
	"strconv"
	"strings"
	"time"
)

// psTimeout bounds one call of ps.
const psTimeout = 5 * time.Second

// processCPU returns the CPU time that a process has used, as ps tells it: in
// hundredths of a second on macOS.
func processCPU(pid int) (time.Duration, error) {
	out, err := ps(pid, "time=")
	if err != nil {
		return 0, err
	}
	return parseClock(out)
}

// threadsCPU is processCPU: ps counts all threads.
func threadsCPU(pid int) (time.Duration, error) { return processCPU(pid) }

// family returns the processes of a program: here only the one that was started is known.
func family(pid int, _ string) []int { return []int{pid} }

// processAndChildrenCPU is threadsCPU: ps does not tell of children that have ended.
func processAndChildrenCPU(pid int) (time.Duration, error) { return threadsCPU(pid) }

// processRSS returns the resident memory of a process, in bytes.
func processRSS(pid int) (int64, error) {
	out, err := ps(pid, "rss=")
	if err != nil {
		return 0, err
	}
	kib, err := strconv.ParseInt(out, 10, 64)
	if err != nil {
		return 0, fmt.Errorf("bench: memory of process %d: %w", pid, err)
	}
	return kib << 10, nil
}

// processShare is processRSS: ps does not tell what is shared.
func processShare(pid int) (int64, error) { return processRSS(pid) }

func ps(pid int, column string) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), psTimeout)
	defer cancel()
	out, err := exec.CommandContext(ctx, "ps", "-o", column, "-p", strconv.Itoa(pid)).Output()
	if err != nil {
		return "", fmt.Errorf("bench: ps of process %d: %w", pid, err)
	}
	return strings.TrimSpace(string(out)), nil
}
