package hub

import (
	"context"
	"encoding/json"
	"maps"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/redis/rueidis"
)

// do sends one command.
func (c *collector) do(ctx context.Context, command rueidis.Completed) rueidis.RedisResult {
	ctx, cancel := context.WithTimeout(ctx, writeTime)
	defer cancel()
	return c.client.Do(ctx, command)
}

// send sends commands, some at a time, and returns the first error.
func (c *collector) send(ctx context.Context, commands []rueidis.Completed) error {
	if len(commands) > 0 && !c.Allowed() {
		return errNotAllowed
	}
	for part := range slices.Chunk(commands, batch) {
		ctx, cancel := context.WithTimeout(ctx, writeTime)
		began := time.Now()
		_, err := c.exec(ctx, part...)
		cancel()
		c.measured(time.Since(began))
		if err != nil {
			return err
		}
	}
	return nil
}

// measured writes less where the hub is slow, and as much as before where it is not.
func (c *collector) measured(took time.Duration) {
	now := time.Now()
	switch {
	case took > slowTrip:
		c.fast = time.Time{}
		if c.slow.IsZero() {
			c.slow = now
		}
		if now.Sub(c.slow) >= slowFor {
			c.detail, c.slow = min(2*c.detail, max(mostDetail, c.DetailEvery)), now
		}
	case took < fastTrip:
		c.slow = time.Time{}
		if c.fast.IsZero() {
			c.fast = now
		}
		if now.Sub(c.fast) >= fastFor {
			c.detail, c.fast = max(c.detail/2, c.DetailEvery), now
		}
	default:
		c.slow, c.fast = time.Time{}, time.Time{}
	}
}

func (c *collector) set(key string, data []byte, lives time.Duration) rueidis.Completed {
	return c.client.B().Set().Key(key).Value(rueidis.BinaryString(data)).Px(lives).Build()
}

// bytesOf is an entry as it is written.
func (c *collector) bytesOf(e *entry) ([]byte, error) {
	if e.data == nil || e.record.Epoch != c.epoch {
		e.record.Epoch = c.epoch
		data, err := e.record.encoded()
		if err != nil {
			return nil, err
		}
		e.data = data
	}
	return e.data, nil
}

// hostBytes is the host as it is written now.
func (c *collector) hostBytes() ([]byte, error) {
	c.rev++
	h := &c.host
	h.V, h.ID, h.Name, h.Build, h.Share, h.Epoch, h.Rev = format, c.ID, c.Name, c.Build, c.Share, c.epoch, c.rev
	h.At, h.Skew, h.Ready, h.Index = c.Now().Add(-c.skew).UnixMilli(), c.skew.Milliseconds(), true, c.order
	if h.Index == nil {
		h.Index = []string{}
	}
	data, err := json.Marshal(h)
	for err == nil && len(data) > maxHost && len(h.Index) > 0 {
		h.Index = h.Index[:len(h.Index)*9/10]
		h.Notices = nil
		data, err = json.Marshal(h)
	}
	return data, err
}

// put writes everything anew: what the server has is not known.
func (c *collector) put(ctx context.Context) error {
	commands := []rueidis.Completed{c.client.B().Sadd().Key(c.keys.hosts()).Member(string(c.ID)).Build()}
	// The agents come first: with the host's record they all count at once.
	for _, e := range c.entries {
		data, err := c.bytesOf(e)
		if err != nil {
			return err
		}
		commands = append(commands, c.set(c.keys.agent(c.ID, e.record.Pane), data, recordLives))
	}
	host, err := c.hostBytes()
	if err != nil {
		return err
	}
	commands = append(commands, c.set(c.keys.host(c.ID), host, recordLives))
	if err := c.send(ctx, commands); err != nil {
		return err
	}
	for _, e := range c.entries {
		e.due = time.Time{}
	}
	c.hostDue, c.gone, c.whole = false, nil, time.Time{}
	c.putAt = time.Now().Add(rand.N(putAgain*2/5) - putAgain/5)
	c.reputs++
	return nil
}

// flush writes what is due: agents before the record that names them, and after it
// removes those that it no longer names.
func (c *collector) flush(ctx context.Context) error {
	now := time.Now()
	var commands []rueidis.Completed
	var written []*entry
	for _, e := range c.entries {
		if e.due.IsZero() || e.due.After(now) {
			continue
		}
		data, err := c.bytesOf(e)
		if err != nil {
			return err
		}
		commands = append(commands, c.set(c.keys.agent(c.ID, e.record.Pane), data, recordLives))
		written = append(written, e)
	}
	if c.hostDue {
		host, err := c.hostBytes()
		if err != nil {
			return err
		}
		commands = append(commands, c.set(c.keys.host(c.ID), host, recordLives))
	}
	there := make(map[string]bool, len(c.order))
	for _, pane := range c.order {
		there[pane] = true
	}
	for _, pane := range c.gone {
		if !there[pane] {
			commands = append(commands, c.client.B().Del().Key(c.keys.agent(c.ID, pane)).Build())
		}
	}
	if len(commands) == 0 {
		c.hostDue, c.gone = false, nil
		return nil
	}
	if err := c.observed("write", "", func() error { return c.send(ctx, commands) }); err != nil {
		return err
	}
	for _, e := range written {
		e.due = time.Time{}
	}
	c.hostDue, c.gone = false, nil
	return nil
}

// beat says that the host is there, and checks that the hub still has what was written.
func (c *collector) beat(ctx context.Context) error {
	if !c.Allowed() {
		return nil
	}
	next := beat(c.epoch, c.seq+1)
	names := []string{c.keys.host(c.ID)}
	for e := range maps.Values(c.entries) {
		names = append(names, c.keys.agent(c.ID, e.record.Pane))
	}
	ctx, cancel := context.WithTimeout(ctx, writeTime)
	defer cancel()
	began := time.Now()
	answers, err := c.exec(
		ctx,
		c.client.B().Set().Key(c.keys.beat(c.ID)).Value(next).Get().PxMilliseconds(beatLives.Milliseconds()).Build(),
		c.client.B().Exists().Key(names...).Build(),
		// Nobody else would notice that the list of hosts is lost.
		c.client.B().Sadd().Key(c.keys.hosts()).Member(string(c.ID)).Build(),
	)
	c.measured(time.Since(began))
	if err != nil {
		return err
	}
	old, err := answers[0].ToString()
	if err != nil && !rueidis.IsRedisNil(err) {
		return err
	}
	c.seq++
	expected := c.beaten
	c.beaten = next
	if epoch, ended := epochOf(old); epoch > c.epoch && !ended {
		// What it has written is put right by its own next beat.
		return ErrTwin
	}
	there, err := answers[1].ToInt64()
	if err != nil {
		return err
	}
	if (expected != "" && old != expected || int(there) != len(names)) && c.whole.IsZero() {
		c.whole, c.why = time.Now(), "lost"
	}
	return nil
}

// goodbye says that the host is there no longer, so that its agents are not waited for.
func (c *collector) goodbye() {
	if c.epoch == 0 || !c.Allowed() {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), writeTime)
	defer cancel()
	_ = c.client.Do(ctx, c.client.B().Set().Key(c.keys.beat(c.ID)).Value(bye(c.epoch)).Px(recordLives).Build()).Error()
}
