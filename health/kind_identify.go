package health

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// ProcessState says what the pane's foreground processes tell about the agent.
type ProcessState uint8

// The states of the foreground.
const (
	// ProcessUnknown: nothing is known, or a program such as ssh hides it.
	ProcessUnknown ProcessState = iota
	// ProcessShell: a shell waits for the user.
	ProcessShell
	// ProcessOther: some other program has the terminal.
	ProcessOther
	// ProcessBackground: the agent runs, but does not have the terminal: it is
	// suspended, or behind a program that it has started.
	ProcessBackground
	// ProcessAlive: the agent's program has the terminal.
	ProcessAlive
)

// String returns the state's word.
func (p ProcessState) String() string {
	words := [...]string{"unknown", "shell", "other", "background", "alive"}
	if int(p) < len(words) {
		return words[p]
	}
	return fmt.Sprintf("process(%d)", uint8(p))
}

// Identity says which agent a pane belongs to and how that is known.
type Identity struct {
	// Kind is KindNone when no agent was found.
	Kind Kind `json:"kind,omitempty"`
	// Process is what the foreground says.
	Process ProcessState `json:"process"`
	// OneShot is set when the program does one task without a screen of its
	// own, such as claude --print.
	OneShot bool `json:"one_shot,omitempty"`
	// Source is where the kind was found; SourceNone when the caller named it
	// or nothing was found.
	Source Source `json:"source"`
	// Text is the program or row that told, without control sequences.
	Text string `json:"text,omitempty"`
	// Confidence is between 0 and 1.
	Confidence float64 `json:"confidence,omitempty"`

	// PID is the agent's process, or, when Candidate is set, the one that may be;
	// 0 when it is not known.
	PID int
	// Candidate is the name of a program that nobody knows and whose screen can
	// show that it is an agent; KindNone when there is none.
	Candidate Kind

	// script is set when ProcessOther is an interpreter's script whose name tells
	// nothing.
	script bool
}

// Identify says which agent the observed pane belongs to: by its foreground
// processes, or, where they are not known or hide the agent (ssh, containers),
// by the screen and the title. A shell whose screen still shows how an agent
// ended, or in which the caller has seen one before, belongs to that agent.
// Like Detect it is pure, and it believes Observation.Kind.
func (d *Detector) Identify(o Observation) Identity {
	return d.identify(o, parseScreen(o.Screen, o.Width))
}

func (d *Detector) identify(o Observation, s screen) Identity {
	id := d.byProcess(o)
	if o.Kind != KindNone {
		if id.Process == ProcessAlive && id.Kind != o.Kind {
			id = Identity{Process: ProcessOther, Text: id.Text}
		}
		id.Kind = o.Kind
		id.Confidence = max(id.Confidence, confidenceStrong)
		return id
	}
	switch {
	case id.Kind != KindNone:
		return id
	case o.Dead || id.Process == ProcessShell:
		return d.leftBehind(o, s, newWords(s.rows), id)
	case id.Process == ProcessOther:
		if id.script {
			// It can be the agent under a name that tells nothing.
			if seen := d.byScreen(o, s, newWords(s.rows), id); seen.Source == SourceScreen {
				seen.Process = ProcessUnknown
				return seen
			}
		}
		if id.Candidate != KindNone && o.Raw {
			// A program that mirrors another pane shows somebody else's agent.
			mirrors := d.byScreen(o, s, newWords(s.rows), id).Source == SourceScreen
			if at, ok := d.generic.looksLikeAgent(s); ok && !mirrors {
				id.Kind, id.Process, id.Source = id.Candidate, ProcessAlive, SourceScreen
				id.Text, id.Confidence = shorten(s.rows[at].text), confidenceFair
				return id
			}
		}
		// Whatever stands on the screen is that program's.
		if o.Before != KindNone {
			id.Kind, id.Confidence = o.Before, confidenceWeak
		}
		return id
	}
	w := newWords(s.rows)
	if left := d.leftBehind(o, s, w, id); left.Source == SourceScreen {
		return left
	}
	return d.byScreen(o, s, w, id)
}

