package demo

// marks are words that the screen of each program shows in each situation.
func marks() map[Kind]map[Script][]string {
	return map[Kind]map[Script][]string{
		Claude: {
			ScriptWorking:    {"… (", "❯\u00a0", "esc to interrupt"},
			ScriptPermission: {"Do you want to", "❯ 1. Yes", "Esc to cancel · Tab to amend"},
			ScriptQuestion:   {"☐", "❯ 1. ", "Enter to select · ↑/↓ to navigate · Esc to cancel"},
			ScriptPlan:       {"Exit plan mode?", "❯ 1. Yes"},
			ScriptTrust:      {"Quick safety check", "❯ No, exit"},
			ScriptLimited:    {"You've hit your 5-hour limit · resets", "❯\u00a0"},
			ScriptError:      {"● API Error", "Resend your message"},
			ScriptDone:       {"✻ ", " · done ", "❯\u00a0", "? for shortcuts"},
			ScriptCrash:      {"esc to interrupt"},
			ScriptExit:       {"esc to interrupt"},
		},
		Codex: {
			ScriptWorking:    {"• Working (", "• esc to interrupt)", "› Ask Codex", "gpt-5-codex"},
			ScriptPermission: {"Would you like to", "› 1. Yes, proceed (y)", "Press enter to confirm or esc to cancel"},
			ScriptQuestion:   {"Question 1/1 (1 unanswered)", "› 1. ", "enter to submit answer"},
			ScriptPlan:       {"Proposed Plan", "Implement this plan?", "› 1. Yes"},
			ScriptTrust:      {"Do you trust the contents", "› 1. Yes, continue", "Press enter to continue"},
			ScriptLimited:    {"■ You’ve hit your usage limit", "› Ask Codex"},
			ScriptError:      {"■ stream disconnected", "› Ask Codex"},
			ScriptDone:       {"Worked for", "› Ask Codex", "gpt-5-codex"},
			ScriptCrash:      {"• Working ("},
			ScriptExit:       {"• Working ("},
		},
		Gemini: {
			ScriptWorking:    {" Thinking... (esc to cancel, ", " >   Type your message", "/model"},
			ScriptPermission: {"│ ● 1. Allow once", ". No, suggest changes (esc)"},
			ScriptQuestion:   {"│ Answer Questions", "● 1. ", "Enter to select · ↑/↓ to navigate · Esc to cancel"},
			ScriptPlan:       {"Ready to start implementation?", "● 1. Yes"},
			ScriptTrust:      {"Do you trust the files in this folder?", "● 1. Trust folder (api)"},
			ScriptLimited:    {"✕ [API Error: You have exhausted your capacity on this model. Your quota will reset after "},
			ScriptError:      {"✕ [API Error: terminated]", " >   Type your message"},
			ScriptDone:       {"✦ ", "? for shortcuts", " >   Type your message"},
			ScriptCrash:      {" Thinking..."},
			ScriptExit:       {" Thinking..."},
		},
		OpenCode: {
			ScriptWorking:    {"■■■", "esc interrupt", "▣  Build · GPT-5.5", "ctrl+p commands"},
			ScriptPermission: {"△ Permission required", "Allow once   Allow always   Reject", "enter confirm"},
			ScriptQuestion:   {"┃  1. ", "Type your own answer", "↑↓ select  enter submit  esc dismiss"},
			ScriptPlan:       {"The plan is complete.", "┃  1. Yes", "enter submit"},
			ScriptLimited:    {"■■■", "5 hour usage limit reached [retrying in "},
			ScriptError:      {"┃  Unable to connect.", "▣  Build · GPT-5.5"},
			ScriptDone:       {"▣  Build · GPT-5.5 · ", "ctrl+p commands"},
			ScriptCrash:      {"esc interrupt"},
			ScriptExit:       {"esc interrupt"},
		},
	}
}
