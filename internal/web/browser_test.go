//go:build browser

package web

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	cdppage "github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"agentwatch/engine"
	"agentwatch/health"
)

// chrome is a tab of Chromium that shows the page.
type chrome struct {
	t   *testing.T
	ctx context.Context

	mu       sync.Mutex
	problems []string
}

// startChrome starts a browser, which is gone when the test ends. What the page
// complains of, and every violation of its policy, is noted from its beginning.
func startChrome(t *testing.T) *chrome {
	t.Helper()
	allocating, cancel := chromedp.NewExecAllocator(context.Background(), append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.NoSandbox, chromedp.DisableGPU, chromedp.Flag("disable-dev-shm-usage", true), chromedp.Flag("hide-scrollbars", true))...)
	ctx, close := chromedp.NewContext(allocating)
	c := &chrome{t: t, ctx: ctx}
	listening, stop := context.WithCancel(ctx)
	var work sync.WaitGroup
	t.Cleanup(func() {
		stop()
		_ = chromedp.Cancel(ctx)
		close()
		cancel()
		work.Wait()
	})
	if err := chromedp.Do(ctx, chromedp.Navigate("about:blank")); err != nil {
		t.Fatalf("%v; scripts/ensure-program.sh chromium installs what this needs", err)
	}
	messages := chromedp.Console(listening)
	work.Go(func() {
		for m, err := range messages {
			if err != nil {
				return
			}
			// That the server is gone is what some tests are about.
			if s := fmt.Sprint(m.Type, ": ", m.Text); m.Type != "log" && !strings.Contains(s, "WebSocket connection to") && !strings.Contains(s, "ERR_CONNECTION_REFUSED") {
				c.complain(s)
			}
		}
	})
	_, err := chromedp.Call(ctx, cdppage.AddScriptToEvaluateOnNewDocument, cdppage.AddScriptToEvaluateOnNewDocumentParams{
		Source: `window.violations = []; document.addEventListener('securitypolicyviolation', (e) => violations.push(e.violatedDirective + ' ' + e.blockedURI + ' ' + e.sample))`,
	})
	c.check(err)
	return c
}

func (c *chrome) complain(what string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.problems = append(c.problems, what)
}

// clean fails when the page has complained of anything.
func (c *chrome) clean() {
	c.t.Helper()
	if got := evaluate[[]string](c, "window.violations"); len(got) > 0 {
		c.t.Errorf("violations of the content policy: %q", got)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.problems) > 0 {
		c.t.Errorf("the page complains: %q", c.problems)
	}
}

func (c *chrome) check(err error) {
	c.t.Helper()
	if err != nil {
		c.t.Fatal(err)
	}
}

func (c *chrome) do(steps ...chromedp.Action[chromedp.Void]) {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(c.ctx, patience)
	defer cancel()
	c.check(chromedp.Do(ctx, steps...))
}

func evaluate[T any](c *chrome, js string) T {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(c.ctx, patience)
	defer cancel()
	v, err := chromedp.Run(ctx, chromedp.Evaluate[T](js))
	c.check(err)
	return v
}

// until waits until an expression is true.
func (c *chrome) until(js string) {
	c.t.Helper()
	for deadline := time.Now().Add(patience); !evaluate[bool](c, "!!("+js+")"); time.Sleep(15 * time.Millisecond) {
		if time.Now().After(deadline) {
			c.t.Fatalf("waited %s for %s; the page shows:\n%s", patience, js, evaluate[string](c, "document.body.innerText"))
		}
	}
}

// shows waits until the page shows a text.
func (c *chrome) shows(text string) {
	c.t.Helper()
	quoted, _ := json.Marshal(text)
	c.until("document.body.innerText.includes(" + string(quoted) + ")")
}

func (c *chrome) press(keys ...string) {
	c.t.Helper()
	for _, key := range keys {
		c.do(chromedp.KeyEvent(key))
	}
}

