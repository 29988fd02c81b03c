package cli

import (
	"strconv"
	"strings"

	"agentwatch/internal/config"
	"agentwatch/internal/notify"
	"agentwatch/internal/plugin"
)

// notifySection are the settings of internal/notify.
func notifySection() *config.Section[notify.Config] {
	return config.NewSection("notify", config.Spec[notify.Config]{
		About: "How you are told that an agent needs you. States are waiting, crashed, error, limited, done, unknown, starting, working, " +
			"idle, exited. Names of kinds, sessions, windows and servers are patterns: * is any text. `agentwatch notify test` tries the channels. A change counts for what agents do from then on.",
		Defaults: notify.Defaults,
		Settings: []config.Setting{
			{Key: "enabled", Meaning: "Without it nothing at all is told."},
			{Key: "batch", Meaning: "How long a message waits for others to join it."},
			{Key: "per_minute", Meaning: "The most messages in any minute; what is over it comes later, in one."},
			{Key: "after", Meaning: "How long a state must last before it is told, where a rule says nothing else."},
			{Key: "cooldown", Meaning: "How soon the same agent may be told of again for the same state."},
			{
				Key: "channels", Example: "[notify.channels.phone]\ntype = \"ntfy\"\nurl = \"https://ntfy.sh/$NTFY_TOPIC\"",
				Meaning: "The ways to you, by a name of yours: type is bell, terminal, osc9, osc99, osc777, tmux, desktop, command, webhook, ntfy or slack. " +
					"Those with a url take headers, too; command is a program with its arguments (shell = true for a line of the shell). " +
					"$NAME stands for an environment variable. A notification of the desktop has the action Go, which takes the tmux client that was used last to the agent; " +
					"with answers = true also the options of its dialog, which are given as if by a key: only if the pane is still as it was told.",
			},
			{
				Key:     "rules",
				Example: "[[notify.rules]]\nto = [\"waiting\", \"crashed\"]\nchannels = [\"bell\", \"terminal\"]\nescalate = { after = \"10m\", channels = [\"phone\"] }",
				Meaning: "What is told where; rules of yours replace the usual ones.",
			},
			{Key: "rules.to", Meaning: "The states that are told."},
			{Key: "rules.from", Meaning: "Only when the agent was in one of these before."},
			{Key: "rules.kinds", Meaning: "Only these kinds of agents."},
			{Key: "rules.sessions", Meaning: "Only agents in these tmux sessions."},
			{Key: "rules.windows", Meaning: "Only agents in these windows."},
			{Key: "rules.servers", Meaning: "Only agents on these tmux servers."},
			{Key: "rules.channels", Meaning: "Where it is told."},
			{Key: "rules.after", Meaning: "How long the state must last."},
			{Key: "rules.cooldown", Meaning: "How soon the same agent may be told of again."},
			{Key: "rules.budget.tokens", Meaning: "In place of to: how many tokens an agent may use in a day, as its session files tell: budget = { tokens = 2000000 }. Each agent that uses more is told of once a day."},
			{Key: "rules.budget.cost", Meaning: "The same in money, by the prices of [tokens]: budget = { cost = 10.0 }."},
			{Key: "rules.escalate", Meaning: "Who is told as well when the state lasts too long: { after = \"10m\", channels = [\"phone\"] }."},
			{
				Key: "quiet", Meaning: "Hours in which nothing is told. What still holds at their end is told then, in one message.",
				Example: "[[notify.quiet]]\nstart = \"22:00\"\nend = \"07:30\"\npass = [\"crashed\"]",
			},
			{Key: "quiet.start", Meaning: "When it begins, by the local clock."},
			{Key: "quiet.end", Meaning: "When it ends; before the start means on the next day."},
			{Key: "quiet.days", Meaning: "The days on which it begins (mon, tue, ...); every day when empty."},
			{Key: "quiet.pass", Meaning: "States that it does not hold back."},
			{Key: "quiet.pass_channels", Meaning: "Channels that it does not hold back."},
			{Key: "mute.kinds", Meaning: "Kinds of agents that are never told of."},
			{Key: "mute.sessions", Meaning: "tmux sessions whose agents are never told of."},
		},
		Check: func(c notify.Config) []config.Fault {
			var faults []config.Fault
			for _, problem := range c.Validate() {
				key := strings.NewReplacer("[", ".", "]", "").Replace(strings.TrimPrefix(problem.Path, "notify."))
				faults = append(faults, config.Fault{Key: key, What: problem.Text, Suggestion: problem.Suggestion})
			}
			return faults
		},
	})
}

// strategySection are strategies that the user writes as expressions.
func strategySection() *config.Section[[]plugin.ExprConfig] {
	return config.NewSection("strategy", config.Spec[[]plugin.ExprConfig]{
		About: "Strategies of your own, as expressions: docs/plugins.md names all that one may ask.",
		Settings: []config.Setting{
			{
				Meaning: "One table for each strategy.",
				Example: "[[strategy]]\nname = \"night\"\nsummary = \"what waits at once, the rest rarely\"\n" +
					"recapture = \"pane.dirty && (pane.state == 'waiting' || pane.age > 30)\"\nevery = \"1s\"",
			},
			{Key: "name", Meaning: "What it is picked by: small letters, digits and \"-\"."},
			{Key: "summary", Meaning: "One line on what it does."},
			{Key: "recapture", Meaning: "Tells for each pane whether the round captures it."},
			{Key: "every", Meaning: "The time between two rounds; the interval when empty."},
		},
		Check: func(all []plugin.ExprConfig) []config.Fault {
			var faults []config.Fault
			for i, c := range all {
				if _, err := plugin.Compile(c); err != nil {
					what := strings.TrimPrefix(err.Error(), "plugin: ")
					faults = append(faults, config.Fault{Key: strconv.Itoa(i), What: what, Suggestion: "docs/plugins.md tells how one is written"})
				}
			}
			return faults
		},
	})
}
