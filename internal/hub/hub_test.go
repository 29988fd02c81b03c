package hub

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/redis/rueidis"
	"go.uber.org/goleak"

	"agentwatch/engine"
	"agentwatch/health"
)

// patience is how long a test waits for what must come, on a busy machine.
const patience = time.Minute

func TestMain(m *testing.M) {
	if len(os.Args) > 3 && os.Args[1] == "pull" {
		pullAs(os.Args[2], os.Args[3:])
		return
	}
	goleak.VerifyTestMain(m)
}

// redis starts a server for a test.
func redis(t *testing.T, args ...string) *Redis {
	t.Helper()
	// The path of a socket must be short.
	dir, err := os.MkdirTemp("", "awhub")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	r, err := StartRedis(context.Background(), dir, args...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.Kill)
	return r
}

func optionsOf(r *Redis) Options { return Options{URL: r.URL(), Fleet: "test"} }

// client talks to a server directly.
func direct(t *testing.T, r *Redis) rueidis.Client {
	t.Helper()
	option, err := optionsOf(r).client()
	if err != nil {
		t.Fatal(err)
	}
	option.DisableCache = true
	c, err := rueidis.NewClient(option)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// machine is a host whose engine a test plays.
type machine struct {
	t         *testing.T
	id        HostID
	snapshots chan *engine.Snapshot
	agents    []engine.Agent
	began     time.Time
	cancel    context.CancelFunc
	ended     chan error
	options   CollectOptions
	mu        sync.Mutex
	said      []error
}

func idOf(n int) HostID { return PulledID("test", fmt.Sprint(n)) }

// start starts the collector of a machine with that many agents, all of which work.
func start(t *testing.T, o Options, n, agents int) *machine {
	t.Helper()
	m := &machine{t: t, id: idOf(n), began: time.Now().Add(-time.Minute)}
	m.options = CollectOptions{Options: o, ID: m.id, Name: fmt.Sprintf("host%d", n), Build: "test", Share: ShareLines}
	m.options.Said = func(err error) {
		m.mu.Lock()
		defer m.mu.Unlock()
		m.said = append(m.said, err)
	}
	for i := range agents {
		m.agents = append(m.agents, agent(i, m.began))
	}
	m.run()
	t.Cleanup(m.stop)
	return m
}

func agent(i int, began time.Time) engine.Agent {
	return engine.Agent{
		Ref: health.PaneRef{Server: "/tmp/tmux-1/default", Pane: fmt.Sprintf("%%%d", i)}, Server: "default", Session: fmt.Sprintf("s%d", i),
		Kind: "claude", State: health.StateWorking, Since: began, CheckedAt: began, Revision: 1, PID: 100 + i, PanePID: 1000 + i,
		Past: []engine.Phase{{At: began, Urgency: engine.UrgencyWorking}},
	}
}

// run runs the collector, also again after stop or kill.
func (m *machine) run() {
	ctx, cancel := context.WithCancel(context.Background())
	m.cancel, m.ended, m.snapshots = cancel, make(chan error, 1), make(chan *engine.Snapshot, 1)
	m.show()
	snapshots, ended := m.snapshots, m.ended
	go func() { ended <- Collect(ctx, m.options, snapshots) }()
}

func (m *machine) stop() {
	m.cancel()
	err := <-m.ended
	m.ended <- err
}

// show gives the collector what the engine sees now.
func (m *machine) show() {
	agents := make([]engine.Agent, len(m.agents))
	copy(agents, m.agents)
	s := &engine.Snapshot{Ready: true, Agents: agents, Panes: len(agents), At: time.Now()}
	select {
	case <-m.snapshots:
	default:
	}
	m.snapshots <- s
}

// turn lets an agent become what it is not yet.
func (m *machine) turn(i int, change func(*engine.Agent)) {
	a := &m.agents[i]
	change(a)
	a.Revision++
	m.show()
}

func wait(question string) func(*engine.Agent) {
	return func(a *engine.Agent) {
		a.State, a.Wait, a.Since = health.StateWaiting, health.WaitPermission, time.Now()
		a.Dialog = &health.Dialog{Question: question, Options: []health.Option{{Key: "1", Label: "Yes"}}}
		a.Past = append(a.Past[:len(a.Past):len(a.Past)], engine.Phase{At: a.Since, Urgency: engine.UrgencyWaiting})
	}
}

func view(t *testing.T, o Options) *Viewer {
	t.Helper()
	v, err := Open(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(v.Close)
	return v
}

// until waits until what is shown is as wanted.
func until(t *testing.T, v *Viewer, what string, wanted func([]Host) bool) []Host {
	t.Helper()
	for late := time.Now().Add(patience); ; {
		hosts := v.Hosts(time.Now())
		if wanted(hosts) {
			return hosts
		}
		if time.Now().After(late) {
			_, problem := v.Problem()
			t.Fatalf("never: %s; %s; problem: %v; figures: %+v", what, summary(hosts), problem, v.Figures())
		}
		select {
		case <-v.Changed():
		case <-time.After(20 * time.Millisecond):
		}
	}
}

func summary(hosts []Host) string {
	var b strings.Builder
	for _, h := range hosts {
		fmt.Fprintf(&b, "%s %s %d agents; ", h.Status.Name, h.Status.State, len(h.Agents))
	}
	return b.String()
}

// shows is that all hosts are live and each has that many agents, none of them stale.
func shows(hosts, agents int) func([]Host) bool {
	return func(all []Host) bool {
		for _, h := range all {
			if h.Status.State != engine.HostLive || len(h.Agents) != agents {
				return false
			}
			for _, a := range h.Agents {
				if a.Stale {
					return false
				}
			}
		}
		return len(all) == hosts
	}
}

func TestWhatAHostShowsIsSeenByViewersAndWhatCallsForTheUserAtOnce(t *testing.T) {
	t.Parallel()
	r := redis(t)
	o := optionsOf(r)
	m := start(t, o, 1, 3)
	v := view(t, o)
	hosts := until(t, v, "the host", shows(1, 3))
	a := hosts[0].Agents[1]
	if want := (health.PaneRef{Host: "host1", Server: "/tmp/tmux-1/default", Pane: "%1"}); a.Ref != want || !a.Since.Equal(m.began) || a.Session != "s1" {
		t.Errorf("%+v", a)
	}
	m.turn(1, wait("May I?"))
	hosts = until(t, v, "the question", func(all []Host) bool {
		d := all[0].Agents[1].Dialog
		return all[0].Agents[1].State == health.StateWaiting && d != nil && d.Question == "May I?"
	})
	if n := hosts[0].Status.NeedUser; n != 1 {
		t.Errorf("%d need the user", n)
	}
	if a, b := hosts[0].Agents[1], m.agents[1]; !a.Dialog.Equal(b.Dialog) || !a.Since.Equal(b.Since) || len(a.Past) != 2 {
		t.Errorf("%+v", a)
	}
	m.agents = m.agents[:2]
	m.show()
	until(t, v, "one is gone", shows(1, 2))
	m.stop()
	until(t, v, "it has said goodbye", func(all []Host) bool {
		return all[0].Status.State == engine.HostEnded && len(all[0].Agents) == 2 && all[0].Agents[0].Stale
	})
	m.run()
	until(t, v, "it is back", shows(1, 2))
	if l := v.Layer(); l.Name != "fleet" || l.Invalidations == 0 || l.Hits == 0 || l.Size != 2 {
		t.Errorf("the cache: %+v", l)
	}
}

func TestWhatIsEmptiedOrEvictedIsWrittenAnewAndTheBoardIsNeverEmpty(t *testing.T) {
	t.Parallel()
	r := redis(t)
	o := optionsOf(r)
	start(t, o, 1, 20)
	v := view(t, o)
	until(t, v, "the host", shows(1, 20))
	c := direct(t, r)
	k := keys{"test"}
	if err := c.Do(t.Context(), c.B().Del().Key(k.agent(idOf(1), "s1.3"), k.agent(idOf(1), "s1.4")).Build()).Error(); err != nil {
		t.Fatal(err)
	}
	hosts := until(t, v, "two holes", func([]Host) bool { v.Hosts(time.Now()); return v.Figures().Holes == 2 })
	if a := hosts[0].Agents[3]; len(hosts[0].Agents) != 20 || !a.Stale || hosts[0].Status.State != engine.HostLive {
		t.Errorf("%+v", a)
	}
	until(t, v, "the host is whole", shows(1, 20))
	if err := c.Do(t.Context(), c.B().Flushall().Build()).Error(); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	for {
		if n := len(v.Hosts(time.Now())[0].Agents); n != 20 {
			t.Fatalf("%d agents are shown", n)
		}
		count, err := c.Do(t.Context(), c.B().Dbsize().Build()).ToInt64()
		if err != nil {
			t.Fatal(err)
		}
		if count == 23 {
			break
		}
		if time.Since(began) > patience {
			t.Fatalf("%d keys are there", count)
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Logf("whole %s after it was emptied", time.Since(began))
	until(t, v, "the host is live", shows(1, 20))
}

func TestOfTwoMachinesWithOneIDTheOneThatBeganFirstStandsDown(t *testing.T) {
	t.Parallel()
	r := redis(t)
	o := optionsOf(r)
	first := start(t, o, 1, 1)
	v := view(t, o)
	until(t, v, "the host", shows(1, 1))
	second := start(t, o, 1, 2)
	began := time.Now()
	select {
	case err := <-first.ended:
		first.ended <- err
		if !errors.Is(err, ErrTwin) {
			t.Errorf("the first ended with %v", err)
		}
	case <-time.After(patience):
		t.Fatal("the first goes on")
	}
	t.Logf("it stands down after %s", time.Since(began))
	until(t, v, "the second is shown", shows(1, 2))
	select {
	case err := <-second.ended:
		t.Errorf("the second has ended: %v", err)
	default:
	}
}

func TestAgesAreRightWhateverTheClocksSay(t *testing.T) {
	t.Parallel()
	r := redis(t)
	o := optionsOf(r)
	m := start(t, o, 1, 0)
	m.stop()
	ahead := 5 * time.Minute
	m.options.Now = func() time.Time { return time.Now().Add(ahead) }
	m.agents = []engine.Agent{agent(0, time.Now().Add(ahead).Add(-time.Minute))}
	m.run()
	v := view(t, o)
	hosts := until(t, v, "the host", shows(1, 1))
	if age := time.Since(hosts[0].Agents[0].Since) - time.Minute; age < -time.Second || age > patience {
		t.Errorf("the age is wrong by %s", age)
	}
	if s := hosts[0].Status.Skew; s < ahead-time.Second || s > ahead+time.Second {
		t.Errorf("its clock is ahead by %s", s)
	}
}

func TestHostileRecordsAreRefusedAndCounted(t *testing.T) {
	t.Parallel()
	r := redis(t)
	o := optionsOf(r)
	m := start(t, o, 1, 2)
	v := view(t, o)
	until(t, v, "the host", shows(1, 2))
	c, k := direct(t, r), keys{"test"}
	good := recordOf(agent(0, m.began), m.id, "s1.0", ShareLines)
	good.Epoch, good.Rev = time.Now().UnixMilli(), 1000
	write := func(key string, value any) {
		t.Helper()
		before := v.Figures().Refused
		data, isText := value.(string)
		if !isText {
			b, err := json.Marshal(value)
			if err != nil {
				t.Fatal(err)
			}
			data = string(b)
		}
		if err := c.Do(t.Context(), c.B().Set().Key(key).Value(data).Build()).Error(); err != nil {
			t.Fatal(err)
		}
		for late := time.Now().Add(patience); v.Figures().Refused == before; time.Sleep(5 * time.Millisecond) {
			if time.Now().After(late) {
				t.Fatalf("%s with %.80s is not refused", key, data)
			}
		}
	}
	change := func(f func(*Record)) Record { r := good; f(&r); return r }
	own := k.agent(m.id, "s1.0")
	write(own, strings.Repeat("x", 10<<20))
	write(own, "no record")
	write(own, strings.Replace(string(must(json.Marshal(good))), `"e":`, `"e":9223372036854775808,"x":`, 1))
	write(own, change(func(r *Record) { r.Epoch = maxEpoch }))
	write(own, change(func(r *Record) { r.Host = idOf(2) }))
	write(own, change(func(r *Record) { r.Pane = "s1.1" }))
	write(own, change(func(r *Record) { r.Epoch = 1 }))
	write(k.agent(idOf(7), "s1.0"), change(func(r *Record) { r.Host = idOf(7) }))
	host := HostRecord{V: 1, ID: m.id, Name: "host1", Epoch: time.Now().UnixMilli(), Index: make([]string, maxAgents+1)}
	write(k.host(m.id), host)
	host.Index, host.Name = nil, "../escape"
	write(k.host(m.id), host)
	hosts := v.Hosts(time.Now())
	if len(hosts) != 1 || len(hosts[0].Agents) != 2 || hosts[0].Agents[0].Session != "s0" {
		t.Errorf("%s", summary(hosts))
	}
	nasty := change(func(r *Record) {
		r.Session, r.Activity = "a\x1b]0;evil\a\u202eb", strings.Repeat("é", 1000)
		r.Dialog = &health.Dialog{Question: "q\x1b[2J", Body: make([]string, 1000)}
	})
	data := must(json.Marshal(nasty))
	if err := c.Do(t.Context(), c.B().Set().Key(own).Value(string(data)).Build()).Error(); err != nil {
		t.Fatal(err)
	}
	hosts = until(t, v, "the nasty one", func(all []Host) bool { return all[0].Agents[0].Session != "s0" })
	a := hosts[0].Agents[0]
	if a.Session != "a]0;evilb" || len(a.Activity) > maxText || a.Dialog.Question != "q[2J" || len(a.Dialog.Body) > maxRows {
		t.Errorf("%+v", a)
	}
	if n := v.Notices(); len(n) != 1 || !strings.Contains(n[0].Text, "refused") {
		t.Errorf("%+v", n)
	}
}

func must(data []byte, err error) []byte {
	if err != nil {
		panic(err)
	}
	return data
}

func TestRecordsOfANewerBuildAreShownAsFarAsTheyAreUnderstood(t *testing.T) {
	t.Parallel()
	r := recordOf(agent(0, time.Now()), idOf(1), "s1.0", ShareLines)
	r.V, r.Epoch = 2, 5
	text := strings.Replace(string(must(json.Marshal(r))), `"state":"working"`, `"state":"dreaming","mood":{"of":[1]}`, 1)
	read, err := readRecord(text, idOf(1), "s1.0")
	if err != nil || read.State != health.StateUnknown || read.Session != "s0" {
		t.Errorf("%+v, %v", read, err)
	}
}

func TestWithStatesOnlyNoLineOfAScreenIsWritten(t *testing.T) {
	t.Parallel()
	a := agent(0, time.Now())
	wait("secret question")(&a)
	a.Title, a.Activity, a.CWD, a.Evidence.Text = "secret title", "secret line", "/secret", "secret text"
	a.Facts = []health.Fact{{Value: "secret"}}
	if data := must(recordOf(a, idOf(1), "s1.0", ShareStates).encoded()); strings.Contains(string(data), "secret") {
		t.Errorf("%s", data)
	}
}

func TestTheIDOfAMachineIsMadeOnceAndKept(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "state", "host-id")
	var made [8]HostID
	var making sync.WaitGroup
	for i := range made {
		making.Go(func() { made[i], _ = OwnID(path) })
	}
	making.Wait()
	for _, id := range made {
		if id != made[0] || !idPattern.MatchString(string(id)) {
			t.Fatalf("%v", made)
		}
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info, err)
	}
}

func TestEachWayInWhichAHubCannotBeUsedHasItsRemedy(t *testing.T) {
	t.Parallel()
	secured := redis(t, "--requirepass", "right")
	file := filepath.Join(t.TempDir(), "password")
	if err := os.WriteFile(file, []byte("right\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		options Options
		want    string
	}{
		{Options{URL: "http://x"}, "redis://HOST:PORT"},
		{Options{URL: "redis://u:secret@127.0.0.1"}, "does not belong into the address"},
		{Options{URL: "redis://10.1.2.3"}, "insecure = true"},
		{Options{URL: "redis://127.0.0.1", PasswordFile: file}, "chmod 600"},
		{Options{URL: "redis://127.0.0.1:1"}, "nothing listens there"},
		{Options{URL: secured.URL(), Password: "wrong"}, "the user or password is wrong"},
		{Options{URL: secured.URL()}, "wants a user and a password"},
	} {
		c.options.Fleet = "test"
		if err := problemOf(t, c.options); err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "secret@") {
			t.Errorf("%s: %v", c.options.URL, err)
		}
	}
	if err := os.Chmod(file, 0o600); err != nil {
		t.Fatal(err)
	}
	if v := view(t, Options{URL: secured.URL(), Fleet: "test", PasswordFile: file}); v != nil {
		until(t, v, "it is read", func([]Host) bool { return v.Figures().Whole })
	}
	for text, want := range map[string]string{
		"NOPERM this user has no permissions to run the 'mget' command": "hub acl", "ERR unknown command 'CLIENT'": "too old",
		"READONLY You can't write against a read only replica.": "master",
	} {
		if err := explained(errors.New(text)); !strings.Contains(err.Error(), want) {
			t.Errorf("%v", err)
		}
	}
}

// problemOf is why a hub cannot be read.
func problemOf(t *testing.T, o Options) error {
	t.Helper()
	v, err := Open(o)
	if err != nil {
		return err
	}
	defer v.Close()
	for late := time.Now().Add(patience); time.Now().Before(late); time.Sleep(5 * time.Millisecond) {
		if _, err := v.Problem(); err != nil {
			return err
		}
	}
	return nil
}