// size makes the window one of that width and height, and the scheme dark or light.
func (c *chrome) size(width, height int64, scheme string) {
	c.t.Helper()
	_, err := chromedp.Call(c.ctx, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{
		Width: width, Height: height, DeviceScaleFactor: 1, Mobile: width < 600,
	})
	c.check(err)
	_, err = chromedp.Call(c.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{
		{Name: "prefers-color-scheme", Value: scheme}, {Name: "prefers-reduced-motion", Value: "reduce"},
	}})
	c.check(err)
}

// pair opens the page for the first time.
func (c *chrome) pair(s *served) {
	c.t.Helper()
	link, err := NewLink(context.Background(), s.store, time.Now())
	c.check(err)
	c.do(chromedp.Navigate(link), chromedp.WaitVisible(chromedp.CSS(".pair .send")), chromedp.Click(chromedp.CSS(".pair .send")))
	c.until("document.querySelector('.top')")
}

// view leads to a view.
func (c *chrome) view(name string) {
	c.t.Helper()
	evaluate[bool](c, "(location.hash = '#/"+name+"', true)")
	view, _, _ := strings.Cut(name, "/")
	c.until("document.querySelector('.view-" + view + "')")
}

const shownScreen = "\x1b[38;2;90;90;90mdim text\x1b[0m \x1b[1;31mred\x1b[0m \x1b[44mblue ground\x1b[0m\n" +
	"\x1b[90m╭──────╮\x1b[0m\n\x1b[7mreversed\x1b[0m \x1b[2mfaint\x1b[0m 漢字\n<i>no markup</i> &amp;"

// withScreens is a snapshot in which the first panes show something.
func withScreens(all []engine.Agent) *engine.Snapshot {
	s := snapshot(all)
	s.Previews = make(map[health.PaneRef]*engine.Preview)
	for i := range all[:min(len(all), 15)] {
		s.Previews[ref(i)] = &engine.Preview{Ref: ref(i), Text: shownScreen, At: time.Now(), Revision: uint64(time.Now().UnixNano())}
	}
	s.Hosts = []engine.HostStatus{{Name: "dev1", Way: "alice@dev1", State: engine.HostLive, Agents: 2}, {Name: "dev2", State: engine.HostStale, Problem: "ssh: connect: refused"}}
	s.Notices = []engine.Notice{{Severity: engine.SeverityWarning, Text: "dev2 cannot be reached."}}
	return s
}

// axe is the checker of accessibility.
func axe(t *testing.T) string {
	t.Helper()
	data, err := os.ReadFile("testdata/axe-4.14.1.min.js.gz")
	if err != nil {
		t.Fatal(err)
	}
	unpacked, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	js, err := io.ReadAll(unpacked)
	sum := sha256.Sum256(js)
	if err != nil || hex.EncodeToString(sum[:]) != axeSum {
		t.Fatalf("axe.min.js is not the one that was looked at: %x %v", sum, err)
	}
	return string(js)
}

const axeSum = "29348999450cdf2849a8e70b7912fc2da85a849da39c0d0d5394f51d4a9ed95c"

// inaccessible are the violations of WCAG A and AA that axe finds.
func (c *chrome) inaccessible() []string {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(c.ctx, 2*patience)
	defer cancel()
	found, err := chromedp.Run(ctx, chromedp.Evaluate[[]string](`axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']}).then((r) =>
		r.violations.flatMap((v) => v.nodes.slice(0, 4).map((n) => v.id + ': ' + n.target.join(' ') + ' ' + n.html.slice(0, 160) + ' ' + (n.any[0] ? n.any[0].message : ''))))`, chromedp.EvalAwaitPromise))
	c.check(err)
	return found
}

