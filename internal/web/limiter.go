package web

import (
	"net"
	"net/http"
	"sync"
	"time"
)

const (
	// maxWrong is how many wrong secrets an address may give in wrongWindow.
	maxWrong    = 5
	wrongWindow = time.Minute
	// maxAddresses bounds how many addresses are remembered. With more at once all
	// of them share one count.
	maxAddresses = 1024
)

// limiter counts the wrong tokens and codes of each address. It is safe for
// concurrent use.
type limiter struct {
	now func() time.Time

	mu    sync.Mutex
	wrong map[string][]time.Time
}

func newLimiter(now func() time.Time) *limiter {
	return &limiter{now: now, wrong: make(map[string][]time.Time)}
}

// addressOf is where a request comes from: over a unix socket, from nowhere.
func addressOf(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return ""
	}
	return host
}

// key is what an address is remembered by.
func (l *limiter) key(address string) string {
	if _, known := l.wrong[address]; !known && len(l.wrong) >= maxAddresses {
		return "any"
	}
	return address
}

// refuses reports whether an address has given too many wrong secrets of late, and
// for how long it is refused.
func (l *limiter) refuses(address string) (time.Duration, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	recent := l.recent(l.key(address))
	if len(recent) < maxWrong {
		return 0, false
	}
	return recent[len(recent)-maxWrong].Add(wrongWindow).Sub(l.now()), true
}

// fail counts a wrong secret.
func (l *limiter) fail(address string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for known := range l.wrong {
		l.recent(known)
	}
	key := l.key(address)
	l.wrong[key] = append(l.recent(key), l.now())
}

// recent are the wrong secrets of an address in the window. It is called under mu.
func (l *limiter) recent(key string) []time.Time {
	all := l.wrong[key]
	for len(all) > 0 && l.now().Sub(all[0]) >= wrongWindow {
		all = all[1:]
	}
	if len(all) == 0 {
		delete(l.wrong, key)
		return nil
	}
	l.wrong[key] = all
	return all
}
