package cli

import (
	"strings"
	"testing"
)

func TestAMistakeInACallNamesTheCommandWhoseHelpToRead(t *testing.T) {
	for _, c := range []struct {
		args []string
		want []string
	}{
		{[]string{"statuss"}, []string{`there is no command "agentwatch statuss"; did you mean stats or status?`, "try: agentwatch --help"}},
		{[]string{"whatever"}, []string{`there is no command "agentwatch whatever"` + "\n", "try: agentwatch --help"}},
		{[]string{"config", "chek"}, []string{`there is no command "agentwatch config chek"; did you mean check?`, "try: agentwatch config --help"}},
		{[]string{"completion", "csh"}, []string{`there is no command "agentwatch completion csh"`, "try: agentwatch completion --help"}},
		{[]string{"status", "now"}, []string{`agentwatch status takes no argument "now"`, "try: agentwatch status --help"}},
		{[]string{"wait", "--timeout", "soon"}, []string{"--timeout", "try: agentwatch wait --help"}},
		{[]string{"wait"}, []string{"wait for which agent?", "try: agentwatch wait --help"}},
		{[]string{"send", "%3"}, []string{"--approve", "try: agentwatch send --help"}},
		{[]string{"send", "3"}, []string{"pane id", "try: agentwatch send --help"}},
		{[]string{"--nonsense"}, []string{"--nonsense", "try: agentwatch --help"}},
	} {
		code, out, complaints := runAt(t.TempDir(), c.args...)
		if code != exitUsage || out != "" {
			t.Errorf("%v: exit code %d, stdout %q", c.args, code, out)
		}
		for _, want := range c.want {
			if !strings.Contains(complaints, want) {
				t.Errorf("%v says %q, without %q", c.args, complaints, want)
			}
		}
	}
}
