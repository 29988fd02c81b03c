package health

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// titleWord is what a pane's title says.
type titleWord uint8

const (
	titleSilent titleWord = iota
	titleWorking
	titleWaiting
	// titleRest: no turn runs; the agent may be idle or waiting.
	titleRest
)

// readTitle reads a pane's title. Replies of the terminal that land in the
// title, such as "Gi=31,s=1...", say nothing, nor does a host name.
func (p *profile) readTitle(title string) titleWord {
	title = strings.TrimSpace(clean(title))
	first, size := utf8.DecodeRuneInString(title)
	switch {
	case title == "" || (strings.HasPrefix(title, "Gi=") && strings.Contains(title, ",")):
		return titleSilent
	case containsAnyFold(title, p.Title.Waiting):
		return titleWaiting
	case containsAnyFold(title, p.Title.WorkingPhrases):
		return titleWorking
	case isBraille(first) && (size == len(title) || title[size] == ' '):
		return titleWorking
	case strings.ContainsRune(p.Title.Working, first):
		return titleWorking
	case strings.ContainsRune(p.Title.Idle, first):
		return titleRest
	case p.Title.PlainIdle && strings.Contains(title, p.Title.PlainSeparator):
		return titleRest
	}
	return titleSilent
}

// fuse weighs the screen's finding with the title. A title only counts beside
// a live process: it survives the program. against lists what was outweighed.
func (l look) fuse(f finding) (finding, []string) {
	if f.state == StateCrashed || f.state == StateExited {
		if l.id.Process == ProcessAlive {
			return f, []string{"process: " + l.id.Text}
		}
		return f, nil
	}
	word := l.p.readTitle(l.o.Title)
	if word == titleSilent || l.id.Process == ProcessShell {
		return f, nil
	}
	seen := []string{"screen: " + f.state.String() + " (" + f.rule + ")"}
	said := []string{"title: " + shorten(clean(l.o.Title))}
	switch {
	case word == titleWorking && f.state == StateWorking,
		word == titleWaiting && f.state == StateWaiting,
		word == titleRest && f.state == StateIdle:
		// A hold stays weak: two signs of rest do not make a picker a prompt.
		if !f.hold {
			f.confidence = max(f.confidence, min(confidenceSure, f.confidence+0.15))
		}
		return f, nil
	case f.rule == "" && word == titleRest:
		return f, nil
	case f.rule == "" || (f.hold && word != titleRest):
		return l.byTitle(f, word, confidenceFair), nil
	case f.state == StateWaiting || (f.state == StateLimited && f.wait != WaitNone):
		// A dialog on the screen beats a title; at rest it fits anyway.
		if word == titleRest {
			return f, nil
		}
		return f, said
	case word == titleRest:
		return l.atRest(f, said, seen)
	case word == titleWorking && f.state == StateStarting && f.source == SourceScreen:
		// It has nothing to do yet: the spinner tells that it gets ready.
		return f, said
	case word == titleWaiting:
		return l.byTitle(f, word, confidenceFair), seen
	case f.state == StateError || f.state == StateLimited:
		// The failure on the screen is older than the spinner in the title.
		return l.byTitle(f, word, confidenceFair), seen
	}
	return l.byTitle(f, word, confidenceStrong), seen
}

// atRest weighs a title that says that no turn runs against the screen.
func (l look) atRest(f finding, said, seen []string) (finding, []string) {
	switch {
	case f.state == StateUnknown && f.hold:
		f.state = StateIdle
		return f, nil
	case f.state == StateError || f.state == StateLimited || f.state == StateStarting:
		return f, nil
	case f.state == StateWorking && f.confidence <= confidenceWeak:
		f.state, f.rule, f.source = StateIdle, string(l.p.Kind)+".title.rest", SourceTitle
		f.confidence = confidenceFair
		return f, seen
	}
	f.confidence = min(f.confidence, confidenceFair)
	return f, said
}

// byTitle replaces the screen's state by the title's.
func (l look) byTitle(f finding, word titleWord, confidence float64) finding {
	f.finished, f.confidence, f.activity, f.source = false, confidence, "", SourceTitle
	switch word {
	case titleWorking:
		f.state, f.wait, f.rule = StateWorking, WaitNone, string(l.p.Kind)+".title.spinner"
	case titleWaiting:
		f.state, f.wait, f.rule = StateWaiting, WaitPermission, string(l.p.Kind)+".title.asks"
	}
	return f
}

// weigh makes the verdict of what the screen says, the title and the agent's own
// file.
func (l look) weigh(f finding) Verdict {
	f, against := l.fuse(f)
	f, more := l.fuseSession(f)
	f, most := l.fuseSaid(f)
	return l.verdict(f, slices.Concat(against, more, most))
}

// fuseSession weighs a finding with the agent's own file. That is written on
// transitions only, a moment apart from the screen, and can miss a question: it
// decides only where the screen and the title leave a doubt.
func (l look) fuseSession(f finding) (finding, []string) {
	note := l.o.Session
	if note == nil || note.State == StateUnknown || f.state == StateCrashed || f.state == StateExited || f.hold ||
		l.id.Process == ProcessShell {
		return f, nil
	}
	if note.State == f.state {
		f.confidence = max(f.confidence, min(confidenceSure, f.confidence+0.1))
		return f, nil
	}
	said := "session file: " + note.State.String()
	open := f.rule == "" || f.state == StateUnknown || f.confidence <= confidenceWeak
	if !open || f.state == StateError || f.state == StateLimited {
		return f, []string{said}
	}
	var against []string
	if f.rule != "" {
		against = []string{f.source.String() + ": " + f.state.String() + " (" + f.rule + ")"}
	}
	f.state, f.wait, f.source, f.confidence = note.State, note.Wait, SourceSessionFile, confidenceFair
	f.rule, f.activity = string(l.p.Kind)+".session."+note.State.String(), ""
	return f, against
}
