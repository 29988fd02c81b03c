package health

// profile is everything that is particular to one kind of agent. The engine
// that reads screens is the same for all kinds; only these values differ. It is
// read from TOML (profiles/*.toml); docs/kinds.md describes each key. A phrase
// is compared without regard to case.
type profile struct {
	Kind Kind `toml:"kind"`
	// Seen are the versions of the program that the profile was made with.
	Seen string `toml:"seen"`
	// Common adds the markers that many programs share.
	Common  bool           `toml:"common"`
	Command commandProfile `toml:"command"`
	Title   titleProfile   `toml:"title"`
	Layout  layoutProfile  `toml:"layout"`
	Status  statusProfile  `toml:"status"`
	Dialogs []dialogRule   `toml:"dialog"`
	// Menu is the verdict on a live dialog that no rule of Dialogs describes.
	Menu dialogRule `toml:"menu"`
	// Viewers are phrases in the last rows of a screen that covers the agent
	// (a transcript viewer).
	Viewers []string `toml:"viewers"`
	// Outcomes judge the last item above the composer, first match wins.
	Outcomes []outcomeRule `toml:"outcome"`
	// Markers judge single rows by the region they stand in.
	Markers []markerRule `toml:"marker"`
	// Facts find the model, context, tokens and the like.
	Facts []factRule `toml:"fact"`
	// Shell tells what the program leaves behind on its way out.
	Shell shellProfile `toml:"shell"`
	// Answer tells how it is answered.
	Answer answerProfile `toml:"answer"`
	// Signs are phrases that only this program prints, in its banner or its
	// dialogs. They identify it where no process can be seen.
	Signs []string `toml:"signs"`
	// DialogSigns are such phrases that an answer can hold as well: they identify
	// the program in a live dialog only.
	DialogSigns []string `toml:"dialog_signs"`

	// origin is the file that the profile comes from; "built in" for ours.
	origin string
}

// commandProfile recognises the program's command line.
type commandProfile struct {
	// Programs are base names of the executable or its launcher.
	Programs []string `toml:"programs"`
	// Packages are path fragments of an installed program.
	Packages []string `toml:"packages"`
	// VersionNamed is set when the executable may be called by its version.
	VersionNamed bool `toml:"version_named"`
	// Services are subcommands that run no conversation.
	Services []string `toml:"services"`
	// OneShots are subcommands, and OneShotFlags flags, that do one task
	// without a screen of their own.
	OneShots     []string `toml:"one_shots"`
	OneShotFlags []string `toml:"one_shot_flags"`
	// Requires are subcommands of which one must follow, for a program that
	// does more than run an agent.
	Requires []string `toml:"requires"`
	// ValueFlags are flags whose value is the next argument.
	ValueFlags []string `toml:"value_flags"`
}

// titleProfile reads the pane's title.
type titleProfile struct {
	// Working are the characters of the spinner that starts the title; braille
	// spinners count for every kind.
	Working string `toml:"working"`
	// WorkingPhrases and Waiting are phrases of a title that works or asks for
	// the user.
	WorkingPhrases []string `toml:"working_phrases"`
	Waiting        []string `toml:"waiting"`
	// Names are phrases that name the program in its title.
	Names []string `toml:"names"`
	// Idle are the characters that start the title of an agent at rest.
	Idle string `toml:"idle"`
	// IdleAsks is set when that title is also shown while a dialog waits.
	IdleAsks bool `toml:"idle_asks"`
	// PlainIdle is set when a title without any mark says that no turn runs;
	// PlainSeparator must be in it, so that a host name is not taken for one.
	PlainIdle      bool   `toml:"plain_idle"`
	PlainSeparator string `toml:"plain_separator"`
}

