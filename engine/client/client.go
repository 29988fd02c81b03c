// Package client speaks the API of the engine process: over the unix socket, over
// a pipe in memory, or over whatever else a connection can be made.
package client

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"time"

	"agentwatch/engine"
	"agentwatch/engine/api"
	"agentwatch/health"
)

// Dial connects to an engine process. It returns api.ErrNobody when none listens.
type Dial func(ctx context.Context) (net.Conn, error)

// Client makes requests to an engine process. Its methods are safe for concurrent
// use and honour ctx.
type Client struct {
	transport *http.Transport
	http      *http.Client
	selection api.Selection
}

// New returns a client that narrows what it asks for to a selection.
func New(dial Dial, selection api.Selection) *Client {
	transport := &http.Transport{
		DialContext:         func(ctx context.Context, _, _ string) (net.Conn, error) { return dial(ctx) },
		MaxIdleConnsPerHost: 4, IdleConnTimeout: time.Minute, DisableCompression: true,
	}
	return &Client{transport: transport, http: &http.Client{Transport: transport}, selection: selection}
}

// NewMultiplexed returns a client that makes all its requests over one connection,
// with HTTP/2: for a dial that is expensive, such as that of a stdio.Command. A
// connection that is silent for 4 s is lost.
func NewMultiplexed(dial Dial, selection api.Selection) *Client {
	c := New(dial, selection)
	c.transport.MaxConnsPerHost, c.transport.MaxIdleConnsPerHost = 1, 1
	c.transport.Protocols = new(http.Protocols)
	c.transport.Protocols.SetUnencryptedHTTP2(true)
	c.transport.HTTP2 = &http.HTTP2Config{SendPingTimeout: pingTime, PingTimeout: pingTime, WriteByteTimeout: 2 * pingTime}
	return c
}

// pingTime is after how much silence the other side of a multiplexed connection is
// asked whether it is there, and how long it may take to answer.
const pingTime = 2 * time.Second

// Close closes the connections that nobody uses.
func (c *Client) Close() { c.transport.CloseIdleConnections() }

// open makes a request and returns its answer, whatever its status.
func (c *Client) open(ctx context.Context, method, path string, query url.Values, body any) (*http.Response, error) {
	var reader io.Reader
	if body != nil {
		data, err := json.Marshal(body)
		if err != nil {
			return nil, err
		}
		reader = bytes.NewReader(data)
	}
	address := url.URL{Scheme: "http", Host: "agentwatch", Path: "/v1/" + path, RawQuery: query.Encode()}
	request, err := http.NewRequestWithContext(ctx, method, address.String(), reader)
	if err != nil {
		return nil, err
	}
	if parent := engine.TraceParent(ctx); parent != "" {
		request.Header.Set(api.TraceParent, parent)
	}
	response, err := c.http.Do(request)
	switch {
	case err == nil:
		return response, nil
	case ctx.Err() != nil:
		return nil, context.Cause(ctx)
	case errors.Is(err, api.ErrNobody), errors.Is(err, api.ErrForeign), errors.Is(err, api.ErrUnreachable),
		errors.Is(err, net.ErrClosed):
		return nil, unwrapped(err)
	case errors.Is(err, os.ErrDeadlineExceeded):
		return nil, api.ErrNoAnswer
	default:
		return nil, fmt.Errorf("%w: %w", api.ErrLost, unwrapped(err))
	}
}

// unwrapped leaves out what the HTTP client says of a URL that nobody knows.
func unwrapped(err error) error {
	var at *url.Error
	if errors.As(err, &at) {
		err = at.Err
	}
	var op *net.OpError
	if errors.As(err, &op) && errors.Is(err, api.ErrNobody) {
		return api.ErrNobody
	}
	return err
}

// failure reads the error of an answer that is none; nil for one that is.
func failure(response *http.Response) error {
	if response.StatusCode/100 == 2 {
		return nil
	}
	var body struct {
		Error *api.Error `json:"error"`
	}
	if err := newLines(response.Body).decode(&body); err != nil || body.Error == nil {
		return fmt.Errorf("%w: %s", api.ErrUnknownRequest, response.Status)
	}
	return body.Error
}

// ask makes a request that has one answer.
func ask[T any](ctx context.Context, c *Client, method, path string, query url.Values, body any) (answer T, err error) {
	response, err := c.open(ctx, method, path, query, body)
	if err != nil {
		return answer, err
	}
	defer response.Body.Close()
	if err := failure(response); err != nil {
		return answer, err
	}
	if err := newLines(response.Body).decode(&answer); err != nil {
		return answer, fmt.Errorf("%w: %w", api.ErrLost, err)
	}
	return answer, nil
}

