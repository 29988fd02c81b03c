package demo

import (
	"context"
	"time"
)

// play runs the program: it starts, and then does one turn after the other.
func (p *player) play(ctx context.Context) error {
	p.started = p.now()
	if err := p.open(ctx); err != nil {
		return err
	}
	next := p.pickFirst()
	for {
		p.scene.topic = next.topic
		if err := p.turn(ctx, next); err != nil {
			return err
		}
		var err error
		if next, err = p.rest(ctx); err != nil {
			return err
		}
	}
}

// open starts the program up to its first empty prompt.
func (p *player) open(ctx context.Context) error {
	p.scene.stage = stageBoot
	if _, err := p.hold(ctx, p.between(0.8, 2)); err != nil {
		return err
	}
	if p.scene.kind.asksForTrust() && p.asks(ScriptTrust, 0.1) {
		p.scene.ask(stageTrust)
		answer, err := p.hold(ctx, p.patience())
		if err != nil {
			return err
		}
		if answer == replyNo {
			return errQuit
		}
	}
	p.scene.stage = stagePrompt
	_, err := p.hold(ctx, p.between(3, 9))
	return err
}

// pickFirst is the task to start with.
func (p *player) pickFirst() task {
	if p.submitted != "" {
		return p.sent()
	}
	for _, t := range p.tasks {
		if t.slug == p.first {
			return t
		}
	}
	return p.tasks[p.rng.IntN(len(p.tasks))]
}

// roll decides whether something happens in this turn: surely when it is the
// situation to begin with, never on the way to another one, and else by chance.
func (p *player) roll(script Script, chance float64) bool {
	if p.rushing {
		return p.goal == script
	}
	return p.rng.Float64() < chance
}

// asks decides whether a dialog comes up by chance. A program that is to crash or to
// exit soon has none before, as that could take minutes, and neither has opencode,
// whose dialogs agentwatch does not know how to answer.
func (p *player) asks(script Script, chance float64) bool {
	if p.goal == ScriptCrash || p.goal == ScriptExit || p.scene.kind == OpenCode && p.goal != script {
		return false
	}
	return p.roll(script, chance)
}

// rest waits at the prompt until the user, real or simulated, sends the next
// prompt.
func (p *player) rest(ctx context.Context) (task, error) {
	for p.submitted == "" {
		if _, err := p.hold(ctx, p.between(12, 40)); err != nil {
			return task{}, err
		}
		// Nothing is put in the mouth of a user who is just typing.
		if p.submitted == "" && p.scene.draft == "" {
			return p.tasks[p.rng.IntN(len(p.tasks))], nil
		}
	}
	return p.sent(), nil
}

// sent makes a task of what the user has sent.
func (p *player) sent() task {
	t := p.tasks[p.rng.IntN(len(p.tasks))]
	t.prompt, p.submitted = p.submitted, ""
	return t
}

// turn works on one task, from its prompt to whatever ends it.
func (p *player) turn(ctx context.Context, t task) error {
	p.scene.add(entry{kind: entryPrompt, text: t.prompt})
	p.scene.stage = stageWorking
	p.scene.since, p.scene.tokens = p.now(), 0
	if p.rushing {
		// What passes at once is said to have taken its time.
		p.scene.since = p.now().Add(-time.Duration(p.rng.IntN(90)) * time.Second)
		p.scene.tokens = p.rng.IntN(3000)
	}
	all := verbs()
	p.scene.verb = all[p.rng.IntN(len(all))]
	goesOn, err := p.think(ctx, 3, 8)
	if err != nil || !goesOn {
		return err
	}
	if goesOn, err = p.consult(ctx, t); err != nil || !goesOn {
		return err
	}
	ending := p.chooseEnding()
	stopAt := 1 + p.rng.IntN(len(t.steps))
	for i, s := range t.steps {
		if i == stopAt && ending != endDone {
			break
		}
		if goesOn, err = p.do(ctx, s); err != nil || !goesOn {
			return err
		}
	}
	return p.end(ctx, t, ending)
}

// think works without anything new to show. goesOn is false when the user
// interrupted.
func (p *player) think(ctx context.Context, low, high float64) (goesOn bool, err error) {
	p.scene.stage = stageWorking
	answer, err := p.hold(ctx, p.between(low, high))
	if answer == replyNo {
		p.interrupt()
		return false, err
	}
	return true, err
}

