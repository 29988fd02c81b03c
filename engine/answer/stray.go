package answer

import (
	"context"
	"errors"
	"fmt"
	"time"

	"agentwatch/health"
	"agentwatch/tmuxpool/typing"
)

// errStray: it is known what became of the key, and that it was not what it should.
var errStray = fmt.Errorf("%w", ErrUnconfirmed)

// stray tells of a key that came too late: somebody else has answered in the same
// moment, and it stands in the composer, if only after a while. It is taken back,
// if nothing else stands there: a draft that nobody has written would go out with
// the user's next text.
func (a *Attempt) stray(ctx context.Context) error {
	key := a.plan.Keys[0]
	if len(a.result.Keys) != 1 || len(key.String()) > 1 {
		return nil
	}
	// What stands there is ours only if the dialog was in the composer's place when
	// it was typed, and nothing but the key has come since.
	inComposer := func(v view) bool {
		return v.composed && v.composer.Draft == key.String() && v.pid == a.request.Seen.PID && !v.look.InUse
	}
	late, err := a.after(ctx, settleFor, inComposer)
	if err == nil && !late && a.last.verdict.State != health.StateWorking {
		// No turn goes on: perhaps since it was declined, and the key is still on
		// its way.
		late, err = a.after(ctx, settleLonger, inComposer)
	}
	switch {
	case errors.Is(err, ErrChanged):
		return nil // the pane is gone
	case err != nil || !late:
		return err
	}
	const what = "somebody else has answered in the same moment, and the key %s came into the composer"
	if back, err := a.takeBack(ctx); err != nil || !back {
		return fmt.Errorf("%w: "+what+", where it stands", errStray, key)
	}
	return fmt.Errorf("%w: "+what+", from where it was taken back", errStray, key)
}

// settleLonger is how long a busy program gets to draw a key that came too late.
const settleLonger = 700 * time.Millisecond

// takeBack deletes the one character that stands in the composer, and tells
// whether that is empty then. It is typed only while just that stands there.
func (a *Attempt) takeBack(ctx context.Context) (bool, error) {
	if a.pending(a.last) {
		return false, nil
	}
	back := typed{keys: []Key{typing.KeyBackspace}}
	if err := a.write(ctx, back, placeGuard(a.last).AtCursor(a.last.look)); err != nil {
		return false, err
	}
	_, empty, err := a.until(ctx, ConfirmFor, func(v view) bool { return v.composed && v.composer.Draft == "" })
	return empty, err
}
