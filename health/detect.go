// Package health says what a tmux pane means: which agent program runs in it
// and what that agent is doing.
package health

import (
	"slices"
	"strings"
	"sync"
)

// The bands of confidence. A verdict is only as sure as its weakest link, so
// the values are few and none is 1.
const (
	// confidenceSure: two independent sources say the same.
	confidenceSure = 0.97
	// confidenceStrong: a live marker in the place where only the program
	// itself writes.
	confidenceStrong = 0.9
	// confidenceFair: one marker that can be stale, or whose place is not sure.
	confidenceFair = 0.75
	// confidenceWeak: it follows from what is missing, or sources disagree.
	confidenceWeak = 0.5
)

// Detector judges panes. It is immutable and safe for concurrent use.
type Detector struct {
	profiles []*profile
	// generic reads agents without a profile; nil when the user wants none.
	generic *generic
}

// builtin are the built-in profiles, read once. Nothing changes a profile: those
// that change a kind are copies.
var builtin = sync.OnceValue(loadBuiltin)

// NewDetector returns a detector that knows all built-in kinds.
func NewDetector() *Detector { return &Detector{profiles: builtin(), generic: builtinGeneric()} }

// With returns a detector that also knows the kinds of the files; a file of a
// known kind changes that kind. A file that is not valid changes nothing and
// is reported: every error is an ErrProfile that names file and line.
func (d *Detector) With(files ...ProfileFile) (*Detector, []error) {
	all, problems := overlay(slices.Clone(d.profiles), files)
	return &Detector{profiles: all, generic: d.generic}, problems
}

// Detect says what the observed pane means. It is pure: it reads no clock and
// no file, and the same observation always gives the same verdict. What it
// cannot tell is StateUnknown; a pane without an agent has KindNone.
//
// Observation.Kind, when given, is believed; otherwise Identify decides.
func (d *Detector) Detect(o Observation) Verdict {
	s := parseScreen(o.Screen, o.Width)
	id := d.identify(o, s)
	p := d.profile(id.Kind)
	if p == nil {
		return Verdict{Kind: id.Kind}
	}
	l := newLook(p, o, s, id)
	return l.weigh(l.read())
}

func (d *Detector) profile(kind Kind) *profile {
	for _, p := range d.profiles {
		if p.Kind == kind {
			return p
		}
	}
	if kind != KindNone && d.generic != nil {
		return d.generic.profile
	}
	return nil
}

// look is one observation on its way to a verdict.
type look struct {
	p  *profile
	o  Observation
	s  screen
	id Identity
	layout
	// trace takes the way to the verdict, nil when nobody asks for it.
	trace *Explanation
}

// read finds the state that the screen shows, by the order of precedence: shell
// back, dialog, viewer, live turn, outcome of the last turn, composer.
func (l look) read() finding {
	if f, ok := l.readShell(); l.tried(stepShell, regionBottom, f, ok) {
		return f
	}
	if f, ok := l.readCovered(); l.tried(stepCovered, regionBottom, f, ok) {
		return f
	}
	if f, ok := l.readDialog(true); l.tried(stepDialog, regionBottom, f, ok) {
		return f
	}
	if f, ok := l.readMarkers(stageDialog); l.tried(stepAsks, regionBottom, f, ok) {
		return f
	}
	if f, ok := l.readDialog(false); l.tried(stepMenu, regionBottom, f, ok) {
		return f
	}
	if !l.composed {
		if f, ok := l.readViewer(); l.tried(stepViewer, regionBottom, f, ok) {
			return f
		}
		return l.readWithoutComposer()
	}
	end := l.composer.top - 1
	if f, ok := l.readBusyPrompt(); l.tried(stepWorking, regionComposer, f, ok) {
		return f
	}
	if f, ok := l.p.readLive(l.s, end); l.tried(stepStatus, regionLive, f, ok) {
		return f
	}
	if f, ok := l.readMarkers(stageLive); l.tried(stepWorking, regionLive, f, ok) {
		return f
	}
	if f, ok := l.readBorder(); l.tried(stepBorder, regionComposer, f, ok) {
		return f
	}
	if f, ok := l.p.readPending(l.s, end); l.tried(stepPending, regionLast, f, ok) {
		return f
	}
	if f, ok := l.readMarkers(stageOutcome); l.tried(stepFailures, regionLive, f, ok) {
		return f
	}
	if f, ok := l.p.readOutcome(l.s, end); l.tried(stepOutcome, regionLive, f, ok) {
		return f
	}
	if f, ok := l.p.readChrome(l.s, l.composer.bottom+1); l.tried(stepChrome, regionChrome, f, ok) {
		return f
	}
	if f, ok := l.readMarkers(stageRest); l.tried(stepRest, regionLive, f, ok) {
		return f
	}
	f := l.readComposer(end)
	l.tried(stepComposer, regionComposer, f, f.rule != "")
	return f
}

