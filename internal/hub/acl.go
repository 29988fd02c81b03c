package hub

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"github.com/redis/rueidis"
)

// Role is what somebody does at the hub.
type Role uint8

// The roles.
const (
	// RoleHost writes one host, and can read, list and change no other.
	RoleHost Role = iota
	// RoleViewer reads everything, and can write none of it.
	RoleViewer
	// RolePuller writes hosts that others cannot, and shares them with other pullers.
	RolePuller
)

// ACL is the line of Redis's ACL file, or of ACL SETUSER, that lets somebody do that
// and nothing else. id is the host's, for RoleHost.
func ACL(fleet string, role Role, id HostID, password string) string {
	k := keys{fleet}
	sum := sha256.Sum256([]byte(password))
	const common = "+hello +auth +ping +client|setname +client|id +get +mget +exists +time"
	lease := fmt.Sprintf("+set +get +del +eval +evalsha +script|load +pexpireat %%RW~%s:* ", k.leases())
	const watch = "+client|tracking +client|caching +smembers"
	name, rules := "", ""
	switch role {
	case RoleHost:
		name = "aw-h-" + string(id)
		rules = fmt.Sprintf("%%RW~%s %%RW~%s %%RW~%s* %%R~%s %%R~%s* %s +set +del (+sadd ~%s)",
			k.beat(id), k.host(id), k.agents(id), k.lastTold(), k.told(id), common, k.hosts())
	case RoleViewer:
		name = "aw-view"
		rules = fmt.Sprintf("%%R~%s* %s %s (%s%%RW~%stold:*)", k.prefix(), common, watch, lease, k.prefix())
	case RolePuller:
		name = "aw-pull"
		rules = fmt.Sprintf(
			"%%RW~%[1]sl:* %%RW~%[1]sh:* %%RW~%[1]sa:* %%RW~%[1]sm:* %%RW~%[4]s %%RW~%[5]s:* %%R~%[1]s* %[2]s %[3]s +set +del +scan +sadd +eval +evalsha +script|load",
			k.prefix(), common, watch, k.hosts(), k.leases(),
		)
	}
	return fmt.Sprintf("user %s on #%s resetkeys resetchannels -@all %s", name, hex.EncodeToString(sum[:]), rules)
}

// Finding is what a check of the hub has found.
type Finding struct {
	What string `json:"what"`
	// Well is whether it is as it should be; Says what was found, and what helps.
	Well bool   `json:"well"`
	Says string `json:"says"`
}

// Check tries what a viewer needs of the hub, and says what was found. The first
// thing that cannot be is the last that is tried.
func Check(ctx context.Context, o Options) []Finding {
	option, err := o.client()
	if err != nil {
		return []Finding{{"configuration", false, err.Error()}}
	}
	k := keys{o.Fleet}
	option.ClientTrackingOptions = []string{"BCAST", "PREFIX", k.prefix(), "NOLOOP"}
	option.OnInvalidations = func([]rueidis.RedisMessage) {}
	client, err := rueidis.NewClient(option)
	if client != nil {
		defer client.Close()
	}
	if err != nil {
		return []Finding{{"connection", false, explained(err).Error()}}
	}
	ctx, cancel := context.WithTimeout(ctx, snapshotTime)
	defer cancel()
	found := []Finding{{"connection", true, "RESP3 with client-side caching"}}
	found = append(found, transport(o))
	members, err := client.Do(ctx, client.B().Smembers().Key(k.hosts()).Build()).AsStrSlice()
	if err != nil {
		return append(found, Finding{"reading", false, explained(err).Error()})
	}
	found = append(found, Finding{"reading", true, fmt.Sprintf("%d hosts have been in fleet %s", len(members), o.Fleet)})
	found = append(found, values(ctx, client, k, members)...)
	// As those who tell do it: by a script that takes it, and another one that gives it back.
	check := newLease(client, k.leases()+":0:check", time.Second)
	if err := check.renew(ctx); err != nil {
		return append(found, Finding{"leases", false, explained(err).Error()})
	}
	check.release()
	found = append(found, Finding{"leases", true, "can be taken and given back"})
	forge := client.Do(ctx, client.B().Set().Key(k.host(PulledID(o.Fleet, "check"))).Value("check").PxMilliseconds(1).Build()).Error()
	if forge == nil {
		return append(found, Finding{"rights", false, "this user can write what only hosts should: set it up as `agentwatch hub acl --viewer` prints"})
	}
	return append(found, Finding{"rights", true, "this user cannot write what hosts write"})
}

// transport says who can read on the way.
func transport(o Options) Finding {
	if strings.HasPrefix(o.URL, "redis:") && o.Insecure {
		return Finding{"encryption", false, "insecure = true: everybody on the way can read and change what is written; use rediss://"}
	}
	return Finding{"encryption", true, "nobody on the way can read it"}
}

// values reads all hosts, and says which cannot be understood.
func values(ctx context.Context, client rueidis.Client, k keys, members []string) []Finding {
	var found []Finding
	for _, member := range members {
		id := HostID(member)
		text, err := client.Do(ctx, client.B().Get().Key(k.host(id)).Build()).ToString()
		if err != nil {
			continue // it has expired
		}
		if _, err := readHost(text, id); err != nil || !idPattern.MatchString(member) {
			found = append(found, Finding{"host " + clean(member), false, fmt.Sprintf("its record is refused: %v", err)})
		}
	}
	return found
}
