package notify

import (
	"cmp"
	"fmt"
	"maps"
	"net/url"
	"path"
	"slices"
	"strings"
)

// Problem is one thing that is wrong with a configuration.
type Problem struct {
	// Path is the dotted key, such as "notify.rules[0].to[1]".
	Path string
	// Text says what is wrong, Suggestion what to write instead.
	Text       string
	Suggestion string
}

// String is the problem in one line.
func (p Problem) String() string { return fmt.Sprintf("%s: %s; %s", p.Path, p.Text, p.Suggestion) }

// validation collects problems.
type validation struct {
	config   Config
	problems []Problem
}

func (v *validation) add(path, suggestion, format string, args ...any) {
	v.problems = append(v.problems, Problem{Path: path, Text: fmt.Sprintf(format, args...), Suggestion: suggestion})
}

// Validate returns what is wrong, in the order of the fields; nil when nothing
// is.
func (c Config) Validate() []Problem {
	v := &validation{config: c}
	v.span("notify.batch", c.Batch)
	v.span("notify.after", c.After)
	v.span("notify.cooldown", c.Cooldown)
	if c.PerMinute < 1 {
		v.add("notify.per_minute", `write a number from 1 on, or enabled = false for silence`, "%d messages a minute are none", c.PerMinute)
	}
	for _, name := range slices.Sorted(maps.Keys(c.Channels)) {
		v.channel("notify.channels."+name, c.Channels[name])
	}
	for i, r := range c.Rules {
		v.rule(fmt.Sprintf("notify.rules[%d]", i), r)
	}
	for i, q := range c.Quiet {
		v.quiet(fmt.Sprintf("notify.quiet[%d]", i), q)
	}
	v.patterns("notify.mute.kinds", c.Mute.Kinds)
	v.patterns("notify.mute.sessions", c.Mute.Sessions)
	return v.problems
}

func (v *validation) span(path string, d Duration) {
	if d < 0 {
		v.add(path, "write it as 10s, 5m or 1h30m", "%s is negative", d)
	}
}

func (v *validation) rule(path string, r Rule) {
	switch {
	case r.Budget.Tokens < 0 || !(r.Budget.Cost >= 0):
		v.add(path+".budget", "write budget = { tokens = 2000000 } or { cost = 10.0 }", "%v is no budget", r.Budget)
	case r.Budget != Budget{} && (len(r.To) > 0 || len(r.From) > 0 || r.Escalate != nil || r.After != nil):
		v.add(path+".budget", "leave to, from, after and escalate out, or write two rules", "a budget is not about states")
	case r.Budget == Budget{} && len(r.To) == 0:
		v.add(path+".to", `name the states that are worth telling: to = ["waiting", "crashed"]`, "the rule matches no state")
	}
	v.states(path+".to", r.To)
	v.states(path+".from", r.From)
	v.patterns(path+".kinds", r.Kinds)
	v.patterns(path+".sessions", r.Sessions)
	v.patterns(path+".windows", r.Windows)
	v.patterns(path+".servers", r.Servers)
	if len(r.Channels) == 0 && r.Escalate == nil {
		v.add(path+".channels", "write "+v.channelNames(), "the rule has no channel")
	}
	v.channels(path+".channels", r.Channels)
	if r.After != nil {
		v.span(path+".after", *r.After)
	}
	if r.Cooldown != nil {
		v.span(path+".cooldown", *r.Cooldown)
	}
	if e := r.Escalate; e != nil {
		if len(e.Channels) == 0 {
			v.add(path+".escalate.channels", "write "+v.channelNames(), "there is nowhere to escalate to")
		}
		v.channels(path+".escalate.channels", e.Channels)
		after := v.config.After
		if r.After != nil {
			after = *r.After
		}
		if e.After <= after {
			v.add(path+".escalate.after", fmt.Sprintf("write more than the rule's own %s", after), "%s is too soon", e.After)
		}
	}
}

func (v *validation) states(path string, words []string) {
	for i, word := range words {
		if _, ok := stateOf(word); !ok {
			v.add(fmt.Sprintf("%s[%d]", path, i), "write one of "+strings.Join(stateWords(), ", "), "no state is called %q", word)
		}
	}
}

func (v *validation) patterns(path0 string, patterns []string) {
	for i, p := range patterns {
		if _, err := path.Match(p, ""); err != nil {
			v.add(fmt.Sprintf("%s[%d]", path0, i), `write \[ for a bracket, or close it with ]`, "%q is not a pattern", p)
		}
	}
}

