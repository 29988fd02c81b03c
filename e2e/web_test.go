package e2e

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/coder/websocket"

	"agentwatch/internal/tmuxtest"
)

// served is a page that a user serves.
type servedPage struct {
	u *user
	// base is its address, token that of a paired device.
	base, token string
}

// servePage serves the page of a tmux server until the test ends.
func servePage(u *user, server *tmuxtest.Server, flags ...string) *servedPage {
	u.t.Helper()
	command := u.command(append([]string{"web", "-S", server.SocketPath(), "--listen", "127.0.0.1:0"}, flags...)...)
	out, err := command.StdoutPipe()
	if err != nil {
		u.t.Fatal(err)
	}
	command.Stderr = os.Stderr
	if err := command.Start(); err != nil {
		u.t.Fatal(err)
	}
	ended := make(chan error, 1)
	link := make(chan string, 1)
	go func() {
		lines := bufio.NewScanner(out)
		for lines.Scan() {
			if found := regexp.MustCompile(`http://\S+#pair=\S+`).FindString(lines.Text()); found != "" {
				link <- found
			}
		}
		ended <- command.Wait()
	}()
	u.t.Cleanup(func() {
		_ = command.Process.Signal(syscall.SIGINT)
		if err := <-ended; err != nil {
			u.t.Errorf("agentwatch web ends with %v", err)
		}
	})
	select {
	case address := <-link:
		p := &servedPage{u: u}
		p.base, _, _ = strings.Cut(address, "/#")
		paired, err := exec.Command("python3", "../docs/web-client.py", address).Output()
		if err != nil {
			u.t.Fatalf("the example client does not pair: %v", err)
		}
		p.token = strings.TrimSpace(strings.TrimPrefix(string(paired), "AGENTWATCH_TOKEN="))
		return p
	case <-time.After(patience):
		u.t.Fatal("agentwatch web prints no address")
		return nil
	}
}

func TestThePageGoesOnWhenTheEngineProcessIsKilled(t *testing.T) {
	t.Parallel()
	u := newUser(t)
	server := u.server()
	agent := askers(newStage(t), server, 1)[0]
	p := servePage(u, server)
	// What is read with is the example client of the documents.
	client := exec.Command("python3", "../docs/web-client.py", p.base+"/")
	client.Env = append(os.Environ(), "AGENTWATCH_TOKEN="+p.token)
	out, err := client.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := client.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = client.Process.Kill(); _ = client.Wait() }()
	lines := make(chan string, 1000)
	go func() {
		for all := bufio.NewScanner(out); all.Scan(); {
			lines <- all.Text()
		}
		close(lines)
	}()
	says := func(want string) {
		t.Helper()
		for deadline := time.After(patience); ; {
			select {
			case line, open := <-lines:
				if !open {
					t.Fatalf("the client ends, and has not said %q", want)
				}
				if strings.Contains(line, want) {
					return
				}
			case <-deadline:
				t.Fatalf("waited %s for the client to say %q", patience, want)
			}
		}
	}
	says("nobody needs you")
	server.SendKeys(agent.pane, "z")
	says("waiting")
	before, ok := u.engine()
	if !ok {
		t.Fatal("no engine process answers")
	}
	if err := syscall.Kill(before.PID, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	server.SendKeys(agent.pane, "x")
	says("nobody needs you")
	server.SendKeys(agent.pane, "z")
	says("waiting")
	if after, ok := u.engine(); !ok || after.ID == before.ID {
		t.Errorf("the engine process is the one that was killed")
	}
}

// page is a connection to the page's server.
type pageLink struct {
	t    *testing.T
	conn *websocket.Conn
}

func (p *servedPage) connect() *pageLink {
	p.u.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	conn, _, err := websocket.Dial(ctx, p.base+"/ws", &websocket.DialOptions{Subprotocols: []string{"agentwatch.1"}})
	if err != nil {
		p.u.t.Fatal(err)
	}
	conn.SetReadLimit(1 << 20)
	p.u.t.Cleanup(func() { _ = conn.CloseNow() })
	l := &pageLink{p.u.t, conn}
	l.say(fmt.Sprintf(`{"auth": {"token": %q}}`, p.token))
	return l
}

