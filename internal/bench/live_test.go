package bench

import (
	"errors"
	"testing"
	"time"

	"agentwatch/health"
)

func TestTheScreensOfALiveRunAreReadAsTheyAreMeant(t *testing.T) {
	d := health.NewDetector()
	for text, want := range map[string]health.State{dialogText: health.StateWaiting, "": health.StateUnknown} {
		if v := d.Detect(health.Observation{Kind: health.KindClaude, Screen: text}); v.State != want {
			t.Errorf("%q is %s, want %s", text, v.State, want)
		}
	}
}

// dialogText is dialogScreen as tmux shows it.
const dialogText = "● I'll run the tests now.\n\n\n Bash command\n\n   go test ./...\n\n Do you want to proceed?\n ❯ 1. Yes\n   2. No\n\n Esc to cancel · Tab to amend\n"

func TestARunningMonitorIsTimedFromTheWriteToTheVerdict(t *testing.T) {
	ownTemp(t)
	l := &live{options: LiveOptions{Agents: 3, Changes: 4, Quiet: time.Second, Soak: 20, TmuxPath: tmuxPath(t)}, report: Live{Agents: 3}}
	s, err := startServer(t.Context(), l.options.TmuxPath, 3, func(int) {})
	if err != nil {
		t.Fatal(err)
	}
	l.server = s
	l.slow = time.Second
	if err := errors.Join(l.measure(t.Context()), s.close()); err != nil {
		t.Fatal(err)
	}
	r := l.report
	if r.Changes < 4 || r.P50MS <= 0 || r.MaxMS < r.P99MS || r.P99MS < r.P50MS {
		t.Errorf("times %+v", r)
	}
	if r.Windows != newWindows || r.WindowP50MS <= 0 || r.WindowMaxMS < r.WindowP50MS || r.Spinners != 1 || r.SpinOwnShare <= 0 {
		t.Errorf("windows and spinners %+v", r)
	}
	if r.OwnBytes <= 0 || r.ServerStartBytes <= 0 || r.ServerEndBytes <= 0 || r.SoakRounds != 20 || r.RestSeconds < 1 {
		t.Errorf("figures %+v", r)
	}
}

func TestLiveOptionsThatMakeNoSenseAreRefused(t *testing.T) {
	for _, o := range []LiveOptions{{}, {Agents: 1}, {Agents: 1, Changes: 1}, {Agents: MaxAgents + 1, Changes: 1, Quiet: time.Second}} {
		if _, err := RunLive(t.Context(), o); !errors.Is(err, ErrOptions) {
			t.Errorf("%+v: %v", o, err)
		}
	}
}
