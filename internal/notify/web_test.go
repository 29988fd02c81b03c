package notify

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"agentwatch/engine"
)

// received is one request that a test's server got.
type received struct {
	method, path string
	header       http.Header
	body         string
}

// serve starts a server that answers each request as told and keeps it.
func serve(t *testing.T, answer http.HandlerFunc) (address string, got <-chan received) {
	t.Helper()
	requests := make(chan received, 8)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		requests <- received{r.Method, r.URL.Path, r.Header, string(body)}
		answer(w, r)
	}))
	t.Cleanup(server.Close)
	return server.URL, requests
}

func accept(http.ResponseWriter, *http.Request) {}

func post(t *testing.T, c Channel, getenv func(string) string, m Message) error {
	t.Helper()
	client := newClient()
	t.Cleanup(client.CloseIdleConnections)
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	return web{kind: c.Type, channel: c, client: client, getenv: getenv}.send(ctx, m)
}

func noEnvironment(string) string { return "" }

// nasty is a message with what an agent could show to do harm.
func nasty() Message {
	m := messageOf(engine.UrgencyWaiting)
	m.Items[0].Agent.Session = "näh\r\nX-Evil: 1"
	m.Items[0].Agent.Activity = "<!channel> *run* `rm` & \x1b]0;x\a<http://evil|ok>\n?"
	return m
}

func TestAWebhookGetsTheEventAsJSON(t *testing.T) {
	url, got := serve(t, accept)
	getenv := func(name string) string { return map[string]string{"TOKEN": "s3cret\n", "ROOM": "ops"}[name] }
	channel := Channel{Type: TypeWebhook, URL: url + "/$ROOM", Headers: map[string]string{"Authorization": "Bearer ${TOKEN}", "X-Price": "$$5"}}
	if err := post(t, channel, getenv, messageOf(engine.UrgencyCrashed, engine.UrgencyLimited)); err != nil {
		t.Fatal(err)
	}
	r := <-got
	var event struct {
		Title, Text, Level string
		Agents             []struct{ Name, State, From, Pane, Since string }
	}
	if err := json.Unmarshal([]byte(r.body), &event); err != nil {
		t.Fatal(err)
	}
	if event.Title != "2 agents need you" || event.Level != "notice" || len(event.Agents) != 2 || event.Agents[0].State != "crashed" ||
		event.Agents[0].From != "working" || event.Agents[1].Pane != "%b" || event.Agents[0].Since != "2026-03-04T11:48:00Z" {
		t.Errorf("%s", r.body)
	}
	if r.method != "POST" || r.path != "/ops" || r.header.Get("Authorization") != "Bearer s3cret" || r.header.Get("X-Price") != "$5" {
		t.Errorf("%+v", r)
	}
}

func TestNtfyGetsHeadersThatHoldNoLineBreak(t *testing.T) {
	url, got := serve(t, accept)
	if err := post(t, Channel{Type: TypeNtfy, URL: url + "/topic", Click: "https://example.com"}, noEnvironment, nasty()); err != nil {
		t.Fatal(err)
	}
	r := <-got
	title, err := new(mime.WordDecoder).DecodeHeader(r.header.Get("Title"))
	if err != nil {
		t.Fatal(err)
	}
	if title != "näh X-Evil: 1 (claude) waits for you" || r.header.Get("X-Evil") != "" {
		t.Errorf("title %q, %v", title, r.header)
	}
	if r.header.Get("Priority") != "default" || r.header.Get("Tags") != "raised_hand" || r.header.Get("Click") != "https://example.com" {
		t.Errorf("%v", r.header)
	}
	if r.body != "<!channel> *run* `rm` & <http://evil|ok> ?" {
		t.Errorf("body %q", r.body)
	}
	late := messageOf(engine.UrgencyWaiting)
	late.Items[0].Level = LevelEscalation
	if err := post(t, Channel{Type: TypeNtfy, URL: url}, noEnvironment, late); err != nil {
		t.Fatal(err)
	}
	if r := <-got; r.header.Get("Priority") != "high" || r.body == "" {
		t.Errorf("%+v", r)
	}
}

