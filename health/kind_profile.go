package health

// profile is everything that is particular to one kind of agent. The engine
// that reads screens is the same for all kinds; only these values differ. A
// phrase is lower-case and compared without regard to case.
type profile struct {
	kind    Kind
	command commandProfile
	title   titleProfile
	layout  layoutProfile
	status  statusProfile
	dialogs []dialogRule
	// menu is the verdict on a live dialog that no rule of dialogs describes.
	menu dialogRule
	// viewers are phrases in the last rows of a screen that covers the agent
	// (a transcript viewer).
	viewers []string
	// outcomes judge the last item above the composer, first match wins.
	outcomes []outcomeRule
	// shell tells what the program leaves behind on its way out.
	shell shellProfile
	// signs are phrases that only this program prints, in its banner or its
	// dialogs. They identify it where no process can be seen.
	signs []string
}

// commandProfile recognises the program's command line.
type commandProfile struct {
	// programs are base names of the executable or its launcher.
	programs []string
	// packages are path fragments of an installed program.
	packages []string
	// versionNamed is set when the executable may be called by its version.
	versionNamed bool
	// services are subcommands that run no conversation.
	services []string
	// oneShots are subcommands, and oneShotFlags flags, that do one task
	// without a screen of their own.
	oneShots     []string
	oneShotFlags []string
	// valueFlags are flags whose value is the next argument.
	valueFlags []string
}

// titleProfile reads the pane's title.
type titleProfile struct {
	// working are the characters of the spinner that starts the title; braille
	// spinners count for every kind.
	working string
	// waiting are phrases of a title that asks for the user.
	waiting []string
	// names are phrases that name the program in its title.
	names []string
	// idle are the characters that start the title of an agent at rest.
	idle string
	// plainIdle is set when a title without any mark says that no turn runs;
	// plainSeparator must be in it, so that a host name is not taken for one.
	plainIdle      bool
	plainSeparator string
}

// layoutProfile tells where things stand on the screen.
type layoutProfile struct {
	// prompts are the characters that start the composer, modes those that
	// start a framed one in another mode of input.
	prompts, modes string
	// ownPrompts are those of prompts that no other program uses.
	ownPrompts string
	// ruled is set when the composer stands between two rules or in a box;
	// bare when it may stand without.
	ruled bool
	bare  bool
	// cursors stand before the option under a menu's cursor; unnumbered is set
	// when options may have no numbers.
	cursors    string
	unnumbered bool
	// ends start an item that ends a turn without success.
	ends string
	// resend is what the composer suggests after a failure.
	resend []string
	// inputs start the last row of a screen that asks without a menu.
	inputs []string
	// items start an item of the transcript, users one that the user wrote,
	// details a subordinate line of an item.
	items   string
	users   string
	details string
	// banners are in the rows with which the program greets: what is above is
	// of an earlier run.
	banners []string
	// notices is set when the program prints its own notices without a mark,
	// flush left, where the answers are indented.
	notices bool
	// chromeSigns are phrases below the composer that only this program prints.
	chromeSigns []string
	// startingChrome is the whole text below the composer while the program is
	// still starting; empty when that cannot be told.
	startingChrome string
}

// statusProfile recognises the live status line above the composer.
type statusProfile struct {
	// glyphs start a status line.
	glyphs string
	// ellipsis is set when a live line ends its words with an ellipsis; else
	// it must show the elapsed time in parentheses.
	ellipsis bool
	// retry, background and finished are phrases of a status line that retries
	// by itself, that waits for background agents, and that says a turn is over.
	retry      []string
	background []string
	finished   []string
	// chrome are phrases below the composer that show while a turn runs.
	chrome []string
	// queued start an item that holds messages for later, below the status line.
	queued []string
	// footed are phrases below the composer of those versions that end every
	// turn with a line of its own, so that a missing one tells.
	footed []string
	// pending are phrases of the detail line of a tool that runs.
	pending []string
	// interrupt are phrases that, alone on the last row of a screen without a
	// composer, say that a turn runs.
	interrupt []string
}

// dialogRule judges a live dialog.
type dialogRule struct {
	id     string
	reason WaitReason
	// headings start a row above the options; footers are in an option or in a
	// row below. One of all suffices.
	headings []string
	footers  []string
	// picker is set when the user has opened it: no request by the agent.
	picker bool
	// limited is set for the menu that a limit opens.
	limited bool
}

// outcomeRule judges the item that ended a turn by its first words.
type outcomeRule struct {
	id    string
	state State
	// prefixes are what the item's text starts with; within, when given, must
	// be somewhere in it.
	prefixes []string
	within   []string
	// items is set when it may be an item of its own, details when it may be a
	// detail line of the user's message or a notice without a mark. What an
	// answer can start with as well belongs into details only.
	items, details bool
}

// shellProfile recognises what is left when the shell is back.
type shellProfile struct {
	// farewells are phrases that the program prints when it leaves, failures
	// such that it prints when it cannot go on.
	farewells []string
	failures  []string
}

// profiles builds the profiles of all kinds. Each call makes new values, so
// that nothing is shared.
func profiles() []*profile {
	return []*profile{claudeProfile(), codexProfile()}
}
