//go:build browser

package web

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"agentwatch/engine"
	"agentwatch/health"
)

func TestBrowserSearchesAllAgentsTellsHowFarItIsAndIsStopped(t *testing.T) {
	s := serve(t, nil)
	s.monitor.show(withScreens(agents(15)))
	held := make(chan struct{})
	s.monitor.searching = func(ctx context.Context, ref health.PaneRef, q engine.SearchQuery) (engine.Found, error) {
		if n := len(ref.Pane); n > 2 { // the last five
			select {
			case <-held:
			case <-ctx.Done():
				return engine.Found{}, ctx.Err()
			}
		}
		return q.In("an older row\nred row\nthe live row of " + ref.Pane)
	}
	c := startChrome(t)
	c.size(1440, 900, "dark")
	c.pair(s)
	c.press("S")
	c.until("document.activeElement.type === 'search' && document.querySelector('.view-search')")
	evaluate[bool](c, "(document.activeElement.select(), true)") // the letter that opened it is typed by the browser's protocol, too
	c.press("RED ROW", kb.Enter)
	c.shows("10 matches in 10 of 15 agents")
	// The first esc ends what is under way, and what was found stays; the next one closes.
	c.press(kb.Escape)
	c.shows("10 matches in 10 of 15 agents, stopped")
	c.press(kb.Enter)
	close(held)
	c.shows("15 matches in 15 agents")
	if got := evaluate[string](c, "document.querySelector('.foundlist mark').textContent"); got != "red row" {
		t.Errorf("marked is %q", got)
	}
	c.press(kb.ArrowDown, kb.ArrowDown, kb.ArrowUp, kb.Enter)
	c.until("document.querySelector('.view-focus .row.found')")
	if got := evaluate[string](c, "document.querySelector('.row.found').textContent"); got != "red row" {
		t.Errorf("led to %q", got)
	}
	evaluate[bool](c, "(history.back(), true)")
	c.shows("15 matches in 15 agents")
	c.press(kb.Escape)
	c.until("!document.querySelector('.view-search')")
	c.press("S")
	c.until("document.activeElement.type === 'search'")
	evaluate[bool](c, "(document.activeElement.select(), true)")
	c.press("/(/", kb.Enter)
	c.shows("no regular expression")
	c.clean()
}

func TestBrowserShowsWhatAnAgentHasChanged(t *testing.T) {
	s := serve(t, nil)
	s.monitor.changes = wide()
	s.monitor.show(withScreens(agents(3)))
	c := startChrome(t)
	c.size(1440, 900, "dark")
	c.pair(s)
	c.view("board")
	c.until("document.querySelector('.line.selected')")
	c.press("D")
	c.shows("7 files +901 -1 against HEAD (4e42c03)")
	if got := evaluate[string](c, "document.querySelector('.dr.added').textContent"); got != "+        return errEmpty // <b>" {
		t.Errorf("added is %q", got)
	}
	c.press("b")
	c.shows("against origin/main")
	c.press("b")
	c.shows("against HEAD")
	if n := evaluate[int](c, "document.querySelectorAll('.dr').length"); n > 50 {
		t.Errorf("%d rows are there before they are asked for", n)
	}
	c.do(chromedp.Click(chromedp.CSS(".changed .older")))
	c.until("document.querySelectorAll('.dr').length > 900")
	c.press("/", kb.Backspace, "erremp")
	c.shows("1 match")
	c.until("document.querySelector('mark.current').textContent === 'errEmp'")
	c.press(kb.Escape)
	c.until("document.activeElement.type !== 'search'")
	c.press("D")
	c.until("document.querySelector('.view-board')")
	// On a phone it is reached from the agent, and nothing is cut off.
	c.size(390, 844, "dark")
	c.view("focus/" + s.idOf("task-1"))
	evaluate[bool](c, "([...document.querySelectorAll('.actions button')].find((b) => b.textContent === 'what it has changed').click(), true)")
	c.until("document.querySelector('.view-diff .dr')")
	c.fits("the diff on a phone")
	c.do(chromedp.Click(chromedp.CSS(".back")))
	c.until("document.querySelector('.view-focus .who h1').textContent.includes('task-1')")
	c.clean()
}

