package cli

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"agentwatch/internal/tmuxtest"
)

func TestTheManualPageHasEveryCommandAndOptionAndNothingOfThisMachine(t *testing.T) {
	h := newHome(t, "")
	h.env["SOURCE_DATE_EPOCH"] = "1773446400"
	code, page, complaints := h.run("man")
	if code != exitOK || complaints != "" {
		t.Fatalf("exit code %d, stderr %q", code, complaints)
	}
	if !strings.HasPrefix(page, `.TH AGENTWATCH 1 "2026-03-14" "agentwatch `) {
		t.Errorf("the page begins with %.80q", page)
	}
	options := 0
	var look func(cmd *cobra.Command)
	look = func(cmd *cobra.Command) {
		if cmd.Hidden {
			return
		}
		if heading := `\fB` + strings.ReplaceAll(cmd.CommandPath(), "-", `\-`) + `\fR`; cmd.HasParent() && !strings.Contains(page, ".SS "+heading) {
			t.Errorf("the page does not have %q", heading)
		}
		cmd.LocalFlags().VisitAll(func(f *pflag.Flag) {
			options++
			if name := `\fB` + strings.ReplaceAll("--"+f.Name, "-", `\-`) + `\fR`; !strings.Contains(page, name) {
				t.Errorf("the page does not have %q", name)
			}
		})
		for _, child := range cmd.Commands() {
			look(child)
		}
	}
	look(newRoot(Process{Getenv: func(string) string { return "" }}))
	if options < 40 {
		t.Errorf("only %d options were looked for: this test looks at the wrong place", options)
	}
}

func TestADateThatIsNoNumberIsRefused(t *testing.T) {
	h := newHome(t, "")
	h.env["SOURCE_DATE_EPOCH"] = "yesterday"
	if code, out, complaints := h.run("man"); code != exitUsage || out != "" || !strings.Contains(complaints, `SOURCE_DATE_EPOCH="yesterday"`) {
		t.Errorf("exit code %d, %q, %q", code, out, complaints)
	}
}

func TestShellsCompleteTheValuesOfOptions(t *testing.T) {
	h := newHome(t, "")
	server := tmuxtest.New(t).SocketPath()
	h.env["TMUX"], h.env["TMUX_TMPDIR"] = server+",1,0", t.TempDir()
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"--strategy", ""}, "push\tonly panes that may have changed"},
		{[]string{"list", "--strategy", "pipe"}, "pipelined\t"},
		{[]string{"demo", "--theme", "moc"}, "mocha\n"},
		{[]string{"wait", "--state", "cra"}, "crashed\n"},
		{[]string{"history", "--state", "waiting,li"}, "waiting,limited\n"},
		{[]string{"status", "--format", "p"}, "plain\n"},
		{[]string{"list", "-L", ""}, filepath.Base(server) + "\n"},
	} {
		code, out, _ := h.run(append([]string{"__complete"}, c.args...)...)
		if code != exitOK || !strings.Contains(out, c.want) {
			t.Errorf("%q: exit code %d, %q instead of %q", c.args, code, out, c.want)
		}
		if directive := ":4\n"; !strings.Contains(out, directive) && !strings.Contains(out, ":36\n") {
			t.Errorf("%q: files are completed, too: %q", c.args, out)
		}
	}
}
