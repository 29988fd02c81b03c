package hub

import (
	"bufio"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func TestWhileTheHubIsSlowLessIsWrittenAndAfterwardsAsMuchAsBefore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &collector{CollectOptions: CollectOptions{DetailEvery: defaultDetail}, detail: defaultDetail}
		trips := func(lasts, took time.Duration) {
			for end := time.Now().Add(lasts); time.Now().Before(end); {
				time.Sleep(took)
				c.measured(took)
			}
		}
		trips(9*time.Second, 700*time.Millisecond)
		if c.detail != defaultDetail {
			t.Errorf("after 9 s it is written every %s", c.detail)
		}
		trips(3*time.Second, 700*time.Millisecond)
		if c.detail != 2*defaultDetail {
			t.Errorf("after 12 s it is written every %s", c.detail)
		}
		trips(time.Minute, 700*time.Millisecond)
		if c.detail != mostDetail {
			t.Errorf("after a minute it is written every %s", c.detail)
		}
		trips(61*time.Second, 20*time.Millisecond)
		if c.detail != mostDetail/2 {
			t.Errorf("after a minute that was fast it is written every %s", c.detail)
		}
		trips(5*time.Minute, 20*time.Millisecond)
		if c.detail != defaultDetail {
			t.Errorf("after five minutes that were fast it is written every %s", c.detail)
		}
	})
}

// TestAgesAreRightForAViewerWhoseClockIsBehind is of a viewer 3 s behind hub and host.
func TestAgesAreRightForAViewerWhoseClockIsBehind(t *testing.T) {
	t.Parallel()
	r := redis(t)
	m := start(t, optionsOf(r), 1, 1)
	v := view(t, optionsOf(r))
	until(t, v, "the host", shows(1, 1))
	const behind = 3 * time.Second
	v.mu.Lock()
	v.skew = -behind
	for _, h := range v.hosts {
		h.dirty = true
	}
	v.mu.Unlock()
	a := v.Hosts(time.Now())[0].Agents[0]
	if want := m.began.Add(-behind); a.Since.Sub(want).Abs() > time.Second || a.Past[0].At.Sub(want).Abs() > time.Second {
		t.Errorf("by the viewer's clock it is so since %s, and not %s", a.Since, want)
	}
}

// oldServer answers as a server does that knows RESP2 only.
func oldServer(t *testing.T) Options {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var work sync.WaitGroup
	t.Cleanup(work.Wait)
	t.Cleanup(func() { _ = l.Close() })
	work.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			work.Go(func() { defer conn.Close(); answerAsOld(conn) })
		}
	})
	return Options{URL: "redis://" + l.Addr().String(), Fleet: "test"}
}

// answerAsOld answers commands until the connection ends.
func answerAsOld(conn net.Conn) {
	lines := bufio.NewScanner(conn)
	next := func(mark string) string {
		for lines.Scan() {
			if text, is := strings.CutPrefix(lines.Text(), mark); is {
				return text
			}
		}
		return ""
	}
	for {
		words, err := strconv.Atoi(next("*"))
		if err != nil {
			return
		}
		var command string
		for i := range words {
			next("$")
			if !lines.Scan() {
				return
			}
			if i == 0 {
				command = strings.ToUpper(lines.Text())
			}
		}
		answer := "+OK\r\n"
		switch command {
		case "HELLO":
			answer = "-ERR unknown command `HELLO`\r\n"
		case "CLIENT":
			answer = "-ERR Unknown subcommand or wrong number of arguments for 'tracking'\r\n"
		case "PING":
			answer = "+PONG\r\n"
		}
		if _, err := conn.Write([]byte(answer)); err != nil {
			return
		}
	}
}

func TestAServerThatIsTooOldOrAProxyThatSpeaksRESP2IsSaid(t *testing.T) {
	t.Parallel()
	o := oldServer(t)
	if err := problemOf(t, o); err == nil || !strings.Contains(err.Error(), "6.2 or later is needed") {
		t.Errorf("%v", err)
	}
	found := Check(t.Context(), o)
	if len(found) != 1 || found[0].Well || !strings.Contains(found[0].Says, "6.2 or later is needed") {
		t.Errorf("%+v", found)
	}
}

// A user who may not run scripts cannot have leases: it is said, and what is shown goes on.
func TestAViewerThatMayNotTakeALeaseIsToldWhatIsMissing(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "users.acl")
	viewer := strings.ReplaceAll(ACL("test", RoleViewer, "", "secret"), "+eval +evalsha ", "")
	if err := os.WriteFile(file, []byte(viewer+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	r := redis(t, "--aclfile", file)
	o := optionsOf(r)
	start(t, o, 1, 1)
	o.User, o.Password = "aw-view", "secret"
	v := view(t, o)
	until(t, v, "the host", shows(1, 1))
	found := Check(t.Context(), o)
	if last := found[len(found)-1]; last.What != "leases" || last.Well || !strings.Contains(last.Says, "hub acl") {
		t.Errorf("%+v", found)
	}
}
