package hub

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/redis/rueidis"

	"agentwatch/engine"
)

// withACL starts a server that knows a host, another host, viewers and pullers by the
// rules that we print, and nobody else.
func withACL(t *testing.T) (*Redis, func(user string) Options) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "users.acl")
	lines := []string{
		"user default off", ACL("test", RoleHost, idOf(1), "secret"), ACL("test", RoleHost, idOf(2), "secret"),
		ACL("test", RoleViewer, "", "secret"), ACL("test", RolePuller, "", "secret"),
	}
	if err := os.WriteFile(file, []byte(strings.Join(lines, "\n")+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	r := redis(t, "--aclfile", file)
	return r, func(user string) Options { return Options{URL: r.URL(), Fleet: "test", User: user, Password: "secret"} }
}

func TestWithTheRulesThatArePrintedHostsAndViewersDoTheirWorkAndNothingElse(t *testing.T) {
	t.Parallel()
	_, as := withACL(t)
	host := "aw-h-" + string(idOf(1))
	start(t, as(host), 1, 3)
	v := view(t, as("aw-view"))
	until(t, v, "the host", shows(1, 3))
	for _, f := range Check(t.Context(), as("aw-view")) {
		if !f.Well {
			t.Errorf("%+v", f)
		}
	}
	k := keys{"test"}
	refusesAll := func(user string, commands func(b rueidis.Builder) []rueidis.Completed) {
		t.Helper()
		option, err := as(user).client()
		if err != nil {
			t.Fatal(err)
		}
		option.DisableCache = true
		c, err := rueidis.NewClient(option)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		for _, command := range commands(c.B()) {
			said := strings.Join(command.Commands(), " ")
			if err := c.Do(t.Context(), command).Error(); err == nil || !strings.Contains(err.Error(), "NOPERM") && !strings.Contains(err.Error(), "permissions") {
				t.Errorf("%s may do %s: %v", user, said, err)
			}
		}
	}
	refusesAll(host, func(b rueidis.Builder) []rueidis.Completed {
		return []rueidis.Completed{
			b.Set().Key(k.host(idOf(2))).Value("x").Build(), b.Get().Key(k.host(idOf(2))).Build(), b.Set().Key(k.agent(idOf(2), "s1.0")).Value("x").Build(),
			b.Smembers().Key(k.hosts()).Build(), b.Keys().Pattern("*").Build(), b.Flushall().Build(), b.Set().Key(k.leases() + ":0:tell").Value("x").Build(),
			b.Publish().Channel("c").Message("m").Build(), b.ConfigGet().Parameter("*").Build(), b.Del().Key(k.hosts()).Build(),
		}
	})
	refusesAll("aw-view", func(b rueidis.Builder) []rueidis.Completed {
		return []rueidis.Completed{
			b.Set().Key(k.host(idOf(1))).Value("x").Build(), b.Del().Key(k.agent(idOf(1), "s1.0")).Build(), b.Sadd().Key(k.hosts()).Member("x").Build(),
			b.Set().Key(k.beat(idOf(1))).Value("x").Build(), b.Flushall().Build(), b.Keys().Pattern("*").Build(),
		}
	})
	// A user without rights is told what to do.
	if err := problemOf(t, as(host)); err == nil || !strings.Contains(err.Error(), "hub acl") {
		t.Errorf("%v", err)
	}
	if hosts := v.Hosts(time.Now()); len(hosts) != 1 || hosts[0].Status.State != engine.HostLive {
		t.Errorf("%s", summary(hosts))
	}
}

func TestACheckSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	r := redis(t)
	found := Check(t.Context(), optionsOf(r))
	if last := found[len(found)-1]; last.What != "rights" || last.Well {
		t.Errorf("%+v", found)
	}
	found = Check(t.Context(), Options{URL: "redis://127.0.0.1:1", Fleet: "test"})
	if len(found) != 1 || found[0].Well || !strings.Contains(found[0].Says, "nothing listens") {
		t.Errorf("%+v", found)
	}
}
