package engine

import (
	"context"
	"time"

	"agentwatch/health"
)

// Telling is what a user is told of once, whoever watches: that an agent is in a
// state since a time. Escalated is that it has been for too long.
type Telling struct {
	Ref       health.PaneRef `json:"ref"`
	Since     time.Time      `json:"since"`
	Urgency   Urgency        `json:"urgency"`
	Escalated bool           `json:"escalated,omitempty"`
}

// Claim is what comes of wanting to tell.
type Claim string

// What can come of it.
const (
	// ClaimFirst: nobody has told it, and now nobody else will.
	ClaimFirst Claim = "first"
	// ClaimMaybe is ClaimFirst, but another one has ended while telling it.
	ClaimMaybe Claim = "maybe"
	// ClaimTold: another one has told it.
	ClaimTold Claim = "told"
	// ClaimLater: another one is telling it, or is to; ask again.
	ClaimLater Claim = "later"
)

// Register is shared by all who watch the same agents and would tell their user of
// them, so that one of them does. Its methods are safe for concurrent use.
type Register interface {
	// Ours reports whether it is for us to tell of an agent now.
	Ours(t Telling) bool
	// Claim is to be asked before telling, Sent to be called when it has been told, and
	// Failed when it has not arrived.
	Claim(ctx context.Context, t Telling) (Claim, error)
	Sent(ctx context.Context, t Telling) error
	Failed(ctx context.Context, t Telling) error
}

// TrialLasts is how long somebody who has claimed something and not said that it was
// sent counts as still sending.
const TrialLasts = 30 * time.Second
