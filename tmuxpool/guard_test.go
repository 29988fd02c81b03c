package tmuxpool

import (
	"errors"
	"testing"
)

func TestAllThatWeSendIsPermitted(t *testing.T) {
	request, v := CaptureRequest{Pane: "%12", Colours: true, History: 200}, Version{Major: 3, Minor: 3}
	for _, s := range []script{
		{printFormat("#{version}")},
		{listPanes(DetailFull, "abc123")},
		{listActivePanes("abc123", 1795441180)},
		{listInhabitants("_agentwatch-1-x")},
		{showWindowSize()},
		{listVisitors()},
		captureLine(request, "", v),
		captureLine(request, "_agentwatch-1-x-2", v),
	} {
		if _, err := s.render(); err != nil {
			t.Errorf("as a line: %v", err)
		}
		if _, err := s.arguments(); err != nil {
			t.Errorf("as arguments: %v", err)
		}
	}
	for _, s := range []script{
		newSession("_agentwatch-1-x", 42),
		{attachSession("_agentwatch-1-x")},
		{removeKeeper("%7", "_agentwatch-1-x")},
		{{nameSourceFile, "-"}},
	} {
		if _, err := s.arguments(); err != nil {
			t.Errorf("as arguments: %v", err)
		}
		if _, err := s.render(); !errors.Is(err, ErrForbidden) {
			t.Errorf("%q as a line: %v", s, err)
		}
	}
}

// dangerous are commands that could change something, or look like ours and do
// not do what ours do.
func dangerous() []command { return append(actions(), disguises()...) }

// actions would change something if they were sent.
func actions() []command {
	return []command{
		nil,
		{},
		{"kill-server"},
		{"kill-session"},
		{"kill-session", "-t", "=main"},
		{"kill-session", "-t", "_agentwatch-1"},
		{"kill-session", "-t", "=_agentwatch-1"},
		{"killp", "-t", "%1"},
		{"if", "-F", "-t", "%1", "1", "killp -t %1"},
		{"if", "-F", "-t", "%1", "#{m:*" + keeperPattern + "*,#{pane_start_command}}", "killp -t %1"},
		{"if", "-F", "-t", "%1", removeKeeper("%1", "_agentwatch-1")[4], "killp -t %2"},
		{"if", "-F", "-t", "%1", removeKeeper("%1", "_agentwatch-1")[4], "killp -a -t %1"},
		{"if", "-F", "-t", "%1", removeKeeper("%1", "_agentwatch-1,x")[4], "killp -t %1"},
		append(removeKeeper("%1", "_agentwatch-1"), "kill-server"),
		{"set", "-g", "detach-on-destroy", "off"},
		{"set", "detach-on-destroy", "off"},
		{"set", "-t", "=main:", "detach-on-destroy", "off"},
		{"set", "-t", "=_agentwatch-1:", "prefix", "off"},
		{"set", "-u", "-t", "=_agentwatch-1:", "detach-on-destroy"},
		{"kill-session", "-a", "-t", "=_agentwatch-1"},
		{"send-keys", "-t", "%1", "x"},
		{"run-shell", "true"},
		{"if-shell", "true", "true"},
		{"set-option", "-g", "status", "off"},
		{"attach", "-t", "=main"},
		{"attach", "-d", "-t", "=_agentwatch-1"},
		{"attach", "-E"},
		{"new", "-s", "main", keeper(1, "_agentwatch-1")},
		{"new", "-d", "-s", "_agentwatch-1", "rm -rf /"},
		{"new", "-d", "-s", "_agentwatch-1", keeperHead + "1; rm x" + keeperTail + "_agentwatch-1"},
		{"new", "-d", "-s", "_agentwatch-1", keeper(1, "x; rm x")},
		{"new", "-d", keeper(1, "_agentwatch-1")},
	}
}

