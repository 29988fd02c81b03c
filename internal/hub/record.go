// Package hub shares what machines show through Redis: each host's collector writes
// what its agents are, and viewers read it, told by Redis's client-side caching what
// has changed. Screens and answers never go through it.
package hub

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"agentwatch/engine"
	"agentwatch/health"
)

// HostID tells a machine from all others, whatever they are called.
type HostID string

// Version orders what one host writes: a later start of its collector has a greater
// epoch, a later change of it a greater revision.
type Version struct {
	Epoch int64  `json:"e"`
	Rev   uint64 `json:"r"`
}

// newer reports whether v comes after other.
func (v Version) newer(other Version) bool {
	return v.Epoch > other.Epoch || v.Epoch == other.Epoch && v.Rev > other.Rev
}

// Record is one agent as its host has written it. Unknown fields are ignored, and
// missing ones have no value: hosts of other builds are read as far as they are
// understood. Times are nanoseconds since 1970 by the host's clock: whoever answers
// names them exactly.
type Record struct {
	V    int    `json:"v"`
	Host HostID `json:"h"`
	// Pane is "s1.3": pane %3 of the server s1 of the host's record.
	Pane string `json:"p"`
	Version
	Kind        health.Kind       `json:"kind,omitempty"`
	State       health.State      `json:"state"`
	Wait        health.WaitReason `json:"wait,omitempty"`
	Session     string            `json:"session,omitempty"`
	Window      string            `json:"window,omitempty"`
	WindowIndex int               `json:"wi,omitempty"`
	PaneIndex   int               `json:"pi,omitempty"`
	Title       string            `json:"title,omitempty"`
	CWD         string            `json:"cwd,omitempty"`
	Command     string            `json:"cmd,omitempty"`
	Source      health.Source     `json:"src,omitempty"`
	Rule        string            `json:"rule,omitempty"`
	Line        int               `json:"line,omitempty"`
	Text        string            `json:"text,omitempty"`
	Activity    string            `json:"act,omitempty"`
	Since       int64             `json:"since,omitempty"`
	Active      int64             `json:"active,omitempty"`
	Checked     int64             `json:"checked,omitempty"`
	Unseen      bool              `json:"unseen,omitempty"`
	Snooze      *engine.Snooze    `json:"snooze,omitempty"`
	Stale       bool              `json:"stale,omitempty"`
	Confidence  float64           `json:"conf,omitempty"`
	Composer    int               `json:"comp,omitempty"`
	PID         int               `json:"pid,omitempty"`
	PanePID     int               `json:"ppid,omitempty"`
	Width       int               `json:"w,omitempty"`
	Height      int               `json:"ht,omitempty"`
	Dialog      *health.Dialog    `json:"dialog,omitempty"`
	Facts       []health.Fact     `json:"facts,omitempty"`
	// Past are pairs: milliseconds after the pair before (the first: since 1970), and
	// an urgency.
	Past []int64 `json:"past,omitempty"`
}

// HostRecord is a machine as it has written it.
type HostRecord struct {
	V     int    `json:"v"`
	ID    HostID `json:"id"`
	Name  string `json:"name"`
	Build string `json:"build,omitempty"`
	Share Share  `json:"share,omitempty"`
	Epoch int64  `json:"e"`
	Rev   uint64 `json:"r"`
	// At is when it was written, by the hub's clock, Skew how far the host's clock is
	// ahead of that; both in milliseconds.
	At   int64 `json:"at"`
	Skew int64 `json:"skew,omitempty"`
	// Ready is false while the host's engine has not captured everything.
	Ready   bool     `json:"ready,omitempty"`
	Panes   int      `json:"panes,omitempty"`
	Servers []Server `json:"servers,omitempty"`
	// Index are the panes that have an agent, in the order of the host's list: nothing
	// else says which exist.
	Index   []string `json:"index"`
	Notices []string `json:"notices,omitempty"`
}

// Server is a tmux server of a host.
type Server struct {
	ID     string `json:"id"`
	Name   string `json:"name,omitempty"`
	Socket string `json:"socket"`
}

// Share is how much of an agent is written.
type Share string

