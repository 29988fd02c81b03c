package hub

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/redis/rueidis"

	"agentwatch/engine"
)

const (
	// toldLives is how long it is known that something has been told.
	toldLives = 24 * time.Hour
	// mostTrials is how many may end while they tell the same.
	mostTrials = 5
	sentPrefix = "sent:"
	tryPrefix  = "try:"
)

// errNoRecord is why something cannot be told of: its host is not known any more.
var errNoRecord = errors.New("the hub does not show this agent")

func (k keys) tell() string { return k.leases() + ":0:tell" }
func (k keys) lastTold() string {
	return k.prefix() + "told:last"
}

// told begins the keys of what is told of a host's agents.
func (k keys) told(id HostID) string { return k.prefix() + "told:" + string(id) + ":" }

// mark is the key of what is told, in its nth trial.
func (k keys) mark(id HostID, pane string, since time.Time, t engine.Telling, trial int) string {
	level := "notice"
	if t.Escalated {
		level = "escalation"
	}
	return fmt.Sprintf("%s%s:%d:%s:%s:%d", k.told(id), pane, since.UnixNano(), t.Urgency, level, trial)
}

// Teller takes part in telling the user once of the agents of a hub, whoever watches:
// one viewer holds the lease and tells, and marks what it tells before and after. It
// implements engine.Register.
type Teller struct {
	viewer *Viewer
	option rueidis.ClientOption
	id     string
	lasts  time.Duration
	trial  time.Duration
	cancel context.CancelFunc
	done   sync.WaitGroup

	mu sync.Mutex
	// client and lease are nil until the hub was reached.
	client rueidis.Client
	lease  *lease
	// before is set when there was a teller before us, whose marks are there; asked when
	// that is known.
	asked, before bool
	// since is when we first held the lease; zero for never yet.
	since time.Time
	// skew is how far our clock is ahead of the hub's.
	skew   time.Duration
	memory memory
}

// TellOptions say how long others wait for one who has ended; zero for the usual.
type TellOptions struct {
	// Lease is how long nobody else tells, Trial how long it is not told again what was
	// being sent.
	Lease, Trial time.Duration
}

// Teller begins to want to tell, until its Close is called.
func (v *Viewer) Teller(o TellOptions) (*Teller, error) {
	option, err := v.options.client()
	if err != nil {
		return nil, err
	}
	option.DisableCache = true
	t := &Teller{viewer: v, option: option, id: rand.Text()[:8], lasts: cmp.Or(o.Lease, leaseLasts), trial: cmp.Or(o.Trial, engine.TrialLasts), memory: newMemory()}
	ctx, cancel := context.WithCancel(context.Background())
	t.cancel = cancel
	t.done.Go(func() { t.run(ctx) })
	return t, nil
}

// Close lets another one tell.
func (t *Teller) Close() {
	t.cancel()
	t.done.Wait()
	if t.client != nil {
		t.lease.release()
		t.client.Close()
	}
}

func (t *Teller) run(ctx context.Context) {
	renew := time.NewTicker(t.lasts / 3)
	defer renew.Stop()
	for {
		t.round(ctx)
		select {
		case <-ctx.Done():
			return
		case <-renew.C:
		}
	}
}

// round keeps the lease, or wants it, and notes that somebody tells. What fails is tried
// again; that the hub cannot be read is said by the viewer.
func (t *Teller) round(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, writeTime)
	defer cancel()
	if t.client == nil {
		client, err := rueidis.NewClient(t.option)
		if err != nil {
			if client != nil {
				client.Close()
			}
			return
		}
		t.mu.Lock()
		t.client, t.lease = client, newLease(client, t.viewer.keys.tell(), t.lasts)
		t.mu.Unlock()
	}
	last, err := t.client.Do(ctx, t.client.B().Get().Key(t.viewer.keys.lastTold()).Build()).ToString()
	if err != nil && !rueidis.IsRedisNil(err) {
		return
	}
	now, skew, err := hubNow(ctx, t.client)
	if err != nil {
		return
	}
	if t.restore(ctx, last) != nil {
		return
	}
	t.mu.Lock()
	t.skew = skew
	t.mu.Unlock()
	if t.lease.renew(ctx) == nil && t.lease.held() {
		value := strconv.FormatInt(now.UnixMilli(), 10)
		_ = t.client.Do(ctx, t.client.B().Set().Key(t.viewer.keys.lastTold()).Value(value).Px(toldLives).Build()).Error()
		// It is kept alive, and not made anew where the hub has been emptied meanwhile.
		_ = t.client.Do(ctx, t.client.B().Set().Key(t.viewer.keys.era()).Value(t.memory.currentEra()).Xx().Px(toldLives).Build()).Error()
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.since.IsZero() && t.lease.held() {
		t.since = time.Now()
	}
	if !t.asked {
		t.asked, t.before = true, last != ""
	}
}

// holder is what to ask with while the lease is ours; nil while it is not.
func (t *Teller) holder() rueidis.Client {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.lease == nil || !t.lease.held() || t.memory.restoring() {
		return nil
	}
	return t.client
}

// hubNow is the hub's time, and how far our clock is ahead of it.
func hubNow(ctx context.Context, client rueidis.Client) (now time.Time, skew time.Duration, err error) {
	asked := time.Now()
	parts, err := client.Do(ctx, client.B().Time().Build()).AsStrSlice()
	if err != nil {
		return now, 0, err
	}
	if len(parts) != 2 {
		return now, 0, errors.New("the hub tells no time")
	}
	if now, err = hubTime(parts); err != nil {
		return now, 0, err
	}
	return now, asked.Add(time.Since(asked) / 2).Sub(now), nil
}

