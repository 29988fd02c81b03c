package web

import (
	"agentwatch/engine"
	"agentwatch/ui/keys"
	"agentwatch/ui/roster"
	"agentwatch/ui/style"
)

// hello is the first message to a page: what does not change.
type hello struct {
	Name    string `json:"name"`
	Version string `json:"version"`
	Device  string `json:"device"`
	// Now is our clock in milliseconds, so that ages are right on a device whose own
	// is not.
	Now     int64 `json:"now"`
	Answers bool  `json:"answers"`
	Text    bool  `json:"text"`
	// Urgencies are the states in the order of their urgency.
	Urgencies []urgency `json:"urgencies"`
	// Snoozed is how agents are shown that the user does not want to hear of.
	Snoozed urgency                 `json:"snoozed"`
	Themes  []string                `json:"themes"`
	Theme   string                  `json:"theme"`
	Keys    map[string][]keyBinding `json:"keys"`
}

// urgency says how a state is shown: with the words and glyphs of the dashboard.
type urgency struct {
	Word  string `json:"word"`
	Glyph string `json:"glyph"`
	// Need is the heading under which it is listed, Needs whether the user has to do
	// something, Blocked whether the agent stands still until then.
	Need    string `json:"need"`
	Rank    int    `json:"rank"`
	Needs   bool   `json:"needs"`
	Blocked bool   `json:"blocked"`
}

// keyBinding is what keys do in a view.
type keyBinding struct {
	Action string   `json:"action"`
	Keys   []string `json:"keys"`
	Does   string   `json:"does"`
	Quiet  bool     `json:"quiet,omitempty"`
}

func (s *Server) hello(d Device) hello {
	h := hello{
		Name: s.options.Name, Version: s.options.Version, Device: d.Name, Now: s.options.Now().UnixMilli(), Answers: s.options.AllowAnswers,
		Text: s.options.AllowAnswers && s.options.AllowText, Themes: s.options.Themes.Names(), Theme: s.options.Theme, Keys: make(map[string][]keyBinding),
	}
	glyphs := style.New(style.Options{Theme: s.options.Themes.Default(true)}).Glyphs
	for u := range engine.UrgencyExited + 1 {
		need := roster.NeedOf(u)
		h.Urgencies = append(h.Urgencies, urgency{
			u.String(), glyphs.State(u), need.String(), int(need), u.NeedsUser(), need == roster.NeedAnswer,
		})
	}
	h.Snoozed = urgency{Word: roster.NeedSnoozed.String(), Glyph: glyphs.Snoozed, Need: roster.NeedSnoozed.String(), Rank: int(roster.NeedSnoozed)}
	for _, p := range []keys.Place{keys.OnInbox, keys.OnBoard, keys.OnGrid, keys.OnFocus, keys.OnTimeline, keys.OnEngine, keys.InDiff, keys.InFind} {
		for _, b := range s.options.Keys.Bindings(p) {
			if works(b.Action, p) {
				h.Keys[p.String()] = append(h.Keys[p.String()], keyBinding{b.Action.Name(), b.Keys, b.Does, b.Quiet})
			}
		}
	}
	return h
}

// works reports whether an action is one of the page's in a place. Those that are not
// change how agentwatch watches, move a terminal, or need one.
func works(a keys.Action, p keys.Place) bool {
	switch a {
	case keys.Search, keys.SearchNext, keys.SearchPrevious, keys.Refresh, keys.PanLeft, keys.PanRight:
		return p == keys.InDiff
	case keys.Strategy, keys.Mouse, keys.Jump, keys.Replay, keys.SendKeys, keys.Palette, keys.Mark, keys.MarkAll, keys.Unmark, keys.Narrower,
		keys.Wider, keys.Figures, keys.Group, keys.Sort, keys.StateFilterBack, keys.Quit, keys.GoOn, keys.Waiting, keys.WhenIdle, keys.BringBack:
		return false
	default:
		return true
	}
}
