//go:build !linux

package hearing

// Listener listens to terminals. There is none on this system.
type Listener struct{ _ struct{} }

// Ear listens to the panes of one server. There is none on this system.
type Ear struct{ _ struct{} }

// Listen returns ErrUnsupported.
func Listen() (*Listener, error) { return nil, ErrUnsupported }

// Close does nothing.
func (*Listener) Close() error { return nil }

// Ear returns one that hears nothing.
func (*Listener) Ear(string) *Ear { return &Ear{} }

// Follow does nothing.
func (*Ear) Follow([]Pane) {}

// Arm returns false.
func (*Ear) Arm(string) bool { return false }

// Hears returns false.
func (*Ear) Hears(string) bool { return false }

// Woken returns a channel that nothing is ever sent on.
func (*Ear) Woken() <-chan struct{} { return nil }

// Take returns nothing.
func (*Ear) Take() Heard { return Heard{} }

// Status says that nothing is heard.
func (*Ear) Status() Status { return Status{Reason: ErrUnsupported} }

// Children returns nothing.
func (*Ear) Children() string { return "" }

// Close does nothing.
func (*Ear) Close() {}

// ReadLimits returns no limits.
func ReadLimits() Limits { return Limits{} }

// ServerProcess returns 0: it is not known here.
func ServerProcess(string) int { return 0 }
