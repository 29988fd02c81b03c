// Package notify tells the user when an agent needs them. Rules say which
// transitions are worth telling, a Decider turns transitions and the time into
// decisions without doing any I/O, and a Notifier delivers those: over the
// terminal, tmux, the desktop, a command or the web, each channel on a
// goroutine of its own, so that a dead one delays nothing.
package notify

import (
	"fmt"
	"time"
)

// Duration is a time span that is written as in "10s", "5m" or "1h30m".
type Duration time.Duration

// UnmarshalText reads what time.ParseDuration reads.
func (d *Duration) UnmarshalText(text []byte) error {
	parsed, err := time.ParseDuration(string(text))
	if err != nil {
		return fmt.Errorf("notify: %q is not a time span; write it as 10s, 5m or 1h30m", text)
	}
	*d = Duration(parsed)
	return nil
}

// MarshalText writes what UnmarshalText reads.
func (d Duration) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// String writes the time span as in "1m30s".
func (d Duration) String() string { return time.Duration(d).String() }

// Config is the [notify] section of the configuration. Words that stand for
// states are those of engine.Urgency: waiting, crashed, error, limited, done,
// unknown, starting, working, idle, exited. Names of kinds, sessions, windows
// and servers are patterns: * is any text, ? any character, [a-c] a choice.
type Config struct {
	// Enabled is false when nothing at all is to be told.
	Enabled bool `toml:"enabled"`
	// Batch is how long a message waits for others to join it.
	Batch Duration `toml:"batch"`
	// PerMinute bounds the messages of all channels together in any minute;
	// what is over it comes later, merged.
	PerMinute int `toml:"per_minute"`
	// After and Cooldown hold for rules that have none of their own.
	After    Duration `toml:"after"`
	Cooldown Duration `toml:"cooldown"`
	// Channels are the ways to the user, by name.
	Channels map[string]Channel `toml:"channels"`
	// Rules say what is told where. Every rule that matches counts.
	Rules []Rule `toml:"rules"`
	// Quiet are the hours in which messages are held back.
	Quiet []Quiet `toml:"quiet"`
	// Mute names agents that are never told of.
	Mute Mute `toml:"mute"`
}

// ChannelType says how a channel reaches the user. It is text, because it is
// what stands in a file.
type ChannelType string

// The types of channels.
const (
	// TypeBell rings the terminal's bell.
	TypeBell ChannelType = "bell"
	// TypeTerminal asks the terminal for a notification where one would arrive,
	// and shows a tmux message where none would.
	TypeTerminal ChannelType = "terminal"
	// TypeOSC9, TypeOSC99 and TypeOSC777 ask the terminal for a notification.
	TypeOSC9   ChannelType = "osc9"
	TypeOSC99  ChannelType = "osc99"
	TypeOSC777 ChannelType = "osc777"
	// TypeTmux shows a message in the status line of the user's tmux clients.
	TypeTmux ChannelType = "tmux"
	// TypeDesktop shows a notification of the desktop.
	TypeDesktop ChannelType = "desktop"
	// TypeCommand runs a program.
	TypeCommand ChannelType = "command"
	// TypeWebhook posts JSON, TypeNtfy and TypeSlack what these services read.
	TypeWebhook ChannelType = "webhook"
	TypeNtfy    ChannelType = "ntfy"
	TypeSlack   ChannelType = "slack"
)

// Channel is one way to the user. In URL and Headers, $NAME stands for an
// environment variable, so that no secret needs to be in the file, and $$ for
// a dollar sign.
type Channel struct {
	Type ChannelType `toml:"type"`
	// URL is where webhook, ntfy (the topic) and slack post to.
	URL string `toml:"url"`
	// Headers are sent with every request.
	Headers map[string]string `toml:"headers"`
	// Priority is ntfy's (min, low, default, high, max); empty for one that
	// follows from what is told. Click is what a tap on the message opens.
	Priority string `toml:"priority"`
	Click    string `toml:"click"`
	// Command is the program and its arguments; with Shell its first element is
	// a line for the shell and the others are its arguments.
	Command []string `toml:"command"`
	Shell   bool     `toml:"shell"`
	// Answers lets a notification of the desktop offer the options of a dialog, too.
	Answers bool `toml:"answers"`
	// Show is how long a tmux message stays.
	Show Duration `toml:"show"`
}

// Rule says which transitions are told where. Lists that are empty match
// everything, except To.
type Rule struct {
	To       []string `toml:"to"`
	From     []string `toml:"from"`
	Kinds    []string `toml:"kinds"`
	Sessions []string `toml:"sessions"`
	Windows  []string `toml:"windows"`
	Servers  []string `toml:"servers"`
	Channels []string `toml:"channels"`
	// After is how long the state must have lasted.
	After *Duration `toml:"after"`
	// Cooldown is how soon the same agent may be told of again for the same
	// state. A message that comes too soon comes later, if it still holds.
	Cooldown *Duration `toml:"cooldown"`
	// Budget makes it a rule about what an agent uses in a day, in place of To.
	Budget Budget `toml:"budget"`
	// Escalate tells other channels when the state lasts too long.
	Escalate *Escalation `toml:"escalate"`
}

// Escalation is the second level of a rule.
type Escalation struct {
	// After is counted from the beginning of the state.
	After    Duration `toml:"after"`
	Channels []string `toml:"channels"`
}

// Quiet is a time of the day in which nothing is told. What still holds when it
// ends is told then, in one message.
type Quiet struct {
	// Start and End are local times such as "22:00"; an end before the start is
	// on the next day.
	Start string `toml:"start"`
	End   string `toml:"end"`
	// Days are those on which it starts (mon, tue, wed, thu, fri, sat, sun);
	// every day when empty.
	Days []string `toml:"days"`
	// Pass are states, PassChannels channels that it does not hold back.
	Pass         []string `toml:"pass"`
	PassChannels []string `toml:"pass_channels"`
}

// Mute names agents that are never told of.
type Mute struct {
	Kinds    []string `toml:"kinds"`
	Sessions []string `toml:"sessions"`
}

// Values of Defaults.
const (
	defaultAfter     = 10 * time.Second
	defaultCooldown  = time.Minute
	defaultBatch     = 5 * time.Second
	defaultPerMinute = 10
	defaultShow      = 3 * time.Second
)

// Defaults is what holds without a configuration: who waits, has crashed,
// failed or hit a limit is told after 10 seconds, by bell and in the terminal.
// An agent that has finished is no reason to disturb.
func Defaults() Config {
	return Config{
		Enabled: true, Batch: Duration(defaultBatch), PerMinute: defaultPerMinute,
		After: Duration(defaultAfter), Cooldown: Duration(defaultCooldown),
		Channels: map[string]Channel{"bell": {Type: TypeBell}, "terminal": {Type: TypeTerminal}},
		Rules: []Rule{{
			To: []string{"waiting", "crashed", "error", "limited"}, Channels: []string{"bell", "terminal"},
		}},
	}
}