// disguises are observing commands with something else in them.
func disguises() []command {
	return []command{
		{"display", "#{version}"},
		{"display", "-p", "#(touch /tmp/x)"},
		{"display", "-p", "#{E:status-left}"},
		{"display", "-p", "#{T:status-left}"},
		{"display", "-p", "it's"},
		{"display", "-p", "a\nkill-server"},
		{"display", "-p", "a;"},
		{"display", "-p", "-t"},
		{"lsp"},
		{"lsp", "-a", "-F"},
		{"lsp", "-a", "-F", "#{?1,#(x),}"},
		{"lsp", "-a", "-f", "#(x)"},
		{"capturep", "-p"},
		{"capturep", "-p", "-t", "main"},
		{"capturep", "-p", "-t", "%1;kill-server"},
		{"capturep", "-p", "-t", "%1 ; kill-server"},
		{"capturep", "-p", "-t", "%"},
		{"capturep", "-p", "-t", "%1\n"},
		{"capturep", "-p", "-t", "%99999999999"},
		{"capturep", "-b", "buffer0", "-t", "%1"},
		{"capturep", "-P", "-t", "%1"},
		{"capturep", "-S", "-", "-t", "%1"},
		{"showb"},
		{"showb", "-b", "buffer0"},
		{"deleteb"},
		{"deleteb", "-b", "buffer0"},
		{"source", "/tmp/x"},
		{"show", "-gwv", "status-left"},
		{"source", "-F", "-"},
		{"pipe-pane", "-t", "%1", "cat"},
		{"refresh-client", "-C", "10,10"},
		{"switch-client", "-t", "=main"},
		{"resize-window", "-t", "@1", "-x", "10"},
		{"LSP", "-a"},
	}
}

func TestTheGuardRefusesWhatCouldChangeAnything(t *testing.T) {
	for _, cmd := range dangerous() {
		if err := cmd.check(); !errors.Is(err, ErrForbidden) {
			t.Errorf("%q: %v", []string(cmd), err)
		}
		if _, err := (script{cmd}).arguments(); !errors.Is(err, ErrForbidden) {
			t.Errorf("%q as arguments: %v", []string(cmd), err)
		}
		if _, err := (script{printFormat("x"), cmd}).render(); !errors.Is(err, ErrForbidden) {
			t.Errorf("%q as the second of a line: %v", []string(cmd), err)
		}
	}
}

func TestTheGuardReadsTheVeryBytes(t *testing.T) {
	if err := checkLine("capturep -b _agentwatch-1 -t '%3' ; showb -b _agentwatch-1\n"); err != nil {
		t.Error(err)
	}
	for _, line := range []string{
		"", "\n", ";\n", "kill-server\n", "display -p x", "display -p x\nkill-server\n", "display -p x;kill-server\n",
		"display -p x ; kill-server\n", "display -p 'x'kill-server\n", "display -p \"x\"\n", "display -p 'x\n",
		"display -p x ;\n", "display -p ~\n", "display -p $HOME\n", "display -p { }\n", "display -p x\\\n",
		"X=1 display -p x\n", "%if 1\n", "capturep -p -t %1\n", "display  -p x\n", " display -p x\n",
		"display -p 'x' \n", "kill-session -t '=_agentwatch-1'\n",
		"set -t '=_agentwatch-1:' detach-on-destroy off\n", "source -\n", "display -p 'a\rb'\n", "# x\n",
	} {
		if err := checkLine(line); !errors.Is(err, ErrForbidden) {
			t.Errorf("%q: %v", line, err)
		}
	}
}

func FuzzAnAcceptedLineIsOneThatWeCouldHaveMade(f *testing.F) {
	f.Add("display -p 'x y'\n")
	f.Add("capturep -p -e -t '%1' ; display -p ok\n")
	f.Fuzz(func(t *testing.T, line string) {
		if checkLine(line) != nil {
			return
		}
		parsed, err := parseLine(line[:len(line)-1])
		if err != nil {
			t.Fatal(err)
		}
		again, err := parsed.render()
		if err != nil {
			t.Fatalf("%q is accepted and cannot be made: %v", line, err)
		}
		second, err := parseLine(again[:len(again)-1])
		if err != nil || len(second) != len(parsed) {
			t.Errorf("%q became %q", line, again)
		}
	})
}