func TestBrowserSaysWhatAnAgentUsesAndLeavesThoseAloneThatAreSnoozed(t *testing.T) {
	s := serve(t, nil)
	all := agents(3)
	all[1].Tokens = &engine.Tokens{
		Today: engine.TokenTotals{Cost: 0.07}, Context: 1900, Window: 258000, Currency: "$", Prompt: "fix the tests",
		Limits: []engine.TokenLimit{{Used: 9.5, Window: 5 * time.Hour, Resets: time.Now().Add(time.Hour)}},
	}
	all[1].Tokens.Today.Input, all[1].Tokens.Today.CacheRead, all[1].Tokens.Today.Output = 5700, 40, 135
	all[1].Texts = []engine.WaitingText{{Text: "then run them again"}}
	s.monitor.show(withScreens(all))
	c := startChrome(t)
	c.size(1440, 900, "dark")
	c.pair(s)
	c.view("focus/" + s.idOf("task-1"))
	for _, text := range []string{"today 5.9k tokens (5.7k in, 40 cached, 135 out), $0.07", "99.3 % left, 1.9k of 258k used", "9.5 % of 5h used, anew at ", "fix the tests", "then run them again"} {
		c.shows(text)
	}
	c.view("board")
	c.shows("$0.07 today")
	c.shows("1 text waits")
	c.press("k", "k", "z")
	c.shows("snooze task-0")
	c.press("j", kb.Enter)
	c.until("!document.querySelector('[role=dialog]')")
	if got := s.monitor.naps(); !strings.HasPrefix(got, "%0 until 1") {
		t.Errorf("it is snoozed: %q", got)
	}
	all[0].Snooze, all[0].Revision = &engine.Snooze{At: time.Now(), Until: time.Now().Add(15 * time.Minute)}, 2
	snap := withScreens(all)
	snap.Counts, snap.Snoozed = engine.CountsOf(all)
	s.monitor.show(snap)
	c.shows("nobody needs you")
	c.until("document.title === 'agentwatch' && document.querySelector('.line:last-child .says') && document.body.innerText.includes('snoozed until')")
	c.view("inbox")
	c.until("!document.querySelector('.view-inbox').innerText.includes('task-0')")
	c.clean()
}

// fill brings what is only there once it was asked for.
func (c *chrome) fill(view string) {
	c.t.Helper()
	switch {
	case view == "search":
		c.until("document.activeElement.type === 'search'")
		c.press("row", kb.Enter)
		c.until("document.querySelector('.foundlist mark') && !document.querySelector('.progress .bar')")
	case strings.HasPrefix(view, "diff"):
		c.until("document.querySelector('.dr, .changed')")
	}
}

func TestBrowserMakesNoMarkupOfWhatIsFoundOrChanged(t *testing.T) {
	s := serve(t, nil)
	const evil = `<img src=x onerror="window.pwned=1"><script>window.pwned=1</script>"'&{{x}} row`
	s.monitor.searching = func(_ context.Context, _ health.PaneRef, q engine.SearchQuery) (engine.Found, error) {
		return q.In(evil)
	}
	s.monitor.changes = engine.Diff{Against: evil, Name: evil, Branch: evil, Files: []engine.FileDiff{{Path: evil, From: evil, Change: engine.FileRenamed, Patch: "@@ " + evil + "\n+" + evil + "\n"}}}
	all := agents(2)
	all[1].Tokens = &engine.Tokens{Currency: evil, Problem: evil, Prompt: evil, Today: engine.TokenTotals{Cost: 3}}
	all[1].Tokens.Today.Input = 9
	all[1].Texts = []engine.WaitingText{{Text: evil}}
	all[1].Pull = &engine.PullRequest{Number: 1, Title: evil, State: evil}
	s.monitor.show(snapshot(all))
	c := startChrome(t)
	c.size(1440, 900, "dark")
	c.pair(s)
	for _, view := range []string{"search", "diff/" + s.idOf("task-1"), "focus/" + s.idOf("task-1"), "board"} {
		c.view(view)
		c.fill(view)
		c.shows("<img src=x onerror=")
		if got := evaluate[int](c, "document.querySelectorAll('main img, main script, body script').length + (window.pwned ? 100 : 0)"); got != 0 {
			t.Errorf("%s: %d elements were made of it", view, got)
		}
	}
	c.clean()
}
