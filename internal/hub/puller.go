package hub

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/redis/rueidis"

	"agentwatch/engine"
)

const (
	// heardWithin is how lately a host that is read must have been heard for us to say
	// that it is there.
	heardWithin = 10 * time.Second
	// mostMoves is how many hosts are let go in one round, so that those who take them
	// need not connect to all at once.
	mostMoves = 15
)

// PullOptions say which hosts are read for a hub that they cannot reach.
type PullOptions struct {
	// CollectOptions are those of each host; ID and Name are filled in.
	CollectOptions
	// Hosts are their names.
	Hosts []string
	// Read reads a host until ctx ends, also when it cannot be reached for a time. The
	// times in its snapshots are by this machine's clock.
	Read func(ctx context.Context, host string, take func(*engine.Snapshot))
	// Pulled is told how many hosts are read here, after each round; it may be nil.
	Pulled func(hosts int)
	// Lease is how long nobody else writes a host whose writer has ended; zero for 10 s.
	Lease time.Duration
}

// puller shares hosts with others who read the same ones.
type puller struct {
	PullOptions
	keys   keys
	client rueidis.Client
	id     string
	pulls  map[string]*pull
}

// pull is one host that is, or will be, read here.
type pull struct {
	host   string
	lease  *lease
	cancel context.CancelFunc
	done   chan struct{}
}

func (k keys) puller(id string) string { return k.prefix() + "m:" + id }
func (k keys) own(host HostID) string  { return k.leases() + ":0:own:" + string(host) }

// Pull reads hosts and writes what they show, sharing them with all who pull for the
// same fleet, until ctx ends. At any time one of those writes a host: the one who has
// its lease.
func Pull(ctx context.Context, o PullOptions) error {
	option, err := o.client()
	if err != nil {
		return err
	}
	option.DisableCache = true
	client, err := rueidis.NewClient(option)
	if client == nil {
		return explained(err)
	}
	defer client.Close()
	o.Lease = cmp.Or(o.Lease, leaseLasts)
	if o.Said == nil {
		o.Said = func(error) {}
	}
	p := &puller{PullOptions: o, keys: keys{o.Fleet}, client: client, id: rand.Text()[:12], pulls: make(map[string]*pull)}
	defer p.close()
	rounds := time.NewTicker(o.Lease / 3)
	defer rounds.Stop()
	var failed error
	for {
		err := p.observed("share", "", func() error { return p.round(ctx) })
		if p.Pulled != nil {
			p.Pulled(len(p.pulls))
		}
		if ctx.Err() != nil {
			return nil
		}
		if (err == nil) != (failed == nil) {
			o.Said(explained(err))
		}
		failed = err
		select {
		case <-ctx.Done():
			return nil
		case <-rounds.C:
		}
	}
}

// close lets all hosts go, for others to take at once.
func (p *puller) close() {
	for _, one := range p.pulls {
		p.drop(one)
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	_ = p.client.Do(ctx, p.client.B().Del().Key(p.keys.puller(p.id)).Build()).Error()
}

// round says that we are there, and takes and lets go hosts.
func (p *puller) round(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, writeTime)
	defer cancel()
	err := p.client.Do(ctx, p.client.B().Set().Key(p.keys.puller(p.id)).Value("1").Px(p.Lease).Build()).Error()
	if err != nil {
		return err
	}
	members, err := p.members(ctx)
	if err != nil {
		return err
	}
	moves := 0
	for _, host := range p.Hosts {
		one, pulled := p.pulls[host]
		ours := ownerOf(host, members) == p.id
		switch {
		case ours && !pulled:
			one = &pull{host: host, lease: newLease(p.client, p.keys.own(PulledID(p.Fleet, host)), p.Lease)}
			p.pulls[host] = one
		case !ours && pulled && moves < mostMoves:
			moves++
			p.drop(one)
			continue
		case !pulled:
			continue
		}
		if err := one.lease.renew(ctx); err != nil {
			return err
		}
		p.keep(one)
	}
	return nil
}

// keep reads a host while its lease is ours.
func (p *puller) keep(one *pull) {
	if one.done != nil {
		select {
		case <-one.done:
			one.stop()
		default:
			if !one.lease.held() {
				one.stop()
			}
		}
	}
	if one.done != nil || !one.lease.held() {
		return
	}
	ctx, cancel := context.WithCancel(context.Background())
	one.cancel, one.done = cancel, make(chan struct{})
	go func() {
		defer close(one.done)
		p.pull(ctx, one)
	}()
}

// pull reads and writes one host until ctx ends or another one writes it.
func (p *puller) pull(ctx context.Context, one *pull) {
	ctx, cancel := context.WithCancel(ctx)
	var reading sync.WaitGroup
	defer reading.Wait()
	defer cancel()
	var heard atomic.Int64
	began := time.Now()
	snapshots := make(chan *engine.Snapshot, 1)
	reading.Go(func() {
		p.Read(ctx, one.host, func(s *engine.Snapshot) {
			heard.Store(int64(time.Since(began)) + 1)
			select {
			case <-snapshots:
			default:
			}
			snapshots <- s
		})
	})
	o := p.CollectOptions
	o.ID, o.Name, o.fence = PulledID(p.Fleet, one.host), one.host, one.lease
	o.Allowed = func() bool {
		at := heard.Load()
		return one.lease.held() && at > 0 && time.Since(began)-time.Duration(at) < heardWithin
	}
	// One that is told to stand down is taken up again by whoever has the lease.
	if err := Collect(ctx, o, snapshots); err != nil && !errors.Is(err, ErrTwin) {
		o.Said(err)
	}
}

// stop ends the reading, without a goodbye: another one goes on.
func (one *pull) stop() {
	if one.done != nil {
		one.cancel()
		<-one.done
		one.cancel, one.done = nil, nil
	}
}

// drop lets a host go.
func (p *puller) drop(one *pull) {
	one.lease.release()
	one.stop()
	delete(p.pulls, one.host)
}

// members are all who pull now.
func (p *puller) members(ctx context.Context) ([]string, error) {
	found := map[string]bool{p.id: true}
	for cursor := uint64(0); ; {
		entry, err := p.client.Do(ctx, p.client.B().Scan().Cursor(cursor).Match(p.keys.puller("*")).Count(1000).Build()).AsScanEntry()
		if err != nil {
			return nil, err
		}
		for _, key := range entry.Elements {
			found[strings.TrimPrefix(key, p.keys.puller(""))] = true
		}
		if cursor = entry.Cursor; cursor == 0 {
			return slices.Sorted(maps.Keys(found)), nil
		}
	}
}

// ownerOf is the member that a host belongs to: with each that comes or goes only its
// own hosts move.
func ownerOf(host string, members []string) string {
	owner, best := "", uint64(0)
	for _, member := range members {
		sum := sha256.Sum256([]byte(member + "\x00" + host))
		if weight := binary.BigEndian.Uint64(sum[:8]); owner == "" || weight > best {
			owner, best = member, weight
		}
	}
	return owner
}
