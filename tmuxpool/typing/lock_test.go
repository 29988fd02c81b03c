package typing

import (
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
)

func TestAnUnlockedTerminalIsFreeAlsoWhileProcessesAreStarted(t *testing.T) {
	tty := filepath.Join(t.TempDir(), "tty")
	if err := os.WriteFile(tty, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	var work sync.WaitGroup
	defer work.Wait()
	done := make(chan struct{})
	defer close(done)
	for range 2 {
		work.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
					if err := exec.CommandContext(t.Context(), "true").Run(); err != nil {
						t.Error(err)
						return
					}
				}
			}
		})
	}
	for i := range 20_000 {
		unlock, ok := Lock(tty)
		if !ok {
			t.Fatalf("locked at try %d, though nobody holds it", i)
		}
		unlock()
	}
}