// none is the answer to what is only done.
type none struct{}

// narrowed is the query that narrows to the client's selection.
func (c *Client) narrowed() url.Values {
	query := url.Values{"name": c.selection.Names, "socket": c.selection.Sockets}
	if c.selection.Here != "" {
		query.Set("here", c.selection.Here)
	}
	return query
}

func paneQuery(ref health.PaneRef) url.Values {
	return url.Values{"server": {ref.Server}, "pane": {ref.Pane}}
}

// Health tells which engine process answers.
func (c *Client) Health(ctx context.Context) (api.Engine, error) {
	return ask[api.Engine](ctx, c, http.MethodGet, "health", nil, nil)
}

// Status returns the sums.
func (c *Client) Status(ctx context.Context) (api.Status, error) {
	return ask[api.Status](ctx, c, http.MethodGet, "status", c.narrowed(), nil)
}

// SnapshotWithRepositories is Snapshot, once the repositories have been read.
func (c *Client) SnapshotWithRepositories(ctx context.Context) (*engine.Snapshot, error) {
	query := c.narrowed()
	query.Set("repositories", "1")
	return ask[*engine.Snapshot](ctx, c, http.MethodGet, "snapshot", query, nil)
}

// Snapshot returns all that is seen now, without the agents' pasts.
func (c *Client) Snapshot(ctx context.Context) (*engine.Snapshot, error) {
	return ask[*engine.Snapshot](ctx, c, http.MethodGet, "snapshot", c.narrowed(), nil)
}

// Explain says why a pane is judged as it is, from a fresh capture.
func (c *Client) Explain(ctx context.Context, ref health.PaneRef) (engine.Explained, error) {
	return ask[engine.Explained](ctx, c, http.MethodGet, "explain", paneQuery(ref), nil)
}

// Diff returns what has changed in the folder that an agent works in: since the last
// commit, or, with base, since its branch began.
func (c *Client) Diff(ctx context.Context, ref health.PaneRef, base bool) (engine.Diff, error) {
	query := paneQuery(ref)
	if base {
		query.Set("base", "1")
	}
	return ask[engine.Diff](ctx, c, http.MethodGet, "diff", query, nil)
}

// History returns the last rows that the pane has shown.
func (c *Client) History(ctx context.Context, ref health.PaneRef, rows int) (engine.History, error) {
	query := paneQuery(ref)
	query.Set("rows", strconv.Itoa(rows))
	return ask[engine.History](ctx, c, http.MethodGet, "scrollback", query, nil)
}

// Search searches an agent's screen and scroll-back, where the engine is.
func (c *Client) Search(ctx context.Context, ref health.PaneRef, q engine.SearchQuery) (engine.Found, error) {
	query := api.SearchValues(q)
	query.Set("server", ref.Server)
	query.Set("pane", ref.Pane)
	return ask[engine.Found](ctx, c, http.MethodGet, "search", query, nil)
}

// PlainHistory is History without colours.
func (c *Client) PlainHistory(ctx context.Context, ref health.PaneRef, rows int) (engine.History, error) {
	query := paneQuery(ref)
	query.Set("rows", strconv.Itoa(rows))
	query.Set("plain", "1")
	return ask[engine.History](ctx, c, http.MethodGet, "scrollback", query, nil)
}

// SwitchStrategy changes how rounds are planned, for all faces.
func (c *Client) SwitchStrategy(ctx context.Context, name engine.StrategyName) error {
	_, err := ask[none](ctx, c, http.MethodPut, "strategy", nil, api.Strategy{Name: name})
	return err
}

// MarkSeen says that the user has seen a finished agent.
func (c *Client) MarkSeen(ctx context.Context, ref health.PaneRef) error {
	_, err := ask[none](ctx, c, http.MethodPost, "seen", nil, ref)
	return err
}

// Snooze lets the user hear nothing of what an agent needs now: until a time, or,
// when that is zero, until it needs them for something new.
func (c *Client) Snooze(ctx context.Context, ref health.PaneRef, until time.Time) error {
	_, err := ask[none](ctx, c, http.MethodPost, "snooze", nil, api.Snooze{Target: ref, Until: until})
	return err
}

// Wake ends an agent's snooze.
func (c *Client) Wake(ctx context.Context, ref health.PaneRef) error {
	_, err := ask[none](ctx, c, http.MethodPost, "snooze", nil, api.Snooze{Target: ref, End: true})
	return err
}

