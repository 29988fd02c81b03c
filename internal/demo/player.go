package demo

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"time"
	"unicode/utf8"
)

// tickEvery is the pace of the spinners.
const tickEvery = 200 * time.Millisecond

// player plays a scene in time: it holds each picture for a while, turns the
// spinner, and reacts to keys and to a new size. It belongs to one goroutine.
type player struct {
	rng    *rand.Rand
	screen *painter
	scene  scene
	speed  float64
	tasks  []task
	// first is the slug of the first task.
	first string

	// goal is the situation to begin with; rushing is set until it is reached,
	// and makes everything before it pass at once.
	goal    Script
	rushing bool
	// depth is how many entries the transcript has when it is reached.
	depth int
	// submitted is what the user has typed and sent. unread is the beginning of a
	// key that has not come as a whole, pasting is set within a pasted text.
	submitted, unread string
	pasting           bool

	// started is when the play began.
	started time.Time
	size    func() (width, height int, err error)
	resized <-chan os.Signal
	keys    <-chan string
	now     func() time.Time
	crash   func() error
	// observe sees every frame, for tests; nil means nobody looks.
	observe func(frame, stage)
}

// reply is what ended a hold.
type reply uint8

const (
	// replyNone: the time has passed.
	replyNone reply = iota
	// replyYes: the user agreed, or sent a prompt to an agent at rest.
	replyYes
	// replyNo: the user declined or interrupted.
	replyNo
)

// reached says whether the scene shows the situation to begin with.
func (p *player) reached() bool {
	switch p.goal {
	case ScriptWorking, ScriptCrash, ScriptExit:
		return p.scene.stage == stageWorking && len(p.scene.entries) >= p.depth
	case ScriptPermission:
		return p.scene.stage == stagePermission
	case ScriptQuestion:
		return p.scene.stage == stageQuestion
	case ScriptPlan:
		return p.scene.stage == stagePlan
	case ScriptTrust:
		return p.scene.stage == stageTrust
	case ScriptLimited:
		return p.scene.stage == stageLimited
	case ScriptError:
		return p.scene.stage == stageError
	case ScriptDone:
		return p.scene.stage == stagePrompt && len(p.scene.entries) > 0
	default:
		return true
	}
}

// The first minute goes faster, so that there is soon a past to look at. Who
// asks for a speed gets it throughout.
const (
	openingTime = time.Minute
	openingPace = 2
)

// between is a random duration of low to high seconds, at the player's speed.
func (p *player) between(low, high float64) time.Duration {
	pace := p.speed
	if pace == 1 && p.now().Sub(p.started) < openingTime {
		pace = openingPace
	}
	return p.random(low, high, pace)
}

// patience is how long a dialog waits for its user, before it is taken for
// answered: minutes, so that whoever tries the dashboard can do it.
func (p *player) patience() time.Duration { return p.random(240, 480, p.speed) }

func (p *player) random(low, high, pace float64) time.Duration {
	seconds := low + p.rng.Float64()*(high-low)
	return time.Duration(seconds / pace * float64(time.Second))
}

// hold shows the scene for d, or until the user replies. An error means that
// the play is over.
func (p *player) hold(ctx context.Context, d time.Duration) (reply, error) {
	if p.rushing {
		if !p.reached() {
			return replyNone, nil
		}
		p.rushing = false
	}
	end := time.NewTimer(d)
	defer end.Stop()
	var ticks <-chan time.Time
	if p.scene.stage == stageWorking {
		ticker := time.NewTicker(tickEvery)
		defer ticker.Stop()
		ticks = ticker.C
	}
	for {
		if err := p.paint(); err != nil {
			return replyNone, err
		}
		select {
		case <-ctx.Done():
			return replyNone, context.Canceled
		case <-end.C:
			return replyNone, nil
		case <-ticks:
			p.scene.tick++
			p.scene.tokens += 3 + p.rng.IntN(9)
		case <-p.resized:
			p.screen.invalidate()
		case keys := <-p.keys:
			if r, err := p.press(keys); r != replyNone || err != nil {
				return r, err
			}
		}
	}
}

// paint draws the scene at the terminal's present size.
func (p *player) paint() error {
	width, height, err := p.size()
	if err != nil {
		return fmt.Errorf("demo: size of the terminal: %w", err)
	}
	f := p.scene.frame(p.now(), max(width, 1), max(height, 1))
	if p.observe != nil {
		p.observe(f, p.scene.stage)
	}
	return p.screen.paint(f)
}

// A terminal brackets what is pasted.
const pasteBegin, pasteEnd = "\x1b[200~", "\x1b[201~"

// press takes keys as the programs would.
func (p *player) press(keys string) (reply, error) {
	keys, p.unread = p.unread+keys, ""
	for keys != "" {
		if p.pasting {
			text, rest, ended := strings.Cut(keys, pasteEnd)
			if !ended {
				// The end may have come in part.
				at := max(len(text)-len(pasteEnd)+1, 0)
				for at > 0 && !utf8.RuneStart(text[at]) {
					at--
				}
				text, p.unread = text[:at], text[at:]
			}
			p.insert(text)
			p.pasting, keys = !ended, rest
			continue
		}
		var key string
		key, keys = nextKey(keys)
		if key == pasteBegin {
			p.pasting = true
			continue
		}
		if r, err := p.key(key); r != replyNone || err != nil {
			return r, err
		}
	}
	return replyNone, nil
}

// insert writes a pasted text where the user types. Its lines become one.
func (p *player) insert(text string) {
	for _, r := range strings.NewReplacer("\r", " ", "\n", " ").Replace(text) {
		if !p.scene.stage.asks() {
			p.scene.draft = typed(p.scene.draft, string(r))
		} else if p.scene.writing() {
			p.scene.note = typed(p.scene.note, string(r))
		}
	}
}

// key takes one key.
func (p *player) key(key string) (reply, error) {
	switch {
	case key == "\x03":
		return replyNone, errQuit
	case p.scene.stage.asks():
		return p.scene.choose(key), nil
	case key == "\x1b" && p.scene.stage == stageWorking:
		return replyNo, nil
	case key == "\r" && p.scene.draft != "":
		p.submitted, p.scene.draft = p.scene.draft, ""
		if p.scene.stage != stageWorking {
			return replyYes, nil
		}
	case key[0] != 27:
		p.scene.draft = typed(p.scene.draft, key)
	}
	return replyNone, nil
}

// farewell is what the programs print when they have left the screen.
func (p *player) farewell() []string {
	id := fmt.Sprintf("%08x-%04x-4%03x-9%03x-%012x", p.rng.Uint32(), p.rng.IntN(1<<16), p.rng.IntN(1<<12),
		p.rng.IntN(1<<12), p.rng.Int64N(1<<48))
	switch p.scene.kind {
	case Codex:
		return []string{"To continue this session, run:", "codex resume " + id}
	case Gemini:
		return []string{"Agent powering down. Goodbye!", "To resume this session: gemini --resume " + id}
	case OpenCode:
		return []string{"  Session   " + p.scene.topic, "  Continue  opencode -s ses_" + id[:8]}
	}
	return []string{"\x1b[2mResume this session with:\x1b[0m", "\x1b[2mclaude --resume " + id + "\x1b[0m"}
}
