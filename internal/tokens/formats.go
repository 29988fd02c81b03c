package tokens

import (
	"bytes"
	"encoding/json"
	"strings"
	"time"
)

// parser reads the lines of a session's file into a session and its book.
type parser interface {
	line(line []byte, s *Session, b *book)
	// known tells whether the file is one of a session in a known format, as far as it
	// was read.
	known() bool
}

// seenAt notes that something was written at a time.
func (s *Session) seenAt(at time.Time) {
	if at.IsZero() {
		return
	}
	if s.started.IsZero() || at.Before(s.started) {
		s.started = at
	}
	if at.After(s.last) {
		s.last = at
	}
}

// ask notes what the user has asked for. What programs write in the user's name stands
// in tags, and commands begin with a slash.
func (s *Session) ask(text string) {
	text, _, _ = strings.Cut(strings.TrimSpace(text), "\n")
	if text = plain(text); text != "" && text[0] != '<' && text[0] != '/' {
		s.steps.Asked()
		if !strings.HasPrefix(text, "[Request interrupted") {
			s.prompt = text
		}
	}
}

// textOf is a message's text: a text, or the first of its parts that is one.
func textOf(content json.RawMessage) string {
	var text string
	if json.Unmarshal(content, &text) == nil {
		return text
	}
	var parts []struct {
		Text string `json:"text"`
	}
	if json.Unmarshal(content, &parts) != nil {
		return ""
	}
	for _, part := range parts {
		if part.Text != "" {
			return part.Text
		}
	}
	return ""
}

// claudeParser reads the transcripts of Claude Code (seen: 2.1): a record for each part
// of a message, of which those of one answer repeat its tokens.
type claudeParser struct{ records int }

func (p *claudeParser) known() bool { return p.records > 0 }

func (p *claudeParser) line(line []byte, s *Session, b *book) {
	if bytes.Contains(line, []byte(`"sessionId"`)) {
		p.records++
	}
	answers := bytes.Contains(line, []byte(`"assistant"`))
	if !answers && !bytes.Contains(line, []byte(`"user"`)) {
		return
	}
	var record struct {
		Type        string    `json:"type"`
		SessionID   string    `json:"sessionId"`
		RequestID   string    `json:"requestId"`
		CWD         string    `json:"cwd"`
		Version     string    `json:"version"`
		Timestamp   time.Time `json:"timestamp"`
		IsSidechain bool      `json:"isSidechain"`
		IsMeta      bool      `json:"isMeta"`
		CostUSD     float64   `json:"costUSD"`
		Message     struct {
			ID      string          `json:"id"`
			Model   string          `json:"model"`
			Content json.RawMessage `json:"content"`
			Usage   *struct {
				Input       *int64 `json:"input_tokens"`
				CacheWrites int64  `json:"cache_creation_input_tokens"`
				CacheReads  int64  `json:"cache_read_input_tokens"`
				Output      *int64 `json:"output_tokens"`
			} `json:"usage"`
		} `json:"message"`
	}
	if json.Unmarshal(line, &record) != nil || record.Type != "assistant" && record.Type != "user" {
		return
	}
	s.Version, s.ID = plain(record.Version), plain(record.SessionID)
	if s.Folder == "" {
		s.Folder = record.CWD
	}
	s.seenAt(record.Timestamp)
	if record.Type == "user" {
		if !record.IsSidechain && !record.IsMeta {
			s.ask(textOf(record.Message.Content))
		}
		if !record.IsSidechain {
			s.claudeResults(record.Message.Content, record.Timestamp)
		}
		return
	}
	if !record.IsSidechain {
		s.claudeCalls(record.Message.Content)
	}
	usage := record.Message.Usage
	switch {
	case strings.HasPrefix(record.Message.Model, "<"):
		return // what the program itself has written
	case usage == nil || usage.Input == nil || usage.Output == nil || record.Timestamp.IsZero():
		s.Untold++
		return
	}
	count := Count{Input: *usage.Input, CacheRead: usage.CacheReads, CacheWrite: usage.CacheWrites, Output: *usage.Output}.cleaned()
	key := ""
	if record.Message.ID != "" {
		key = record.Message.ID + " " + record.RequestID
	}
	b.add(answer{key: key, at: record.Timestamp, model: record.Message.Model, count: count, recorded: record.CostUSD})
	if !record.IsSidechain && count.Total() > 0 {
		s.context = count.Total()
	}
}