// LetGoOn says of an agent whether it goes on by itself when a limit has ended.
func (c *Client) LetGoOn(ctx context.Context, ref health.PaneRef, on bool) error {
	_, err := ask[none](ctx, c, http.MethodPost, "go-on", nil, api.GoOn{Target: ref, On: on})
	return err
}

// SendWhenIdle keeps the text of a request until its agent is at its prompt, once for
// each ID, and types it then.
func (c *Client) SendWhenIdle(ctx context.Context, r engine.Request) (engine.WaitingText, error) {
	r.Action = engine.ActionReply
	return ask[engine.WaitingText](ctx, c, http.MethodPost, "texts", nil, api.AnswerOf(rand.Text(), r))
}

// TakeBack takes a waiting text away and returns it.
func (c *Client) TakeBack(ctx context.Context, ref health.PaneRef, id string) (engine.WaitingText, error) {
	return ask[engine.WaitingText](ctx, c, http.MethodPost, "texts/take", nil, api.TakeBack{Target: ref, ID: id})
}

// Refresh captures every pane anew.
func (c *Client) Refresh(ctx context.Context) error {
	_, err := ask[none](ctx, c, http.MethodPost, "rescan", nil, nil)
	return err
}

// Leave asks the engine process to leave for another build and reports whether it
// does.
func (c *Client) Leave(ctx context.Context, asked api.Leave) (bool, error) {
	answer, err := ask[api.Leaving](ctx, c, http.MethodPost, "leave", nil, asked)
	return answer.Leaving, err
}

// PlanAnswer says what an answer would type.
func (c *Client) PlanAnswer(ctx context.Context, r engine.Request) (engine.AnswerPlan, error) {
	plan, err := ask[api.Plan](ctx, c, http.MethodPost, "answers/plan", nil, api.AnswerOf("", r))
	if err != nil {
		return engine.AnswerPlan{}, err
	}
	return plan.AnswerPlan()
}

// giveAnswer types an answer, once for each ID. asked is set when the engine may
// have heard of it.
func (c *Client) giveAnswer(ctx context.Context, id string, r engine.Request) (outcome engine.Outcome, asked bool, err error) {
	return c.outcome(ctx, r, http.MethodPost, "answers", api.AnswerOf(id, r))
}

// recallAnswer asks what came of an answer.
func (c *Client) recallAnswer(ctx context.Context, id string, r engine.Request) (outcome engine.Outcome, asked bool, err error) {
	return c.outcome(ctx, r, http.MethodGet, "answers/"+id, nil)
}

func (c *Client) outcome(ctx context.Context, r engine.Request, method, path string, body any) (engine.Outcome, bool, error) {
	nothing := engine.Outcome{Request: r}
	response, err := c.open(ctx, method, path, nil, body)
	if err != nil {
		dialled := !errors.Is(err, api.ErrNobody) && !errors.Is(err, api.ErrUnreachable) && !errors.Is(err, net.ErrClosed)
		return nothing, dialled, err
	}
	defer response.Body.Close()
	var answer api.Outcome
	if err := newLines(response.Body).decode(&answer); err != nil {
		return nothing, true, fmt.Errorf("%w: %w", api.ErrLost, err)
	}
	outcome, err := answer.Outcome(r)
	return outcome, true, err
}

// Phases tells what agents were before the engine has seen them.
func (c *Client) Phases(ctx context.Context, agents []engine.Agent, since time.Time) (map[health.PaneRef][]engine.Phase, error) {
	asked := api.PhasesRequest{Since: since}
	for i := range agents {
		asked.Panes = append(asked.Panes, agents[i].Ref)
	}
	answer, err := ask[[]api.PanePhases](ctx, c, http.MethodPost, "phases", nil, asked)
	if err != nil && !errors.Is(err, api.ErrNoHistory) {
		return nil, err
	}
	all := make(map[health.PaneRef][]engine.Phase, len(answer))
	for _, one := range answer {
		all[one.Ref] = one.Past
	}
	return all, nil
}

// Spent sums what all agents were from a time until now.
func (c *Client) Spent(ctx context.Context, since time.Time) (engine.Durations, error) {
	spent, err := ask[engine.Durations](ctx, c, http.MethodGet, "spent", url.Values{"since": {since.Format(time.RFC3339Nano)}}, nil)
	if errors.Is(err, api.ErrNoHistory) {
		err = nil
	}
	return spent, err
}

