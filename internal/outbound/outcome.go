package outbound

import (
	"errors"
	"slices"
	"strings"

	"github.com/failsafe-go/failsafe-go/circuitbreaker"
)

// A CallOutcome is how a call to a platform went, in few words.
type CallOutcome string

// The outcomes.
const (
	CallOK          CallOutcome = "ok"           // answered below 400
	CallRefused     CallOutcome = "refused"      // answered 400 to 499
	CallServerError CallOutcome = "server error" // answered 500 and above
	CallTimeout     CallOutcome = "timeout"
	CallNoAnswer    CallOutcome = "no answer" // no connection, no TLS, an odd answer
	CallResting     CallOutcome = "resting"   // not made: the host rests after failures
	CallBusy        CallOutcome = "busy"      // not made: too many are under way
	CallBlocked     CallOutcome = "blocked"   // not made: we do not call such addresses
)

// CallOutcomes lists them.
var CallOutcomes = []CallOutcome{CallOK, CallRefused, CallServerError, CallTimeout, CallNoAnswer, CallResting, CallBusy, CallBlocked}

func outcomeOf(status int) CallOutcome {
	switch {
	case status >= 500:
		return CallServerError
	case status >= 400:
		return CallRefused
	}
	return CallOK
}

func (e *Error) outcome() CallOutcome {
	if rest, ok := errors.AsType[*restError](e.Cause); ok {
		if rest.busy {
			return CallBusy
		}
		return CallResting
	}
	switch {
	case refusedByUs(e.Cause):
		return CallBlocked
	case e.Timeout():
		return CallTimeout
	}
	return CallNoAnswer
}

// Resting returns the hosts that are left alone after failures, by name: a
// host's services, where they are not its documents, with " services" behind.
func (c *Client) Resting() []string {
	c.hosts.mu.Lock()
	defer c.hosts.mu.Unlock()
	var names []string
	for name, h := range c.hosts.known {
		if h.breaker.State() != circuitbreaker.ClosedState {
			names = append(names, name)
		}
	}
	slices.SortFunc(names, strings.Compare)
	return names
}