func TestSlackCannotBeMadeToCallAChannel(t *testing.T) {
	url, got := serve(t, accept)
	if err := post(t, Channel{Type: TypeSlack, URL: url}, noEnvironment, nasty()); err != nil {
		t.Fatal(err)
	}
	var sent struct {
		Text   string
		Mrkdwn *bool
	}
	if err := json.Unmarshal([]byte((<-got).body), &sent); err != nil {
		t.Fatal(err)
	}
	if strings.ContainsAny(sent.Text, "<>\n\x1b") || !strings.Contains(sent.Text, "&lt;!channel&gt;") || sent.Mrkdwn == nil || *sent.Mrkdwn {
		t.Errorf("%+v", sent)
	}
}

func TestAnswersAreUnderstood(t *testing.T) {
	for _, test := range []struct {
		code      int
		header    string
		permanent bool
		after     time.Duration
		says      string
	}{
		{204, "", false, 0, ""},
		{302, "", true, 0, "302"},
		{401, "", true, 0, "no way"},
		{404, "", true, 0, "404"},
		{413, "", true, 0, "413"},
		{429, "17", false, 17 * time.Second, "429"},
		{503, "", false, 0, "503"},
	} {
		url, _ := serve(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", "https://elsewhere.example/secret")
			w.Header().Set("Retry-After", test.header)
			w.WriteHeader(test.code)
			if test.code >= 400 {
				_, _ = io.WriteString(w, "no\x1b[31m\nway "+strings.Repeat("x", 1<<20))
			}
		})
		err := post(t, Channel{Type: TypeWebhook, URL: url}, noEnvironment, messageOf(engine.UrgencyWaiting))
		if test.says == "" {
			if err != nil {
				t.Errorf("%d: %v", test.code, err)
			}
			continue
		}
		var f *failure
		if !errors.As(err, &f) || f.permanent != test.permanent || f.after != test.after || !strings.Contains(f.what, test.says) {
			t.Errorf("%d: %+v", test.code, err)
			continue
		}
		if strings.Contains(f.what+f.hint, "secret") || len(f.what) > 300 || strings.Contains(f.what, "\x1b") {
			t.Errorf("%d tells too much: %q %q", test.code, f.what, f.hint)
		}
	}
}

func TestRetryAfterIsReadInBothForms(t *testing.T) {
	for header, want := range map[string]time.Duration{
		"": 0, "5": 5 * time.Second, "-3": 0, "soon": 0, "99999999999": 24 * time.Hour,
		noon().Add(time.Minute).Format(http.TimeFormat): time.Minute, noon().Add(-time.Minute).Format(http.TimeFormat): 0,
	} {
		if got := retryAfter(header, noon()); got != want {
			t.Errorf("%q is %s, want %s", header, got, want)
		}
	}
}

func TestSecretsAreInNoReason(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(accept))
	closed := server.URL
	server.Close()
	for name, c := range map[string]Channel{
		"cannot be reached":     {Type: TypeSlack, URL: closed + "/s3cret"},
		"TOKEN is not set":      {Type: TypeSlack, URL: closed + "/s3cret", Headers: map[string]string{"A": "$TOKEN"}},
		"is not a web address":  {Type: TypeSlack, URL: "$HOOK"},
		"is not a web address ": {Type: TypeSlack, URL: "http://[s3cret"},
	} {
		getenv := func(name string) string { return map[string]string{"HOOK": "file:///s3cret"}[name] }
		err := post(t, c, getenv, messageOf(engine.UrgencyWaiting))
		var f *failure
		if !errors.As(err, &f) {
			t.Fatalf("%s: %v", name, err)
		}
		if !strings.Contains(f.what, strings.TrimSpace(name)) || f.hint == "" || strings.Contains(f.what+f.hint, "s3cret") {
			t.Errorf("%s: %q %q", name, f.what, f.hint)
		}
	}
}

func TestAServerThatNeverAnswersIsLeft(t *testing.T) {
	release := make(chan struct{})
	url, _ := serve(t, func(http.ResponseWriter, *http.Request) { <-release })
	t.Cleanup(func() { close(release) })
	client := newClient()
	t.Cleanup(client.CloseIdleConnections)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	err := web{kind: TypeWebhook, channel: Channel{URL: url}, client: client, getenv: noEnvironment}.send(ctx, Message{})
	if !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "not answered in time") {
		t.Errorf("%v", err)
	}
}
