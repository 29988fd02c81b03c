package tmuxpool

import (
	"fmt"
	"slices"
	"strings"
)

// Clients says when a server is watched by control clients, which live in a
// session of our own there, and when by batched processes, which leave nothing
// behind.
type Clients uint8

const (
	// ClientsAuto never attaches a control client to a server that one can
	// crash: to any below tmux 3.7.
	ClientsAuto Clients = iota
	// ClientsAlways attaches control clients to every server that knows them,
	// and risks the server and all that runs in it below tmux 3.7.
	ClientsAlways
	// ClientsNever attaches no control client to any server.
	ClientsNever
)

var clientsWords = [...]string{"auto", "always", "never"}

// String returns the word of the configuration.
func (c Clients) String() string {
	if int(c) < len(clientsWords) {
		return clientsWords[c]
	}
	return fmt.Sprintf("clients(%d)", uint8(c))
}

// MarshalText implements encoding.TextMarshaler.
func (c Clients) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler: it reads a word of the
// configuration.
func (c *Clients) UnmarshalText(word []byte) error {
	i := slices.Index(clientsWords[:], string(word))
	if i < 0 {
		return fmt.Errorf("%q is none of %s", word, strings.Join(clientsWords[:], ", "))
	}
	*c = Clients(i)
	return nil
}

// Link is the link that a server of a version is to be watched by: LinkControl, or
// LinkBatch with the reason in words for the user.
func (c Clients) Link(v Version) (link Link, reason string) {
	switch {
	case c == ClientsNever:
		return LinkBatch, "control clients are switched off"
	case !v.controllable():
		return LinkBatch, "tmux " + v.String() + " has no control clients that agentwatch could use"
	case c == ClientsAuto && !v.survivesClients():
		return LinkBatch, "tmux " + v.String() + " can be crashed by a control client that attaches"
	default:
		return LinkControl, ""
	}
}
