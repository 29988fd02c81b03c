package health

// newLook begins the reading of a screen. What an earlier run has left above the
// command that started this one is not read.
func newLook(p *profile, o Observation, s screen, id Identity) look {
	l := look{p: p, o: o, s: s, id: id, layout: p.readLayout(s)}
	if at, ok := l.restarted(); ok {
		l.s.rows, l.s.first = s.rows[at:], s.line(at)
		if o.AlternateOn {
			// What stands below it was drawn by the earlier run, too: one that uses this
			// screen clears it before it draws.
			l.s.rows = l.s.rows[:1]
		}
		l.layout = p.readLayout(l.s)
	}
	return l
}

// restarted returns the row of the command that has started the living program,
// when that has not yet drawn its place to type: the one on the screen is that
// of an earlier run, which was killed or has left its last frame.
func (l look) restarted() (int, bool) {
	if l.id.Process != ProcessAlive || l.id.Source != SourceProcess {
		return 0, false
	}
	at := len(l.s.rows) - 1
	for at >= 0 && !(l.s.rows[at].indent == 0 && !l.s.rows[at].boxed && startsWithPrompt(l.s.rows[at].text) && l.starts(l.s.rows[at].text)) {
		at--
	}
	if at < 0 {
		return 0, false
	}
	first := at + 1
	if l.o.AlternateOn {
		// A frame into which the shell has printed its prompt goes on right below it.
		first++
	}
	drawn := l.composed && l.composer.top >= first || l.asked && l.dialog.top >= first
	return at, !drawn
}

// starts tells whether the command at a shell prompt starts the program, which may
// be one without a profile.
func (l look) starts(text string) bool {
	return l.p.startedAt(text) || l.p.Kind == kindGeneric && startedProgram(text) == string(l.id.Kind)
}