func (v *validation) channels(path string, names []string) {
	for i, name := range names {
		if _, ok := v.config.Channels[name]; !ok {
			v.add(fmt.Sprintf("%s[%d]", path, i),
				fmt.Sprintf("write %s, or add [notify.channels.%s]", v.channelNames(), name), "no channel is called %q", name)
		}
	}
}

func (v *validation) channelNames() string {
	names := slices.Sorted(maps.Keys(v.config.Channels))
	return "one of " + cmp.Or(strings.Join(names, ", "), "the names below [notify.channels]")
}

func (v *validation) channel(path string, c Channel) {
	web := c.Type == TypeWebhook || c.Type == TypeNtfy || c.Type == TypeSlack
	switch {
	case !slices.Contains(channelTypes(), c.Type):
		v.add(path+".type", "write one of "+joinTypes(channelTypes()), "no channel is of type %q", c.Type)
		return
	case web && c.URL == "":
		v.add(path+".url", `write the address to post to, or "$NAME" for the environment variable that has it`, "a %s needs an address", c.Type)
	case web:
		v.url(path+".url", c.URL)
	case c.URL != "":
		v.add(path+".url", "leave it out", "a %s has no address", c.Type)
	}
	if c.Type == TypeCommand && (len(c.Command) == 0 || c.Command[0] == "") {
		v.add(path+".command", `write the program and its arguments: command = ["notify-send", "agentwatch"]`, "there is nothing to run")
	}
	if c.Type != TypeCommand && len(c.Command) > 0 {
		v.add(path+".command", `write type = "command", or leave it out`, "a %s runs no program", c.Type)
	}
	if !web && len(c.Headers) > 0 {
		v.add(path+".headers", "leave them out", "a %s has no headers", c.Type)
	}
	if c.Priority != "" && (c.Type != TypeNtfy || !slices.Contains(ntfyPriorities(), c.Priority)) {
		v.add(path+".priority", "write one of "+strings.Join(ntfyPriorities(), ", ")+" in a channel of type ntfy", "%q is not a priority of %s", c.Priority, c.Type)
	}
	if c.Answers && c.Type != TypeDesktop {
		v.add(path+".answers", "leave it out", "a %s offers no answers", c.Type)
	}
	if c.Show < 0 || c.Show > 0 && c.Type != TypeTmux && c.Type != TypeTerminal {
		v.add(path+".show", "write a time span in a channel of type tmux or terminal", "%s does not fit a %s", c.Show, c.Type)
	}
}

// url checks an address as far as it stands in the file.
func (v *validation) url(path, raw string) {
	if strings.HasPrefix(raw, "$") {
		return
	}
	scheme, _, _ := strings.Cut(raw, ":")
	if scheme != "http" && scheme != "https" {
		v.add(path, "write an address that begins with https://", "%q is not a web address", plain(raw, maxName))
		return
	}
	if parsed, err := url.Parse(raw); !strings.Contains(raw, "$") && (err != nil || parsed.Host == "") {
		v.add(path, "write an address such as https://ntfy.sh/my-topic", "%q has no host", plain(raw, maxName))
	}
}

func (v *validation) quiet(path string, q Quiet) {
	start, startErr := parseClock(q.Start)
	end, endErr := parseClock(q.End)
	if startErr != nil {
		v.add(path+".start", `write hours and minutes: "22:00"`, "%q is not a time of day", q.Start)
	}
	if endErr != nil {
		v.add(path+".end", `write hours and minutes: "07:30"`, "%q is not a time of day", q.End)
	}
	if startErr == nil && endErr == nil && start == end {
		v.add(path+".end", `write another end, or "00:00" to "24:00" for the whole day`, "it ends when it starts")
	}
	for i, day := range q.Days {
		if _, ok := weekdayOf(day); !ok {
			v.add(fmt.Sprintf("%s.days[%d]", path, i), "write one of mon, tue, wed, thu, fri, sat, sun", "no day is called %q", day)
		}
	}
	v.states(path+".pass", q.Pass)
	v.channels(path+".pass_channels", q.PassChannels)
}

func channelTypes() []ChannelType {
	return []ChannelType{
		TypeBell, TypeTerminal, TypeOSC9, TypeOSC99, TypeOSC777, TypeTmux, TypeDesktop, TypeCommand, TypeWebhook, TypeNtfy, TypeSlack,
	}
}

func joinTypes(types []ChannelType) string {
	words := make([]string, len(types))
	for i, t := range types {
		words[i] = string(t)
	}
	return strings.Join(words, ", ")
}

func ntfyPriorities() []string { return []string{"min", "low", "default", "high", "max"} }