// The shares. Screens are never written.
const (
	// ShareStates: what it is, since when, and what its session is called.
	ShareStates Share = "states"
	// ShareLines: also the line that it shows, its question, its folder.
	ShareLines Share = "lines"
)

// Limits of what is written and accepted.
const (
	maxRecord   = 16 << 10
	maxHost     = 64 << 10
	maxText     = 400
	maxAgents   = 5000
	maxHosts    = 1000
	maxPhases   = 96
	maxServers  = 64
	maxNotices  = 16
	maxRows     = 20
	maxFacts    = 32
	maxEpoch    = 1 << 53
	pastLasts   = 24 * time.Hour
	recordLives = time.Hour
	// beatEvery is how often a host says that it is there, beatLives how long that
	// counts.
	beatEvery = 5 * time.Second
	beatLives = 15 * time.Second
	format    = 1
)

// keys are the names of what a fleet has in Redis. The hash tag keeps them in one slot
// of a cluster.
type keys struct{ fleet string }

func (k keys) prefix() string                   { return "aw:{" + k.fleet + "}:" }
func (k keys) hosts() string                    { return k.prefix() + "hosts" }
func (k keys) beat(id HostID) string            { return k.prefix() + "l:" + string(id) }
func (k keys) host(id HostID) string            { return k.prefix() + "h:" + string(id) }
func (k keys) agents(id HostID) string          { return k.prefix() + "a:" + string(id) + ":" }
func (k keys) agent(id HostID, p string) string { return k.agents(id) + p }
func (k keys) leases() string                   { return k.prefix() + "lease" }

// keyKind is what a key holds.
type keyKind uint8

const (
	keyOther keyKind = iota
	keyHosts
	keyBeat
	keyHost
	keyAgent
)

// parse says what a key holds, and of which host and pane.
func (k keys) parse(key string) (kind keyKind, id HostID, pane string) {
	rest, ours := strings.CutPrefix(key, k.prefix())
	if !ours {
		return keyOther, "", ""
	}
	if rest == "hosts" {
		return keyHosts, "", ""
	}
	word, rest, _ := strings.Cut(rest, ":")
	name, pane, _ := strings.Cut(rest, ":")
	id = HostID(name)
	switch {
	case word == "l" && pane == "":
		return keyBeat, id, ""
	case word == "h" && pane == "":
		return keyHost, id, ""
	case word == "a" && pane != "":
		return keyAgent, id, pane
	}
	return keyOther, "", ""
}

