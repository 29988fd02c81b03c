package health

// claudeProfile describes Claude Code; seen with versions 1.0 to 2.1.330.
func claudeProfile() *profile {
	return &profile{
		kind: KindClaude,
		command: commandProfile{
			programs:     []string{"claude"},
			packages:     []string{"@anthropic-ai/claude-code/", "/claude/versions/"},
			versionNamed: true,
			services: []string{
				"mcp", "doctor", "update", "upgrade", "config", "install", "setup-token",
				"auth", "plugin", "plugins", "migrate-installer", "daemon",
			},
			oneShotFlags: []string{"-p", "--print", "-v", "--version", "-h", "--help"},
			valueFlags: []string{
				"--model", "--permission-mode", "--settings", "--session-id", "--fallback-model",
				"--agent", "--agents", "--system-prompt", "--append-system-prompt", "--setting-sources",
				"--output-format", "--input-format", "--effort", "--name", "-n",
			},
		},
		title: titleProfile{working: "◐◑◒◓", idle: "✳", names: []string{"claude code"}},
		layout: layoutProfile{
			prompts: "❯>", modes: "!#&", ruled: true, bare: true, cursors: "❯>", unnumbered: true,
			items: "●⏺", users: "❯>", details: "⎿", notices: true,
			resend:  []string{"resend your message to try again", "once fixed, resend your message"},
			banners: []string{"claude code v", "welcome to claude code"},
			inputs:  []string{"press enter to continue", "paste code here"},
			chromeSigns: []string{
				"manual mode on", "plan mode on (", "accept edits on", "bypass permissions on", "auto mode on",
				"don't ask on", "bypassing permissions", "← for agents", "auto-accept edits on",
			},
		},
		status: statusProfile{
			glyphs: "·∗*✢✣✤✥✱✲✳✴✵✶✷✸✹✺✻✼✽✾✿❀❁❂❃❇❈❉❊❋", ellipsis: true,
			retry:      []string{"· retrying"},
			background: []string{"waiting for "},
			finished:   []string{" for "},
			chrome:     []string{"esc to interrupt", "ctrl+c to interrupt"},
			pending:    []string{"running…", "waiting…", "fetching…", "searching…", "initializing…"},
			interrupt:  []string{"esc to interrupt"},
		},
		dialogs:  claudeDialogs(),
		menu:     dialogRule{id: "claude.dialog.menu", reason: WaitQuestion},
		viewers:  []string{"showing detailed transcript", "ctrl+o to toggle · ", "ctrl+r to toggle · "},
		outcomes: claudeOutcomes(),
		shell: shellProfile{farewells: []string{
			"resume this session with:", "to resume this session", "claude --resume ",
		}, failures: []string{"claude code has crashed", "uncaughtexception"}},
		signs: []string{
			"claude code v", "welcome to claude code", "· /effort", "manual mode on",
			"claude code'll be able to", "claude wants to ", "claude has written up a plan",
			"esc to cancel · tab to amend", "chat about this",
		},
	}
}

// claudeDialogs are ordered so that what the agent asks comes before what the
// user opens: a command may quote a menu's heading.
func claudeDialogs() []dialogRule {
	return []dialogRule{
		{
			id: "claude.dialog.limit", reason: WaitLimitMenu, limited: true,
			headings: []string{"you've hit your", "you've reached your", "what do you want to do?"},
		},
		{
			id: "claude.dialog.trust", reason: WaitTrust,
			headings: []string{
				"accessing workspace", "quick safety check", "do you trust the files", "is this a project you created",
				"warning: claude code running in bypass permissions mode",
			},
			footers: []string{"yes, i trust", "trust this folder"},
		},
		{
			id: "claude.dialog.login", reason: WaitLogin,
			headings: []string{
				"select login method", "do you want to use this api key", "detected a custom api key", "paste code here",
				"browser didn't open?", "login successful",
			},
		},
		{
			id: "claude.dialog.onboarding", reason: WaitQuestion,
			headings: []string{"let's get started", "choose the text style", "security notes", "use claude code's terminal setup"},
		},
		{
			id: "claude.dialog.plan", reason: WaitPlan,
			headings: []string{
				"exit plan mode", "enter plan mode", "claude has written up a plan", "claude has a plan",
				"here is claude's plan", "ready to code?", "would you like to proceed?",
			},
			footers: []string{"to approve with", "tell claude what to change", "manually approve edits"},
		},
		{
			id: "claude.dialog.permission", reason: WaitPermission,
			headings: []string{"do you want to ", "claude needs your permission", "claude wants to "},
			footers:  []string{"tab to amend", "tab to add additional", "tell claude what to do differently", "don't ask again"},
		},
		{
			id: "claude.dialog.question", reason: WaitQuestion,
			headings: []string{"☐", "☒", "←", "review your answers", "ready to submit"},
			footers:  []string{"chat about this", "type something"},
		},
		{
			id: "claude.dialog.picker", picker: true,
			headings: []string{
				"select model", "switch between claude models", "resume session", "resume a conversation",
				"manage mcp servers", "output style", "preferred output style", "manage agents", "rewind", "settings",
				"background tasks", "theme", "configure claude code",
			},
			footers: []string{"enter to set as default", "esc to exit", "esc to close", "enter to view"},
		},
	}
}

func claudeOutcomes() []outcomeRule {
	return []outcomeRule{
		{
			id: "claude.limit.usage", state: StateLimited, items: true, details: true,
			prefixes: []string{
				"you've hit your", "you've reached your", "you're out of extra usage", "claude usage limit reached",
				"claude ai usage limit reached", "5-hour limit reached", "weekly limit reached", "session limit reached",
				"opus limit reached", "opus weekly limit reached", "credit balance",
			},
			within: []string{"limit", "credit balance", "extra usage"},
		},
		{
			id: "claude.limit.rate", state: StateLimited, items: true, details: true,
			prefixes: []string{"api error"},
			within:   []string{"(429)", "error: 429", "rate limit", "rate_limit"},
		},
		{
			id: "claude.error.api", state: StateError, items: true, details: true,
			prefixes: []string{"api error", "invalid api key", "prompt is too long"},
		},
		{
			id: "claude.error.notice", state: StateError, details: true,
			prefixes: []string{
				"please run /login", "not logged in", "oauth token", "context limit reached", "request timed out",
				"unable to connect", "connection error", "there's an issue with the selected model",
				"your account does not have access", "this organization has been disabled",
			},
		},
	}
}
