package bench

import (
	"strings"
	"testing"

	"agentwatch/health"
)

// plainScreen is what the screen shows without colours, cursor movements taken
// as line ends.
func plainScreen(drawn string) string {
	var b strings.Builder
	for rest := drawn; rest != ""; {
		start := strings.IndexByte(rest, 0x1b)
		if start < 0 {
			b.WriteString(rest)
			break
		}
		b.WriteString(rest[:start])
		end := start + 2
		for rest[end] < '@' {
			end++
		}
		if rest[end] == 'H' {
			b.WriteByte('\n')
		}
		rest = rest[end+1:]
	}
	return b.String()
}

func TestScreensOfTwoPanesAndTwoStepsDiffer(t *testing.T) {
	if screenOf(1) == screenOf(2) {
		t.Error("two panes show the same")
	}
	for step := range 500 {
		if tickOf(step) == tickOf(step+1) {
			t.Fatalf("step %d shows what the next one shows", step)
		}
		if ackOf(step) == ackOf(step+1) || ackOf(step) < 2 || ackOf(step) >= paneWidth {
			t.Fatalf("step %d leaves the cursor in column %d, the next one in %d", step, ackOf(step), ackOf(step+1))
		}
	}
}

func TestTheScreenFillsThePaneAndNoMore(t *testing.T) {
	rows := strings.Count(screenOf(3), ";1H")
	if rows < paneHeight-8 || rows > paneHeight+4 {
		t.Errorf("%d rows are drawn, the pane has %d", rows, paneHeight)
	}
	for _, row := range strings.Split(plainScreen(screenOf(999)), "\n") {
		if n := len([]rune(row)); n > paneWidth {
			t.Errorf("a row of %d cells: %q", n, row)
		}
	}
}

func TestTheDetectorSeesAnAgentAtWork(t *testing.T) {
	for _, i := range []int{0, 7, 999} {
		v := health.NewDetector().Detect(health.Observation{
			Screen: plainScreen(screenOf(i)), CurrentCommand: "claude", Width: paneWidth, Height: paneHeight,
			Processes: []health.Process{{PID: 1, Comm: "sh", Args: []string{"/bin/sh", "/tmp/x/claude"}, Foreground: true}},
		})
		if v.Kind != health.KindClaude || v.State != health.StateWorking {
			t.Errorf("pane %d: %s %s, want a working claude (%+v)", i, v.Kind, v.State, v.Evidence)
		}
	}
}
