package notify

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"

	"agentwatch/engine"
)

// web posts messages to an address.
type web struct {
	kind    ChannelType
	channel Channel
	client  *http.Client
	getenv  func(string) string
}

// newClient makes the client of all web channels. It follows no redirection:
// that could carry a secret to a stranger, and turns a POST into a GET.
func newClient() *http.Client {
	transport := &http.Transport{
		Proxy: http.ProxyFromEnvironment, ForceAttemptHTTP2: true,
		MaxIdleConns: 8, IdleConnTimeout: 30 * time.Second, TLSHandshakeTimeout: tryTimeout,
	}
	return &http.Client{
		Transport:     transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

func (w web) send(ctx context.Context, m Message) error {
	request, err := w.request(ctx, m)
	if err != nil {
		return err
	}
	response, err := w.client.Do(request)
	if err != nil {
		return unreachable(request.URL.Host, err)
	}
	defer response.Body.Close()
	said, err := io.ReadAll(io.LimitReader(response.Body, maxHead))
	if err != nil && ctx.Err() != nil {
		return unreachable(request.URL.Host, err)
	}
	return w.judge(response, string(said))
}

// unreachable is the failure of a request without an answer. The error of the
// http package has the whole address in it, which can be a secret.
func unreachable(host string, err error) error {
	var outer *url.Error
	if errors.As(err, &outer) {
		err = outer.Err
	}
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, os.ErrDeadlineExceeded) {
		return failed(host+" has not answered in time", "", context.DeadlineExceeded)
	}
	if errors.Is(err, context.Canceled) {
		return err
	}
	return failed(host+" cannot be reached: "+plain(err.Error(), maxNote), "check the address and the network", err)
}

// judge reads the answer.
func (w web) judge(response *http.Response, said string) error {
	host, code := response.Request.URL.Host, response.StatusCode
	what := fmt.Sprintf("%s answered %d %s", host, code, http.StatusText(code))
	if said = plain(said, maxNote); said != "" && code >= http.StatusBadRequest {
		what += ": " + said
	}
	switch {
	case code < http.StatusMultipleChoices:
		return nil
	case code < http.StatusBadRequest:
		return refused(what, "write the address to which it moved: "+movedTo(response))
	case code == http.StatusTooManyRequests, code >= http.StatusInternalServerError:
		f := failed(what, "", nil)
		f.after = retryAfter(response.Header.Get("Retry-After"), time.Now())
		return f
	case code == http.StatusUnauthorized, code == http.StatusForbidden:
		return refused(what, "check the token or password that the channel sends")
	case code == http.StatusNotFound, code == http.StatusGone:
		return refused(what, "check the channel's url")
	default:
		return refused(what, "check the channel's url and headers")
	}
}

// movedTo is the host of a redirection; its path can be a secret.
func movedTo(response *http.Response) string {
	if to, err := response.Location(); err == nil {
		return plain(to.Scheme+"://"+to.Host, maxBody)
	}
	return "it does not tell"
}

// retryAfter reads the header of that name: seconds, or a date.
func retryAfter(header string, now time.Time) time.Duration {
	if seconds, err := strconv.Atoi(header); err == nil {
		return time.Duration(min(max(seconds, 0), 24*60*60)) * time.Second
	}
	if at, err := http.ParseTime(header); err == nil {
		return max(at.Sub(now), 0)
	}
	return 0
}

// request makes the request for a message.
func (w web) request(ctx context.Context, m Message) (*http.Request, error) {
	address, err := w.expand(w.channel.URL)
	if err != nil {
		return nil, err
	}
	parsed, err := url.Parse(strings.TrimSpace(address))
	if err != nil || parsed.Host == "" || parsed.Scheme != "http" && parsed.Scheme != "https" {
		return nil, refused("the channel's url is not a web address", "write one that begins with https://")
	}
	body, headers, err := w.content(m)
	if err != nil {
		return nil, err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, parsed.String(), bytes.NewReader(body))
	if err != nil {
		return nil, refused("the channel's url is not a web address", "write one that begins with https://")
	}
	request.Header.Set("User-Agent", "agentwatch")
	for name, value := range headers {
		request.Header.Set(name, value)
	}
	for name, value := range w.channel.Headers {
		if value, err = w.expand(value); err != nil {
			return nil, err
		}
		request.Header.Set(name, strings.TrimSpace(value))
	}
	return request, nil
}

// expand puts environment variables in.
func (w web) expand(text string) (string, error) {
	missing := ""
	expanded := os.Expand(text, func(name string) string {
		if name == "$" {
			return "$"
		}
		value := w.getenv(name)
		if value == "" {
			missing = name
		}
		return value
	})
	if missing != "" {
		return "", refused("the environment variable "+plain(missing, maxName)+" is not set",
			"set it before agentwatch starts, or write $$ for a dollar sign")
	}
	return expanded, nil
}

// content is a message in the service's own form.
func (w web) content(m Message) (body []byte, headers map[string]string, err error) {
	switch w.kind {
	case TypeSlack:
		body, err = json.Marshal(slackRecord{Text: slackText(m.Text())})
		headers = map[string]string{"Content-Type": "application/json; charset=utf-8"}
	case TypeNtfy:
		body = []byte(ntfyBody(m))
		headers = w.ntfyHeaders(m)
	default:
		body, err = eventJSON(m)
		headers = map[string]string{"Content-Type": "application/json; charset=utf-8"}
	}
	if err != nil {
		return nil, nil, fmt.Errorf("notify: write the message: %w", err)
	}
	return body, headers, nil
}

// slackRecord is a message to an incoming webhook. Without mrkdwn no character
// of an agent's text is markup.
type slackRecord struct {
	Text   string `json:"text"`
	Markup bool   `json:"mrkdwn"`
}

// slackText escapes what could call a channel or make a link.
func slackText(text string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(text)
}

// ntfyBody is never empty: ntfy would put a word of its own.
func ntfyBody(m Message) string {
	if body := m.Body(); body != "" {
		return body
	}
	return m.Title()
}

func (w web) ntfyHeaders(m Message) map[string]string {
	priority, tag := "default", "white_check_mark"
	switch {
	case m.Test():
		tag = "test_tube"
	case m.Level() == LevelEscalation:
		priority, tag = "high", "rotating_light"
	case m.Urgency() == engine.UrgencyWaiting:
		tag = "raised_hand"
	case m.Urgency().NeedsUser() && m.Urgency() != engine.UrgencyDone:
		tag = "warning"
	}
	if w.channel.Priority != "" {
		priority = w.channel.Priority
	}
	headers := map[string]string{
		// A header is ASCII; ntfy reads encoded words.
		"Title":    mime.QEncoding.Encode("utf-8", m.Title()),
		"Priority": priority, "Tags": tag, "Content-Type": "text/plain; charset=utf-8",
	}
	if w.channel.Click != "" {
		headers["Click"] = w.channel.Click
	}
	return headers
}
