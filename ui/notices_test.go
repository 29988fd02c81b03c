package ui

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"agentwatch/engine"
)

// noticed is a scene with notices.
func noticed(texts ...string) *engine.Snapshot {
	s := scene()
	for _, text := range texts {
		s.Notices = append(s.Notices, engine.Notice{Severity: engine.SeverityWarning, Text: text})
	}
	return s
}

func TestANoticeThatIsLongerThanTheLineIsReadInFull(t *testing.T) {
	long := "begin " + strings.Repeat("word ", 60) + "ending"
	for _, width := range []int{40, 80} {
		drive(t, Options{}, width, 24, noticed(long), func(d *driver) {
			d.refuse("ending")
			d.expect("! shows all")
			d.press("!")
			d.reads([]string{"now", "14:32:07", "begin", "ending"}, "down", 20)
			d.press("esc")
			d.refuse("ending")
		})
	}
	drive(t, Options{}, 80, 24, noticed("short"), func(d *driver) {
		d.expect("short")
		d.refuse("! shows all")
	})
}

func TestPastNoticesAreListedWithTheirTimes(t *testing.T) {
	drive(t, Options{}, 100, 30, noticed("one pane of 3 is gone", "another"), func(d *driver) {
		d.expect("and 1 more notice  ! shows all")
		d.wait(3 * time.Second)
		d.show(noticed("one pane of 4 is gone"))
		d.press("!")
		d.expect("now", "14:32:07  ! one pane of 4 is gone", "before", "14:32:07  ! another (for 3s)")
		d.press("esc")
		d.monitor.fail = errors.New("no pool")
		d.press("R")
		d.wait(10 * time.Second)
		d.refuse("no pool")
		d.show(scene())
		d.press("!")
		d.expect("14:32:10  ! refresh failed: no pool", "one pane of 4 is gone")
		d.refuse("now", "one pane of 3")
	})
}

func TestTheLastFiftyNoticesAtLeastAreKept(t *testing.T) {
	drive(t, Options{}, 100, 30, scene(), func(d *driver) {
		letters := func(i int) string { return fmt.Sprintf("notice %c%c.", 'a'+i/26, 'a'+i%26) }
		for i := range 300 {
			d.show(noticed(letters(i)))
		}
		d.show(scene())
		if n := len(d.m.journal.past); n != maxTold {
			t.Fatalf("%d notices are kept", n)
		}
		var pieces []string
		for i := 250; i < 300; i++ {
			pieces = append(pieces, letters(i))
		}
		d.press("!")
		d.reads(pieces, "down", 60)
	})
}

func TestWithoutAnyNoticeTheListSaysSo(t *testing.T) {
	drive(t, Options{}, 100, 30, scene(), func(d *driver) {
		d.press("!")
		d.expect("there is no notice, and there was none")
	})
}

func TestAMessageThatIsLongerThanTheLastLineIsReadInFull(t *testing.T) {
	drive(t, Options{}, 40, 16, scene(), func(d *driver) {
		d.press("enter", "P")
		d.expect("no screens are stored; set ", "history.screens = true in the ", "configuration")
		d.refuse("! shows all")
	})
	drive(t, Options{}, 22, 16, scene(), func(d *driver) {
		d.press("enter", "P")
		d.refuse("configuration")
		d.expect("! shows all")
		d.press("!")
		d.refuse("! shows all")
		d.expect("notices", "screen", "stored", "config")
	})
	drive(t, Options{}, 100, 16, scene(), func(d *driver) {
		d.press("enter", "P")
		d.expect("no screens are stored; set history.screens = true in the configuration")
		d.refuse("! shows all")
		if n := len(d.m.journal.past); n != 0 {
			t.Errorf("%d messages are kept that could be read", n)
		}
	})
}
