package api

import (
	"agentwatch/engine"
)

// TokenRow is what one model has used in one session on one day.
type TokenRow struct {
	// Host is the machine, where it is not the one that is asked.
	Host string `json:"host,omitempty"`
	engine.TokenRow
	// Cost is what that has cost, where Priced is set: by the table of the
	// configuration, else as the program itself has noted it.
	Cost     float64 `json:"cost,omitempty"`
	Priced   bool    `json:"priced,omitempty"`
	Currency string  `json:"currency,omitempty"`
}

// TokenLine is one line of a report of tokens: a row, or what could not be read. Error
// is why it ends there.
type TokenLine struct {
	Row     *TokenRow `json:"row,omitempty"`
	Problem string    `json:"problem,omitempty"`
	Error   *Error    `json:"error,omitempty"`
}
