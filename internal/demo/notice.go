package demo

import (
	"strings"
	"time"
)

// doneText is the line that shows that a turn is complete; empty for those that
// show none.
func (p *player) doneText() string {
	now := p.now()
	took := elapsed(now.Sub(p.scene.since))
	switch p.scene.kind {
	case Codex:
		return "Worked for " + took + " • " + now.Format("15:04")
	case Gemini:
		return ""
	case OpenCode:
		return took
	default:
		return p.scene.verb.past + " for " + took + " · done " + now.Format("3:04 PM")
	}
}

// limit is the notice of a usage limit, which resets within some hours.
func (p *player) limit() entry {
	left := time.Duration(20+p.rng.IntN(200)) * time.Minute
	reset := p.now().Add(left)
	e := entry{kind: entryLimit}
	switch p.scene.kind {
	case Codex:
		e.text = "You’ve hit your usage limit. Upgrade your plan to purchase more credits or try again at " +
			reset.Format("3:04 PM") + "."
	case Gemini:
		e.text = "[API Error: You have exhausted your capacity on this model. Your quota will reset after " + left.String() + ".]"
	case OpenCode:
		e.text = "5 hour usage limit reached [retrying in " + strings.TrimSuffix(left.String(), "0s") + " attempt #1]"
	default:
		e.text = "You've hit your 5-hour limit · resets " + reset.UTC().Format("3:04pm") + " (UTC)"
	}
	return e
}

// failure is the notice of a service that does not answer.
func (p *player) failure() entry {
	e := entry{kind: entryError}
	switch p.scene.kind {
	case Codex:
		e.text = "stream disconnected before completion: Transport error: network error: error decoding response body"
	case Gemini:
		e.text = "[API Error: terminated]"
	case OpenCode:
		e.text = "Unable to connect. Is the computer able to access the url?"
	default:
		e.text = "API Error: 500 Internal server error. This is a server-side issue, usually temporary — try again in a moment."
	}
	return e
}