func TestBrowserShowsEveryViewAtEveryWidthAccessibly(t *testing.T) {
	s := serve(t, allowing(true))
	s.monitor.changes = wide()
	s.monitor.show(withScreens(agents(15)))
	c := startChrome(t)
	c.size(1440, 900, "dark")
	c.pair(s)
	if got := evaluate[string](c, "location.href"); strings.Contains(got, "pair") {
		t.Errorf("the code stays in the address: %s", got)
	}
	if got := evaluate[string](c, "document.title"); got != "(1) agentwatch" {
		t.Errorf("the title is %q", got)
	}
	script := axe(t)
	for _, window := range []struct {
		width, height int64
		scheme        string
	}{{390, 844, "light"}, {768, 1024, "dark"}, {1440, 900, "dark"}, {1440, 900, "light"}} {
		c.size(window.width, window.height, window.scheme)
		c.do(chromedp.Navigate(s.base))
		c.until("document.querySelector('.top')")
		evaluate[bool](c, script+";true")
		for _, view := range []string{"inbox", "board", "grid", "timeline", "engine", "hosts", "search", "diff/" + s.idOf("task-0"), "focus/" + s.idOf("task-0")} {
			c.view(view)
			c.fill(view)
			if view == "grid" || strings.HasPrefix(view, "focus") {
				s.monitor.show(withScreens(agents(15)))
				c.shows("<i>no markup</i> &amp;")
			}
			at := fmt.Sprintf("%s at %d, %s", view, window.width, window.scheme)
			c.fits(at)
			if found := c.inaccessible(); len(found) > 0 {
				t.Errorf("%s:\n  %s", at, strings.Join(found, "\n  "))
			}
		}
	}
	c.clean()
}

// fits fails when the view is wider than the window, or has something on a phone that
// is too small for a thumb.
func (c *chrome) fits(at string) {
	c.t.Helper()
	if over := evaluate[int](c, "document.documentElement.scrollWidth - innerWidth"); over > 0 {
		c.t.Errorf("%s: %d pixels too wide", at, over)
	}
	small := evaluate[[]string](c, `innerWidth > 600 ? [] : [...document.querySelectorAll('.view-inbox a, .view-inbox button, .view-board a, .tabs a, .tabs button')].
		filter((e) => e.getBoundingClientRect().height < 44).map((e) => e.outerHTML.slice(0, 90))`)
	if len(small) > 0 {
		c.t.Errorf("%s: too small for a thumb: %q", at, small)
	}
}

func TestBrowserShowsAChangeSoonAndGoesOnAfterTheServerWasGone(t *testing.T) {
	s := serve(t, nil)
	s.monitor.show(snapshot(agents(3)))
	c := startChrome(t)
	c.size(390, 844, "dark")
	c.pair(s)
	c.view("board")
	c.shows("task-2")
	next := agents(3)
	next[2].Activity, next[2].Revision = "go test ./changed", 2
	began := time.Now()
	s.monitor.show(snapshot(next))
	c.shows("go test ./changed")
	t.Logf("a change was seen after %s, asked every 15 ms", time.Since(began).Round(time.Millisecond))
	// The one that asks is answered elsewhere, and another one asks.
	next = agents(3)
	next[0].State, next[0].Wait, next[0].Dialog, next[0].Revision = health.StateWorking, health.WaitNone, nil, 2
	s.monitor.show(snapshot(next))
	c.until("document.title === 'agentwatch'")

	address := strings.TrimPrefix(s.base, "http://")
	s.stop()
	c.shows("not connected")
	if evaluate[bool](c, "!document.body.innerText.includes('task-2')") {
		t.Error("what was seen last is gone")
	}
	again := serveAt(t, address, func(o *Options) { o.Store = s.store })
	last := agents(4)
	again.monitor.show(snapshot(last))
	c.shows("task-3")
	c.until("!document.body.innerText.includes('not connected') && document.title === '(1) agentwatch'")
	c.clean()
}

