package hub

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/redis/rueidis"

	"agentwatch/engine"
)

// tellerLasts is how long after the last sign of a viewer that tells there is none: its
// lease, and as long as the next one may take to be heard of.
const tellerLasts = leaseLasts + beatEvery

// telling is what a collector knows of the viewers that tell the user of its agents.
type telling struct {
	// told is set while one does, heard when that was read last; due is set when what
	// they have told is to be read.
	told, due bool
	heard     time.Time
	asked     bool
}

// readTeller reads whether a viewer tells the user of agents, and when none does any more
// what has been told of this host's. That this host may not read it is no failure: its
// access rules are those of an earlier build.
func (c *collector) readTeller(ctx context.Context) error {
	if c.Tells == nil {
		return nil
	}
	text, err := c.do(ctx, c.client.B().Get().Key(c.keys.lastTold()).Build()).ToString()
	if err != nil && !rueidis.IsRedisNil(err) {
		if strings.HasPrefix(err.Error(), "NOPERM") {
			return nil
		}
		return err
	}
	last, _ := strconv.ParseInt(text, 10, 64)
	t := &c.telling
	if !t.asked {
		t.asked, t.due = true, text != ""
	}
	if c.Now().Add(-c.skew).Sub(time.UnixMilli(last)) < c.tellerLasts {
		t.heard, t.due = time.Now(), true
		if !t.told {
			t.told = true
			c.Tells(true)
		}
		return nil
	}
	if t.due {
		if err := c.readTold(ctx); err != nil {
			return err
		}
		t.due = false
	}
	c.noTeller()
	return nil
}

// noTeller says that no viewer tells any more.
func (c *collector) noTeller() {
	if c.telling.told {
		c.telling.told = false
		c.Tells(false)
	}
}

// loseTeller lets the host tell itself when the hub has been away for so long that its
// viewers tell nothing.
func (c *collector) loseTeller() {
	if c.telling.told && time.Since(c.telling.heard) >= c.tellerLasts {
		c.noTeller()
	}
}

// readTold reads what viewers have told of the agents as they are now.
func (c *collector) readTold(ctx context.Context) error {
	if c.Told == nil {
		return nil
	}
	var names []string
	var whats []engine.Telling
	for ref, e := range c.entries {
		a := e.record.agent("", Server{}, 0)
		for _, escalated := range []bool{false, true} {
			what := engine.Telling{Ref: ref, Since: a.Since, Urgency: a.Urgency(), Escalated: escalated}
			for trial := range mostTrials {
				names = append(names, c.keys.mark(c.ID, e.record.Pane, a.Since, what, trial))
				whats = append(whats, what)
			}
		}
	}
	for part := range slices.Chunk(names, batch) {
		values, err := c.do(ctx, c.client.B().Mget().Key(part...).Build()).ToArray()
		if err != nil {
			return err
		}
		for i := range values {
			if text, err := values[i].ToString(); err == nil && strings.HasPrefix(text, sentPrefix) {
				c.Told(ctx, whats[i])
			}
		}
		whats = whats[len(part):]
	}
	return nil
}