// readDialog judges the dialog that has the keyboard; known asks for one that
// the profile describes.
func (l look) readDialog(known bool) (finding, bool) {
	if !l.asked {
		return finding{}, false
	}
	f := l.p.judgeDialog(l.s, l.dialog)
	return f, !known || f.rule != l.p.Menu.ID
}

// readCovered judges a pane whose terminal another program has.
func (l look) readCovered() (finding, bool) {
	switch l.id.Process {
	case ProcessBackground:
		return finding{
			rule: string(l.p.Kind) + ".process.background", source: SourceProcess, confidence: confidenceWeak,
			activity: suspended,
		}, true
	case ProcessOther:
		if l.o.Kind != KindNone && (l.composed || l.asked) {
			// The caller is sure, and the screen shows it: an unknown launcher.
			return finding{}, false
		}
		return finding{
			state: StateExited, rule: string(l.p.Kind) + ".process.replaced", source: SourceProcess,
			confidence: confidenceWeak, activity: "ended, another program runs",
		}, true
	}
	return finding{}, false
}

// readViewer looks for a screen that covers the agent.
func (l look) readViewer() (finding, bool) {
	for i := max(0, len(l.s.rows)-4); i < len(l.s.rows); i++ {
		if containsAnyFold(l.s.rows[i].text, l.p.Viewers) {
			return finding{rule: string(l.p.Kind) + ".viewer", source: SourceScreen, row: i, hold: true, confidence: confidenceWeak}, true
		}
	}
	return finding{}, false
}

// readComposer judges a composer above which nothing runs and nothing failed.
func (l look) readComposer(end int) finding {
	shown := l.composer.prompt
	if l.s.rows[shown].blank() {
		shown = l.composer.top
	}
	f := finding{
		state: StateIdle, rule: string(l.p.Kind) + ".composer", source: SourceScreen, row: shown,
		confidence: confidenceFair,
	}
	if _, signed := l.p.chromeSign(l.s, l.composer); !signed && !l.composer.framed {
		f.confidence = confidenceWeak
	}
	if at, sort := l.p.findStatus(l.s, end); sort == statusFinished {
		f.row, f.rule, f.finished = at, string(l.p.Kind)+".status.finished", true
		f.activity = l.p.finishedActivity(l.s.rows[at].text)
		f.confidence = max(f.confidence, confidenceFair)
		return f
	}
	draft, _ := cutMark(l.s.rows[l.composer.prompt].text, l.p.Layout.Prompts)
	if hasAnyPrefixFold(draft, l.p.Layout.Resend) {
		f.state, f.rule, f.activity = StateError, string(l.p.Kind)+".composer.resend", shorten(draft)
		return f
	}
	if l.starting() {
		f.state, f.rule, f.confidence = StateStarting, string(l.p.Kind)+".chrome.starting", confidenceFair
		return f
	}
	it, ok := l.p.lastItem(l.s, end)
	switch {
	case strings.HasPrefix(draft, "/"):
		// A menu of completions may stand above, which looks like what was said.
	case ok && it.user && l.p.Layout.Asked:
		// The user has the last word: the answer is on its way.
		f.state, f.row, f.rule = StateWorking, it.first, string(l.p.Kind)+".transcript.asked"
		f.confidence = confidenceWeak
	case l.streams(end):
		f.state, f.row, f.rule = StateWorking, lastRow(l.s, end), string(l.p.Kind)+".transcript.streaming"
		f.confidence = confidenceWeak
	}
	return f
}

// readBusyPrompt looks for a spinner in the place of the composer's prompt.
func (l look) readBusyPrompt() (finding, bool) {
	if !l.composer.framed || l.p.Layout.Busy == "" || !startsWithMark(l.s.rows[l.composer.prompt].text, l.p.Layout.Busy) {
		return finding{}, false
	}
	if _, rest, _ := strings.Cut(l.s.rows[l.composer.prompt].text, " "); strings.HasPrefix(rest, "▋") || strings.HasPrefix(rest, "█") {
		// A cursor that is drawn: one types there.
		return finding{}, false
	}
	return finding{
		state: StateWorking, rule: string(l.p.Kind) + ".composer.busy", source: SourceScreen, row: l.composer.prompt,
		confidence: confidenceFair,
	}, true
}

