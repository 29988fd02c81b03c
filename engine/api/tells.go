package api

import "agentwatch/engine"

// Tells is a line of the stream of one who wants to tell the user of this engine
// process's agents: whether that is granted now. Before is set when it was granted to
// another one earlier, so that it is known what has been told.
type Tells struct {
	Granted bool `json:"granted"`
	Before  bool `json:"before,omitempty"`
}

// Step says how far somebody is with telling something.
type Step string

// The steps: it is about to be sent, has been sent, or has not arrived.
const (
	StepClaim  Step = "claim"
	StepSent   Step = "sent"
	StepFailed Step = "failed"
)

// Told says that somebody, by the name under which it was granted, is about to tell
// something, or has.
type Told struct {
	As   string         `json:"as"`
	Step Step           `json:"step"`
	What engine.Telling `json:"what"`
}

// Claimed is the answer to a claim.
type Claimed struct {
	Claim engine.Claim `json:"claim"`
}
