package cli

import (
	"time"

	"agentwatch/health"
	"agentwatch/internal/history"
	"agentwatch/ui/sanitize"
)

// whereOf says where an agent was: "server:session window".
func whereOf(a history.Agent) string {
	return sanitize.Text(a.Server + ":" + a.Session + " " + a.Window)
}

func momentText(at time.Time) string { return at.Local().Format(time.DateTime) }

// pastAgentRecord is the agent of an entry in JSON.
type pastAgentRecord struct {
	Server  string `json:"server"`
	Socket  string `json:"socket"`
	Session string `json:"session"`
	Window  string `json:"window"`
	Pane    string `json:"pane"`
	PanePID int    `json:"pane_pid"`
	PID     int    `json:"pid"`
	Kind    string `json:"kind"`
}

func pastAgentOf(a history.Agent) pastAgentRecord {
	return pastAgentRecord{
		Server: a.Server, Socket: a.Socket, Session: a.Session, Window: a.Window, Pane: a.Pane, PanePID: a.PanePID,
		PID: a.PID, Kind: kindWord(a.Kind),
	}
}

// changeRecord is one change of `history --json`.
type changeRecord struct {
	Time string `json:"time"`
	pastAgentRecord
	From  string `json:"from"`
	To    string `json:"to"`
	Wait  string `json:"wait,omitempty"`
	Since string `json:"since"`
	First bool   `json:"first,omitempty"`
	Gone  bool   `json:"gone,omitempty"`
	// Rule and Text are the evidence.
	Source health.Source `json:"source"`
	Rule   string        `json:"rule"`
	Text   string        `json:"text,omitempty"`

	at    time.Time
	where string
}

func changeOf(t history.Transition) changeRecord {
	return changeRecord{
		Time: t.At.Format(time.RFC3339Nano), pastAgentRecord: pastAgentOf(t.Agent), From: t.From.String(), To: t.To.String(),
		Wait: t.Wait.String(), Since: t.Since.Format(time.RFC3339Nano), First: t.First, Gone: t.Gone,
		Source: t.Source, Rule: t.Rule, Text: t.Text, at: t.At, where: whereOf(t.Agent),
	}
}

func (r changeRecord) cells() []string {
	change := r.From + " > " + r.To
	switch {
	case r.First:
		change = "appears, " + r.To
	case r.Gone:
		change = r.From + " > gone"
	}
	if r.Wait != "" && r.To == health.StateWaiting.String() {
		change += ": " + r.Wait
	}
	return []string{momentText(r.at), r.where, r.Pane, r.Kind, change, sanitize.Text(r.Rule + "  " + r.Text)}
}

// answerRecord is one answer of `history --answers --json`.
type answerRecord struct {
	Time string `json:"time"`
	pastAgentRecord
	Action  history.Action  `json:"action"`
	Text    string          `json:"text,omitempty"`
	Outcome history.Outcome `json:"outcome"`
	Reason  string          `json:"reason,omitempty"`

	at    time.Time
	where string
}

func answerOf(a history.Answer) answerRecord {
	return answerRecord{
		Time: a.At.Format(time.RFC3339Nano), pastAgentRecord: pastAgentOf(a.Agent), Action: a.Action, Text: a.Text,
		Outcome: a.Outcome, Reason: a.Reason, at: a.At, where: whereOf(a.Agent),
	}
}

func (r answerRecord) cells() []string {
	return []string{
		momentText(r.at), r.where, r.Pane, sanitize.Text(string(r.Action)), outcomeText(r.Outcome, r.Reason), sanitize.Text(r.Text),
	}
}

// notificationRecord is one notification of `history --notifications --json`.
type notificationRecord struct {
	Time string `json:"time"`
	pastAgentRecord
	Channel history.Channel `json:"channel"`
	Outcome history.Outcome `json:"outcome"`
	Error   string          `json:"error,omitempty"`

	at    time.Time
	where string
}

func notificationOf(n history.Notification) notificationRecord {
	return notificationRecord{
		Time: n.At.Format(time.RFC3339Nano), pastAgentRecord: pastAgentOf(n.Agent), Channel: n.Channel,
		Outcome: n.Outcome, Error: n.Error, at: n.At, where: whereOf(n.Agent),
	}
}

func (r notificationRecord) cells() []string {
	return []string{
		momentText(r.at), r.where, r.Pane, sanitize.Text(string(r.Channel)), r.Outcome.String(), sanitize.Text(r.Error),
	}
}

func outcomeText(o history.Outcome, reason string) string {
	if reason == "" {
		return o.String()
	}
	return o.String() + ": " + sanitize.Text(reason)
}
