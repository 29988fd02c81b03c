package notify

import (
	"context"
	"errors"
	"slices"
	"time"

	"agentwatch/engine"
)

// askAgain is how soon it is asked again whether something that others may tell is
// ours to tell.
const askAgain = time.Second

// heldItem is what has been decided on and is not ours to tell, or not yet.
type heldItem struct {
	channel string
	item    Item
	// after is when it is asked for again.
	after time.Time
}

func (i Item) telling() engine.Telling {
	return engine.Telling{Ref: i.Agent.Ref, Since: i.Since, Urgency: i.State, Escalated: i.Level == LevelEscalation}
}

// divide keeps those items of a decision that others are to tell now. They are ours
// when those others end first.
func (n *Notifier) divide(d Decision) Decision {
	if n.options.Register == nil {
		return d
	}
	var ours []Item
	for _, i := range d.Message.Items {
		if n.options.Register.Ours(i.telling()) {
			ours = append(ours, i)
		} else {
			n.hold(heldItem{d.Channel, i, time.Now()})
		}
	}
	d.Message.Items = ours
	return d
}

func (n *Notifier) hold(items ...heldItem) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.held = append(n.held, items...)
}

// release returns what was held, is ours now, and still lasts; what lasts no longer
// is forgotten.
func (n *Notifier) release(now time.Time) []Decision {
	n.mu.Lock()
	held := n.held
	n.held = nil
	n.mu.Unlock()
	var decisions []Decision
	for _, h := range held {
		switch {
		case !n.decider.still(h.item) || n.lanes[h.channel] == nil:
		case h.after.After(now) || !n.options.Register.Ours(h.item.telling()):
			n.hold(h)
		default:
			at := slices.IndexFunc(decisions, func(d Decision) bool { return d.Channel == h.channel })
			if at < 0 {
				at = len(decisions)
				decisions = append(decisions, Decision{Channel: h.channel, Message: Message{At: now}})
			}
			decisions[at].Message.Items = append(decisions[at].Message.Items, h.item)
		}
	}
	for _, d := range decisions {
		byUrgency(d.Message.Items)
	}
	return decisions
}

// holds reports whether something is held.
func (n *Notifier) holds() bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	return len(n.held) > 0
}

// claimed is what of a message is ours to send, which nobody else will do from now on.
// ok is false when nothing is.
func (n *Notifier) claimed(ctx context.Context, channel string, m Message) (left Message, ok bool) {
	if n.options.Register == nil {
		return m, true
	}
	var ours []Item
	for _, i := range m.Items {
		if i.Over != "" {
			ours = append(ours, i)
			continue
		}
		claim, err := n.options.Register.Claim(ctx, i.telling())
		switch {
		case err != nil, claim == engine.ClaimLater:
			n.hold(heldItem{channel, i, time.Now().Add(askAgain)})
			select {
			case n.kept <- struct{}{}:
			default:
			}
		case claim == engine.ClaimTold:
		default:
			i.Maybe = i.Maybe || claim == engine.ClaimMaybe
			ours = append(ours, i)
		}
	}
	m.Items = ours
	return m, len(ours) > 0
}

// noted notes what has become of a message. What cannot be noted may be told by another
// one, too, who says so.
func (n *Notifier) noted(ctx context.Context, r Result) {
	if n.options.Register == nil {
		return
	}
	for _, i := range r.Message.Items {
		if i.Over != "" {
			continue
		}
		if r.Outcome == OutcomeDelivered {
			_ = n.options.Register.Sent(ctx, i.telling())
		} else if !errors.Is(r.Err, context.Canceled) {
			_ = n.options.Register.Failed(ctx, i.telling())
		}
	}
}

// still reports whether what an item tells of goes on.
func (d *Decider) still(i Item) bool {
	e := d.episodes[i.Agent.Ref]
	return e != nil && e.state == i.State && e.began.Equal(i.Since) && e.agent.Snooze == nil
}
