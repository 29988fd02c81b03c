package roster

import (
	"testing"

	"agentwatch/engine"
	"agentwatch/health"
)

func TestAgentsWithTheSameLabelAreToldApart(t *testing.T) {
	agents := []engine.Agent{
		agent("%1", "api", "main", health.StateIdle, 0),
		agent("%2", "web", "main", health.StateIdle, 0),
		agent("%3", "web", "other", health.StateIdle, 0),
		agent("%2", "web", "main", health.StateIdle, 0),
	}
	agents[3].Ref.Server, agents[3].Server = "t", "work"
	names := map[string]bool{}
	r := Build(agents, Query{})
	for i, want := range []string{"main %1", "main default %2", "other", "main work %2"} {
		got := r.Name(&agents[i]).String()
		if got != want {
			t.Errorf("%d is called %q, want %q", i, got, want)
		}
		names[got] = true
	}
	if hidden := Build(agents, Query{Text: "api"}); hidden.Name(&agents[0]).String() != "main %1" {
		t.Error("a name changes with the filter")
	}
}

func TestACutNameIsStillToldApart(t *testing.T) {
	for _, c := range []struct {
		name  Name
		width int
		want  string
	}{
		{Name{"a-long-label", "%12"}, 10, "a-lon… %12"},
		{Name{"label", "%12"}, 12, "label %12   "},
		{Name{"label", "%12"}, 4, "lab…"},
		{Name{"label", ""}, 4, "lab…"},
		{Name{"label", "%1"}, 5, "l… %1"},
	} {
		if got := c.name.Fit(c.width, "…"); got != c.want {
			t.Errorf("%v in %d: %q, want %q", c.name, c.width, got, c.want)
		}
	}
}

func TestAPaneIsFoundByItsNumber(t *testing.T) {
	if r := Build(cast(), Query{Text: "%4"}); len(r.Agents()) != 1 || r.Agents()[0].Ref.Pane != "%4" {
		t.Errorf("found %d", len(r.Agents()))
	}
	if r := Build(cast(), Query{Text: "4"}); len(r.Agents()) != 0 {
		t.Errorf("found %d", len(r.Agents()))
	}
}
