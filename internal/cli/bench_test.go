package cli

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"

	"agentwatch/internal/bench"
)

// runMain runs the program as a shell would, without a terminal.
func runMain(args ...string) (code int, stdout, stderr string) {
	var out, complaints bytes.Buffer
	code = Main(Process{
		Args: args, Stdin: strings.NewReader(""), Stdout: &out, Stderr: &complaints,
		Getenv: func(string) string { return "" },
	})
	return code, out.String(), complaints.String()
}

func TestBenchWritesOneJSONObjectAndNothingElseOnAPipe(t *testing.T) {
	code, out, complaints := runMain("bench", "--agents", "2,3", "--rounds", "1", "--plain=false", "--json")
	if code != exitOK || complaints != "" {
		t.Fatalf("exit code %d, stderr %q", code, complaints)
	}
	decoder := json.NewDecoder(strings.NewReader(out))
	decoder.DisallowUnknownFields()
	var report bench.Report
	if err := decoder.Decode(&report); err != nil {
		t.Fatalf("%v:\n%s", err, out)
	}
	if decoder.More() {
		t.Error("there is more than one object")
	}
	if len(report.Fleets) != 2 || report.Fleets[0].Agents != 2 || report.Fleets[1].Agents != 3 {
		t.Fatalf("fleets %+v", report.Fleets)
	}
	for _, f := range report.Fleets {
		for i, share := range bench.Shares() {
			if f.Cells[i].Share != share || len(f.Cells[i].Rows) == 0 || f.Cells[i].Rows[0].MedianMS <= 0 {
				t.Errorf("%d agents: cell %d is %+v", f.Agents, i, f.Cells[i])
			}
		}
	}
}

func TestBenchRefusesWhatItCannotMeasure(t *testing.T) {
	for _, args := range [][]string{
		{"--agents", "0"},
		{"--agents", "many"},
		{"--agents", "5,100000"},
		{"--rounds", "0"},
		{"--colours=false", "--plain=false"},
		{"50"},
	} {
		if code, out, complaints := runMain(append([]string{"bench"}, args...)...); code != exitUsage || out != "" || complaints == "" {
			t.Errorf("bench %v: exit code %d, stdout %q, stderr %q", args, code, out, complaints)
		}
	}
}

// wideFleet has the widest figures that are to be expected.
func wideFleet(agents int) bench.Fleet {
	f := bench.Fleet{Agents: agents, Width: 200, Height: 50, Tmux: "3.3a"}
	for _, colours := range []bool{true, false} {
		for _, share := range bench.Shares() {
			f.Cells = append(f.Cells, bench.Cell{Colours: colours, Share: share, Rows: []bench.Row{
				{Method: "push", Rounds: 100, MedianMS: 0.123, P90MS: 99.94, Ratio: 12345, Captures: 1000, Bytes: 10 << 20, ServerCPUMS: 999, OwnCPUMS: 999},
				{Method: bench.MethodBatched, Rounds: 100, MedianMS: 15163, P90MS: 15163, Ratio: 1, Captures: 1000, Bytes: 999 << 10, ServerCPUMS: 15163, OwnCPUMS: 5163},
			}})
		}
	}
	return f
}

func TestBenchTablesFitIn100ColumnsWithoutColoursOnAPipe(t *testing.T) {
	var out bytes.Buffer
	report := bench.Report{
		Machine: bench.Machine{OS: "darwin", Arch: "arm64", CPUs: 128},
		Fleets:  []bench.Fleet{wideFleet(10), wideFleet(1000)},
	}
	for _, f := range report.Fleets {
		if err := writeFleet(&out, report.Machine, f); err != nil {
			t.Fatal(err)
		}
	}
	if err := writeScaling(&out, report); err != nil {
		t.Fatal(err)
	}
	if err := writeMethod(&out); err != nil {
		t.Fatal(err)
	}
	text := out.String()
	if strings.Contains(text, "\x1b") {
		t.Error("there are escape sequences")
	}
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		if ansi.StringWidth(line) > 100 {
			t.Errorf("%d columns: %q", ansi.StringWidth(line), line)
		}
		if line != strings.TrimRight(line, " ") {
			t.Errorf("spaces at the end of %q", line)
		}
	}
	for _, want := range []string{
		"1000 agents, 200x50, captures with colours", "1000 agents, 200x50, captures without colours",
		"push, batched", "12345x", "15.2 s", "0.12 ms", "10.0 MB", "Scaling, captures with colours",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing in:\n%s", want, text)
		}
	}
}
