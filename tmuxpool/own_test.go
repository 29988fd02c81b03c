package tmuxpool

import (
	"testing"

	"pgregory.net/rapid"
)

func TestACensusTellsWhyOurSessionHasToBeLeft(t *testing.T) {
	const maker, ours = "_agentwatch-1-abcdef", "_agentwatch-1-abcdef-2"
	user := "%0 $0 0 \"exec cat\"\n"
	kept := "%1 $1 1 \"" + keeper(1, ours) + "\"\n"
	other := "%2 $2 0 \"" + keeper(2, "_agentwatch-2-abcdef-1") + "\"\n"
	client := "$1 attached,control-mode,ignore-size,no-output\n"
	for name, tc := range map[string]struct {
		inhabitants, visitors string
		hosts                 bool
		keepers               int
		objection             string
	}{
		"nothing":                    {},
		"all in order":               {user + kept + other, client + "$0 attached\n", true, 1, ""},
		"agentwatches only":          {kept + other, client, false, 1, ""},
		"a user's window in ours":    {user + kept + "%3 $1 1 \n", client, true, 1, sharedWords},
		"nothing but that":           {kept + "%3 $1 1 cat\n", client, true, 1, sharedWords},
		"another keeper in ours":     {user + kept + "%2 $1 1 \"" + keeper(2, "_agentwatch-2-abcdef-1") + "\"\n", "", true, 1, sharedWords},
		"our keeper in a user's":     {user + "%1 $0 0 \"" + keeper(1, ours) + "\"\n", "", true, 1, sharedWords},
		"renamed":                    {user + "%1 $1 0 \"" + keeper(1, ours) + "\"\n", client, true, 1, renamedWords},
		"a terminal":                 {user + kept, client + "$1 attached,focused\n", true, 1, visitedWords},
		"one that only names ours":   {"%3 $3 0 \"tmux attach -t " + ours + "\"\n", "", true, 0, ""},
		"ours, answered by a user's": {user + "%1 $1 1 \"exec cat\"\n", client, true, 0, ""},
	} {
		t.Run(name, func(t *testing.T) {
			c := takeCensus(tc.inhabitants, tc.visitors, maker, ours)
			if c.hosts != tc.hosts || len(c.keepers) != tc.keepers || c.objection != tc.objection {
				t.Errorf("it is %+v", c)
			}
		})
	}
}

func TestAKeeperIsKnownByItsWholeCommand(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		program := keeper(rapid.IntRange(1, 1<<30).Draw(t, "pid"), "_agentwatch-1-x")
		if session, ok := startKeeper(`"` + program + `"`); !ok || session != "_agentwatch-1-x" {
			t.Errorf("%q is of %q, %t", program, session, ok)
		}
		at := rapid.IntRange(0, len(program)).Draw(t, "at")
		changed := program[:at] + rapid.SampledFrom([]string{";", "'", "$(x)", " ", "%", "\n"}).Draw(t, "more") + program[at:]
		if _, ok := keeperSession(changed); ok {
			t.Errorf("%q is one", changed)
		}
	})
}
