package web

import (
	"context"
	"encoding/json"
	"net/http"
	"sync"
	"time"

	"github.com/coder/websocket"
)

// Protocol is the WebSocket's subprotocol: docs/web.md describes it.
const Protocol = "agentwatch.1"

const (
	// maxMessage bounds what a page may send at once, in bytes.
	maxMessage = 64 << 10
	// authTime is how long a connection may take to say who it is.
	authTime = 2 * time.Second
	// patchEvery and screensEvery are the least times between two updates, and two
	// updates with screens.
	patchEvery   = 100 * time.Millisecond
	screensEvery = 200 * time.Millisecond
	// window is how many updates may be on their way to a page. A slow one gets fewer,
	// and each brings it to the newest state.
	window = 2
	// ackTime is how long a page may take to acknowledge an update.
	ackTime = 20 * time.Second
	// beatEvery is how often a page is told that we are there when nothing changes.
	beatEvery = 15 * time.Second
	// checkEvery is how often it is checked whether the device is still paired.
	checkEvery = 2 * time.Second
	// maxAsked bounds the questions of one page that are being answered: a search asks
	// three at once.
	maxAsked = 6
)

// Codes with which a connection is closed, beside those of the protocol.
const (
	codeToken   websocket.StatusCode = 4401
	codeTooMany websocket.StatusCode = 4429
)

// page is a browser that shows the board.
type page struct {
	server *Server
	conn   *websocket.Conn
	device Device
	woken  chan struct{}
	asking chan struct{}
	nonces *nonces

	// The rest is guarded by the hub's lock. have is the version that was sent, screens
	// those of the screens, sent counts updates.
	have       uint64
	sent       uint64
	screens    map[string]uint64
	following  []string
	figures    bool
	figuresDue bool

	mu sync.Mutex
	// underWay are the updates that have not been acknowledged, oldest first; shown is
	// the version that the page shows.
	underWay []sentUpdate
	shown    uint64
	// asked are the questions that are being answered, by their number.
	asked map[uint64]context.CancelFunc
}

type sentUpdate struct {
	n, version uint64
	at         time.Time
}

// message is what a page sends: one of its fields.
type message struct {
	Auth *struct {
		Token string `json:"token"`
	} `json:"auth"`
	Follow *struct {
		Panes   []string `json:"panes"`
		Figures bool     `json:"figures"`
	} `json:"follow"`
	Ack uint64 `json:"ack"`
	// Ask numbers a question, of which question is one field. Cancel withdraws one.
	Ask    uint64 `json:"ask"`
	Cancel uint64 `json:"cancel"`
	question
}

// serveSocket serves the WebSocket of a page.
func (s *Server) serveSocket(w http.ResponseWriter, r *http.Request) {
	running := s.ctx.Load()
	switch {
	case running == nil:
		refuse(w, http.StatusServiceUnavailable, "not running")
		return
	case s.refusesWrong(w, r):
		return
	}
	if s.strangers.Add(1) > maxStrangers {
		s.strangers.Add(-1)
		refuse(w, http.StatusServiceUnavailable, "too many connections that have not said who they are")
		return
	}
	known := sync.OnceFunc(func() { s.strangers.Add(-1) })
	defer known()
	// The origin has been checked, for all requests.
	conn, err := websocket.Accept(w, r, &websocket.AcceptOptions{
		Subprotocols: []string{Protocol}, InsecureSkipVerify: true, CompressionMode: websocket.CompressionContextTakeover,
	})
	if err != nil {
		return // Accept has answered
	}
	s.pages.Add(1)
	defer s.pages.Done()
	defer conn.CloseNow()
	conn.SetReadLimit(maxMessage)
	if conn.Subprotocol() != Protocol {
		_ = conn.Close(websocket.StatusPolicyViolation, "the subprotocol is "+Protocol)
		return
	}
	device, ok := s.admit(*running, conn)
	known()
	if !ok {
		s.limiter.fail(addressOf(r))
		_ = conn.Close(codeToken, "no device has this token")
		return
	}
	p := &page{
		server: s, conn: conn, device: device, woken: make(chan struct{}, 1), asking: make(chan struct{}, maxAsked),
		screens: make(map[string]uint64), nonces: newNonces(s.options.Now), asked: make(map[uint64]context.CancelFunc),
	}
	if !s.hub.enter(p) {
		_ = conn.Close(codeTooMany, "too many pages are connected")
		return
	}
	defer s.hub.leave(p)
	// What the list says of a device is worth no failure.
	_ = s.options.Store.Saw(*running, device.ID, s.options.Now())
	p.run(*running)
}

// admit reads the first message, which has to say who it is.
func (s *Server) admit(ctx context.Context, conn *websocket.Conn) (Device, bool) {
	ctx, cancel := context.WithTimeout(ctx, authTime)
	defer cancel()
	kind, data, err := conn.Read(ctx)
	var m message
	if err != nil || kind != websocket.MessageText || json.Unmarshal(data, &m) != nil || m.Auth == nil {
		return Device{}, false
	}
	device, err := s.options.Store.Device(m.Auth.Token)
	return device, err == nil
}