// lastRow returns the last row at or above end that is not blank.
func lastRow(s screen, end int) int {
	for end > 0 && s.rows[end].blank() {
		end--
	}
	return max(end, 0)
}

// starting tells whether the chrome is that of a program not yet ready: its
// one hint, and no transcript above.
func (l look) starting() bool {
	want := l.p.Layout.StartingChrome
	if want == "" {
		return false
	}
	for i := l.composer.bottom + 1; i < len(l.s.rows); i++ {
		if text := l.s.rows[i].text; text != "" && !(hasPrefixFold(text, want) && len(text) == len(want)) {
			return false
		}
	}
	_, spoken := l.p.lastItem(l.s, l.composer.top-1)
	return l.composer.bottom+1 < len(l.s.rows) && !spoken
}

// streams tells whether the rows up to end can be an answer that is still
// being written: this version ends each turn with a line of its own, and there
// is none since the user's last message.
func (l look) streams(end int) bool {
	footed := false
	for i := l.composer.bottom + 1; i < len(l.s.rows); i++ {
		footed = footed || containsAnyFold(l.s.rows[i].text, l.p.Status.Footed)
	}
	if !footed {
		return false
	}
	written := false
	for i := end; i >= 0; i-- {
		r := l.s.rows[i]
		if r.blank() || rightAligned(r, l.s.width) {
			continue
		}
		if l.p.startsRun(r) || l.p.readStatus(l.s, i) == statusFinished || startsWithMark(r.text, l.p.Layout.Ends) {
			return false
		}
		if l.p.userRow(r) {
			break
		}
		written = true
	}
	return written
}

// readWithoutComposer judges a screen without composer and dialog.
func (l look) readWithoutComposer() finding {
	last := len(l.s.rows) - 1
	if f, ok := l.p.readLive(l.s, last); l.tried(stepStatus, regionLive, f, ok) {
		f.confidence = confidenceFair
		return f
	}
	if f, ok := l.readMarkers(stageLive); l.tried(stepWorking, regionLive, f, ok) {
		f.confidence = min(f.confidence, confidenceFair)
		return f
	}
	if f, ok := l.p.readPending(l.s, last); l.tried(stepPending, regionLast, f, ok) {
		return f
	}
	if f, ok := l.readMarkers(stageOutcome); l.tried(stepFailures, regionLive, f, ok) {
		f.confidence = confidenceWeak
		return f
	}
	if f, ok := l.p.readOutcome(l.s, last); l.tried(stepOutcome, regionLive, f, ok) {
		f.confidence = confidenceWeak
		return f
	}
	if f, ok := l.readMarkers(stageRest); l.tried(stepRest, regionLive, f, ok) {
		return f
	}
	if f, ok := l.readKeyHints(); l.tried(stepHints, regionBottom, f, ok) {
		return f
	}
	if at, ok := l.justStarted(); ok {
		return finding{
			state: StateStarting, rule: string(l.p.Kind) + ".shell.started", source: SourceScreen, row: at, confidence: confidenceWeak,
		}
	}
	if l.id.OneShot {
		return finding{state: StateWorking, rule: string(l.p.Kind) + ".process.oneshot", source: SourceProcess, confidence: confidenceFair}
	}
	_, spoken := l.p.lastItem(l.s, last)
	if l.p.Kind == kindGeneric {
		// What its transcript looks like is not known: only a screen that is
		// almost empty is that of a start.
		spoken = len(l.s.rows) > maxGreeting
	}
	if at, ok := l.p.hasSign(l.s, 0, len(l.s.rows)); ok && !spoken {
		return finding{state: StateStarting, rule: string(l.p.Kind) + ".banner", source: SourceScreen, row: at, confidence: confidenceWeak}
	}
	if l.id.Process == ProcessAlive && l.id.Source == SourceProcess && !spoken {
		return finding{state: StateStarting, rule: string(l.p.Kind) + ".process.started", source: SourceProcess, confidence: confidenceWeak}
	}
	return finding{}
}

