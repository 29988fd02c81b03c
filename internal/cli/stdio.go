package cli

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httputil"
	"os"
	"strings"
	"time"

	"agentwatch/engine"
	"agentwatch/engine/api"
	"agentwatch/engine/client"
	"agentwatch/engine/daemon"
	"agentwatch/engine/socket"
	"agentwatch/engine/stdio"
)

// passTime bounds how long a request waits for an engine process to begin.
const passTime = 5 * time.Second

// serveStdio passes the API of the user's engine process on over standard input and
// output, until they end; with --alone, that of an engine of this process. The engine process is started where none runs; it stays
// while the other side reads a stream.
func serveStdio(ctx context.Context, p Process, o watchOptions) error {
	if o.alone {
		h, err := newHosted(p, o, daemon.Options{})
		if err != nil {
			return err
		}
		err = usingPipe(ctx, h.server, h.run, func(ctx context.Context, dial client.Dial) error { return passStdio(ctx, p, o, dial) })
		return errors.Join(err, h.past.Close())
	}
	if err := o.check(p); err != nil {
		return err
	}
	return passStdio(ctx, p, o, func(ctx context.Context) (net.Conn, error) { return dialStarting(ctx, p, o) })
}

// passStdio passes on the API of the engine that dial connects to.
func passStdio(ctx context.Context, p Process, o watchOptions, dial client.Dial) error {
	host, _ := os.Hostname()
	transport := &http.Transport{
		DialContext:        func(ctx context.Context, _, _ string) (net.Conn, error) { return dial(ctx) },
		DisableCompression: true, IdleConnTimeout: time.Minute,
	}
	defer transport.CloseIdleConnections()
	proxy := &httputil.ReverseProxy{
		Rewrite:   func(r *httputil.ProxyRequest) { r.Out.URL.Scheme, r.Out.URL.Host = "http", "agentwatch" },
		Transport: transport, FlushInterval: -1, ErrorLog: log.New(io.Discard, "", 0),
		ErrorHandler: func(w http.ResponseWriter, _ *http.Request, err error) { writeAPIError(w, lostOr(err)) },
	}
	hello := api.Hello{Build: ownBuild(p), PID: os.Getpid(), Host: host, Now: time.Now(), ReadOnly: o.readOnly}
	return stdio.Serve(ctx, p.Stdin, p.Stdout, hello, passing(proxy, o.readOnly))
}

// passing keeps what only the user's own processes may ask for from another machine.
func passing(next http.Handler, readOnly bool) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		path := strings.TrimPrefix(r.URL.Path, "/v1/")
		switch {
		case path == "leave", strings.HasPrefix(path, "pprof"):
			writeAPIError(w, api.ErrLocal)
		case path == "answers" && readOnly:
			writeAPIError(w, engine.ErrReadOnly)
		default:
			next.ServeHTTP(w, r)
		}
	})
}

// lostOr is what the other side can tell apart of why a request was not passed on.
func lostOr(err error) error {
	if isAny(err, api.ErrNobody, api.ErrForeign, api.ErrNoAnswer) {
		return err
	}
	return errors.Join(api.ErrLost, err)
}

func writeAPIError(w http.ResponseWriter, err error) {
	e, status := api.ErrorOf(err)
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]*api.Error{"error": e})
}

// dialStarting connects to the engine process, and starts one where none listens.
func dialStarting(ctx context.Context, p Process, o watchOptions) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, passTime)
	defer cancel()
	path := socket.Path(p.Getenv)
	var started time.Time
	for {
		conn, err := socket.Dial(ctx, path)
		if !errors.Is(err, api.ErrNobody) {
			return conn, err
		}
		if time.Since(started) > time.Second {
			started = time.Now()
			if err := startEngine(ctx, p, o); err != nil {
				return nil, err
			}
		}
		select {
		case <-ctx.Done():
			return nil, api.ErrNobody
		case <-time.After(20 * time.Millisecond):
		}
	}
}
