package hub

import (
	"context"
	"crypto/rand"
	"strconv"
	"sync"
	"time"

	"github.com/redis/rueidis"
)

const (
	// leaseLasts is how long a lease is held that is not extended. A third of that is how
	// often it is, and is wanted by those who do not have it; its holder lets go a tenth
	// of it earlier than Redis does.
	leaseLasts = 10 * time.Second
)

// takeLease takes a lease that nobody holds, or extends our own: a GET and a SET would
// let two have it.
var takeLease = rueidis.NewLuaScript(`local v = redis.call('GET', KEYS[1])
if v and v ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1`)

// dropLease gives a lease back that is ours.
var dropLease = rueidis.NewLuaScript(`if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0`)

// lease is something that one of many does. It lasts by Redis's clock; its holder
// counts from before it asked, by a clock that nobody sets.
type lease struct {
	client rueidis.Client
	key    string
	token  string
	lasts  time.Duration

	mu    sync.Mutex
	until time.Time
}

func newLease(client rueidis.Client, key string, lasts time.Duration) *lease {
	return &lease{client: client, key: key, token: rand.Text(), lasts: lasts}
}

// held reports whether it is ours now.
func (l *lease) held() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return time.Now().Before(l.until)
}

// renew takes it, or extends it. Where Redis does not answer it is ours as long as it
// was to be.
func (l *lease) renew(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, writeTime)
	defer cancel()
	asked := time.Now()
	taken, err := takeLease.Exec(ctx, l.client, []string{l.key}, []string{l.token, strconv.FormatInt(l.lasts.Milliseconds(), 10)}).AsInt64()
	if err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.until = time.Time{}
	if taken == 1 {
		l.until = asked.Add(l.lasts * 9 / 10)
	}
	return nil
}

// release gives it back, so that the next one need not wait.
func (l *lease) release() {
	l.mu.Lock()
	l.until = time.Time{}
	l.mu.Unlock()
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	_ = dropLease.Exec(ctx, l.client, []string{l.key}, []string{l.token}).Error()
}
