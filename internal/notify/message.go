package notify

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"agentwatch/engine"
	"agentwatch/health"
)

// Level says how urgent a message is.
type Level uint8

// The levels of messages.
const (
	// LevelNotice is the first message about a state.
	LevelNotice Level = iota
	// LevelEscalation says that it has lasted too long.
	LevelEscalation
)

// String returns the level's word.
func (l Level) String() string {
	words := [...]string{"notice", "escalation"}
	if int(l) < len(words) {
		return words[l]
	}
	return fmt.Sprintf("level(%d)", uint8(l))
}

// MarshalText writes the level's word.
func (l Level) MarshalText() ([]byte, error) { return []byte(l.String()), nil }

// Item is one agent that a message is about.
type Item struct {
	// Agent is what was last known of it. Its texts are untrusted.
	Agent engine.Agent
	// Name tells the agent from others with the same label, as the dashboard does;
	// zero where its label is enough.
	Name engine.Name
	// From is what it was before, State what it is since Since.
	From, State engine.Urgency
	Since       time.Time
	Level       Level
	// Over says in words that it has exceeded a budget; empty where the message is about
	// its state.
	Over string
	// Maybe is set when it may have been told already: the engine process ended
	// while it was being sent.
	Maybe bool
}

// Message is what is told at once. Title, Body and Text are fit for people:
// without control characters, and short.
type Message struct {
	At time.Time
	// Items are the agents, most urgent first; none in a test.
	Items []Item
}

// Test tells whether the message is a test of the channel.
func (m Message) Test() bool { return len(m.Items) == 0 }

// Level is that of its most urgent item.
func (m Message) Level() Level {
	level := LevelNotice
	for _, i := range m.Items {
		level = max(level, i.Level)
	}
	return level
}

// Urgency is that of its most urgent item; that of a test is UrgencyDone.
func (m Message) Urgency() engine.Urgency {
	if m.Test() {
		return engine.UrgencyDone
	}
	return m.Items[0].State
}

// Title says who needs what, as in "fix-auth (claude) waits for you".
func (m Message) Title() string {
	title := "agentwatch"
	switch len(m.Items) {
	case 0:
	case 1:
		i := m.Items[0]
		title = i.name() + kindSuffix(i.Agent.Kind) + " " + i.does(m.At)
	default:
		title = strconv.Itoa(len(m.Items)) + " agents " + theyDo(m.Items)
	}
	if m.Maybe() {
		title += " (you may have been told)"
	}
	return plain(title, maxTitle)
}

// Maybe tells whether all that it says may have been told already.
func (m Message) Maybe() bool {
	return !m.Test() && !slices.ContainsFunc(m.Items, func(i Item) bool { return !i.Maybe })
}

// Body is what stands below the title; it can be empty.
func (m Message) Body() string {
	switch len(m.Items) {
	case 0:
		return "this is a test: messages arrive here"
	case 1:
		return m.Items[0].what()
	}
	return m.names()
}

// Text is title and body in one line.
func (m Message) Text() string {
	if body := m.Body(); body != "" {
		return m.Title() + ": " + body
	}
	return m.Title()
}

// maxNames is how many agents a message names.
const maxNames = 6

func (m Message) names() string {
	var names []string
	for _, i := range m.Items[:min(len(m.Items), maxNames)] {
		names = append(names, i.name())
	}
	list := strings.Join(names, ", ")
	if more := len(m.Items) - maxNames; more > 0 {
		list += fmt.Sprintf(" and %d more", more)
	}
	return plain(list, maxBody)
}

func (i Item) name() string {
	name := i.Name.String()
	if i.Name.Which == "" {
		name = i.Agent.Label(func(text string) string { return plain(text, maxName) })
	}
	if i.Agent.Ref.Host != "" {
		name = i.Agent.Ref.Host + ": " + name
	}
	return name
}

func kindSuffix(k health.Kind) string {
	if k == health.KindNone {
		return ""
	}
	return " (" + string(k) + ")"
}

// does says what the agent does, with how long it has when that is the point.
func (i Item) does(now time.Time) string {
	if i.Over != "" {
		return i.Over
	}
	if i.Level == LevelEscalation {
		lasted := age(now.Sub(i.Since))
		if i.State == engine.UrgencyWaiting {
			return "has waited for you for " + lasted
		}
		return "has been " + i.State.String() + " for " + lasted
	}
	switch i.State {
	case engine.UrgencyWaiting:
		return "waits for you"
	case engine.UrgencyCrashed:
		return "has crashed"
	case engine.UrgencyError:
		return "has failed"
	case engine.UrgencyLimited:
		return "has hit its limit"
	case engine.UrgencyExited:
		return "has ended"
	case engine.UrgencyUnknown:
		return "is in an unknown state"
	default:
		return "is " + i.State.String()
	}
}

// theyDo says what several agents have in common.
func theyDo(items []Item) string {
	state := items[0].State
	if !slices.ContainsFunc(items, func(i Item) bool { return i.Over == "" }) {
		return "have used more than their budgets"
	}
	for _, i := range items {
		if i.State <= engine.UrgencyLimited {
			return "need you"
		}
		if i.State != state {
			return "have changed"
		}
	}
	if state == engine.UrgencyExited {
		return "have ended"
	}
	return "are " + state.String()
}

// what is the line worth telling: the question, the error, the limit.
func (i Item) what() string {
	if i.Over != "" {
		return plain(i.Agent.CWD, maxBody)
	}
	text := i.Agent.Activity
	if i.Agent.Dialog != nil && i.State == engine.UrgencyWaiting {
		text = cmp.Or(text, i.Agent.Dialog.Question)
	}
	if text == "" && i.Agent.Wait != health.WaitNone {
		text = i.Agent.Wait.String()
	}
	return plain(text, maxBody)
}

// age writes how long something has lasted: 40s, 12m, 2h5m.
func age(d time.Duration) string {
	switch {
	case d < time.Minute:
		return strconv.Itoa(int(max(d, 0)/time.Second)) + "s"
	case d < time.Hour:
		return strconv.Itoa(int(d/time.Minute)) + "m"
	default:
		return strings.TrimSuffix(d.Truncate(time.Minute).String(), "0s")
	}
}

// byUrgency orders items: most urgent first, then the one that has lasted
// longest.
func byUrgency(items []Item) {
	slices.SortStableFunc(items, func(a, b Item) int {
		return cmp.Or(
			cmp.Compare(a.State, b.State), a.Since.Compare(b.Since),
			cmp.Compare(a.Agent.Ref.Server, b.Agent.Ref.Server), cmp.Compare(a.Agent.Ref.Pane, b.Agent.Ref.Pane),
		)
	})
}