func (l *pageLink) say(message string) {
	l.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := l.conn.Write(ctx, websocket.MessageText, []byte(message)); err != nil {
		l.t.Fatal(err)
	}
}

// await reads until a message is as wanted, and acknowledges what comes meanwhile.
func (l *pageLink) await(what string, wanted func(m map[string]any) bool) {
	l.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	for {
		_, data, err := l.conn.Read(ctx)
		var m map[string]any
		if err != nil || json.Unmarshal(data, &m) != nil {
			l.t.Fatalf("%v, while it waited for %s", err, what)
		}
		if n, is := m["n"].(float64); is {
			l.say(fmt.Sprintf(`{"ack": %d}`, int(n)))
		}
		if wanted(m) {
			return
		}
	}
}

// answer asks a question and returns its answer.
func (l *pageLink) answer(n int, question string) (value map[string]any, problem string) {
	l.t.Helper()
	l.say(fmt.Sprintf(`{"ask": %d, %s}`, n, question))
	l.await("an answer", func(m map[string]any) bool {
		if m["answer"] != float64(n) {
			return false
		}
		value, _ = m["value"].(map[string]any)
		problem, _ = m["error"].(string)
		return true
	})
	return value, problem
}

func TestAnAnswerFromThePageIsTypedOnlyWithTheFlagAndKeptWithItsDevice(t *testing.T) {
	t.Parallel()
	u := newUser(t)
	server := u.server()
	agent := askers(newStage(t), server, 1)[0]
	server.SendKeys(agent.pane, "z")
	for _, allowed := range []bool{false, true} {
		t.Run(fmt.Sprint("allowed ", allowed), func(t *testing.T) {
			as := &user{t: t, env: u.env}
			var flags []string
			if allowed {
				flags = []string{"--allow-answers"}
			}
			l := servePage(as, server, flags...).connect()
			id := ""
			l.await("the question", func(m map[string]any) bool {
				for _, part := range []string{"snap", "patch"} {
					changes, _ := m[part].(map[string]any)
					up, _ := changes["up"].(map[string]any)
					for name, fields := range up {
						if f, _ := fields.(map[string]any); f["dialog"] != nil {
							id = name
						}
					}
				}
				return id != ""
			})
			plan, problem := l.answer(1, fmt.Sprintf(`"plan": {"agent": %q, "action": "approve"}`, id))
			if !allowed {
				if !strings.Contains(problem, "--allow-answers") {
					t.Errorf("%v %s", plan, problem)
				}
				return
			}
			nonce, _ := plan["nonce"].(string)
			if problem != "" || nonce == "" {
				t.Fatalf("%v %s", plan, problem)
			}
			outcome, problem := l.answer(2, fmt.Sprintf(`"give": {"nonce": %q}`, nonce))
			if problem != "" || outcome["word"] != "confirmed" {
				t.Errorf("%v %s", outcome, problem)
			}
			if _, problem := l.answer(3, fmt.Sprintf(`"give": {"nonce": %q}`, nonce)); problem == "" {
				t.Error("the nonce works twice")
			}
		})
		typed, err := os.ReadFile(agent.typed)
		if want := map[bool]string{false: "", true: "1"}[allowed]; err != nil || string(typed) != want {
			t.Errorf("allowed %t: typed %q, want %q (%v)", allowed, typed, want, err)
		}
	}
	var kept strings.Builder
	for deadline := time.Now().Add(patience); !strings.Contains(kept.String(), "web: web-client.py"); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("the history does not say from which device the answer came:\n%s", kept.String())
		}
		kept.Reset()
		command := u.command("history", "--answers")
		command.Stdout, command.Stderr = &kept, io.Discard
		_ = command.Run()
	}
}
