package telemetry

import (
	"encoding/hex"
	"testing"
	"time"

	"agentwatch/engine"
)

func TestAnAnswerIsAPartOfTheSpanOfWhoeverAskedForIt(t *testing.T) {
	const trace, parent = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
	r := new(receiver)
	s := newScript()
	tel := exporting(t, s, Config{OTLP: overHTTP(t, r), Traces: true})
	now := time.Now()
	for _, asked := range []string{"00-" + trace + "-" + parent + "-01", "", "nonsense", "00-" + trace + "-0000000000000000-01"} {
		s.observer.Answer(engine.AnswerTrace{Action: engine.ActionApprove, Began: now, Ended: now.Add(time.Second), Parent: asked})
	}
	if err := tel.Close(); err != nil {
		t.Fatal(err)
	}
	answers, under := 0, 0
	for _, span := range r.spans {
		if span.Name != "answer" {
			continue
		}
		answers++
		if hex.EncodeToString(span.TraceId) == trace {
			under++
			if got := hex.EncodeToString(span.ParentSpanId); got != parent {
				t.Errorf("it is a part of %s", got)
			}
		} else if len(span.ParentSpanId) > 0 {
			t.Errorf("it is a part of %x, and nobody said so", span.ParentSpanId)
		}
	}
	if answers != 4 || under != 1 {
		t.Errorf("%d of %d answers are a part of the caller's span", under, answers)
	}
}

func TestWhatIsDoneAtAHubAsAWholeAndConnectingHaveASpan(t *testing.T) {
	r := new(receiver)
	f, err := StartFleet(Config{OTLP: overHTTP(t, r), Protocol: ProtocolHTTP, Traces: true}, "1.2.3", FleetSource{})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"put", "snapshot", "beat"} {
		f.Operation(Operation{Name: name, Began: time.Now(), Took: time.Millisecond, Error: "timeout"})
	}
	f.Connect(time.Now(), time.Second, "ended")
	(*Fleet)(nil).Connect(time.Now(), time.Second, "")
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	names := map[string]int{}
	for _, span := range r.spans {
		names[span.Name]++
	}
	if len(names) != 3 || names["hub.put"] != 1 || names["hub.snapshot"] != 1 || names["remote.connect"] != 1 {
		t.Errorf("%v", names)
	}
	for _, want := range []string{"agentwatch.hub.operation.duration", "agentwatch.hub.lost"} {
		found := false
		for _, name := range r.metrics {
			found = found || name == want
		}
		if !found {
			t.Errorf("%s was not received", want)
		}
	}
}
