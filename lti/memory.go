package lti

import (
	"context"
	"sync"
)

// MemoryStates are States for examples and tests: what is spent is remembered
// for as long as the value lives, and by one process only.
type MemoryStates struct {
	*Sealer
	mu    sync.Mutex
	spent map[string]bool
}

// NewMemoryStates returns states sealed with a key.
func NewMemoryStates(key [32]byte) *MemoryStates {
	return &MemoryStates{Sealer: NewSealer(key), spent: map[string]bool{}}
}

// Spend implements States.
func (m *MemoryStates) Spend(_ context.Context, launch *Launch) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.spent[launch.StateID] {
		return ErrSpent
	}
	m.spent[launch.StateID] = true
	return nil
}
