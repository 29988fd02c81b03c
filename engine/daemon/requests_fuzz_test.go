package daemon_test

import (
	"context"
	"encoding/json"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"agentwatch/engine/daemon"
	"agentwatch/health"
)

// Whatever a process of the user's asks is answered by JSON, and an error has a code.
func FuzzAnyRequestIsAnswered(f *testing.F) {
	f.Add("answers/plan", "", `{"target":{"server":"s","pane":"%1"},"action":"approve","seen":{"dialog":{"options":[{}]}}}`)
	f.Add("answers", "", `{"id":"x","action":"choose","option":-7}`)
	f.Add("seen", "server=s&pane=%251", `{"pane":"`)
	f.Add("strategy", "", `{"name":"\u0000"}`)
	f.Add("leave", "", `{"version":"x"}`)
	f.Add("rescan", "", "{}")
	f.Add("history", "since=yesterday&limit=-1", "")
	f.Add("scrollback", "rows=99999999999999999999", "")
	f.Fuzz(func(t *testing.T, path, query, body string) {
		if strings.Contains(path, "pprof") || strings.HasSuffix(strings.Trim(path, "/."), "s") && body == "" {
			return // a profile takes its time, and a stream does not end
		}
		fake := newFakeEngine(t)
		fake.Engine = fake.service // which does not run, and knows no pane
		fake.show(snapshot(1, agent("%1", health.StateWaiting)))
		s := serve(t, daemon.Options{Engine: fake})
		defer s.stop()
		transport := &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) { return s.dial(ctx) }}
		defer transport.CloseIdleConnections()
		method := http.MethodPost
		switch {
		case body == "":
			method = http.MethodGet
		case path == "strategy":
			method = http.MethodPut
		}
		target := url.URL{Scheme: "http", Host: "agentwatch", Path: "/v1/" + path, RawQuery: query}
		request, err := http.NewRequestWithContext(t.Context(), method, target.String(), strings.NewReader(body))
		if err != nil {
			return
		}
		response, err := (&http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}).Do(request)
		if err != nil {
			t.Fatalf("%s %s: %v", method, target.String(), err)
		}
		defer response.Body.Close()
		if response.StatusCode < 400 || response.Header.Get("Content-Type") != "application/json" {
			return // done, or not one of ours: the router's own words
		}
		var said struct {
			Error struct{ Code, Text string }
		}
		if err := json.NewDecoder(response.Body).Decode(&said); err != nil || said.Error.Code == "" {
			t.Fatalf("%s %s: status %d, %+v, %v", method, target.String(), response.StatusCode, said, err)
		}
	})
}
