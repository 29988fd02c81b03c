package ui

import (
	"image/color"
	"regexp"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"

	"agentwatch/engine"
	"agentwatch/health"
	"agentwatch/themes"
	"agentwatch/ui/style"
)

func TestTheClockStopsWithoutFocus(t *testing.T) {
	drive(t, Options{}, 100, 30, scene(), func(d *driver) {
		d.wait(2 * time.Second)
		d.expect("4m14s")
		d.send(tea.BlurMsg{})
		d.wait(5 * time.Second)
		d.expect("4m14s")
		d.send(tea.FocusMsg{})
		d.expect("4m19s")
		d.wait(time.Second)
		d.expect("4m20s")
	})
}

func TestAChangedStateGlowsForASecond(t *testing.T) {
	s := scene()
	drive(t, Options{}, 100, 30, s, func(d *driver) {
		after := scene()
		after.Agents[1].State, after.Agents[1].Revision = health.StateWaiting, 2
		count(after)
		d.show(after)
		if got := d.m.glow.strength(after.Agents[1].Ref, d.m.now); got != 1 {
			t.Errorf("glows with %v at first", got)
		}
		d.wait(500 * time.Millisecond)
		if got := d.m.glow.strength(after.Agents[1].Ref, d.m.now); got <= 0 || got >= 1 {
			t.Errorf("glows with %v after half a second", got)
		}
		d.wait(time.Second)
		if d.m.glow.ticking || len(d.m.glow.since) > 0 {
			t.Error("still glows after a second and a half")
		}
	})
}

func TestTheTerminalsBackgroundChoosesTheTheme(t *testing.T) {
	white := tea.BackgroundColorMsg{Color: color.White}
	drive(t, Options{}, 80, 24, scene(), func(d *driver) {
		d.send(white)
		if d.m.look.styles.Dark {
			t.Error("dark on white")
		}
		d.press("T", "end", "enter")
		dark := d.m.look.styles.Dark
		d.send(tea.BackgroundColorMsg{Color: map[bool]color.Color{true: color.White, false: color.Black}[dark]})
		if d.m.look.styles.Dark != dark {
			t.Error("the terminal overrules the user")
		}
	})
	drive(t, Options{Settings: Settings{Theme: themes.Default(true)}}, 80, 24, scene(), func(d *driver) {
		d.send(white)
		if !d.m.look.styles.Dark {
			t.Error("the terminal overrules --theme")
		}
	})
}

func TestColorFGBGTellsTheBackground(t *testing.T) {
	for value, want := range map[string][2]bool{"15;0": {true, true}, "0;15": {false, true}, "0;default;7": {false, true}, "": {}, "x;y": {}} {
		if dark, known := backgroundOf(value); dark != want[0] || known != want[1] {
			t.Errorf("%q: dark %v, known %v", value, dark, known)
		}
	}
}

func TestNothingButColoursComesThroughFromPanes(t *testing.T) {
	evil := "\x1b]52;c;AAAA\x07\x1b[2J\x1b]0;t\x1b\\\u202e\x9b\x00"
	s := scene()
	a := &s.Agents[0]
	a.Window, a.Session, a.Title, a.CWD, a.Activity = "w"+evil, "s"+evil, "t"+evil, "/"+evil, "a"+evil
	a.Evidence.Text, a.Evidence.Against, a.Kind = evil, []string{evil}, health.Kind("k"+evil)
	previewOf(s).Text = evil + "\x1b[31mred\x1b[5m"
	s.Notices = []engine.Notice{{Severity: engine.SeverityWarning, Text: "n" + evil}}
	s.Strategies[0].Summary = evil
	s.Strategy = engine.StrategyName("p" + evil)
	left := regexp.MustCompile("\x1b\\[[0-9;]*m")
	drive(t, Options{}, 120, 40, s, func(d *driver) {
		for _, key := range []string{"", "s", "esc", "enter", "pgup", "esc", "o", "2", "4", "5", "6", ":", "esc", "/"} {
			if key != "" {
				d.press(key)
			}
			rest := left.ReplaceAllString(d.m.View().Content, "")
			if i := strings.IndexFunc(rest, func(r rune) bool { return r < 0x20 && r != '\n' || r >= 0x7f && r < 0xa0 || r == 0x202e }); i >= 0 {
				t.Fatalf("after %q: %q comes through", key, rest[max(i-20, 0):min(i+20, len(rest))])
			}
		}
	})
}

func TestNoticesCountDownAndTheMonitorsEndIsSaid(t *testing.T) {
	drive(t, Options{}, 120, 40, lostScene(), func(d *driver) {
		d.expect("does not answer", "next try in 5s", "last seen 12s ago")
		d.wait(2 * time.Second)
		d.expect("next try in 3s")
		close(d.monitor.snapshots)
		d.settle()
		d.expect("The monitor has stopped", "and 1 more notice")
	})
}

func TestWithoutColoursShapeTellsTheState(t *testing.T) {
	s := scene()
	previewOf(s).Text = "plain" // the preview keeps the pane's own colours
	drive(t, Options{NoColor: true}, 100, 30, s, func(d *driver) {
		if content := d.m.View().Content; strings.Contains(content, "38;") || strings.Contains(content, "48;") {
			t.Errorf("a colour in %q", content)
		}
		for _, a := range d.m.fleet.roster().Agents()[:6] {
			d.expect(d.m.look.styles.Glyphs.State(a.Urgency()) + " " + a.Window)
		}
	})
}

