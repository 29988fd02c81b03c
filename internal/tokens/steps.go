package tokens

import (
	"bytes"
	"cmp"
	"encoding/json"
	"strings"
	"time"

	"agentwatch/internal/steps"
)

// claudePart is a part of a message that calls a tool, or has a call's result.
type claudePart struct {
	Type  string          `json:"type"`
	ID    string          `json:"id"`
	Name  string          `json:"name"`
	Input json.RawMessage `json:"input"`

	Call    string          `json:"tool_use_id"`
	Content json.RawMessage `json:"content"`
	Failed  bool            `json:"is_error"`
}

// claudeCalls notes the steps that an answer begins.
func (s *Session) claudeCalls(content json.RawMessage) {
	for _, part := range claudeParts(content, `"tool_use"`) {
		if part.Type == "tool_use" {
			s.steps.Begin(part.ID, steps.Of(part.Name, part.Input))
		}
	}
}

// claudeResults notes how steps came out.
func (s *Session) claudeResults(content json.RawMessage, at time.Time) {
	for _, part := range claudeParts(content, `"tool_result"`) {
		if part.Type == "tool_result" {
			s.steps.End(part.Call, textsOf(part.Content), part.Failed, at)
		}
	}
}

// claudeParts are the parts of a message which has some that are called by a sign.
func claudeParts(content json.RawMessage, sign string) (parts []claudePart) {
	if !bytes.Contains(content, []byte(sign)) || json.Unmarshal(content, &parts) != nil {
		return nil
	}
	return parts
}

// textsOf is a result's text: a text, or all parts that are one.
func textsOf(content json.RawMessage) string {
	var text string
	if json.Unmarshal(content, &text) == nil {
		return text
	}
	var parts []struct {
		Text string `json:"text"`
	}
	if json.Unmarshal(content, &parts) != nil {
		return string(content)
	}
	var all []string
	for _, part := range parts {
		all = append(all, part.Text)
	}
	return strings.Join(all, "\n")
}

// codexItem notes the steps in a record of codex: calls, and what came of them.
func (s *Session) codexItem(item *codexPayload, at time.Time) {
	switch item.Type {
	case "function_call", "custom_tool_call", "local_shell_call":
		s.steps.Begin(item.CallID, steps.Of(item.Name, []byte(cmp.Or(item.Arguments, item.Input))))
	case "function_call_output", "custom_tool_call_output":
		text, failed := codexOutput(textsOf(item.Output))
		s.steps.End(item.CallID, text, failed, at)
	}
}

// codexOutput is what a command has printed, and whether it failed, of what codex
// tells its model of that.
func codexOutput(told string) (text string, failed bool) {
	var wrapped struct {
		Output   string `json:"output"`
		Metadata struct {
			Code int `json:"exit_code"`
		} `json:"metadata"`
	}
	if strings.HasPrefix(told, "{") && json.Unmarshal([]byte(told), &wrapped) == nil {
		return wrapped.Output, wrapped.Metadata.Code != 0
	}
	head, text, found := strings.Cut(told, "Output:\n")
	if !found || len(head) > 1000 {
		return told, strings.HasPrefix(told, "apply_patch verification failed")
	}
	for line := range strings.Lines(head) {
		line = strings.TrimSpace(line)
		for _, sign := range [...]string{"Exit code: ", "Process exited with code "} {
			if code, ok := strings.CutPrefix(line, sign); ok {
				failed = code != "0"
			}
		}
		if strings.HasPrefix(line, "Process running") {
			// Its end is asked for later.
			text = "still running\n" + text
		}
	}
	if strings.HasPrefix(text, "apply_patch verification failed") {
		failed = true
	}
	return text, failed
}

// geminiCall is a call of a tool with its result.
type geminiCall struct {
	ID     string          `json:"id"`
	Name   string          `json:"name"`
	Args   json.RawMessage `json:"args"`
	Status string          `json:"status"`
	At     time.Time       `json:"timestamp"`
	Result []struct {
		Response struct {
			Response struct {
				Output string `json:"output"`
				Error  string `json:"error"`
			} `json:"response"`
		} `json:"functionResponse"`
	} `json:"result"`
}

// geminiCalls notes steps, which are written with their results. A message that is
// written again has them again.
func (s *Session) geminiCalls(calls []geminiCall) {
	for _, c := range calls {
		if c.ID == "" || c.Status != "success" && c.Status != "error" || s.had[c.ID] {
			continue
		}
		if len(s.had) >= mostSeen || s.had == nil {
			s.had = make(map[string]bool)
		}
		s.had[c.ID] = true
		var text strings.Builder
		failed := c.Status == "error"
		for _, r := range c.Result {
			failed = failed || r.Response.Response.Error != ""
			for line := range strings.Lines(cmp.Or(r.Response.Response.Output, r.Response.Response.Error)) {
				switch code, ok := strings.CutPrefix(line, "Exit Code: "); {
				case ok:
					failed = failed || strings.TrimSpace(code) != "0"
				case strings.HasPrefix(line, "Process Group PGID: "), strings.HasPrefix(line, "Background PIDs: "):
					// It differs each time.
					continue
				}
				text.WriteString(line)
			}
		}
		s.steps.Begin(c.ID, steps.Of(c.Name, c.Args))
		s.steps.End(c.ID, text.String(), failed, c.At)
	}
}

// opencodeStep is a part of a message that is a call of a tool.
type opencodeStep struct {
	Tool  string `json:"tool"`
	Call  string `json:"callID"`
	State struct {
		Status   string          `json:"status"`
		Input    json.RawMessage `json:"input"`
		Output   string          `json:"output"`
		Error    string          `json:"error"`
		Metadata struct {
			Exit int `json:"exit"`
		} `json:"metadata"`
	} `json:"state"`
}

// opencodeStep notes a step of opencode, of which the data of its part tell.
func (s *Session) opencodeStep(data []byte, at time.Time) {
	var p opencodeStep
	if json.Unmarshal(data, &p) != nil || p.State.Status != "completed" && p.State.Status != "error" {
		return
	}
	s.steps.Begin(p.Call, steps.Of(p.Tool, p.State.Input))
	s.steps.End(p.Call, cmp.Or(p.State.Output, p.State.Error), p.State.Status == "error" || p.State.Metadata.Exit != 0, at)
}