// byProcess identifies by the foreground processes, or by tmux's name for the
// current command when nothing is known about processes.
func (d *Detector) byProcess(o Observation) Identity {
	if o.Processes == nil {
		return d.byCommandName(o.CurrentCommand)
	}
	var best Identity
	bestDepth := -1
	role := ProcessUnknown
	hidden, script := false, false
	candidate, candidatePID := KindNone, 0
	for _, proc := range o.Processes {
		if !proc.Foreground {
			continue
		}
		cmd := resolveCommand(proc)
		role = max(role, cmd.role)
		hidden = hidden || hidesPrograms(cmd.name)
		script = script || (cmd.script && anonymous(strings.TrimSuffix(cmd.name, ".js")))
		kind, oneShot, ok := d.matchCommand(cmd, proc.Comm)
		if !ok && d.stays(proc, cmd, o.Resident) {
			kind, ok = o.Resident.Kind, true
		}
		if !ok {
			if name, may := d.generic.mayBeAgent(cmd); may && candidate == KindNone {
				candidate, candidatePID = name, proc.PID
			}
			continue
		}
		// An agent can start another one: the outer one has the screen.
		if depth := processDepth(o.Processes, proc); bestDepth < 0 || depth < bestDepth {
			bestDepth = depth
			best = Identity{
				Kind: kind, Process: ProcessAlive, OneShot: oneShot, Source: SourceProcess, PID: proc.PID,
				Text: shorten(clean(cmd.path)), Confidence: confidenceSure,
			}
		}
	}
	if bestDepth >= 0 {
		return best
	}
	if hidden {
		role = ProcessUnknown
	}
	if before := cmp.Or(o.Kind, o.Before); before != KindNone || role == ProcessShell {
		if id, ok := d.inBackground(o, before); ok {
			return id
		}
	}
	id := Identity{Process: role, Text: shorten(clean(o.CurrentCommand)), script: script}
	if role == ProcessOther {
		id.Candidate, id.PID = candidate, candidatePID
	}
	return id
}

// stays tells whether the process is the one that is known to be an agent's, and
// has not become a shell or another program that everybody knows.
func (d *Detector) stays(proc Process, cmd command, known Resident) bool {
	if known.Kind == KindNone || known.PID != proc.PID || cmd.role == ProcessShell {
		return false
	}
	return d.generic == nil || !slices.Contains(d.generic.others, cmd.name)
}

// inBackground looks for the program of a known agent outside the foreground; of
// any agent when kind is KindNone.
func (d *Detector) inBackground(o Observation, kind Kind) (Identity, bool) {
	for _, proc := range o.Processes {
		cmd := resolveCommand(proc)
		found, _, ok := d.matchCommand(cmd, proc.Comm)
		if !ok && d.stays(proc, cmd, o.Resident) {
			found, ok = o.Resident.Kind, true
		}
		if ok && (found == kind || kind == KindNone) && !proc.Foreground {
			return Identity{
				Kind: found, Process: ProcessBackground, Source: SourceProcess, PID: proc.PID,
				Text: shorten(clean(cmd.path)), Confidence: confidenceStrong,
			}, true
		}
	}
	return Identity{}, false
}

func (d *Detector) matchCommand(cmd command, comm string) (kind Kind, oneShot, ok bool) {
	for _, p := range d.profiles {
		if oneShot, ok := p.Command.match(cmd, comm); ok {
			return p.Kind, oneShot, true
		}
	}
	if kind, oneShot, ok := d.generic.matchKnown(cmd, comm); ok {
		return kind, oneShot, true
	}
	for _, p := range d.profiles {
		if oneShot, ok := p.Command.matchStem(cmd, comm); ok {
			return p.Kind, oneShot, true
		}
	}
	return KindNone, false, false
}

// processDepth counts the known ancestors of a process.
func processDepth(all []Process, proc Process) int {
	depth := 0
	for range len(all) {
		parent := slices.IndexFunc(all, func(other Process) bool { return other.PID == proc.PPID })
		if parent < 0 {
			break
		}
		proc = all[parent]
		depth++
	}
	return depth
}

// byCommandName identifies by the name that tmux shows for the pane's program.
func (d *Detector) byCommandName(name string) Identity {
	text := shorten(clean(name))
	for _, p := range d.profiles {
		id := Identity{Kind: p.Kind, Process: ProcessAlive, Source: SourceProcess, Text: text}
		switch {
		case slices.Contains(p.Command.Programs, name):
			id.Confidence = confidenceStrong
			return id
		case p.Command.VersionNamed && isVersion(name):
			id.Confidence = confidenceFair
			return id
		}
	}
	return Identity{Process: programRole(programName(name)), Text: text}
}

