package cli

import (
	"fmt"
	"io"
	"strconv"
	"strings"

	"charm.land/lipgloss/v2"
	"charm.land/lipgloss/v2/table"

	"agentwatch/internal/bench"
)

// benchMethodNote says how the figures came about.
const benchMethodNote = `Wall time of one round: look which panes have changed, capture, detect, publish. The methods took
turns on the same panes, 250 ms apart; "sequential" is a process per pane, and "x" how many times
faster a median is than its. CPU is the average of a round, ours with all processes that we started.
"none" is at rest, four rounds a turn; a safety net looks at a pane anew after 30 s.
"push, batched" is push without control clients: a process lists, batched processes capture.
"push, heard" is that where the kernel tells what has printed: at rest it asks every 10 s at most.`

// writeFleet prints all that was measured on one server.
func writeFleet(w io.Writer, m bench.Machine, f bench.Fleet) error {
	bold := lipgloss.NewStyle().Bold(true)
	for _, colours := range []bool{true, false} {
		if !hasCells(f, colours) {
			continue
		}
		kind := "captures with colours"
		if !colours {
			kind = "captures without colours"
		}
		head := fmt.Sprintf("%d agents, %dx%d, %s", f.Agents, f.Width, f.Height, kind)
		where := fmt.Sprintf("  tmux %s, %s/%s, %d CPUs", f.Tmux, m.OS, m.Arch, m.CPUs)
		if err := writeText(w, bold.Render(head)+where+"\n\n"+fleetTable(f, colours)+"\n"); err != nil {
			return err
		}
	}
	return writeText(w, fmt.Sprintf("memory: agentwatch bench %s, tmux server %s, grown by %s over %d rounds\n\n",
		sizeText(float64(f.Memory.OwnBytes)), sizeText(float64(f.Memory.ServerEndBytes)), sizeText(float64(f.Memory.Growth())), f.Memory.Rounds))
}

func fleetTable(f bench.Fleet, colours bool) string {
	t := benchTable("CHANGED", "METHOD", "N", "MEDIAN", "P90", "X", "CAPTURES", "SIZE", "TMUX CPU", "OUR CPU")
	for _, c := range f.Cells {
		if c.Colours != colours {
			continue
		}
		share := c.Share.String()
		for _, r := range c.Rows {
			t.Row(share, r.Method, strconv.Itoa(r.Rounds), timeText(r.MedianMS), timeText(r.P90MS), ratioText(r.Ratio),
				strconv.FormatFloat(r.Captures, 'f', 0, 64), sizeText(r.Bytes), timeText(r.ServerCPUMS), timeText(r.OwnCPUMS))
			share = ""
		}
	}
	return trimmed(t)
}

// writeScaling prints how rounds grow with the number of agents, when there was
// more than one.
func writeScaling(w io.Writer, report bench.Report) error {
	if len(report.Fleets) < 2 {
		return nil
	}
	for _, colours := range []bool{true, false} {
		if !hasCells(report.Fleets[0], colours) {
			continue
		}
		kind := "with colours"
		if !colours {
			kind = "without colours"
		}
		head := lipgloss.NewStyle().Bold(true).Render("Scaling, captures " + kind)
		if err := writeText(w, head+"  median of a round\n\n"+scalingTable(report, colours)+"\n"); err != nil {
			return err
		}
	}
	return nil
}

func scalingTable(report bench.Report, colours bool) string {
	headers := []string{"AGENTS", "METHOD"}
	for _, share := range bench.Shares() {
		headers = append(headers, strings.ToUpper(share.String()), "X")
	}
	t := benchTable(headers...)
	for _, f := range report.Fleets {
		agents := strconv.Itoa(f.Agents)
		var lines [][]string
		for _, c := range f.Cells {
			if c.Colours != colours {
				continue
			}
			for i, r := range c.Rows {
				if i == len(lines) {
					lines = append(lines, []string{agents, r.Method})
					agents = ""
				}
				lines[i] = append(lines[i], timeText(r.MedianMS), ratioText(r.Ratio))
			}
		}
		t.Rows(lines...)
	}
	return trimmed(t)
}

// writeMethod prints how it was measured.
func writeMethod(w io.Writer) error {
	return writeText(w, benchMethodNote+"\n")
}

// benchTable is a table without lines; all but its first two columns are
// numbers.
func benchTable(headers ...string) *table.Table {
	cell := lipgloss.NewStyle().PaddingRight(2)
	return table.New().
		Border(lipgloss.HiddenBorder()).BorderTop(false).BorderBottom(false).BorderLeft(false).
		BorderRight(false).BorderColumn(false).BorderHeader(false).
		Headers(headers...).
		StyleFunc(func(row, column int) lipgloss.Style {
			style := cell
			if column > 1 {
				style = style.Align(lipgloss.Right)
			}
			return style.Bold(row == table.HeaderRow)
		})
}

// writeText writes text, without colours where there is no terminal or none
// are wanted.
func writeText(w io.Writer, text string) error {
	if _, err := lipgloss.Fprint(w, text); err != nil {
		return fmt.Errorf("bench: write: %w", err)
	}
	return nil
}

// timeText writes milliseconds with three digits that matter.
func timeText(ms float64) string {
	switch {
	case ms >= 10_000:
		return fmt.Sprintf("%.1f s", ms/1000)
	case ms >= 1000:
		return fmt.Sprintf("%.2f s", ms/1000)
	case ms >= 100:
		return fmt.Sprintf("%.0f ms", ms)
	case ms >= 10:
		return fmt.Sprintf("%.1f ms", ms)
	default:
		return fmt.Sprintf("%.2f ms", ms)
	}
}

// ratioText writes a ratio.
func ratioText(ratio float64) string {
	if ratio < 10 {
		return fmt.Sprintf("%.1fx", ratio)
	}
	return fmt.Sprintf("%.0fx", ratio)
}

// sizeText writes a number of bytes.
func sizeText(bytes float64) string {
	magnitude := max(bytes, -bytes)
	switch {
	case magnitude >= 1<<20:
		return fmt.Sprintf("%.1f MB", bytes/(1<<20))
	case magnitude >= 1<<10:
		return fmt.Sprintf("%.0f kB", bytes/(1<<10))
	default:
		return fmt.Sprintf("%.0f B", bytes)
	}
}