// layoutProfile tells where things stand on the screen.
type layoutProfile struct {
	// Prompts are the characters that start the composer, Modes those that
	// start a framed one in another mode of input.
	Prompts string `toml:"prompts"`
	Modes   string `toml:"modes"`
	// Busy are the characters that stand in the prompt's place while a turn
	// runs, in a frame.
	Busy string `toml:"busy"`
	// OwnPrompts are those of Prompts that no other program uses.
	OwnPrompts string `toml:"own_prompts"`
	// Ruled is set when the composer stands between two rules or in a box;
	// Bare when it may stand without. Unprompted is set when what stands between
	// the rules needs no prompt character.
	// Margin is how many columns of margin items, users' messages and status
	// lines may have.
	Margin     int  `toml:"margin"`
	Ruled      bool `toml:"ruled"`
	Bare       bool `toml:"bare"`
	Unprompted bool `toml:"unprompted"`
	// Bar is the character at the left of each row of a composer that has no
	// other frame.
	Bar string `toml:"bar"`
	// Composers are phrases of the composer or of the hints right at it (the
	// placeholder, say), for programs whose composer has no shape of its own.
	Composers []string `toml:"composers"`
	// Cursors stand before the option under a menu's cursor; Unnumbered is set
	// when options may have no numbers.
	// StyledCursor is set when nothing but its background tells the option that
	// is chosen.
	Cursors      string `toml:"cursors"`
	Unnumbered   bool   `toml:"unnumbered"`
	StyledCursor bool   `toml:"styled_cursor"`
	// Ends start an item that ends a turn without success.
	Ends string `toml:"ends"`
	// Resend is what the composer suggests after a failure.
	Resend []string `toml:"resend"`
	// Inputs start the last row of a screen that asks without a menu.
	Inputs []string `toml:"inputs"`
	// Items start an item of the transcript, Users one that the user wrote,
	// Details a subordinate line of an item.
	Items   string `toml:"items"`
	Users   string `toml:"users"`
	Details string `toml:"details"`
	// Banners are in the rows with which the program greets: what is above is
	// of an earlier run.
	Banners []string `toml:"banners"`
	// Asked is set when every answer starts with a mark of Items, so that a
	// user's message as the last item means that the answer is on its way.
	Asked bool `toml:"asked"`
	// Notices is set when the program prints its own notices without a mark,
	// flush left, where the answers are indented.
	Notices bool `toml:"notices"`
	// ChromeSigns are phrases below the composer that only this program prints.
	ChromeSigns []string `toml:"chrome_signs"`
	// Hints are phrases below the composer that other programs print, too.
	Hints []string `toml:"hints"`
	// StartingChrome is the whole text below the composer while the program is
	// still starting; empty when that cannot be told.
	StartingChrome string `toml:"starting_chrome"`
}

// statusProfile recognises the live status line above the composer.
type statusProfile struct {
	// Glyphs start a status line.
	Glyphs string `toml:"glyphs"`
	// Ellipsis is set when a live line ends its words with an ellipsis; else
	// it must show the elapsed time in parentheses.
	Ellipsis bool `toml:"ellipsis"`
	// Retry, Background and Finished are phrases of a status line that retries
	// by itself, that waits for background agents, and that says a turn is over.
	Retry      []string `toml:"retry"`
	Background []string `toml:"background"`
	Finished   []string `toml:"finished"`
	// Chrome are phrases below the composer that show while a turn runs.
	Chrome []string `toml:"chrome"`
	// Queued start an item that holds messages for later, below the status line.
	Queued []string `toml:"queued"`
	// Footed are phrases below the composer of those versions that end every
	// turn with a line of its own, so that a missing one tells.
	Footed []string `toml:"footed"`
	// Pending are phrases of the detail line of a tool that runs.
	Pending []string `toml:"pending"`
	// Interrupt are phrases that, alone on the last row of a screen without a
	// composer, say that a turn runs.
	Interrupt []string `toml:"interrupt"`
}

// dialogRule judges a live dialog.
type dialogRule struct {
	ID     string     `toml:"id"`
	Reason WaitReason `toml:"wait"`
	// Headings start a row above the options; Footers are in an option or in a
	// row below. One of all suffices.
	Headings []string `toml:"headings"`
	Footers  []string `toml:"footers"`
	// Picker is set when the user has opened it: no request by the agent.
	Picker bool `toml:"picker"`
	// Limited is set for the menu that a limit opens.
	Limited bool `toml:"limited"`
}

// outcomeRule judges the item that ended a turn by its first words.
type outcomeRule struct {
	ID    string `toml:"id"`
	State State  `toml:"state"`
	// Prefixes are what the item's text starts with; Within, when given, must
	// be somewhere in it.
	Prefixes []string `toml:"prefixes"`
	Within   []string `toml:"within"`
	// Items is set when it may be an item of its own, Details when it may be a
	// detail line of the user's message or a notice without a mark. What an
	// answer can start with as well belongs into Details only.
	Items   bool `toml:"items"`
	Details bool `toml:"details"`
	// Cut is set when it may be the last paragraph or detail line of an answer,
	// which it has cut off.
	Cut bool `toml:"cut"`
}

// shellProfile recognises what is left when the shell is back.
type shellProfile struct {
	// Farewells are phrases that the program prints when it leaves, Failures
	// such that it prints when it cannot go on.
	Farewells []string `toml:"farewells"`
	// Endings are farewells that other programs print, too.
	Endings  []string `toml:"endings"`
	Failures []string `toml:"failures"`
	// Resume is the command that goes on with the last session of a folder, Session
	// what the id of a session follows in the command that goes on with that one, as
	// the program prints it on its way out. Both are empty where nobody has tried them.
	Resume  string `toml:"resume"`
	Session string `toml:"session"`
}