func TestBrowserIsWalkedThroughWithTheKeysOfTheTerminal(t *testing.T) {
	s := serve(t, nil)
	s.monitor.show(withScreens(agents(15)))
	c := startChrome(t)
	c.size(1440, 900, "dark")
	c.pair(s)
	c.view("board")
	c.until("document.querySelector('.line.selected .name').textContent === 'task-0'")
	c.press("j", "j")
	c.until("document.querySelector('.line.selected .name').textContent === 'task-2'")
	c.press("k")
	c.until("document.querySelector('.line.selected .name').textContent === 'task-1'")
	c.press("G")
	c.until("document.querySelector('.line.selected .name').textContent === 'task-14'")
	c.press(kb.Enter)
	c.until("document.querySelector('.view-focus .who h1').textContent.includes('task-14')")
	c.press("]")
	c.until("document.querySelector('.who h1').textContent.includes('task-0')")
	c.press("e")
	c.shows("the way to the verdict")
	c.press(kb.Escape)
	c.until("!document.querySelector('.view-focus')")
	for key, view := range map[string]string{"6": "inbox", "2": "grid", "t": "timeline", "p": "engine", "7": "hosts", "b": "board"} {
		c.press(key)
		c.until("document.querySelector('.view-" + view + "')")
	}
	c.press("1")
	c.until("document.querySelector('.view-board')")
	c.press("?")
	c.until("document.querySelector('[role=dialog]')")
	c.press(kb.Escape)
	c.until("!document.querySelector('[role=dialog]')")
	c.press("/")
	c.until("document.activeElement.type === 'search'")
	c.press("task-7", kb.Enter)
	c.until("document.querySelectorAll('.line').length === 1")
	c.press(kb.Escape)
	c.until("document.querySelectorAll('.line').length === 15")
	// Tab goes to the one that needs the user, and then on through the page.
	evaluate[bool](c, "(document.activeElement.blur(), true)")
	c.press("j", "j", "j", kb.Tab)
	c.until("document.activeElement.dataset.agent && document.activeElement.textContent.includes('task-0')")
	c.press(kb.Tab, kb.Tab, kb.Tab)
	c.until("document.activeElement && !document.activeElement.textContent.includes('task-0')")
	c.clean()
}

func TestBrowserMakesNoMarkupOfHostileText(t *testing.T) {
	s := serve(t, nil)
	const evil = `<img src=x onerror="window.pwned=1"><script>window.pwned=1</script>"'&{{x}}`
	all := agents(3)
	for i := range all {
		all[i].Window, all[i].Session, all[i].Activity, all[i].Title, all[i].CWD = evil, evil, evil, evil, "/"+evil
		all[i].Kind, all[i].Server = health.Kind(evil), evil
		all[i].Facts = []health.Fact{{Name: health.FactModel, Value: evil}}
		all[i].Evidence.Text, all[i].Evidence.Rule, all[i].Evidence.Against = evil, evil, []string{evil}
	}
	all[0].Dialog = &health.Dialog{Question: evil, Body: []string{evil}, Options: []health.Option{{Key: "1", Label: evil}}}
	show := func() {
		snap := snapshot(all)
		snap.Previews = make(map[health.PaneRef]*engine.Preview)
		for i := range all {
			snap.Previews[ref(i)] = &engine.Preview{Ref: ref(i), Text: evil + "\n\x1b[31m" + evil, Revision: uint64(time.Now().UnixNano())}
		}
		snap.Notices = []engine.Notice{{Severity: engine.SeverityError, Text: evil}}
		snap.Hosts = []engine.HostStatus{{Name: evil, Way: evil, Problem: evil}}
		snap.Servers[0].Name, snap.Servers[0].Reason = evil, evil
		snap.Strategies[0].Summary = evil
		s.monitor.show(snap)
	}
	show()
	c := startChrome(t)
	c.size(1440, 900, "dark")
	c.pair(s)
	for _, view := range []string{"inbox", "board", "grid", "timeline", "engine", "hosts", "focus/1"} {
		c.view(view)
		show()
		c.shows("<img src=x onerror=")
		if got := evaluate[int](c, "document.querySelectorAll('main img, main script, body script').length + (window.pwned ? 100 : 0)"); got != 0 {
			t.Errorf("%s: %d elements were made of it", view, got)
		}
	}
	c.clean()
}