// leftBehind identifies the agent that ended in a pane whose shell is back.
func (d *Detector) leftBehind(o Observation, s screen, w *words, id Identity) Identity {
	if id.Process == ProcessShell {
		// What was started last has ended last.
		if kind, at := d.lastCommand(s); kind != KindNone {
			id.Kind, id.Source, id.Confidence = kind, SourceScreen, confidenceFair
			id.Text = shorten(s.rows[at].text)
			return d.seenBefore(o, id)
		}
	}
	title := clean(o.Title)
	if kind := d.generic.named(title, w); kind != KindNone && o.Before == KindNone {
		if row, ok := d.generic.profile.leftOn(s, o, id.Process == ProcessShell, true); ok {
			id.Kind, id.Source, id.Confidence, id.Text = kind, SourceScreen, confidenceFair, shorten(s.rows[row].text)
			return id
		}
	}
	// Programs that descend from one another leave alike: the title knows best.
	for _, named := range [...]bool{true, false} {
		for _, p := range d.profiles {
			if containsAnyFold(title, p.Title.Names) != named || (!named && !p.mayHaveLeft(w)) {
				continue
			}
			if row, ok := p.leftOn(s, o, id.Process == ProcessShell, named); ok {
				id.Kind, id.Source, id.Confidence, id.Text = p.Kind, SourceScreen, confidenceFair, shorten(s.rows[row].text)
				return d.seenBefore(o, id)
			}
		}
	}
	return d.seenBefore(o, id)
}

// mayHaveLeft tells whether anything that leftOn looks for is on the screen, when
// the title does not name the program.
func (p *profile) mayHaveLeft(w *words) bool {
	for _, prompt := range p.Layout.OwnPrompts {
		if w.contains(string(prompt)) {
			return true
		}
	}
	return w.containsAny(p.Signs, p.DialogSigns, p.Layout.ChromeSigns, p.Layout.Banners, p.Shell.Farewells, p.Shell.Failures)
}

// leftOn tells whether the screen shows what this program leaves behind when it
// ends, and which row does. shell is set when a shell is known to be back, named
// when the title names the program.
func (p *profile) leftOn(s screen, o Observation, shell, named bool) (row int, ok bool) {
	f, own, ok := p.findRemnant(s, shell)
	switch {
	case own, ok && named:
		return f.row, true
	case ok && startsWithMark(s.rows[f.row].text, p.Layout.OwnPrompts):
		// The report stands in the program's own composer.
		return f.row, true
	case ok && p.ownChrome(s):
		return f.row, true
	case ok:
		_, signed := p.hasSign(s, 0, len(s.rows))
		return f.row, signed
	case !shell:
		return 0, false
	}
	s = beforePrompt(s)
	l := p.readLayout(s)
	if !o.AlternateOn && commanded(s) {
		// It was printed: nothing but a program that draws leaves a frame behind
		// in the alternate screen, but in the other one any command can.
		return 0, false
	}
	switch at, signed := p.hasSign(s, 0, len(s.rows)); {
	case !l.composed && !l.asked:
		return p.transcriptOn(s)
	case l.asked:
		at, signed = p.dialogSign(s, l.dialog)
		return at, signed || named
	case signed && o.AlternateOn:
		return at, true
	}
	return l.composer.prompt, named || (l.composer.framed && p.ownChrome(s))
}

// transcriptOn tells whether the screen shows a run of the program from its
// greeting on, with something that the user has said to it.
func (p *profile) transcriptOn(s screen) (row int, ok bool) {
	greeted := false
	for i, r := range s.rows {
		switch {
		case containsAnyFold(r.text, p.Layout.Banners):
			row, greeted = i, true
		case greeted && p.userRow(r):
			return row, true
		}
	}
	return 0, false
}

// commanded tells whether a shell prompt with a command stands on the screen.
func commanded(s screen) bool {
	for _, r := range s.rows {
		if r.indent == 0 && startsWithPrompt(r.text) && !emptyPrompt(r) {
			return true
		}
	}
	return false
}

// seenBefore takes the word of who has seen an agent in the pane over what the
// screen tells.
func (d *Detector) seenBefore(o Observation, id Identity) Identity {
	if o.Before != KindNone {
		id.Kind, id.Confidence = o.Before, max(id.Confidence, confidenceFair)
	}
	return id
}

// ownChrome tells whether the end of the screen has what only this program
// prints below its composer.
func (p *profile) ownChrome(s screen) bool {
	for i := max(0, len(s.rows)-maxFarewell); i < len(s.rows); i++ {
		if containsAnyFold(s.rows[i].text, p.Layout.ChromeSigns) {
			return true
		}
	}
	return false
}

