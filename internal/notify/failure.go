package notify

import (
	"context"
	"errors"
	"time"
)

// ErrDelivery is what every failed delivery is.
var ErrDelivery = errors.New("notify: not delivered")

// failure is why a delivery failed. Its text never has secrets in it.
type failure struct {
	what string
	// hint says what the user can do; empty when nothing but to wait.
	hint string
	// permanent is set when trying again cannot help.
	permanent bool
	// after is how long the other side asked us to wait.
	after time.Duration
	cause error
}

func (f *failure) Error() string { return f.what }

func (f *failure) Unwrap() []error {
	if f.cause == nil {
		return []error{ErrDelivery}
	}
	return []error{ErrDelivery, f.cause}
}

// refused is a failure that trying again cannot help.
func refused(what, hint string) *failure {
	return &failure{what: what, hint: hint, permanent: true}
}

// failed is one that may pass.
func failed(what, hint string, cause error) *failure {
	return &failure{what: what, hint: hint, cause: cause}
}

// asFailure puts an error into the words of a failure.
func asFailure(err error) *failure {
	var f *failure
	switch {
	case errors.As(err, &f):
		return f
	case errors.Is(err, context.DeadlineExceeded):
		return failed("no answer in time", "", err)
	case errors.Is(err, context.Canceled):
		return &failure{what: "agentwatch ended first", permanent: true, cause: err}
	default:
		return failed(plain(err.Error(), maxNote), "", err)
	}
}