func TestTheTerminalSaysHowManyColoursItHas(t *testing.T) {
	s := scene()
	previewOf(s).Text = "plain"
	kinds := map[colorprofile.Profile]*regexp.Regexp{
		colorprofile.TrueColor: regexp.MustCompile("[34]8;2;"), colorprofile.ANSI256: regexp.MustCompile("[34]8;5;"),
		colorprofile.ANSI: regexp.MustCompile("\x1b\\[([1247];)*[39][0-7]m"),
	}
	drive(t, Options{}, 100, 30, s, func(d *driver) {
		for _, profile := range []colorprofile.Profile{colorprofile.ANSI256, colorprofile.ANSI, colorprofile.ASCII, colorprofile.TrueColor} {
			d.send(tea.ColorProfileMsg{Profile: profile})
			before := d.m.look.styles
			d.send(tea.ColorProfileMsg{Profile: profile})
			if d.m.look.styles != before {
				t.Errorf("%v: styles are built anew without need", profile)
			}
			d.press("T")
			if profile == colorprofile.ASCII {
				d.expect("this terminal has no colours")
			}
			for of, kind := range kinds {
				if found := kind.FindString(d.m.View().Content); (found != "") != (of == profile) {
					t.Errorf("with %v: %q", profile, found)
				}
			}
			d.press("esc")
		}
	})
}

func TestAScreenIsShownInTheColoursThatTheTerminalHas(t *testing.T) {
	s := scene()
	previewOf(s).Text = "\x1b[38;2;179;89;107;48;2;74;34;29mred\x1b[m"
	drive(t, Options{}, 100, 30, s, func(d *driver) {
		for profile, want := range map[colorprofile.Profile]string{colorprofile.TrueColor: "48;2;74;34;29mred", colorprofile.ANSI: "31;40mred"} {
			d.send(tea.ColorProfileMsg{Profile: profile})
			if content := d.m.View().Content; !strings.Contains(content, want) {
				t.Errorf("%v: no %q in\n%s", profile, want, content)
			}
		}
	})
}

func TestTheThemePickerShowsTheColoursThatTheTerminalHas(t *testing.T) {
	drive(t, Options{}, 100, 30, scene(), func(d *driver) {
		d.press("T")
		picker, ok := d.m.overlays[0].(*themePicker)
		if !ok {
			t.Fatal("no picker")
		}
		for _, profile := range []colorprofile.Profile{colorprofile.TrueColor, colorprofile.ANSI256, colorprofile.ANSI} {
			d.send(tea.ColorProfileMsg{Profile: profile})
			d.m.View()
			first := picker.entries[1].swatch
			d.press("down")
			d.m.View()
			if again := picker.entries[1].swatch; again != first || again.Profile() != profile {
				t.Errorf("%v: %p, then %p for %v", profile, first, again, again.Profile())
			}
		}
	})
}

func TestThePickerShowsAThemesColoursOnItsOwnGround(t *testing.T) {
	drive(t, Options{}, 100, 30, scene(), func(d *driver) {
		d.press("T")
		for _, name := range []string{"latte", "mocha"} {
			theme, err := themes.Load(name)
			if err != nil {
				t.Fatal(err)
			}
			s := style.New(style.Options{Theme: theme})
			want := s.State(engine.UrgencyWaiting).On(theme.Colours.Base).Paint(s.Glyphs.State(engine.UrgencyWaiting) + " ")
			if !strings.Contains(d.m.View().Content, want) {
				t.Errorf("%s: %q is not in the picker", name, want)
			}
		}
	})
}

// TestTrendsDoNotTouch holds at every size: what looks like one shape is none.
func TestTrendsDoNotTouch(t *testing.T) {
	for _, key := range []string{"1", "5"} {
		for _, size := range [][2]int{{80, 40}, {100, 30}, {120, 40}, {200, 50}} {
			drive(t, Options{}, size[0], size[1], scene(), func(d *driver) {
				d.press(key)
				var above []rune
				trends := 0
				for _, row := range strings.Split(d.text(), "\n") {
					cells := []rune(row)
					for x, r := range cells {
						if !isTrend(r) {
							continue
						}
						trends++
						if x < len(above) && isTrend(above[x]) {
							t.Fatalf("%s at %v: one trend stands on another:\n%s", key, size, d.text())
						}
					}
					above = cells
				}
				if size[0] >= 100 && trends == 0 {
					t.Errorf("%s at %v: there is no trend", key, size)
				}
			})
		}
	}
}

// isTrend tells whether a character is one of a sparkline.
func isTrend(r rune) bool { return r >= '▁' && r <= '▇' }

func TestWhatIsWrongWithAStrategyIsAWarning(t *testing.T) {
	reason := "no answer within 50 ms, five times in a row"
	for key, want := range map[string][]string{"s": {"quarantined", reason}, "5": {"quarantined: " + reason}} {
		drive(t, Options{}, 200, 50, foreignScene(), func(d *driver) {
			d.press(key)
			for _, text := range want {
				if !strings.Contains(d.m.View().Content, d.m.styles().Warning.Paint(text)) {
					t.Errorf("%q is no warning after %s", text, key)
				}
			}
			d.expect("agentwatch-strategy-frugal", "no forecast")
			d.refuse("/home/me", "built in")
		})
	}
}

func TestASCIIChromeIsASCII(t *testing.T) {
	s := scene()
	for i := range s.Agents {
		s.Agents[i].Window, s.Agents[i].Activity, s.Agents[i].Title = "window", "", ""
	}
	previewOf(s).Text = "plain"
	s.Pool.Created = 12_345
	drive(t, Options{Settings: Settings{ASCII: true}}, 160, 50, s, func(d *driver) {
		for _, key := range []string{"o", "enter", "?", "esc", "esc", "s", "esc", "2", "4", "5", "6", ":"} {
			d.press(key)
			for _, r := range d.text() {
				if r > 0x7e {
					t.Fatalf("%q is on the screen after %q:\n%s", r, key, d.text())
				}
			}
		}
	})
}
