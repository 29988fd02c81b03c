package notify

import (
	"encoding/json"
	"fmt"
	"strconv"
	"time"
)

// eventRecord is what commands and webhooks get. It is a contract: fields may
// be added, never renamed or removed.
type eventRecord struct {
	At    string `json:"at"`
	Level Level  `json:"level"`
	Test  bool   `json:"test"`
	// MaybeTold is set when the same may have arrived before: the engine process
	// ended while it was being sent.
	MaybeTold bool          `json:"maybe_told,omitempty"`
	Title     string        `json:"title"`
	Text      string        `json:"text"`
	Agents    []agentRecord `json:"agents"`
}

type agentRecord struct {
	Name    string `json:"name"`
	Host    string `json:"host,omitempty"`
	Server  string `json:"server"`
	Socket  string `json:"socket"`
	Session string `json:"session"`
	Window  string `json:"window"`
	Pane    string `json:"pane"`
	Kind    string `json:"kind"`
	From    string `json:"from"`
	State   string `json:"state"`
	Wait    string `json:"wait,omitempty"`
	Since   string `json:"since"`
	What    string `json:"what,omitempty"`
	CWD     string `json:"cwd,omitempty"`
	Level   Level  `json:"level"`
	// Budget says that it has used more than a budget; empty where the event is about
	// its state.
	Budget string `json:"budget,omitempty"`
	// MaybeTold is that of this agent alone.
	MaybeTold bool `json:"maybe_told,omitempty"`
}

func eventOf(m Message) eventRecord {
	r := eventRecord{
		At: m.At.Format(time.RFC3339), Level: m.Level(), Test: m.Test(), MaybeTold: m.Maybe(), Title: m.Title(), Text: m.Text(),
		Agents: []agentRecord{},
	}
	for _, i := range m.Items {
		a := i.Agent
		r.Agents = append(r.Agents, agentRecord{
			Name: i.name(), Host: a.Ref.Host, Server: plain(a.Server, maxName), Socket: a.Ref.Server, Session: plain(a.Session, maxName),
			Window: plain(a.Window, maxName), Pane: a.Ref.Pane, Kind: string(a.Kind), From: i.From.String(),
			State: i.State.String(), Wait: a.Wait.String(), Since: i.Since.Format(time.RFC3339), What: i.what(),
			CWD: plain(a.CWD, maxBody), Level: i.Level, MaybeTold: i.Maybe, Budget: i.Over,
		})
	}
	return r
}

func eventJSON(m Message) ([]byte, error) {
	text, err := json.Marshal(eventOf(m))
	if err != nil {
		return nil, fmt.Errorf("notify: write the event: %w", err)
	}
	return append(text, '\n'), nil
}

// environment is the event as variables: of all agents their number, else of
// the first, which is the most urgent.
func environment(m Message) []string {
	e := eventOf(m)
	env := []string{
		"AW_TITLE=" + e.Title, "AW_TEXT=" + e.Text, "AW_LEVEL=" + e.Level.String(), "AW_AT=" + e.At,
		"AW_TEST=" + strconv.FormatBool(e.Test), "AW_COUNT=" + strconv.Itoa(len(e.Agents)),
	}
	var first agentRecord
	if len(e.Agents) > 0 {
		first = e.Agents[0]
	}
	return append(env,
		"AW_NAME="+first.Name, "AW_HOST="+first.Host, "AW_SERVER="+first.Server, "AW_SOCKET="+first.Socket, "AW_SESSION="+first.Session,
		"AW_WINDOW="+first.Window, "AW_PANE="+first.Pane, "AW_KIND="+first.Kind, "AW_FROM="+first.From,
		"AW_STATE="+first.State, "AW_WHAT="+first.What, "AW_CWD="+first.CWD,
	)
}
