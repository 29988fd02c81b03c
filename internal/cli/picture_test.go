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

func TestPictureMakesAFilmOfScreensWithTheirTimes(t *testing.T) {
	film := func(in string) (int, string, string) {
		var out, complaint bytes.Buffer
		code := Main(Process{
			Args: []string{"picture", "--film"}, Stdin: strings.NewReader(in),
			Stdout: &out, Stderr: &complaint, Getenv: func(string) string { return "" },
		})
		return code, out.String(), complaint.String()
	}
	code, out, complaint := film("\f0\nhello\n\f1.5\nworld\n\f3\n")
	if code != exitOK || !strings.Contains(out, ">hello<") || !strings.Contains(out, "animation:3s") || !strings.Contains(out, "50%") {
		t.Errorf("exit code %d, %s, %s", code, complaint, out)
	}
	for _, in := range []string{"", "hello\n", "\fsoon\nhello\n\f3\n", "\f-1\nhello\n\f3\n"} {
		if code, out, complaint := film(in); code == exitOK || out != "" || complaint == "" {
			t.Errorf("%q gives code %d, %q and %q", in, code, out, complaint)
		}
	}
}