// Past calls take with the entries of the history that a filter lets through,
// newest first, until take fails. It returns api.ErrNoHistory when nothing has been
// recorded.
func (c *Client) Past(ctx context.Context, f api.PastFilter, take func(api.PastEntry) error) error {
	return readLines(ctx, c, "history", f.Query(), func(entry api.PastEntry) error {
		if entry.Error != nil {
			return entry.Error
		}
		return take(entry)
	})
}

// readLines calls take with each line of an answer.
func readLines[T any](ctx context.Context, c *Client, path string, query url.Values, take func(T) error) error {
	response, err := c.open(ctx, http.MethodGet, path, query, nil)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if err := failure(response); err != nil {
		return err
	}
	lines := newLines(response.Body)
	for {
		var value T
		switch err := lines.decode(&value); {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return fmt.Errorf("%w: %w", api.ErrLost, err)
		}
		if err := take(value); err != nil {
			return err
		}
	}
}

// Report sums what each agent was between two times, per day. Days are those of
// a time zone by its IANA name; of the engine process's when it is empty.
func (c *Client) Report(ctx context.Context, from, to time.Time, zone string) ([]api.ReportRow, error) {
	query := url.Values{"since": {from.Format(time.RFC3339Nano)}, "until": {to.Format(time.RFC3339Nano)}}
	if zone != "" {
		query.Set("zone", zone)
	}
	return ask[[]api.ReportRow](ctx, c, http.MethodGet, "report", query, nil)
}

// Tokens calls take with what agents have used between two times, by whole days of a
// time zone as in Report, and with what could not be read.
func (c *Client) Tokens(ctx context.Context, from, to time.Time, zone string, take func(api.TokenLine) error) error {
	query := url.Values{"since": {from.Format(time.RFC3339Nano)}, "until": {to.Format(time.RFC3339Nano)}}
	if zone != "" {
		query.Set("zone", zone)
	}
	return readLines(ctx, c, "tokens", query, func(l api.TokenLine) error {
		if l.Error != nil {
			return l.Error
		}
		return take(l)
	})
}

// Recording says which screens of an agent are stored.
func (c *Client) Recording(ctx context.Context, ref health.PaneRef) (api.Recording, error) {
	recording, err := ask[api.Recording](ctx, c, http.MethodGet, "recording", paneQuery(ref), nil)
	if errors.Is(err, api.ErrNoHistory) {
		err = nil
	}
	return recording, err
}

// StoredScreen returns the last stored screen of an agent from a time or before.
func (c *Client) StoredScreen(ctx context.Context, ref health.PaneRef, at time.Time) (api.StoredScreen, error) {
	query := paneQuery(ref)
	query.Set("at", at.Format(time.RFC3339Nano))
	return ask[api.StoredScreen](ctx, c, http.MethodGet, "recording/screen", query, nil)
}

// Told says how far we are with telling something, and returns what comes of a claim.
func (c *Client) Told(ctx context.Context, t api.Told) (engine.Claim, error) {
	answer, err := ask[api.Claimed](ctx, c, http.MethodPost, "told", nil, t)
	return answer.Claim, err
}

// stream reads the lines of a stream until it ends, ctx does, or take fails. It
// returns nil only when take has ended it by io.EOF.
func stream[T any](ctx context.Context, c *Client, path string, query url.Values, take func(*T) error) error {
	return streamOpened(ctx, c, path, query, func() {}, take)
}

// streamOpened is stream, and calls opened when the engine process has begun to
// answer.
func streamOpened[T any](ctx context.Context, c *Client, path string, query url.Values, opened func(), take func(*T) error) error {
	response, err := c.open(ctx, http.MethodGet, path, query, nil)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if err := failure(response); err != nil {
		return err
	}
	opened()
	lines := newLines(response.Body)
	for {
		line := new(T)
		if err := lines.decode(line); err != nil {
			if ctx.Err() != nil {
				return context.Cause(ctx)
			}
			if errors.Is(err, ErrGarbled) {
				return err
			}
			return fmt.Errorf("%w: %w", api.ErrLost, err)
		}
		if err := take(line); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
	}
}

// Answer types an answer into an agent's pane, once.
func (c *Client) Answer(ctx context.Context, r engine.Request) (engine.Outcome, error) {
	outcome, asked, err := c.giveAnswer(ctx, rand.Text(), r)
	if asked && isLost(err) {
		outcome, err = uncertain(outcome, err)
	}
	return outcome, err
}

// uncertain is what came of an answer of which nobody knows whether it was typed.
func uncertain(o engine.Outcome, err error) (engine.Outcome, error) {
	o.Sent, o.Uncertain, o.Problem = true, true, err.Error()
	return o, fmt.Errorf("%w: %w", engine.ErrUnconfirmed, err)
}
