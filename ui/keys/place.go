package keys

import "fmt"

// Place is where a key is pressed: the same key may mean different things
// there, and the footer shows only what works.
type Place uint8

// The places.
const (
	OnBoard Place = iota
	OnGrid
	OnFocus
	OnTimeline
	OnEngine
	OnInbox
	// InPicker is a list to choose from, InHelp a text to read, InText a line
	// to write, InKeys one that names keys to send, InPalette a line with a list
	// below.
	InPicker
	InHelp
	InText
	InKeys
	InPalette
	// InAnswer shows what will be sent to agents, InReply is where a text for
	// them is written.
	InAnswer
	InReply
	// InPlayer is where an agent's stored screens are played.
	InPlayer
	// InTexts lists the texts that wait for an agent.
	InTexts
	// InDiff shows what an agent has changed, InFiles lists the files of that.
	InDiff
	InFiles
	// InFind is a line with what is found in all agents below.
	InFind
	// places is how many there are.
	places
)

// String returns the place's word.
func (p Place) String() string {
	words := [...]string{
		"board", "grid", "focus", "timeline", "engine", "inbox", "picker", "help", "text", "keys", "palette", "answer", "reply", "player", "waiting texts", "diff", "files", "search of all",
	}
	if int(p) < len(words) {
		return words[p]
	}
	return fmt.Sprintf("place(%d)", uint8(p))
}

// Places lists all places.
func Places() []Place {
	all := make([]Place, places)
	for i := range all {
		all[i] = Place(i)
	}
	return all
}

// entry is an action as it stands in a place.
type entry struct {
	action Action
	// does replaces the action's own words where they are too general.
	does string
	// also are keys that do it in this place only.
	also []string
	// quiet keeps it out of the footer.
	quiet bool
}

// say is an entry of the footer and the help.
func say(a Action, does string, also ...string) entry { return entry{a, does, also, false} }

// whisper is an entry of the help only.
func whisper(a Action, does string, also ...string) entry { return entry{a, does, also, true} }

// views are the keys that lead from view to view, without that of the place
// itself.
func views() []entry {
	return []entry{
		whisper(Board, ""), whisper(Grid, ""), whisper(Focus, ""), whisper(Timeline, ""), whisper(Engine, ""), whisper(Inbox, ""),
	}
}

// everywhere are the keys that work in every view.
func everywhere() []entry {
	return append(views(), whisper(Jump, ""), whisper(Previous, ""), whisper(Explain, ""), whisper(Diff, ""), whisper(SearchAll, ""), whisper(Seen, ""), whisper(Snooze, ""), whisper(GoOn, ""), whisper(Waiting, ""), whisper(Strategy, ""),
		whisper(Theme, ""), whisper(Refresh, ""), whisper(Mouse, ""), whisper(Notices, ""), whisper(Quit, ""))
}

// listing are the keys of views that list agents.
func listing() []entry {
	return []entry{
		whisper(Filter, ""), whisper(StateFilter, ""), whisper(StateFilterBack, ""), whisper(Sort, ""), whisper(Group, ""),
		whisper(Mark, ""), whisper(MarkAll, ""), whisper(Unmark, ""),
	}
}

// answering are the keys that send something to agents. deny are more keys that
// deny.
func answering(deny ...string) []entry {
	return []entry{
		say(Approve, ""), say(Deny, "", deny...), say(Answer, "choose"), say(Reply, ""), say(Interrupt, ""), say(BringBack, ""), whisper(SendKeys, ""),
	}
}

// moving are the keys that move through a list.
func moving() []entry {
	return []entry{whisper(Up, ""), whisper(Down, ""), whisper(Top, ""), whisper(Bottom, ""), whisper(PageUp, ""), whisper(PageDown, "")}
}