var (
	idPattern    = regexp.MustCompile(`^[a-z2-7]{16}$`)
	panePattern  = regexp.MustCompile(`^s[0-9]{1,4}\.[0-9]{1,9}$`)
	fleetPattern = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$`)
)

// clean is a text as one line that can be shown, of at most maxText bytes: what comes
// from elsewhere is no more to be trusted than what a pane prints.
func clean(text string) string {
	plain := true
	for _, r := range text {
		if r == utf8.RuneError || !unicode.IsPrint(r) {
			plain = false
			break
		}
	}
	if !plain {
		text = strings.Map(func(r rune) rune {
			switch {
			case r == '\t' || r == '\n' || r == '\u00a0':
				return ' '
			case r == utf8.RuneError || !unicode.IsPrint(r):
				return -1
			}
			return r
		}, text)
	}
	if len(text) <= maxText {
		return text
	}
	cut := maxText
	for !utf8.RuneStart(text[cut]) {
		cut--
	}
	return text[:cut]
}

func cleanAll(texts []string, most int) []string {
	if len(texts) == 0 {
		return nil
	}
	out := make([]string, 0, min(len(texts), most))
	for _, text := range texts[:min(len(texts), most)] {
		out = append(out, clean(text))
	}
	return out
}

// sanitized is the record with texts that can be shown.
func (r Record) sanitized() Record {
	for _, text := range []*string{&r.Session, &r.Window, &r.Title, &r.CWD, &r.Command, &r.Rule, &r.Text, &r.Activity} {
		*text = clean(*text)
	}
	r.Kind = health.Kind(clean(string(r.Kind)))
	if d := r.Dialog; d != nil {
		c := *d
		c.Question, c.Footer, c.Body = clean(d.Question), clean(d.Footer), cleanAll(d.Body, maxRows)
		c.Options = slices.Clone(d.Options[:min(len(d.Options), maxRows)])
		for i := range c.Options {
			c.Options[i].Key, c.Options[i].Label = clean(c.Options[i].Key), clean(c.Options[i].Label)
		}
		r.Dialog = &c
	}
	r.Facts = slices.Clone(r.Facts[:min(len(r.Facts), maxFacts)])
	for i := range r.Facts {
		r.Facts[i].Value = clean(r.Facts[i].Value)
	}
	return r
}

// recordOf is what is written of an agent.
func recordOf(a engine.Agent, id HostID, pane string, share Share) Record {
	r := Record{
		V: format, Host: id, Pane: pane, Kind: a.Kind, State: a.State, Wait: a.Wait, Session: a.Session, Window: a.Window,
		WindowIndex: a.WindowIndex, PaneIndex: a.PaneIndex, Command: a.Command, Source: a.Evidence.Source, Rule: a.Evidence.Rule,
		Since: nano(a.Since), Active: nano(a.ActiveAt), Checked: nano(a.CheckedAt), Unseen: a.Unseen, Snooze: a.Snooze, Stale: a.Stale,
		Confidence: float64(int(a.Confidence*1000)) / 1000, Composer: a.Composer, PID: a.PID, PanePID: a.PanePID,
		Width: a.Width, Height: a.Height, Past: pairsOf(a.Past),
	}
	if share != ShareStates {
		r.Title, r.CWD, r.Line, r.Text, r.Activity = a.Title, a.CWD, a.Evidence.Line, a.Evidence.Text, a.Activity
		r.Dialog, r.Facts = a.Dialog, a.Facts
	}
	return r.sanitized()
}

// encoded is the record as it is written; what is too large goes without what makes
// it so.
func (r Record) encoded() ([]byte, error) {
	data, err := json.Marshal(r)
	for _, drop := range []func(){func() { r.Facts = nil }, func() { r.Dialog = nil }, func() { r.Past = nil }} {
		if err != nil || len(data) <= maxRecord {
			break
		}
		drop()
		data, err = json.Marshal(r)
	}
	if err != nil {
		return nil, fmt.Errorf("write the record of %s: %w", r.Pane, err)
	}
	return data, nil
}

// agent is the agent that a record tells of, on a host of that name, whose clock is
// ahead of ours by skew. Its revision is given by whoever shows it.
func (r Record) agent(name string, server Server, skew time.Duration) engine.Agent {
	_, number, _ := strings.Cut(r.Pane, ".")
	if s := r.Snooze; s != nil {
		r.Snooze = &engine.Snooze{At: at(nano(s.At), skew), Until: at(nano(s.Until), skew)}
	}
	return engine.Agent{
		Ref:    health.PaneRef{Host: name, Server: server.Socket, Pane: "%" + number},
		Server: server.Name, Session: r.Session, Window: r.Window, WindowIndex: r.WindowIndex, PaneIndex: r.PaneIndex,
		Kind: r.Kind, State: r.State, Wait: r.Wait, Since: at(r.Since, skew), Unseen: r.Unseen, Snooze: r.Snooze, Confidence: r.Confidence,
		Evidence: health.Evidence{Source: r.Source, Rule: r.Rule, Line: r.Line, Text: r.Text}, Activity: r.Activity,
		Dialog: r.Dialog, Facts: r.Facts, Past: phasesOf(r.Past, skew), Composer: r.Composer, ActiveAt: at(r.Active, skew),
		Title: r.Title, CWD: r.CWD, Command: r.Command, PID: r.PID, PanePID: r.PanePID, Width: r.Width, Height: r.Height,
		Stale: r.Stale, CheckedAt: at(r.Checked, skew),
	}
}

func nano(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixNano()
}

func at(nanoseconds int64, skew time.Duration) time.Time {
	if nanoseconds == 0 {
		return time.Time{}
	}
	return time.Unix(0, nanoseconds).Add(-skew)
}

// pairsOf is a past as it is written: its last phases, of a day.
func pairsOf(past []engine.Phase) []int64 {
	past = past[max(len(past)-maxPhases, 0):]
	for len(past) > 1 && past[len(past)-1].At.Sub(past[1].At) > pastLasts {
		past = past[1:]
	}
	pairs := make([]int64, 0, 2*len(past))
	before := int64(0)
	for _, p := range past {
		now := p.At.UnixMilli()
		pairs = append(pairs, now-before, int64(p.Urgency))
		before = now
	}
	return pairs
}

func phasesOf(pairs []int64, skew time.Duration) []engine.Phase {
	past := make([]engine.Phase, 0, len(pairs)/2)
	at := int64(0)
	for i := 0; i+1 < min(len(pairs), 2*maxPhases); i += 2 {
		at += pairs[i]
		if pairs[i+1] < 0 || pairs[i+1] > int64(engine.UrgencyExited) {
			continue
		}
		past = append(past, engine.Phase{At: time.UnixMilli(at).Add(-skew), Urgency: engine.Urgency(pairs[i+1])})
	}
	return past
}

// beat is what a host writes to say that it is there.
func beat(epoch int64, seq uint64) string {
	return strconv.FormatInt(epoch, 10) + ":" + strconv.FormatUint(seq, 10)
}

// bye is what it writes when it ends.
func bye(epoch int64) string { return "bye:" + strconv.FormatInt(epoch, 10) }

// epochOf is the epoch of a beat, and whether it is the last one; 0 for one that
// cannot be read.
func epochOf(text string) (epoch int64, ended bool) {
	word, ended := strings.CutPrefix(text, "bye:")
	word, _, _ = strings.Cut(word, ":")
	epoch, err := strconv.ParseInt(word, 10, 64)
	if err != nil || epoch < 1 || epoch >= maxEpoch {
		return 0, false
	}
	return epoch, ended
}

// refused is why something that the hub holds is not shown.
type refused string

// Error says why.
func (r refused) Error() string { return string(r) }

const (
	refusedSize   refused = "too large"
	refusedFormat refused = "cannot be read"
	refusedKey    refused = "does not belong to its key"
	refusedEpoch  refused = "an epoch that cannot be"
	refusedOld    refused = "older than what is known"
)

// readHost reads the record of a host, from its key.
func readHost(data string, id HostID) (HostRecord, error) {
	var h HostRecord
	switch {
	case len(data) > maxHost:
		return h, refusedSize
	case json.Unmarshal([]byte(data), &h) != nil || h.V < 1:
		return HostRecord{}, refusedFormat
	case h.ID != id:
		return HostRecord{}, refusedKey
	case h.Epoch < 1 || h.Epoch >= maxEpoch:
		return HostRecord{}, refusedEpoch
	case len(h.Servers) > maxServers || len(h.Index) > maxAgents || !fleetPattern.MatchString(h.Name):
		return HostRecord{}, refusedFormat
	}
	for _, pane := range h.Index {
		if !panePattern.MatchString(pane) {
			return HostRecord{}, refusedFormat
		}
	}
	h.Build, h.Notices = clean(h.Build), cleanAll(h.Notices, maxNotices)
	for i := range h.Servers {
		h.Servers[i].Name, h.Servers[i].Socket = clean(h.Servers[i].Name), clean(h.Servers[i].Socket)
	}
	return h, nil
}

// readRecord reads the record of an agent, from its key.
func readRecord(data string, id HostID, pane string) (Record, error) {
	var r Record
	switch {
	case len(data) > maxRecord:
		return r, refusedSize
	case json.Unmarshal([]byte(data), &r) != nil || r.V < 1 || r.Confidence < 0 || r.Confidence > 1:
		return Record{}, refusedFormat
	case r.Host != id || r.Pane != pane || !panePattern.MatchString(pane):
		return Record{}, refusedKey
	case r.Epoch < 1 || r.Epoch >= maxEpoch:
		return Record{}, refusedEpoch
	}
	return r.sanitized(), nil
}
