package monitor

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"agentwatch/internal/plottest"
	"agentwatch/tmuxpool"
	"agentwatch/tmuxpool/hearing"
)

// paceReading is what the engine did in some seconds.
type paceReading struct {
	at                    time.Duration
	prints, looks, rounds float64 // a second
	cost                  float64 // of the time, in per cent
}

const (
	paceEvery = 5 * time.Second
	paceSpan  = 5 * time.Minute
	// captureTakes is how long the server takes for one screen.
	captureTakes = 4 * time.Millisecond
)

// paced plays a load: two agents whose spinners turn ten times a second, twenty from
// the first minute to the third.
func paced(t *testing.T) (readings []paceReading) {
	f := newFakeServer()
	var e *scriptedEar
	const agents = 20
	for i := range agents {
		f.show(fmt.Sprint("%", i), noodling(0))
	}
	f.slow = captureTakes
	var rounds atomic.Int64
	prepare := func(s *Service) {
		e = newScriptedEar() // of the bubble
		s.hear = func(*hearing.Listener, string) ear { return e }
		s.listener, s.listen = new(hearing.Listener), nil
		s.connect = func(tmuxpool.Socket) paneServer { return &exchangesOf{f, &rounds} }
	}
	runningAfter(t, Options{}, map[string]*fakeServer{"one": f}, prepare, func(*testing.T, *Service) {
		began, next := time.Now(), paceEvery
		prints, looked, exchanged := 0, f.captured(), rounds.Load()
		for frame := 1; time.Since(began) < paceSpan; frame++ {
			n := agents / 10
			if passed := time.Since(began); passed >= time.Minute && passed < 3*time.Minute {
				n = agents
			}
			for i := range n {
				id := fmt.Sprint("%", i)
				f.show(id, noodling(frame))
				e.print(time.Now(), id)
			}
			prints += n
			select {
			case e.wake <- struct{}{}:
			default:
			}
			time.Sleep(100 * time.Millisecond)
			if time.Since(began) < next {
				continue
			}
			synctest.Wait()
			seconds := paceEvery.Seconds()
			looks := f.captured() - looked
			readings = append(readings, paceReading{
				at: next, prints: float64(prints) / seconds, looks: float64(looks) / seconds, rounds: float64(rounds.Load()-exchanged) / seconds,
				cost: 100 * float64(looks) * captureTakes.Seconds() / seconds,
			})
			prints, looked, exchanged, next = 0, f.captured(), rounds.Load(), next+paceEvery
		}
	})
	return readings
}

// noodling is the screen of an agent that works.
func noodling(frame int) string {
	return fmt.Sprintf("❯ go on\n\n%c Noodling… (%ds · ↓ %d tokens)\n\n"+
		"────────────────────────────────────────\n❯ \n────────────────────────────────────────\n  ⏸ manual mode on · ? for shortcuts", []rune("✻✽✶")[frame%3], frame/10, frame)
}

// exchangesOf counts the exchanges in which screens are captured.
type exchangesOf struct {
	*fakeServer
	n *atomic.Int64
}

func (x *exchangesOf) CaptureAll(ctx context.Context, requests []tmuxpool.CaptureRequest, m tmuxpool.Method, limit int, deliver func(int, tmuxpool.Capture, error)) {
	x.n.Add(1)
	x.fakeServer.CaptureAll(ctx, requests, m, limit, deliver)
}

func TestHoweverMuchAgentsPrintEachIsLookedAtOnceASecondAndTheServerIsLeftAlone(t *testing.T) {
	readings := paced(t)
	for _, r := range readings {
		working := r.prints / 10
		switch {
		case r.at == paceEvery || r.at == 3*time.Minute+paceEvery:
			// All are looked at when the engine starts, and when they fall silent.
		case r.looks < 0.8*working || r.looks > 2*working+2:
			t.Errorf("at %s: %.0f agents print, and %.1f looks a second are made", r.at, working, r.looks)
		case r.cost > 50:
			t.Errorf("at %s: the server is at work for %.0f %% of the time", r.at, r.cost)
		}
	}
	values := func(of func(paceReading) float64) (all []float64) {
		for _, r := range readings {
			all = append(all, of(r))
		}
		return all
	}
	var at []time.Duration
	for _, r := range readings {
		at = append(at, r.at)
	}
	plottest.Write(t, "scaling-pace.svg", "The engine's pace under a load that grows tenfold and falls again", at,
		plottest.Curve{Title: "prints a second", Colour: "#777777", Values: values(func(r paceReading) float64 { return r.prints })},
		plottest.Curve{Title: "screens looked at a second", Colour: "#1e66f5", Values: values(func(r paceReading) float64 { return r.looks })},
		plottest.Curve{Title: "exchanges with the server a second", Colour: "#40a02b", Values: values(func(r paceReading) float64 { return r.rounds })},
		plottest.Curve{Title: "time for which the server is at work for us, %", Colour: "#d20f39", Values: values(func(r paceReading) float64 { return r.cost })})
}