// readKeyHints judges a screen that ends in a row which says what Enter and
// Escape do: it asks something, although no rule knows it and nothing is set as
// an option. Keys for looking around are those of a list that the user has opened.
func (l look) readKeyHints() (finding, bool) {
	const lowest = 2
	asks, browses := -1, false
	for i, looked := len(l.s.rows)-1, 0; i >= 0 && looked < lowest; i-- {
		text := l.s.rows[i].text
		if text == "" || isLine(l.s.rows[i]) {
			continue
		}
		looked++
		browses = browses || containsAnyFold(text, browsing())
		if asks < 0 && namesKeys(text) && containsFold(text, "enter ") && containsFold(text, "esc ") && !containsAnyFold(text, l.p.Status.Interrupt) {
			asks = i
		}
	}
	f := finding{source: SourceScreen, row: asks, confidence: confidenceWeak}
	switch {
	case asks < 0 || !l.saysSomething(asks):
		return finding{}, false
	case browses:
		f.rule, f.hold = string(l.p.Kind)+".keys.browse", true
	default:
		f.state, f.wait, f.rule, f.activity = StateWaiting, WaitQuestion, string(l.p.Kind)+".keys.named", shorten(l.s.rows[asks].text)
	}
	return f, true
}

// browsing are words of keys with which one looks around in a list.
func browsing() []string {
	return []string{"browse", "search", "filter", "sort", "scroll", "preview", "page", "rename", "delete", "tabs", "expand", "collapse", "refresh"}
}

// saysSomething tells whether a sentence of three words or more stands above the
// row, on a screen of its own or below a rule, and not in the transcript.
func (l look) saysSomething(row int) bool {
	said := false
	for i := row - 1; i >= 0; i-- {
		r := l.s.rows[i]
		if isLine(r) && said {
			break
		}
		if l.p.transcriptRow(l.s, i) || l.p.userRow(r) || l.p.startsRun(r) {
			return false
		}
		said = said || (!isLine(r) && !namesKeys(r.text) && len(strings.Fields(worded(bare(r.text)))) >= 3)
	}
	return said
}

// verdict turns the finding into the public value.
func (l look) verdict(f finding, against []string) Verdict {
	v := Verdict{
		Kind: l.id.Kind, State: f.state, Wait: f.wait, Confidence: f.confidence,
		Finished: f.finished, Hold: f.hold, Wordless: f.wordless, Activity: f.activity,
		Evidence: Evidence{Source: f.source, Rule: f.rule, Against: against},
	}
	switch f.source {
	case SourceTitle:
		v.Evidence.Text = shorten(clean(l.o.Title))
	case SourceScreen:
		v.Evidence.Line, v.Evidence.Text = l.s.line(f.row), l.s.rows[f.row].full
	case SourceProcess:
		v.Evidence.Text = l.id.Text
	case SourceSessionFile:
		v.Evidence.Text = l.o.Session.Path
	case SourceSaid:
		v.Evidence.Text = l.o.Said.String()
	}
	end := len(l.s.rows)
	if l.composed {
		end = l.composer.top
		v.Composer = l.s.line(end)
		v.Draft, v.Command = l.p.readDraft(l.s, l.composer)
	}
	v.Digest = l.p.digest(l.s, end)
	v.Resume = l.resume(f)
	var asked string
	v.Facts = l.facts()
	v.Dialog, asked = l.dialogData(f)
	if asked != "" {
		// A marker told: what is asked says more than its row.
		v.Activity = asked
	}
	if v.State == StateLimited && f.source == SourceScreen {
		limit, row, phrase := l.limit(f.row)
		v.Limit = limit
		if phrase != "" && !hasFact(v.Facts, FactReset) {
			v.Facts = append(v.Facts, Fact{Name: FactReset, Value: phrase, Source: SourceScreen, Line: l.s.line(row)})
		}
	}
	return v
}

// limit is the announcement of a limit that begins in the row, the row that says
// when it ends, and in which words. Notices that follow the announcement do not
// repeat that: it stands above, since the user has spoken last.
func (l look) limit(at int) (text string, row int, phrase string) {
	text = item{first: at, last: len(l.s.rows) - 1}.text(l.s)
	// When it tries again says nothing of when the limit ends.
	text, _, _ = strings.Cut(text, "[retrying")
	if phrase = resetPhrase(l.s.rows[at].text); phrase == "" {
		phrase = resetPhrase(text)
	}
	for row = at; phrase == "" && row > 0 && !l.p.userRow(l.s.rows[row]); {
		row--
		if above := l.s.rows[row].text; containsFold(above, "limit") {
			if phrase = resetPhrase(above); phrase != "" {
				text = above
			}
		}
	}
	return text, row, phrase
}
