package serve

import (
	"agentwatch/engine"
	"agentwatch/health"
)

// protocol is the number of the protocol. It grows when a message means something
// else than before; what shape sees needs no new number.
const protocol = 1

// Limits of the messages, in bytes. A reply can be the first snapshot of a
// thousand agents with long pasts, a request an answer with a text of a megabyte,
// of which JSON can make six.
const (
	maxRequest = 8 << 20
	maxReply   = 64 << 20
)

// hello is the first line in both directions.
type hello struct {
	Protocol int    `json:"agentwatch"`
	Version  string `json:"version,omitempty"`
	// Shape is needed by those who take values of the engine.
	Shape string `json:"shape,omitempty"`
	PID   int    `json:"pid,omitempty"`
	// Terms are what an instance does otherwise than usual, in words.
	Terms []string `json:"terms,omitempty"`
	// Error says why the other end hangs up.
	Error *remoteError `json:"error,omitempty"`
}

// operation says what a request asks for.
type operation string

// The operations.
const (
	// opStatus answers with sums.
	opStatus operation = "status"
	// opList answers with all agents.
	opList operation = "list"
	// opWait answers when a condition is met, or cannot be any more.
	opWait operation = "wait"
	// opSubscribe lets snapshots come from now on, opFollow says whose screens
	// come with them.
	opSubscribe operation = "subscribe"
	opFollow    operation = "follow"
	// opExplain and opHistory answer with what they are called.
	opExplain operation = "explain"
	opHistory operation = "history"
	// opRefresh looks at everything anew.
	opRefresh operation = "refresh"
	// opSwitch changes how rounds are planned, opSeen says that the user has looked.
	opSwitch operation = "switch strategy"
	opSeen   operation = "mark seen"
	// opAnswer types into a pane. A read-only instance refuses it.
	opAnswer operation = "answer"
)

// needsShape tells whether an operation carries values of the engine, which both
// ends must write in the same way.
func (o operation) needsShape() bool { return o == opSubscribe || o == opAnswer }

// request is one line of a client. Fields that its operation does not need are
// empty.
type request struct {
	// ID is the client's number for it, which the reply repeats.
	ID   uint64    `json:"id"`
	Do   operation `json:"do"`
	Pane *paneRef  `json:"pane,omitempty"`
	// Panes are those to follow.
	Panes    []paneRef           `json:"panes,omitempty"`
	Rows     int                 `json:"rows,omitempty"`
	Strategy engine.StrategyName `json:"strategy,omitempty"`
	Wait     *Condition          `json:"wait,omitempty"`
	Answer   *engine.Request     `json:"answer,omitempty"`
}

// paneRef is a health.PaneRef in the protocol's words.
type paneRef struct {
	Socket string `json:"socket"`
	Pane   string `json:"pane"`
}

func paneRefOf(ref health.PaneRef) *paneRef { return &paneRef{ref.Server, ref.Pane} }

func (p *paneRef) ref() health.PaneRef {
	if p == nil {
		return health.PaneRef{}
	}
	return health.PaneRef{Server: p.Socket, Pane: p.Pane}
}

// reply is one line of an instance: the answer to a request, or a snapshot when
// ID is 0.
type reply struct {
	ID    uint64       `json:"id,omitempty"`
	Error *remoteError `json:"error,omitempty"`

	Status    *Status           `json:"status,omitempty"`
	List      *List             `json:"list,omitempty"`
	Waited    *Waited           `json:"waited,omitempty"`
	Explained *engine.Explained `json:"explained,omitempty"`
	History   *engine.History   `json:"history,omitempty"`
	Answered  *engine.Outcome   `json:"answered,omitempty"`
	Snapshot  *frame            `json:"snapshot,omitempty"`
}
