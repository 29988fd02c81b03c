package cli

import (
	"bytes"
	"strings"
	"testing"
)

func TestPictureDrawsWhatItReads(t *testing.T) {
	var out, complaint bytes.Buffer
	run := func(args ...string) int {
		out.Reset()
		complaint.Reset()
		return Main(Process{
			Args: append([]string{"picture"}, args...), Stdin: strings.NewReader("\x1b[1mhello\x1b[0m\n"),
			Stdout: &out, Stderr: &complaint, Getenv: func(string) string { return "" },
		})
	}
	if code := run("--width", "20", "--title", "a greeting"); code != exitOK {
		t.Fatalf("exit code %d: %s", code, complaint.String())
	}
	for _, want := range []string{"<svg", "<title>a greeting</title>", ">hello</text>"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%s is missing in\n%s", want, out.String())
		}
	}
	if code := run("--height", "-1"); code != exitUsage || !strings.Contains(complaint.String(), "cannot be negative") {
		t.Errorf("a negative height gives code %d and %q", code, complaint.String())
	}
}