// Before reports whether somebody has told before us, in the last 24 hours: then what
// has no mark is to be told, however old it is. known is false while that has not been
// read.
func (t *Teller) Before() (told, known bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.before, t.asked
}

// Since is when we began to tell; zero when we have not yet. From then on hosts leave it
// to us.
func (t *Teller) Since() time.Time {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.since
}

// Ours implements engine.Register.
func (t *Teller) Ours(what engine.Telling) bool {
	return t.holder() != nil && t.viewer.hears(what.Ref.Host)
}

// Claim implements engine.Register.
func (t *Teller) Claim(ctx context.Context, what engine.Telling) (engine.Claim, error) {
	client := t.holder()
	if client == nil {
		return engine.ClaimLater, nil
	}
	id, pane, since, ok := t.viewer.place(what)
	if !ok {
		return engine.ClaimLater, errNoRecord
	}
	t.mu.Lock()
	now := time.Now().Add(-t.skew)
	t.mu.Unlock()
	ours := tryPrefix + t.id + ":" + strconv.FormatInt(now.UnixMilli(), 10)
	ctx, cancel := context.WithTimeout(ctx, writeTime)
	defer cancel()
	for trial := range mostTrials {
		key := t.viewer.keys.mark(id, pane, since, what, trial)
		err := client.Do(ctx, client.B().Set().Key(key).Value(ours).Nx().Px(toldLives).Build()).Error()
		if err == nil {
			return trialClaim(trial), nil
		}
		if !rueidis.IsRedisNil(err) {
			return engine.ClaimLater, err
		}
		other, err := client.Do(ctx, client.B().Get().Key(key).Build()).ToString()
		if err != nil {
			return engine.ClaimLater, err
		}
		word, at, _ := strings.Cut(strings.TrimPrefix(strings.TrimPrefix(other, tryPrefix), sentPrefix), ":")
		began, _ := strconv.ParseInt(at, 10, 64)
		switch {
		case word == t.id:
			return trialClaim(trial), nil
		case strings.HasPrefix(other, sentPrefix):
			t.memory.note(key)
			return engine.ClaimTold, nil
		case now.Sub(time.UnixMilli(began)) < t.trial:
			return engine.ClaimLater, nil
		}
	}
	return engine.ClaimTold, nil
}

func trialClaim(trial int) engine.Claim {
	if trial == 0 {
		return engine.ClaimFirst
	}
	return engine.ClaimMaybe
}

// Sent implements engine.Register.
func (t *Teller) Sent(ctx context.Context, what engine.Telling) error {
	// Also when the hub is away now, and forgets that it was about to be sent.
	if id, pane, since, ok := t.viewer.place(what); ok {
		t.memory.note(t.viewer.keys.mark(id, pane, since, what, 0))
	}
	return t.note(ctx, what, func(client rueidis.Client, key string) rueidis.Completed {
		return client.B().Set().Key(key).Value(sentPrefix + t.id).Px(toldLives).Build()
	})
}

// Failed implements engine.Register.
func (t *Teller) Failed(ctx context.Context, what engine.Telling) error {
	return t.note(ctx, what, func(client rueidis.Client, key string) rueidis.Completed { return client.B().Del().Key(key).Build() })
}

// note changes the mark of a trial of ours.
func (t *Teller) note(ctx context.Context, what engine.Telling, change func(rueidis.Client, string) rueidis.Completed) error {
	t.mu.Lock()
	client := t.client
	t.mu.Unlock()
	id, pane, since, ok := t.viewer.place(what)
	if !ok || client == nil {
		return errNoRecord
	}
	ctx, cancel := context.WithTimeout(ctx, writeTime)
	defer cancel()
	for trial := range mostTrials {
		key := t.viewer.keys.mark(id, pane, since, what, trial)
		value, err := client.Do(ctx, client.B().Get().Key(key).Build()).ToString()
		if err != nil && !rueidis.IsRedisNil(err) {
			return err
		}
		// There is none when it has not arrived over another channel.
		if value == "" || strings.HasPrefix(value, tryPrefix+t.id+":") {
			return client.Do(ctx, change(client, key)).Error()
		}
		if strings.HasPrefix(value, sentPrefix) {
			return nil
		}
	}
	return errNoRecord
}

// hears reports whether a host is heard now: what a host showed that is silent is not
// told.
func (v *Viewer) hears(name string) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, h := range v.order {
		if h.name == name {
			state := h.stateAt(time.Now())
			return state == engine.HostLive || state == engine.HostLate
		}
	}
	return false
}

// place is what an agent is called in the hub, and since when it is in its state by its
// host's clock: what all viewers call it, whatever their clocks say.
func (v *Viewer) place(what engine.Telling) (id HostID, pane string, since time.Time, ok bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, h := range v.order {
		if h.name != what.Ref.Host {
			continue
		}
		for _, s := range h.record.Servers {
			if s.Socket == what.Ref.Server {
				return h.id, s.ID + "." + strings.TrimPrefix(what.Ref.Pane, "%"), what.Since.Add(h.skew), true
			}
		}
	}
	return "", "", since, false
}