// codexParser reads the rollouts of codex (seen: 0.169): a record for each answer, or, of
// older ones, events that tell the session's tokens so far.
type codexParser struct {
	meta  bool
	model string
	// total is what the session had used at the last event.
	total Count
	// counted is set when tokens have been told since the last turn began, records when
	// the file has one for each answer.
	counted, records bool
}

func (p *codexParser) known() bool { return p.meta }

// codexUsage are tokens as codex counts them: what was found in or put into a cache is
// part of the input, what was thought part of the output.
type codexUsage struct {
	Input      int64 `json:"input_tokens"`
	CacheRead  int64 `json:"cached_input_tokens"`
	CacheWrite int64 `json:"cache_write_input_tokens"`
	Output     int64 `json:"output_tokens"`
}

func (u codexUsage) count() Count {
	return Count{Input: u.Input - u.CacheRead - u.CacheWrite, CacheRead: u.CacheRead, CacheWrite: u.CacheWrite, Output: u.Output}.cleaned()
}

// codexLimit is a limit of the plan as codex has it.
type codexLimit struct {
	Used    *float64 `json:"used_percent"`
	Minutes int64    `json:"window_minutes"`
	At      int64    `json:"resets_at"`
	In      int64    `json:"resets_in_seconds"`
}

type codexPayload struct {
	Type    string `json:"type"`
	ID      string `json:"id"`
	CWD     string `json:"cwd"`
	Version string `json:"cli_version"`
	Model   string `json:"model"`
	Message string `json:"message"`
	// CallID, Name, Arguments, Input and Output are those of a call of a tool.
	CallID    string          `json:"call_id"`
	Name      string          `json:"name"`
	Arguments string          `json:"arguments"`
	Input     string          `json:"input"`
	Output    json.RawMessage `json:"output"`
	// Response and Usage are those of one answer.
	Response string      `json:"response_id"`
	Usage    *codexUsage `json:"usage"`
	Item     struct {
		Type    string          `json:"type"`
		Content json.RawMessage `json:"content"`
	} `json:"item"`
	Info *struct {
		Total  *codexUsage `json:"total_token_usage"`
		Last   *codexUsage `json:"last_token_usage"`
		Window int64       `json:"model_context_window"`
	} `json:"info"`
	Limits *struct {
		Primary   *codexLimit `json:"primary"`
		Secondary *codexLimit `json:"secondary"`
	} `json:"rate_limits"`
}

func (p *codexParser) line(line []byte, s *Session, b *book) {
	head := line[:min(len(line), 400)]
	worth := false
	for _, sign := range [...]string{`"session_meta"`, `"turn_context"`, `"event_msg"`, `"token_usage_record"`, `_call`} {
		worth = worth || bytes.Contains(head, []byte(sign))
	}
	if !worth {
		return
	}
	var record struct {
		At      time.Time    `json:"timestamp"`
		Type    string       `json:"type"`
		Payload codexPayload `json:"payload"`
	}
	if json.Unmarshal(line, &record) != nil {
		return
	}
	s.seenAt(record.At)
	switch payload := &record.Payload; {
	case record.Type == "session_meta":
		if p.meta {
			return // of the session that this one goes on with
		}
		p.meta = true
		s.ID, s.Folder, s.Version = plain(payload.ID), payload.CWD, plain(payload.Version)
	case record.Type == "turn_context":
		p.model = payload.Model
	case record.Type == "token_usage_record" && payload.Usage != nil && !record.At.IsZero():
		p.counted, p.records = true, true
		b.add(answer{key: payload.Response, at: record.At, model: p.model, count: payload.Usage.count()})
		s.context = payload.Usage.count().Total()
	case record.Type == "response_item":
		s.codexItem(payload, record.At)
	case payload.Type == "user_message":
		s.ask(payload.Message)
	case payload.Type == "item_completed" && payload.Item.Type == "UserMessage":
		s.ask(textOf(payload.Item.Content))
	case payload.Type == "task_started":
		p.counted = false
	case payload.Type == "task_complete" && !p.counted:
		s.Untold++
	case payload.Type == "token_count":
		p.tokens(record.At, payload, s, b)
	}
}

