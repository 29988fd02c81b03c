package web

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"agentwatch/themes"
	"agentwatch/ui/keys"
)

const (
	// maxPages is how many pages can be connected at once, maxStrangers how many
	// connections that have not said yet who they are.
	maxPages     = 32
	maxStrangers = 8
	// writeTime bounds every write to a page, requestTime every plain request.
	writeTime   = 5 * time.Second
	requestTime = 10 * time.Second
	// maxHeader bounds the header of a request, in bytes.
	maxHeader = 16 << 10
	// closeTime is how long pages have to go when the server ends.
	closeTime = 2 * time.Second
)

// Themes are the palettes that a page can choose from.
type Themes interface {
	Names() []string
	Load(name string) (*themes.Theme, error)
	Default(dark bool) *themes.Theme
}

// Options say what is served, and to whom.
type Options struct {
	Monitor Monitor
	Store   *Store
	Themes  Themes
	Keys    keys.Keymap
	// Theme is the name of the one in force; empty for the browser's choice between
	// the dark and the light default.
	Theme string
	// Hosts are the names by which the page may be asked for: "host" for any port,
	// or "host:port". All others are refused, whatever resolves to our address.
	Hosts []string
	// Name is what the machine is called on the page, Version the program's.
	Name, Version string
	// AllowAnswers lets paired devices answer agents, AllowText also with texts and
	// keys of their own.
	AllowAnswers, AllowText bool
	// Now is the clock; nil means time.Now.
	Now func() time.Time
}

// Server serves the page. Serve runs it; its Handler does nothing without.
type Server struct {
	options Options
	hub     *hub
	limiter *limiter
	assets  map[string]asset
	// strangers counts the connections that have not said yet who they are.
	strangers atomic.Int32
	// pages are those whose connections are served.
	pages sync.WaitGroup
	// ctx is that of Serve: it ends the pages.
	ctx atomic.Pointer[context.Context]
}

// New returns a Server.
func New(o Options) (*Server, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	assets, err := newAssets(o.Themes)
	if err != nil {
		return nil, err
	}
	return &Server{options: o, hub: newHub(o.Monitor), limiter: newLimiter(o.Now), assets: assets}, nil
}

// Serve serves the page to whoever connects to a listener, with TLS where there is a
// certificate, until ctx ends.
func (s *Server) Serve(ctx context.Context, l net.Listener, certificate *tls.Certificate) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	s.ctx.Store(&ctx)
	server := &http.Server{
		Handler: s.Handler(), ReadHeaderTimeout: requestTime, ReadTimeout: requestTime, WriteTimeout: requestTime, IdleTimeout: time.Minute,
		MaxHeaderBytes: maxHeader, ErrorLog: log.New(quiet{}, "", 0),
	}
	// A WebSocket over HTTP/2 is another protocol.
	server.Protocols = new(http.Protocols)
	server.Protocols.SetHTTP1(true)
	if certificate != nil {
		l = tls.NewListener(l, &tls.Config{Certificates: []tls.Certificate{*certificate}, MinVersion: tls.VersionTLS12, NextProtos: []string{"http/1.1"}})
	}
	var work sync.WaitGroup
	work.Go(func() { s.hub.run(ctx) })
	work.Go(func() {
		<-ctx.Done()
		closing, done := context.WithTimeout(context.WithoutCancel(ctx), closeTime)
		defer done()
		if server.Shutdown(closing) != nil {
			_ = server.Close()
		}
	})
	err := server.Serve(l)
	cancel()
	work.Wait()
	s.pages.Wait()
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}

// quiet drops what net/http would write about broken connections.
type quiet struct{}

func (quiet) Write(p []byte) (int, error) { return len(p), nil }

// Handler answers the requests of browsers. Whatever it answers has the headers that
// forbid the page everything but itself.
func (s *Server) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /ws", s.serveSocket)
	mux.HandleFunc("POST /pair", s.servePair)
	mux.HandleFunc("GET /", s.serveAsset)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		protect(w.Header())
		switch {
		case !s.knowsHost(r.Host):
			refuse(w, http.StatusForbidden, fmt.Sprintf("this page is not served as %q; start agentwatch web with --name", r.Host))
		case !s.allowsOrigin(r.Header.Values("Origin")):
			refuse(w, http.StatusForbidden, "requests of other pages are refused")
		default:
			mux.ServeHTTP(w, r)
		}
	})
}

// policy is the content policy of the page: nothing but its own files, no markup made
// of text, no frame around it.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; manifest-src 'self'; " +
	"worker-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types agentwatch"

func protect(h http.Header) {
	h.Set("Content-Security-Policy", policy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Permissions-Policy", "camera=(), microphone=(), geolocation=()")
}

func refuse(w http.ResponseWriter, status int, why string) {
	w.Header().Set("Cache-Control", "no-store")
	http.Error(w, why, status)
}

// knowsHost reports whether a name is one of ours. A foreign page whose name resolves
// to our address would otherwise be the same origin.
func (s *Server) knowsHost(named string) bool {
	host, _, err := net.SplitHostPort(named)
	if err != nil {
		host = strings.Trim(named, "[]")
	}
	return slices.ContainsFunc(s.options.Hosts, func(known string) bool {
		return strings.EqualFold(known, named) || strings.EqualFold(known, host)
	})
}

// allowsOrigin reports whether a request comes from our own page, or from a program
// that is no browser and so names no origin.
func (s *Server) allowsOrigin(origins []string) bool {
	switch len(origins) {
	case 0:
		return true
	case 1:
		scheme, host, found := strings.Cut(origins[0], "://")
		return found && (scheme == "http" || scheme == "https") && s.knowsHost(host)
	default:
		return false
	}
}

// refusesWrong answers an address that has given too many wrong secrets.
func (s *Server) refusesWrong(w http.ResponseWriter, r *http.Request) bool {
	wait, refused := s.limiter.refuses(addressOf(r))
	if refused {
		w.Header().Set("Retry-After", strconv.Itoa(int(wait/time.Second)+1))
		refuse(w, http.StatusTooManyRequests, "too many wrong codes or tokens; try again in a minute")
	}
	return refused
}