// lastCommand looks for the last command at a shell prompt that started an agent.
// The user can have given some others since, as long as what the agent drew still
// stands between.
func (d *Detector) lastCommand(s screen) (Kind, int) {
	end, since := len(s.rows), 0
	for i := len(s.rows) - 1; i >= 0 && since <= maxSince; i-- {
		text := s.rows[i].text
		if s.rows[i].indent > 0 || (!startsWithPrompt(text) && !(i > 0 && widePrompt(s, i-1))) {
			continue
		}
		name := startedProgram(text)
		for _, p := range d.profiles {
			if !slices.Contains(p.Command.Programs, name) {
				continue
			}
			if _, drawn := p.hasSign(s, i+1, end); drawn || since == 0 {
				return p.Kind, i
			}
			return KindNone, 0
		}
		if kind := d.generic.startedAs(name); kind != KindNone && since == 0 {
			return kind, i
		}
		at := max(0, strings.IndexAny(text, "$#%➜❯"))
		if _, command, _ := strings.Cut(text[at:], " "); strings.Trim(command, " ^CD") != "" {
			end, since = i, since+1
		}
	}
	return KindNone, 0
}

// byScreen identifies by what only one program draws: its composer or dialog,
// with one of its own phrases or its title beside it.
func (d *Detector) byScreen(o Observation, s screen, w *words, id Identity) Identity {
	if len(s.rows) > 0 && startsWithPrompt(s.rows[len(s.rows)-1].text) {
		if kind, at := d.lastCommand(s); at == len(s.rows)-1 && kind != KindNone {
			// It is being started.
			id.Kind, id.Source, id.Confidence, id.Text = kind, SourceScreen, confidenceWeak, shorten(s.rows[at].text)
		}
		return id
	}
	title := clean(o.Title)
	// Programs that descend from one another look alike: the title knows best.
	for _, named := range [...]bool{true, false} {
		for _, p := range d.profiles {
			if containsAnyFold(title, p.Title.Names) != named {
				continue
			}
			if at, ok := p.drew(o, s, w, named); ok {
				id.Kind, id.Source, id.Confidence = p.Kind, SourceScreen, confidenceFair
				id.Text = shorten(s.rows[at].text)
				return id
			}
		}
	}
	if o.Before != KindNone {
		id.Kind, id.Confidence = o.Before, confidenceWeak
	}
	return id
}

// drew tells whether the program has drawn the screen, and which row shows it.
// named is set when the title names the program.
func (p *profile) drew(o Observation, s screen, w *words, named bool) (at int, ok bool) {
	if !named && !w.containsAny(p.Signs, p.DialogSigns, p.Layout.ChromeSigns) {
		// Nothing on the screen is this program's own.
		return 0, false
	}
	l := p.readLayout(s)
	at, ok = p.ownScreen(s, l)
	if !ok && !l.composed && !l.asked {
		at, ok = p.ownQuestion(o, s, l)
	}
	if !ok && named {
		at, ok = len(s.rows)-1, l.composed || l.asked
	}
	return at, ok
}

// ownQuestion tells whether a screen without composer and menu is one on which
// only this program asks.
func (p *profile) ownQuestion(o Observation, s screen, l layout) (int, bool) {
	if _, asks := (look{p: p, o: o, s: s, layout: l}).readMarkers(stageDialog); !asks {
		return 0, false
	}
	for i, r := range s.rows {
		if containsAnyFold(r.text, p.Signs) || containsAnyFold(r.text, p.DialogSigns) {
			return i, true
		}
	}
	return 0, false
}

// ownScreen tells whether the screen is one that only this program draws, and
// which row shows it.
func (p *profile) ownScreen(s screen, l layout) (int, bool) {
	switch {
	case l.asked:
		return p.dialogSign(s, l.dialog)
	case !l.composed:
		return 0, false
	}
	if at, ok := p.chromeSign(s, l.composer); ok {
		return at, true
	}
	if at, ok := p.hasSign(s, l.composer.top, l.composer.bottom+1); ok {
		return at, true
	}
	if l.composer.framed {
		return p.hasSign(s, 0, greetingEnd(s, l.composer.top))
	}
	return 0, false
}

// greetingEnd is where the transcript begins: the first row, up to end, that starts
// as what users say and agents answer does. A phrase below it can be a quotation.
func greetingEnd(s screen, end int) int {
	for i := range end {
		if r := s.rows[i]; r.indent <= 2 && !r.boxed && startsItemOfAny(r.text) {
			return i
		}
	}
	return end
}

// startsItemOfAny tells whether the text begins with a mark with which the
// transcripts of agents set off their items.
func startsItemOfAny(text string) bool {
	_, ok := cutMark(text, ">❯›»●⏺•✦▣◆┃")
	return ok
}