// tokens reads an event with tokens: what has been added to the session's total. One
// that begins anew, as after a fork, is told by its last request.
func (p *codexParser) tokens(at time.Time, payload *codexPayload, s *Session, b *book) {
	if l := payload.Limits; l != nil {
		s.limits = nil
		for name, limit := range map[string]*codexLimit{"primary": l.Primary, "secondary": l.Secondary} {
			if limit != nil && limit.Used != nil {
				s.limits = append(s.limits, limit.named(name, at))
			}
		}
		if len(s.limits) > 1 && s.limits[0].Name > s.limits[1].Name {
			s.limits[0], s.limits[1] = s.limits[1], s.limits[0]
		}
	}
	if payload.Info == nil || payload.Info.Total == nil || at.IsZero() {
		return
	}
	p.counted = true
	total := payload.Info.Total.count()
	used := Count{
		total.Input - p.total.Input, total.CacheRead - p.total.CacheRead, total.CacheWrite - p.total.CacheWrite, total.Output - p.total.Output,
	}
	if used.cleaned() != used {
		used = Count{}
		if last := payload.Info.Last; last != nil {
			used = last.count()
		}
	}
	p.total = total
	if used.Total() > 0 && !p.records {
		b.add(answer{key: s.ID + at.Format(time.RFC3339Nano), at: at, model: p.model, count: used})
	}
	if last := payload.Info.Last; last != nil && payload.Info.Window > 0 {
		s.context, s.window = last.count().Total(), payload.Info.Window
	}
}

func (l *codexLimit) named(name string, at time.Time) Limit {
	limit := Limit{Name: name, Used: *l.Used}
	const mostMinutes = 60 * 24 * 366
	const mostSeconds = 60 * mostMinutes
	if l.Minutes > 0 && l.Minutes <= mostMinutes {
		limit.Window = time.Duration(l.Minutes) * time.Minute
	}
	switch {
	case l.At > 0 && l.At < 1<<33:
		limit.Resets = time.Unix(l.At, 0)
	case l.In > 0 && l.In < mostSeconds:
		limit.Resets = at.Add(time.Duration(l.In) * time.Second)
	}
	return limit
}

// geminiParser reads the chats of Gemini CLI (seen: 0.61): a record for each message,
// which is written again when something is added, and changes of the whole.
type geminiParser struct {
	meta bool
	// untold are the answers without tokens, which may come with the next writing.
	untold map[string]bool
}

func (p *geminiParser) known() bool { return p.meta }

type geminiMessage struct {
	ID      string          `json:"id"`
	At      time.Time       `json:"timestamp"`
	Type    string          `json:"type"`
	Content json.RawMessage `json:"content"`
	Model   string          `json:"model"`
	Calls   []geminiCall    `json:"toolCalls"`
	Tokens  *struct {
		Input    int64 `json:"input"`
		Output   int64 `json:"output"`
		Cached   int64 `json:"cached"`
		Thoughts int64 `json:"thoughts"`
		Tool     int64 `json:"tool"`
	} `json:"tokens"`
}

func (p *geminiParser) line(line []byte, s *Session, b *book) {
	var record struct {
		SessionID string    `json:"sessionId"`
		Start     time.Time `json:"startTime"`
		geminiMessage
		Set struct {
			Messages []geminiMessage `json:"messages"`
		} `json:"$set"`
	}
	if json.Unmarshal(line, &record) != nil {
		return
	}
	if record.SessionID != "" && !p.meta {
		p.meta, s.ID = true, plain(record.SessionID)
		s.seenAt(record.Start)
	}
	for _, m := range append(record.Set.Messages, record.geminiMessage) {
		p.message(m, s, b)
	}
}

func (p *geminiParser) message(m geminiMessage, s *Session, b *book) {
	s.seenAt(m.At)
	s.geminiCalls(m.Calls)
	switch {
	case m.Type == "user":
		s.ask(textOf(m.Content))
	case m.Type != "gemini":
	case m.Tokens == nil || m.At.IsZero():
		if p.untold == nil {
			p.untold = make(map[string]bool)
		}
		if len(p.untold) < mostSeen {
			p.untold[m.ID] = true
		}
		s.Untold = len(p.untold)
	default:
		delete(p.untold, m.ID)
		s.Untold = len(p.untold)
		// What was found in a cache is part of the input, what was thought none of the output.
		count := Count{
			Input: plus(max(m.Tokens.Input-m.Tokens.Cached, 0), max(m.Tokens.Tool, 0)), CacheRead: m.Tokens.Cached,
			Output: plus(max(m.Tokens.Output, 0), max(m.Tokens.Thoughts, 0)),
		}.cleaned()
		b.add(answer{key: m.ID, at: m.At, model: m.Model, count: count})
		if count.Total() > 0 {
			s.context = count.Total()
		}
	}
}