// run serves the page until it goes, or ctx ends.
func (p *page) run(ctx context.Context) {
	ctx, cancel := context.WithCancel(ctx)
	var work sync.WaitGroup
	defer work.Wait()
	defer cancel()
	if p.write(ctx, map[string]any{"hello": p.server.hello(p.device)}) != nil {
		return
	}
	work.Go(func() {
		defer cancel()
		p.read(ctx, &work)
	})
	p.wake()
	p.feed(ctx)
	if ctx.Err() != nil {
		_ = p.conn.Close(websocket.StatusGoingAway, "agentwatch web ends")
	}
}

// write sends a message.
func (p *page) write(ctx context.Context, v any) error {
	data, err := json.Marshal(v)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, writeTime)
	defer cancel()
	return p.conn.Write(ctx, websocket.MessageText, data)
}

// wake says that there may be something to send.
func (p *page) wake() {
	select {
	case p.woken <- struct{}{}:
	default:
	}
}

// wantFigures says whether the page shows figures. It is called under the hub's lock.
func (p *page) wantFigures(wanted bool) {
	p.figuresDue = p.figuresDue || wanted && !p.figures
	p.figures = wanted
}

// feed sends updates until the page goes, does not keep up, or is not paired any more.
func (p *page) feed(ctx context.Context) {
	check := time.NewTicker(checkEvery)
	defer check.Stop()
	again := time.NewTimer(0)
	defer again.Stop()
	var screensAt, beatAt time.Time
	for {
		select {
		case <-ctx.Done():
			return
		case now := <-check.C:
			switch {
			case !p.server.options.Store.Knows(p.device.ID):
				_ = p.conn.Close(codeToken, "this device has been revoked")
				return
			case p.late(now):
				_ = p.conn.Close(codeTooMany, "too slow")
				return
			case now.Sub(beatAt) >= beatEvery:
				if p.write(ctx, map[string]int64{"beat": p.server.options.Now().UnixMilli()}) != nil {
					return
				}
				beatAt = now
			}
			continue
		case <-p.woken:
		case <-again.C:
		}
		if p.full() {
			continue // the acknowledgement wakes us
		}
		due := time.Since(screensAt) >= screensEvery
		u := p.server.hub.next(p, due)
		if !due {
			again.Reset(screensEvery - time.Since(screensAt))
		}
		if u == nil {
			continue
		}
		if u.Screens != nil {
			screensAt = time.Now()
		}
		p.mark(u.N)
		if p.write(ctx, u) != nil {
			return
		}
		beatAt = time.Now()
		select {
		case <-ctx.Done():
			return
		case <-time.After(patchEvery):
		}
	}
}

// mark notes an update that is on its way.
func (p *page) mark(n uint64) {
	p.server.hub.mu.Lock()
	version := p.have
	p.server.hub.mu.Unlock()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.underWay = append(p.underWay, sentUpdate{n, version, time.Now()})
}

// acknowledge notes that the page shows an update.
func (p *page) acknowledge(n uint64) {
	p.mu.Lock()
	for len(p.underWay) > 0 && p.underWay[0].n <= n {
		p.shown = p.underWay[0].version
		p.underWay = p.underWay[1:]
	}
	p.mu.Unlock()
	p.wake()
}

func (p *page) full() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.underWay) >= window
}

func (p *page) late(now time.Time) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.underWay) > 0 && now.Sub(p.underWay[0].at) > ackTime
}

// shows is the version that the page shows.
func (p *page) shows() uint64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.shown
}

// answering notes that a question is being answered; done notes that it is not any more.
func (p *page) answering(ctx context.Context, n uint64) (asked context.Context, done func()) {
	asked, cancel := context.WithCancel(ctx)
	p.mu.Lock()
	p.asked[n] = cancel
	p.mu.Unlock()
	return asked, func() {
		p.mu.Lock()
		delete(p.asked, n)
		p.mu.Unlock()
		cancel()
	}
}

// withdraw ends what answers a question.
func (p *page) withdraw(n uint64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if cancel := p.asked[n]; cancel != nil {
		cancel()
	}
}

// read takes what the page sends, until it goes.
func (p *page) read(ctx context.Context, work *sync.WaitGroup) {
	for {
		kind, data, err := p.conn.Read(ctx)
		if err != nil {
			return
		}
		var m message
		if kind != websocket.MessageText || json.Unmarshal(data, &m) != nil {
			_ = p.conn.Close(websocket.StatusPolicyViolation, "a message is not understood")
			return
		}
		switch {
		case m.Ack > 0:
			p.acknowledge(m.Ack)
		case m.Follow != nil:
			panes := m.Follow.Panes
			p.server.hub.follow(p, panes[:min(len(panes), maxFollowed)], m.Follow.Figures)
		case m.Cancel > 0:
			p.withdraw(m.Cancel)
		case m.Ask > 0:
			select {
			case p.asking <- struct{}{}:
				work.Go(func() {
					defer func() { <-p.asking }()
					p.answer(ctx, m.Ask, m.question)
				})
			default:
				p.tell(ctx, m.Ask, nil, errTooMany)
			}
		}
	}
}
