package notify

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"agentwatch/engine"
	"agentwatch/health"
	"agentwatch/internal/tmuxtest"
)

// fakeTmux has clients, and keeps what is shown to them.
type fakeTmux struct {
	clients []Client
	shown   []Format
	fails   map[string]error
}

func (f *fakeTmux) Clients(context.Context) ([]Client, error) { return f.clients, f.fails["clients"] }

func (f *fakeTmux) Show(_ context.Context, c Client, message Format, _ time.Duration) error {
	f.shown = append(f.shown, message)
	return f.fails[c.Name]
}

func TestEveryClientIsShownTheMessage(t *testing.T) {
	gone := errors.New("gone")
	for name, test := range map[string]struct {
		tmux  *fakeTmux
		fails string
	}{
		"all":        {&fakeTmux{clients: []Client{{Name: "a"}, {Name: "b"}}}, ""},
		"one is off": {&fakeTmux{clients: []Client{{Name: "a"}, {Name: "b"}}, fails: map[string]error{"a": gone}}, ""},
		"all off":    {&fakeTmux{clients: []Client{{Name: "a"}}, fails: map[string]error{"a": gone}}, "gone"},
		"nobody":     {&fakeTmux{}, "nobody is attached"},
		"no answer":  {&fakeTmux{fails: map[string]error{"clients": gone}}, "does not tell"},
	} {
		err := status{test.tmux, time.Second}.send(t.Context(), messageOf(engine.UrgencyWaiting))
		if (err == nil) != (test.fails == "") || err != nil && !strings.Contains(err.Error(), test.fails) {
			t.Errorf("%s: %v", name, err)
		}
		if len(test.tmux.shown) != len(test.tmux.clients) {
			t.Errorf("%s: shown to %d of %d", name, len(test.tmux.shown), len(test.tmux.clients))
		}
	}
	if err := (status{}).send(t.Context(), Message{}); err == nil {
		t.Error("no tmux, and shown all the same")
	}
}

func TestTmuxExpandsNothingOfAFormat(t *testing.T) {
	server := tmuxtest.New(t)
	letters := []string{"#", "%", "{", "}", "[", "]", "(", ")", ",", ":", "H", "S", "d", "l", "E", "pane_id", "touch /tmp/never", " ", "é", "?", "=", "\\", "'", `"`, "$", "~", "x"}
	rapid.Check(t, func(r *rapid.T) {
		text := strings.Join(rapid.SliceOfN(rapid.SampledFrom(letters), 1, 12).Draw(r, "text"), "")
		text = plain(text, 200)
		got := server.Run("display-message", "-p", "--", string(FormatOf(text)))
		if want := strings.ReplaceAll(text, "#[", "# ["); got != want {
			r.Fatalf("%q became the format %q, which tmux shows as %q", text, FormatOf(text), got)
		}
	})
}

func TestOnlyPanesInUseAreLookedAt(t *testing.T) {
	now := noon()
	got := lookedAt([]Client{
		{Server: "/s", Pane: "%1", ActiveAt: now.Add(-time.Minute)},
		{Server: "/s", Pane: "%2", ActiveAt: now.Add(-time.Hour)},
		{Server: "/s", Pane: "%3"},
		{Server: "/s"},
	}, now)
	if want := []health.PaneRef{{Server: "/s", Pane: "%1"}, {Server: "/s", Pane: "%3"}}; !slices.Equal(got, want) {
		t.Errorf("%v", got)
	}
}
