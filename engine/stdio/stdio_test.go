package stdio_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"
	"golang.org/x/sys/unix"

	"agentwatch/engine/api"
	"agentwatch/engine/client"
	"agentwatch/engine/stdio"
)

// childVariable makes the test binary a process that serves over its standard input
// and output, in the way that its value says.
const childVariable = "AGENTWATCH_TEST_STDIO"

func TestMain(m *testing.M) {
	if how := os.Getenv(childVariable); how != "" {
		child(how)
		return
	}
	goleak.VerifyTestMain(m)
}

// child prints what a shell's start-up files may, and serves.
func child(how string) {
	switch how {
	case "noise":
		fmt.Print(strings.Repeat("welcome\n", 8000), "agentwatch-stdio is what I look for ", "and no end of the line")
	case "endless":
		for {
			if _, err := fmt.Println("y"); err != nil {
				return
			}
		}
	case "silent":
		time.Sleep(time.Hour)
	case "fails":
		fmt.Fprint(os.Stderr, "bash: warning\nbash: agentwatch: command not found\n\n")
		os.Exit(127)
	case "stubborn":
		defer time.Sleep(time.Hour)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /v1/health", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintf(w, `{"id": "there", "pid": %d}`, os.Getpid())
	})
	mux.HandleFunc("GET /v1/snapshots", func(w http.ResponseWriter, r *http.Request) {
		for seq := 1; r.Context().Err() == nil; seq++ {
			fmt.Fprintf(w, "{\"seq\": %d, \"whole\": true, \"ready\": true, \"engine\": {\"id\": \"there\", \"pid\": %d}}\n", seq, os.Getpid())
			_ = http.NewResponseController(w).Flush()
			time.Sleep(10 * time.Millisecond)
		}
	})
	_ = stdio.Serve(context.Background(), os.Stdin, os.Stdout, api.Hello{PID: os.Getpid(), Host: "there"}, mux)
}

// command is the test binary as a child of a kind.
func command(how string) stdio.Command {
	return stdio.Command{Args: []string{os.Args[0]}, Env: append(os.Environ(), childVariable+"="+how)}
}

func TestRequestsAndStreamsShareOneProcessThatEndsWithTheClient(t *testing.T) {
	for _, how := range []string{"quiet", "noise", "stubborn"} {
		var dials atomic.Int64
		var last atomic.Pointer[stdio.Conn]
		c := client.Open(t.Context(), client.Options{Multiplexed: true, Dial: counted(command(how), &dials, &last)})
		var work sync.WaitGroup
		for range 20 {
			work.Go(func() {
				e, err := c.Health(t.Context())
				if err != nil || e.ID != "there" {
					t.Errorf("%s: %+v, %v", how, e, err)
				}
			})
		}
		work.Wait()
		snapshots, cancel := c.Subscribe()
		for range 3 {
			<-snapshots
		}
		cancel()
		if dials.Load() != 1 || last.Load().Hello.Host != "there" {
			t.Errorf("%s: %d processes were started, the hello is %+v", how, dials.Load(), last.Load().Hello)
		}
		c.Close()
		if err := unix.Kill(last.Load().Hello.PID, 0); !errors.Is(err, unix.ESRCH) {
			t.Errorf("%s: process %d is left: %v", how, last.Load().Hello.PID, err)
		}
	}
}

// counted dials a command and keeps the last connection.
func counted(c stdio.Command, dials *atomic.Int64, last *atomic.Pointer[stdio.Conn]) client.Dial {
	return func(ctx context.Context) (conn net.Conn, err error) {
		dials.Add(1)
		conn, err = c.Dial(ctx)
		if err == nil {
			last.Store(conn.(*stdio.Conn))
		}
		return conn, err
	}
}

func TestAProcessThatIsKilledIsStartedAgain(t *testing.T) {
	var dials atomic.Int64
	var last atomic.Pointer[stdio.Conn]
	m := client.Open(t.Context(), client.Options{Multiplexed: true, Dial: counted(command("quiet"), &dials, &last)})
	defer m.Close()
	snapshots, cancel := m.Subscribe()
	defer cancel()
	for kill := range int64(5) {
		for s := range snapshots {
			if dials.Load() > kill && s.Seq > 0 && len(s.Notices) == 0 {
				break
			}
		}
		if err := unix.Kill(last.Load().Hello.PID, unix.SIGKILL); err != nil {
			t.Fatal(err)
		}
	}
}

func TestACommandThatDoesNotServeSaysWhy(t *testing.T) {
	for how, want := range map[string]string{"fails": "ended with exit code 127: bash: agentwatch: command not found", "endless": "no greeting"} {
		_, err := command(how).Dial(t.Context())
		if !errors.Is(err, api.ErrUnreachable) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", how, err)
		}
	}
	var failed *stdio.CommandError
	if _, err := command("fails").Dial(t.Context()); !errors.As(err, &failed) || failed.Code != 127 {
		t.Errorf("%+v", failed)
	}
	if _, err := (stdio.Command{Args: []string{"/nowhere/agentwatch"}}).Dial(t.Context()); !errors.Is(err, api.ErrUnreachable) {
		t.Errorf("no such program: %v", err)
	}
	if _, err := (stdio.Command{}).Dial(t.Context()); !errors.Is(err, api.ErrUnreachable) {
		t.Errorf("no command: %v", err)
	}
	// Whoever does not want to wait any longer does not.
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	began := time.Now()
	if _, err := command("silent").Dial(ctx); !errors.Is(err, context.DeadlineExceeded) || time.Since(began) > 20*time.Second {
		t.Errorf("after %s: %v", time.Since(began), err)
	}
}

func FuzzWhatComesBeforeTheHelloIsSkipped(f *testing.F) {
	f.Add("")
	f.Add("motd\r\nagentwatch-stdio")
	f.Add("agentwatch-stdio nonsense\n")
	f.Fuzz(func(t *testing.T, noise string) {
		if len(noise) > 64<<10 || strings.Contains(noise, "agentwatch-stdio {") {
			return // too much, or a greeting itself
		}
		var out bytes.Buffer
		in, _ := io.Pipe()
		in.Close()
		if err := stdio.Serve(t.Context(), in, &out, api.Hello{Host: "there"}, http.NotFoundHandler()); err != nil {
			t.Fatal(err)
		}
		hello, err := stdio.ReadHello(strings.NewReader(noise + out.String()))
		if err != nil || hello.Host != "there" {
			t.Errorf("%+v, %v", hello, err)
		}
	})
}

func FuzzAnythingMayComeBeforeAHello(f *testing.F) {
	f.Add([]byte("agentwatch-stdio {}\n"))
	f.Add([]byte("agentwatch-stdio {\"host\":1}\nagentwatch-stdio {\"host\":\"there\"}\n"))
	f.Add([]byte("\x00\xff\nagentwatch-stdio [[[[\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		in := bytes.NewReader(text)
		if _, err := stdio.ReadHello(in); err == nil && !bytes.Contains(text, []byte("agentwatch-stdio")) {
			t.Errorf("%q greets", text)
		}
	})
}
