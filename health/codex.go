package health

// codexProfile describes Codex CLI; seen with versions 0.98 to 0.169.
func codexProfile() *profile {
	return &profile{
		kind: KindCodex,
		command: commandProfile{
			programs: []string{"codex"},
			packages: []string{"@openai/codex/"},
			services: []string{
				"app-server", "mcp-server", "mcp", "login", "logout", "completion", "proto", "debug",
				"apply", "a", "sandbox", "cloud", "features", "exec-server", "app", "update", "plugin",
				"execpolicy", "responses-api-proxy", "stdio-to-uds", "remote-control", "doctor",
			},
			oneShots:     []string{"exec", "e", "review"},
			oneShotFlags: []string{"-V", "--version", "-h", "--help"},
			valueFlags: []string{
				"-s", "--sandbox", "-a", "--ask-for-approval", "-m", "--model", "-c", "--config",
				"-p", "--profile", "-C", "--cd", "-i", "--image", "--add-dir", "--enable", "--disable",
				"--local-provider", "--remote",
			},
		},
		title: titleProfile{
			waiting: []string{"] action required"}, plainIdle: true, plainSeparator: " | ",
		},
		layout: layoutProfile{
			prompts: "›▌>", ownPrompts: "›", bare: true, cursors: "›>",
			items: "•◦■✔✗⚠─", users: "›", details: "└│", ends: "■",
			banners:        []string{">_ openai codex (v", "you are using openai codex"},
			inputs:         []string{"press enter to continue", "press esc to cancel"},
			chromeSigns:    []string{"gpt-", "f2 to view", "codex default ·", "codex low ·", "codex medium ·", "codex high ·"},
			startingChrome: "? for shortcuts",
		},
		status: statusProfile{
			glyphs:    "•◦▌",
			queued:    []string{"queued", "messages to be submitted"},
			footed:    []string{"← for agents", "f2 to view"},
			retry:     []string{"reconnecting", "retrying"},
			finished:  []string{"worked for ", "done "},
			interrupt: []string{"esc to interrupt"},
		},
		dialogs:  codexDialogs(),
		menu:     dialogRule{id: "codex.dialog.menu", reason: WaitQuestion},
		viewers:  []string{"q to quit", "q close", "enter to resume"},
		outcomes: codexOutcomes(),
		shell: shellProfile{farewells: []string{
			"codex resume ", "token usage so far:", "token usage: total=", "disconnected from this task",
		}, failures: []string{"app server did not become ready", "thread 'main' panicked"}},
		signs: []string{
			">_ openai codex (v", "you are using openai codex", "ask codex to do anything",
			"tell codex what to do differently", "welcome to codex", "running codex in",
			"do you trust the contents of this directory", "hide future rate limit",
			"yes, proceed (y)", "keep current model",
		},
	}
}

func codexDialogs() []dialogRule {
	return []dialogRule{
		{
			id: "codex.dialog.trust", reason: WaitTrust,
			headings: []string{"do you trust the contents", "since this folder is", "you are running codex in"},
			footers:  []string{"allow codex to work in this folder"},
		},
		{
			id: "codex.dialog.login", reason: WaitLogin,
			headings: []string{"sign in with chatgpt", "welcome to codex", "finish signing in"},
			footers:  []string{"sign in with chatgpt", "provide your own api key"},
		},
		{
			id: "codex.dialog.limit", reason: WaitLimitMenu,
			headings: []string{"approaching rate limits", "you've hit your", "switch to gpt"},
			footers:  []string{"hide future rate limit"},
		},
		{
			id: "codex.dialog.plan", reason: WaitPlan,
			headings: []string{"implement this plan"},
		},
		{
			id: "codex.dialog.permission", reason: WaitPermission,
			headings: []string{
				"would you like to ", "do you want to approve", "command approval required", "allow codex to",
				"codex wants to ", "codex needs your approval",
			},
			footers: []string{"tell codex what to do differently", "yes, proceed"},
		},
		{
			id: "codex.dialog.question", reason: WaitQuestion,
			headings: []string{"question ", "update available"},
			footers:  []string{"enter to submit answer", "enter to submit all"},
		},
		{
			id: "codex.dialog.picker", picker: true,
			headings: []string{
				"select model", "select reasoning level", "update model permissions", "resume a previous session",
				"select approval mode", "select a review preset", "select personality", "select a theme", "select syntax theme",
			},
		},
	}
}

func codexOutcomes() []outcomeRule {
	return []outcomeRule{
		{
			id: "codex.outcome.interrupted", state: StateIdle, items: true,
			prefixes: []string{"■ conversation interrupted", "■ task interrupted"},
		},
		{
			id: "codex.limit.usage", state: StateLimited, items: true,
			prefixes: []string{"■ you've hit your", "■ quota exceeded", "■ you've reached your", "■ usage limit"},
		},
		{
			id: "codex.limit.rate", state: StateLimited, items: true,
			prefixes: []string{"■ "},
			within:   []string{"429 too many", "rate limit", "usage limit"},
		},
		{
			id: "codex.error.turn", state: StateError, items: true,
			prefixes: []string{"■ "},
		},
	}
}
