package ui

import (
	"errors"
	"image/color"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"
	"pgregory.net/rapid"

	"agentwatch/engine"
	"agentwatch/health"
	"agentwatch/ui/keys"
	"agentwatch/ui/sanitize"
)

// everyKey lists every key that does anything anywhere, and some that do not.
func everyKey() []string {
	keymap, _ := keys.New(nil)
	all := []string{"x", "日", "backspace", "space", "Z", "left", "right"}
	for _, place := range keys.Places() {
		for _, b := range keymap.Bindings(place) {
			for _, key := range b.Keys {
				if key != "shift+tab" && strings.HasPrefix(key, "shift+") {
					continue
				}
				all = append(all, key)
			}
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// anyMessage draws one thing that can happen to a dashboard.
func anyMessage(t *rapid.T, m *Model) tea.Msg {
	x, y := rapid.IntRange(-1, 310).Draw(t, "x"), rapid.IntRange(-1, 90).Draw(t, "y")
	mouse := tea.Mouse{X: x, Y: y, Button: rapid.SampledFrom([]tea.MouseButton{tea.MouseLeft, tea.MouseRight, tea.MouseWheelUp, tea.MouseWheelDown}).Draw(t, "button")}
	switch rapid.IntRange(0, 17).Draw(t, "message") {
	case 0:
		return tea.WindowSizeMsg{Width: rapid.IntRange(1, 300).Draw(t, "w"), Height: rapid.IntRange(1, 80).Draw(t, "h")}
	case 1:
		return tea.MouseClickMsg(mouse)
	case 2:
		return rapid.SampledFrom([]tea.Msg{tea.MouseWheelMsg(mouse), tea.MouseMotionMsg(mouse), tea.MouseReleaseMsg(mouse)}).Draw(t, "mouse")
	case 3, 4:
		return snapshotMsg{anySnapshot(t)}
	case 5:
		a, _ := m.shown()
		rows := sanitize.Screen(rapid.StringN(0, 400, -1).Draw(t, "history"))
		return historyMsg{ref: a.Ref, rows: trimTail(rows), at: sceneTime(), err: nil}
	case 6:
		return switchedMsg{"pipelined", rapid.SampledFrom([]error{nil, errors.New("no")}).Draw(t, "error")}
	case 7:
		return rapid.SampledFrom([]tea.Msg{
			tea.FocusMsg{},
			tea.BlurMsg{},
			clockMsg{m.clock.run},
			glowMsg{},
			endedMsg{},
			followedMsg{},
			saveMsg{},
			savedMsg{},
			seenMsg{},
			attachedMsg{},
			jumpedMsg{jumped: Jumped{Back: "x"}},
			plannedMsg{},
			answeredMsg{},
			pastsMsg{},
			sequenceMsg{},
			settingsMsg{Settings{ASCII: true, ReducedMotion: true}},
			tea.BackgroundColorMsg{Color: color.White},
		}).Draw(t, "event")
	case 8:
		return tea.PasteMsg{Content: rapid.String().Draw(t, "paste")}
	case 9, 10:
		return anyReplay(t, m)
	default:
		return keyPress(rapid.SampledFrom(everyKey()).Draw(t, "key"))
	}
}

// anyReplay opens the player or draws a message for it.
func anyReplay(t *rapid.T, m *Model) tea.Msg {
	p := m.focus().replay
	if p == nil {
		return keyPress("P")
	}
	switch rapid.IntRange(0, 2).Draw(t, "replay") {
	case 0:
		r := Recording{}
		at := sceneTime().Add(-time.Hour)
		for range rapid.IntRange(0, 20).Draw(t, "screens") {
			at = at.Add(time.Duration(rapid.IntRange(1, 1<<40).Draw(t, "later")))
			r.Times = append(r.Times, at)
			if rapid.Bool().Draw(t, "change") {
				r.Past = append(r.Past, engine.Phase{At: at, Urgency: engine.Urgency(rapid.IntRange(0, 9).Draw(t, "state")), Gap: rapid.Bool().Draw(t, "gap")})
			}
		}
		return recordingMsg{of: p, recording: r, err: rapid.SampledFrom([]error{nil, errors.New("no")}).Draw(t, "error")}
	case 1:
		rows := trimTail(sanitize.Screen(rapid.StringN(0, 400, -1).Draw(t, "stored")))
		return playedMsg{p, playedScreen{index: rapid.IntRange(0, 20).Draw(t, "index"), rows: rows}}
	default:
		return playMsg{p, p.run}
	}
}

// anySnapshot draws a snapshot with names and screens of any text.
func anySnapshot(t *rapid.T) *engine.Snapshot {
	text := rapid.OneOf(
		rapid.StringN(0, 30, -1),
		rapid.SampledFrom([]string{"שלום עולם", "مرحبا", "👩‍👩‍👧 team", "e\u0301\u0301\u0301", "日本語", "\x1b[31mred", "🇩🇪❤️", "क्षत्रिय", "हिन्दी தமிழ்", "ที่น้ำ", "a\tb"}),
	)
	s := crowd(rapid.IntRange(0, 40).Draw(t, "agents"))
	for i := range s.Agents {
		if i%3 == 0 {
			s.Agents[i].Window, s.Agents[i].Activity = text.Draw(t, "window"), text.Draw(t, "activity")
			s.Agents[i].Session, s.Agents[i].Title = text.Draw(t, "session"), text.Draw(t, "title")
		}
		s.Agents[i].State = health.State(rapid.IntRange(0, 9).Draw(t, "state"))
		s.Agents[i].Stale = i%7 == 6
		s.Agents[i].Revision = rapid.Uint64().Draw(t, "revision")
	}
	count(s)
	s.Ready = rapid.Bool().Draw(t, "ready")
	previewOf(s).Text = strings.Join(rapid.SliceOfN(text, 0, 20).Draw(t, "screen"), "\n")
	previewOf(s).Revision = rapid.Uint64().Draw(t, "preview")
	if rapid.Bool().Draw(t, "noticed") {
		s.Notices = []engine.Notice{{Text: text.Draw(t, "notice"), Until: sceneTime().Add(time.Minute)}}
	}
	return s
}

// checkFrame fails when the frame is not exactly as large as the terminal.
func checkFrame(t *rapid.T, m *Model, msg tea.Msg) {
	rows := strings.Split(m.View().Content, "\n")
	if len(rows) != m.size.H {
		t.Fatalf("after %T %v: %d rows at %dx%d", msg, msg, len(rows), m.size.W, m.size.H)
	}
	for y, row := range rows {
		if w := ansi.StringWidthWc(row); w != m.size.W {
			t.Fatalf("after %T: row %d of %dx%d is %d wide: %q", msg, y, m.size.W, m.size.H, w, row)
		}
		// By clusters, only letters with marks that take room are narrower.
		if w := ansi.StringWidth(row); w != m.size.W && !strings.ContainsFunc(row, isMark) {
			t.Fatalf("after %T: row %d of %dx%d is %d wide by clusters: %q", msg, y, m.size.W, m.size.H, w, row)
		}
	}
}

// isMark tells whether a character joins the letter before it, or the one after it. The
// half-width voiced sound marks of Japanese (U+FF9E, U+FF9F) do the first, and signs such
// as the reph of Malayalam the second, though they are letters.
func isMark(r rune) bool {
	joinsNext := r >= 0x300 && ansi.StringWidth(string(r)+"x") <= ansi.StringWidth(string(r))
	return unicode.IsMark(r) || unicode.Is(unicode.Other_Grapheme_Extend, r) || joinsNext
}

func TestNothingBreaksTheFrameAndEscapeAlwaysLeadsBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := New(newFakeMonitor(), Options{
			Now: sceneTime, NoColor: rapid.Bool().Draw(t, "no colour"), Jumper: &fakeJumper{}, Recordings: &fakeRecordings{}, Save: func([]byte) error { return nil },
			Settings: Settings{ASCII: rapid.Bool().Draw(t, "ascii")}, View: ViewName(rapid.IntRange(0, int(viewNames)-1).Draw(t, "view")).String(),
		})
		defer m.Close()
		m.Update(tea.WindowSizeMsg{Width: rapid.IntRange(1, 300).Draw(t, "width"), Height: rapid.IntRange(1, 80).Draw(t, "height")})
		m.Update(snapshotMsg{anySnapshot(t)})
		for range rapid.IntRange(1, 12).Draw(t, "steps") {
			msg := anyMessage(t, m)
			m.Update(msg)
			checkFrame(t, m, msg)
		}
		for range 6 {
			m.Update(keyPress("esc"))
		}
		if m.place() != keys.OnBoard || m.fleet.query.Narrows() {
			t.Fatalf("escape leads to the %s with the filter %q, %s", m.place(), m.fleet.query.Text, m.fleet.query.Only)
		}
	})
}