func (p *player) interrupt() {
	p.scene.add(entry{kind: entryInterrupted})
	p.scene.stage = stagePrompt
}

// inquire shows a dialog until it is answered; without a user its own script
// agrees after a while.
func (p *player) inquire(ctx context.Context, dialog stage) (goesOn bool, err error) {
	p.scene.ask(dialog)
	answer, err := p.hold(ctx, p.patience())
	if err != nil {
		return false, err
	}
	if answer == replyNo {
		p.interrupt()
		return false, nil
	}
	p.scene.stage = stageWorking
	return true, nil
}

// consult asks before the work starts, in some turns.
func (p *player) consult(ctx context.Context, t task) (goesOn bool, err error) {
	switch {
	case p.asks(ScriptQuestion, 0.06):
		p.scene.add(entry{kind: entrySay, text: "I need one decision from you first."})
		p.scene.question = t.question
		if goesOn, err = p.inquire(ctx, stageQuestion); err != nil || !goesOn {
			return goesOn, err
		}
		p.scene.add(entry{kind: entryAnswer, text: t.question.text, detail: p.scene.answer()})
	case p.asks(ScriptPlan, 0.05):
		p.scene.add(entry{kind: entryPlan, plan: t.plan})
		if goesOn, err = p.inquire(ctx, stagePlan); err != nil || !goesOn {
			return goesOn, err
		}
	}
	return p.think(ctx, 2, 4)
}

// do carries out one step, and asks for permission where one is needed.
func (p *player) do(ctx context.Context, s step) (goesOn bool, err error) {
	if s.action == actSay {
		p.scene.add(entry{kind: entrySay, text: s.subject})
		return p.think(ctx, 2, 5)
	}
	show := func() { p.scene.add(entry{kind: entryStep, step: s, running: s.action == actRun}) }
	// Codex shows what it wants to change before it asks.
	shown := p.scene.kind == Codex && s.action == actEdit
	if shown {
		show()
	}
	if (s.action == actRun || s.action == actEdit) && p.asks(ScriptPermission, 0.08) {
		p.scene.pending = s
		if goesOn, err = p.inquire(ctx, stagePermission); err != nil || !goesOn {
			return goesOn, err
		}
	}
	if !shown {
		show()
	}
	if s.action == actRun {
		goesOn, err = p.think(ctx, 3, 9)
	} else {
		goesOn, err = p.think(ctx, 1, 4)
	}
	if goesOn && err == nil {
		p.scene.finishStep()
	}
	return goesOn, err
}

// ending is how a turn comes to its end.
type ending uint8

const (
	endDone ending = iota
	endLimit
	endError
	endCrash
	endExit
)

// chooseEnding decides how the turn will end. The first turn ends as the script
// says; a crash or an exit that it asks for follows soon after the start.
func (p *player) chooseEnding() ending {
	switch p.goal {
	case ScriptCrash:
		return endCrash
	case ScriptExit:
		return endExit
	}
	switch {
	case p.roll(ScriptLimited, 0.05):
		return endLimit
	case p.roll(ScriptError, 0.07):
		return endError
	case p.roll(ScriptCrash, 0.05):
		return endCrash
	case p.roll(ScriptExit, 0.04):
		return endExit
	}
	return endDone
}

// end brings the turn to its end.
func (p *player) end(ctx context.Context, t task, how ending) error {
	switch how {
	case endCrash:
		return p.crash()
	case endExit:
		return errQuit
	case endLimit:
		return p.strand(ctx, stageLimited, p.limit(), p.between(90, 240))
	case endError:
		return p.strand(ctx, stageError, p.failure(), p.between(30, 90))
	}
	p.scene.add(entry{kind: entrySay, text: t.summary})
	if done := p.doneText(); done != "" {
		p.scene.add(entry{kind: entryDone, text: done})
	}
	p.scene.stage = stagePrompt
	return nil
}

// strand leaves the agent at its composer below a notice for a while.
func (p *player) strand(ctx context.Context, at stage, notice entry, d time.Duration) error {
	p.scene.add(notice)
	p.scene.stage = at
	_, err := p.hold(ctx, d)
	return err
}