func TestBrowserAnswersAfterASecondTap(t *testing.T) {
	s := serve(t, allowing(false))
	s.monitor.show(snapshot(agents(2)))
	c := startChrome(t)
	c.size(390, 844, "dark")
	c.pair(s)
	c.view("inbox")
	c.do(chromedp.WaitVisible(chromedp.CSS(".options button")), chromedp.Click(chromedp.CSS(".options li:nth-child(3) button")))
	c.shows(`chooses "No" by its key`)
	c.do(chromedp.Sleep(500 * time.Millisecond)) // one that comes at once would be the second half of a double tap
	if got := s.monitor.answers(); len(got) > 0 {
		t.Fatalf("the first tap types: %+v", got)
	}
	c.do(chromedp.Click(chromedp.CSS(".sheet .send")))
	c.shows("done: the screen shows that it has worked")
	if got := s.monitor.answers(); len(got) != 1 || got[0].Option != 2 || !strings.HasPrefix(got[0].By, "web: ") {
		t.Errorf("%+v", got)
	}
	c.clean()
}

// A double tap, and a key that is held down, are one tap: what they would type is to be
// read first.
func TestBrowserDoesNotTakeAHastyTapForTheSecondOne(t *testing.T) {
	s := serve(t, allowing(false))
	s.monitor.show(snapshot(agents(2)))
	c := startChrome(t)
	c.size(390, 844, "dark")
	c.pair(s)
	c.view("inbox")
	c.do(chromedp.WaitVisible(chromedp.CSS(".options button")))
	enter := func(repeated bool) {
		t.Helper()
		_, err := chromedp.Call(c.ctx, input.DispatchKeyEvent, input.DispatchKeyEventParams{
			Type: "keyDown", Key: "Enter", Code: "Enter", Text: "\r", WindowsVirtualKeyCode: 13, AutoRepeat: &repeated,
		})
		c.check(err)
	}
	// The time counts from when the sheet is there, so the page does it by itself.
	evaluate[bool](c, `(new MutationObserver((_, o) => { const b = document.querySelector('.sheet .send'); if (b) { o.disconnect(); b.click() } }).observe(document.body, {childList: true, subtree: true}), true)`)
	c.do(chromedp.Click(chromedp.CSS(".options li:nth-child(3) button")), chromedp.WaitVisible(chromedp.CSS(".sheet")), chromedp.Sleep(500*time.Millisecond))
	if got := s.monitor.answers(); len(got) > 0 {
		t.Fatalf("a double tap types: %+v", got)
	}
	c.shows(`chooses "No" by its key`)
	c.do(chromedp.Click(chromedp.CSS(".sheet .buttons button:nth-child(2)")))
	c.until("!document.querySelector('.sheet')")

	evaluate[bool](c, "(document.querySelector('.options li:nth-child(3) button').focus(), true)")
	enter(false)
	c.until("document.activeElement.matches('.sheet .send')")
	for range 10 {
		enter(true)
		c.do(chromedp.Sleep(60 * time.Millisecond))
	}
	if got := s.monitor.answers(); len(got) > 0 {
		t.Fatalf("a key that is held types: %+v", got)
	}
	enter(false)
	c.shows("done: the screen shows that it has worked")
	if got := s.monitor.answers(); len(got) != 1 {
		t.Errorf("%+v", got)
	}
	c.clean()
}

// idOf is the name by which pages know an agent.
func (s *served) idOf(name string) string {
	s.hub.mu.Lock()
	defer s.hub.mu.Unlock()
	for id, e := range s.hub.board.entries {
		if e.name.Label == name {
			return id
		}
	}
	s.t.Fatalf("no agent is called %s", name)
	return ""
}
