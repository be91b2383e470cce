package greenroom

import "time"

// A ScopeWord is what a platform's token endpoint last said of one scope.
type ScopeWord struct {
	Scope   string    `json:"scope"`
	Granted bool      `json:"granted"`
	At      time.Time `json:"at"`
}