// table lists what works in a place, most useful first. An action that comes
// twice counts the first time.
func table(p Place) []entry {
	join := func(parts ...[]entry) []entry {
		var all []entry
		for _, part := range parts {
			all = append(all, part...)
		}
		return all
	}
	next := say(Next, "")
	common := []entry{say(Palette, ""), say(Help, "")}
	switch p {
	case OnBoard:
		return join([]entry{say(Open, "", "right", "l"), say(Jump, ""), next}, answering("n"), []entry{
			say(Diff, "diff"), say(Filter, ""), say(Grid, ""), say(Timeline, ""), say(Inbox, ""), say(Strategy, ""),
		}, common, []entry{say(Quit, "")}, moving(), listing(), []entry{
			whisper(Back, "clear the filter"), whisper(PanLeft, ""), whisper(PanRight, ""), whisper(Narrower, ""), whisper(Wider, ""), whisper(Figures, ""),
		}, everywhere())
	case OnGrid:
		return join([]entry{say(Open, ""), say(Jump, ""), next}, answering("n"), []entry{say(Filter, ""), say(Mark, ""), say(Board, "")}, common,
			[]entry{whisper(Left, ""), whisper(Right, "")}, moving(), listing(), []entry{whisper(Back, "to the board")}, everywhere())
	case OnFocus:
		return join([]entry{
			say(Back, ""), say(Jump, ""),
		}, answering(), []entry{
			say(PageUp, ""), say(PageDown, ""), say(Search, ""), say(Bottom, "live"), next, say(NextAgent, ""), say(Diff, "diff"), say(Explain, ""),
			say(Replay, "replay"),
		}, common, []entry{
			whisper(Up, "scroll up"), whisper(Down, "scroll down"), whisper(Top, "oldest"), whisper(PreviousAgent, ""),
			whisper(SearchNext, ""), whisper(SearchPrevious, ""), whisper(PanLeft, "", "left", "h"), whisper(PanRight, "", "right", "l"),
			whisper(Mark, ""), whisper(Refresh, "read it anew"),
		}, everywhere())
	case OnTimeline:
		return join([]entry{
			say(Open, ""), say(ZoomIn, ""), say(ZoomOut, ""), say(Left, "earlier"), say(Right, "later"), say(Now, ""), say(Board, ""),
		}, common, []entry{next}, answering("n"), moving(), listing(), []entry{whisper(Back, "to the board")}, everywhere())
	case OnEngine:
		return join([]entry{say(Strategy, ""), say(Board, ""), say(Refresh, ""), whisper(Open, "open the selected agent")}, common,
			moving(), []entry{whisper(Back, "to the board"), next}, everywhere())
	case OnInbox:
		return join([]entry{say(Open, ""), say(Jump, "")}, answering("n"), []entry{say(Seen, ""), say(Snooze, ""), say(Board, "")}, common,
			[]entry{next}, moving(), []entry{whisper(Back, "to the board"), whisper(Mark, "")}, everywhere())
	default:
		return overlayTable(p)
	}
}

// overlayTable lists what works in a place that lies over a view.
func overlayTable(p Place) []entry {
	stop := whisper(Quit, "")
	switch p {
	case InPicker:
		return append([]entry{say(Open, "keep it", "right", "l"), say(Up, ""), say(Down, ""), say(Back, "as it was", "left", "h")},
			append(moving(), stop)...)
	case InAnswer:
		return append([]entry{say(Open, "send it", "y"), say(Up, ""), say(Down, ""), say(Back, "send nothing")}, append(moving(), stop)...)
	case InTexts:
		return append([]entry{say(Open, "take it back"), say(Up, ""), say(Down, ""), say(Back, "close", "w")}, append(moving(), stop)...)
	case InFiles:
		return append([]entry{say(Open, "go there", "right", "l"), say(Up, ""), say(Down, ""), say(Back, "back to the diff", "left", "h")}, append(moving(), stop)...)
	case InDiff:
		return append([]entry{
			say(Back, "close", "D"), say(Next, "next file"), say(Open, "files"), say(DiffBase, "last commit or base"), say(Search, ""), say(SearchNext, ""),
			say(PageDown, "", "space"), say(Refresh, "read anew"), say(Help, ""), whisper(Previous, "file before"), whisper(SearchPrevious, ""), whisper(PageUp, ""),
			whisper(PanLeft, "", "left", "h"), whisper(PanRight, "", "right", "l"),
		}, append(moving(), stop)...)
	case InHelp:
		return append([]entry{say(Back, "close", "enter", "?", "e", "!", "left", "h"), say(Up, ""), say(Down, "")}, append(moving(), stop)...)
	case InPlayer:
		return append([]entry{
			say(Back, "live"), say(Play, ""), say(Left, "screen before"), say(Right, "next screen"), say(NextChange, "next change"),
			say(PreviousChange, "change before"), say(ZoomIn, "faster"), say(ZoomOut, "slower"), say(Palette, ""), say(Help, ""), whisper(SkipBack, ""), whisper(SkipOn, ""),
			whisper(PageUp, "a tenth back"), whisper(PageDown, "a tenth on"), whisper(Top, "oldest screen"), whisper(Bottom, "newest screen"),
			whisper(Up, "scroll up"), whisper(Down, "scroll down"), whisper(Mouse, ""),
		}, stop)
	default:
		return nil
	}
}
