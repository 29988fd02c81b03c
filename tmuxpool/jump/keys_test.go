package jump

import (
	"testing"

	"agentwatch/internal/tmuxtest"
)

func TestTheHintIsTheUsersOwnKeyAndItWorks(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		config []string
		want   string
	}{
		"another prefix":            {[]string{"set -g prefix C-a"}, "C-a l comes back"},
		"the second prefix":         {[]string{"set -g prefix None", "set -g prefix2 M-x"}, "M-x l comes back"},
		"no prefix":                 {[]string{"set -g prefix None", "bind -n M-o select-window -l"}, "M-o comes back"},
		"a key on its own":          {[]string{"unbind l", "bind -n M-l last-window"}, "M-l comes back"},
		"a repeated key":            {[]string{"unbind l", "bind -r Tab last"}, "C-b Tab comes back"},
		"a semicolon":               {[]string{"unbind l", `bind \; last`}, "C-b ; comes back"},
		"a double quote":            {[]string{"unbind l", `bind '"' selectw -t '{last}'`}, `C-b " comes back`},
		"a backslash":               {[]string{"unbind l", `bind '\' selectw -t !`}, `C-b \ comes back`},
		"a dollar sign with a note": {[]string{"unbind l", `bind -N 'the last' '$' last`}, "C-b $ comes back"},
		"a table of the session's":  {[]string{"unbind l", "set -g key-table mine", "bind -T mine F5 last", "bind -n F6 last"}, "F5 comes back"},
	} {
		t.Run(name, func(t *testing.T) {
			s, d := tmuxtest.New(t, tmuxtest.Config(c.config...)), newDesk(t)
			home, window := only(s, "main"), s.NewWindow("main", "w", "cat")
			term := d.attach(s, "main")
			done := to(t, jumper(s, home), s, window)
			if done.Back != c.want {
				t.Errorf("%q, not %q", done.Back, c.want)
			}
			term.arrives(s, "main "+window)
			term.follow(done.Back)
			term.arrives(s, "main "+home)
		})
	}
}

func TestWithoutAKeyTheHintIsTheCommand(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		config []string
		want   string
	}{
		{[]string{"unbind l", `bind M-z last \; display hello`, "bind -n MouseDown3Status last"}, "C-b : last-window comes back"},
		{[]string{"unbind l", "unbind :"}, "the tmux command last-window comes back"},
	} {
		s, d := tmuxtest.New(t, tmuxtest.Config(c.config...)), newDesk(t)
		home, window := only(s, "main"), s.NewWindow("main", "w", "cat")
		d.attach(s, "main")
		if done := to(t, jumper(s, home), s, window); done.Back != c.want {
			t.Errorf("%q, not %q", done.Back, c.want)
		}
	}
}

func FuzzAnyListOfKeysIsRead(f *testing.F) {
	f.Add("C-b None root\nbind-key -r -T prefix \\; last-pane\nbind-key -T root M-l last-window\n")
	f.Add("None None mine\nbind-key    -T mine       \"\\\"\"   switch-client -l")
	f.Add("C-b C-a\nbind-key -T \n -T  \\")
	f.Fuzz(func(t *testing.T, out string) {
		k := parseKeys(out)
		for _, w := range []way{lastPane, lastWindow, lastSession, detach} {
			if k.hint(w) == "" {
				t.Errorf("no hint for %s", w)
			}
		}
		for _, b := range k.bindings {
			if b.key == "" || b.command == "" {
				t.Errorf("%+v", b)
			}
		}
	})
}
