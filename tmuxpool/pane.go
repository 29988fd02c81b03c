package tmuxpool

import (
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// Pane is what a server tells about a pane. The names are those of tmux's
// formats, where nothing else is said.
type Pane struct {
	// ID is the pane's id, "%3"; it is never used again while the server lives.
	ID string
	// PID is that of the program the pane was started with.
	PID int
	TTY string
	// SessionID is "$1"; a pane of a window that is in several sessions is
	// listed once, under the first.
	SessionID   string
	Session     string
	WindowID    string
	Window      string
	WindowIndex int
	PaneIndex   int
	Width       int
	Height      int
	// Dead is set when the program has ended and the pane stayed
	// (remain-on-exit), with its exit status or the signal that ended it.
	Dead       bool
	DeadStatus int
	DeadSignal int
	// InMode is set in copy mode and the like; keys go there then.
	InMode       bool
	AlternateOn  bool
	InputOff     bool
	Synchronized bool
	// Active: it is its window's active pane; WindowActive: and that window is
	// its session's current one.
	Active       bool
	WindowActive bool
	// SessionAttached is how many clients are attached to its session.
	SessionAttached int
	Title           string
	// Says is the pane's option @agentwatch_state: what the agent says itself that it
	// does (see health.ReadSaid). Untrusted.
	Says string
	// CurrentCommand and CurrentPath are only set with DetailFull.
	CurrentCommand string
	CurrentPath    string
	// WindowActivity is the server's second (since 1970) of the last output of
	// its window.
	WindowActivity int64
	// HistorySize is the number of rows above the screen.
	HistorySize int
}

// Detail says how much to ask about panes.
type Detail uint8

const (
	// DetailFast leaves out CurrentCommand and CurrentPath, which make the
	// server look into the process table: about ten times cheaper.
	DetailFast Detail = iota
	// DetailFull has all.
	DetailFull
)

// String returns the detail's word.
func (d Detail) String() string {
	words := [...]string{"fast", "full"}
	if int(d) < len(words) {
		return words[d]
	}
	return fmt.Sprintf("detail(%d)", uint8(d))
}

// The chunks of a listed pane: its numbers and ids, separated by commas, then
// the texts that may hold anything, each alone.
const (
	paneFacts = "#{pane_id},#{pane_pid},#{session_id},#{window_id},#{window_index},#{pane_index}," +
		"#{pane_width},#{pane_height},#{pane_dead},#{pane_dead_status},#{pane_dead_signal}," +
		"#{pane_in_mode},#{alternate_on},#{pane_input_off},#{pane_synchronized},#{pane_active}," +
		"#{window_active},#{session_attached},#{window_activity},#{history_size},#{pane_tty}"
	factCount = 21
)

// paneFormat is the format by which panes are listed. mark separates the
// chunks and cannot be guessed, so that no name, title or path can collide
// with it: not with spaces, tabs, newlines or formats. The last one tells that the
// row is whole: from 3.7 on tmux stops expanding a format that takes it too long,
// as on a busy machine, and prints what it has.
func paneFormat(d Detail, mark string) string {
	format := mark + paneFacts + mark + startCommand + mark + "#{session_name}" + mark + "#{window_name}" + mark + "#{pane_title}" + mark + "#{@agentwatch_state}"
	if d == DetailFull {
		format += mark + "#{pane_current_command}" + mark + "#{pane_current_path}"
	}
	return format + mark
}

// listPanes lists the panes of all sessions.
func listPanes(d Detail, mark string) command {
	return command{nameListPanes, "-a", "-F", paneFormat(d, mark)}
}

// listPaneIDs lists the panes of all sessions, each with its process.
func listPaneIDs() command {
	return command{nameListPanes, "-a", "-F", "#{pane_id} #{pane_pid}"}
}

// listActivePanes lists the panes whose window had output in the server's
// second epoch or later.
func listActivePanes(mark string, epoch int64) command {
	filter := "#{e|>=:#{window_activity}," + strconv.FormatInt(max(epoch, 0), 10) + "}"
	return append(listPanes(DetailFast, mark), "-f", filter)
}

// showPane prints of one pane what listPanes does. tmux may take another pane for
// one that is gone; see parsePaneOf.
func showPane(id, mark string) command {
	return command{nameDisplay, "-p", "-t", id, paneFormat(DetailFast, mark)}
}

// parsePaneOf reads the output of showPane: ErrPaneGone when it is of another pane.
func parsePaneOf(id, output, mark string) (Pane, error) {
	panes, err := parsePanes(output, DetailFast, mark)
	if err != nil {
		return Pane{}, err
	}
	if len(panes) != 1 || panes[0].ID != id {
		return Pane{}, ErrPaneGone
	}
	return panes[0], nil
}

// parsePanes reads the output of listPanes. The keepers of all agentwatches are
// left out, and a pane in several sessions is listed once.
func parsePanes(output string, d Detail, mark string) ([]Pane, error) {
	if strings.TrimSpace(output) == "" {
		return nil, nil
	}
	chunks := strings.Split(output, mark)
	per := 7
	if d == DetailFull {
		per = 9
	}
	if chunks[0] != "" || (len(chunks)-1)%per != 0 {
		return nil, fmt.Errorf("%w: a list of panes in %d parts", ErrProtocol, len(chunks)-1)
	}
	chunks = chunks[1:]
	panes := make([]Pane, 0, len(chunks)/per)
	seen := make(map[string]struct{}, len(chunks)/per)
	for ; len(chunks) > 0; chunks = chunks[per:] {
		pane, err := parsePane(chunks[:per])
		if err != nil {
			return nil, err
		}
		_, again := seen[pane.ID]
		if _, keeps := startKeeper(chunks[1]); again || keeps {
			continue
		}
		seen[pane.ID] = struct{}{}
		panes = append(panes, pane)
	}
	return panes, nil
}

// parsePane reads the chunks of one pane, but for its start command. The last one
// is the newline that ends the row.
func parsePane(chunks []string) (Pane, error) {
	facts := strings.SplitN(chunks[0], ",", factCount)
	texts, end := chunks[2:len(chunks)-1], chunks[len(chunks)-1]
	if len(facts) != factCount || !argPane.accepts(facts[0]) || strings.TrimSuffix(end, "\n") != "" {
		return Pane{}, fmt.Errorf("%w: a pane listed as %q", ErrProtocol, clip([]byte(chunks[0])))
	}
	p := Pane{
		ID: facts[0], PID: number(facts[1]), SessionID: facts[2], WindowID: facts[3],
		WindowIndex: number(facts[4]), PaneIndex: number(facts[5]),
		Width: number(facts[6]), Height: number(facts[7]),
		Dead: isSet(facts[8]), DeadStatus: number(facts[9]), DeadSignal: signalNumber(facts[10]),
		InMode: isSet(facts[11]), AlternateOn: isSet(facts[12]), InputOff: isSet(facts[13]),
		Synchronized: isSet(facts[14]), Active: isSet(facts[15]), WindowActive: isSet(facts[16]),
		SessionAttached: number(facts[17]), WindowActivity: int64(number(facts[18])),
		HistorySize: number(facts[19]), TTY: facts[20],
	}
	p.Session, p.Window, p.Title, p.Says = texts[0], texts[1], texts[2], texts[3]
	if len(texts) == 6 {
		p.CurrentCommand, p.CurrentPath = texts[4], texts[5]
	}
	return p, nil
}

// number reads a number of tmux's; what an older version leaves empty is zero.
func number(s string) int {
	n, err := strconv.Atoi(s)
	if err != nil {
		return 0
	}
	return n
}

// isSet reads a flag of tmux's: empty, "0", or a number.
func isSet(s string) bool { return s != "" && s != "0" }

// signalNumber reads a signal, which tmux writes as a number or, where the
// system has names for them, as "KILL".
func signalNumber(s string) int {
	if n := number(s); n > 0 || s == "" {
		return n
	}
	return int(unix.SignalNum("SIG" + strings.ToUpper(s)))
}
