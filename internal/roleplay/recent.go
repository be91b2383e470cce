package roleplay

import (
	"container/list"
	"crypto/sha256"
	"encoding/binary"
	"sync"
)

// A moment is a talk after a number of picks, with the state to go on from. It
// is never changed.
type moment struct {
	beats   []beat
	choices []string
	state   string
}

// size estimates the memory that a moment keeps from being freed. Beats are
// shared with the moments before.
func (m *moment) size() int {
	size := 512 + len(m.state)
	for _, b := range m.beats {
		size += 64
		for _, l := range b.Said {
			size += len(l.Text)
		}
	}
	return size
}

// A momentKey is a digest of a script, a seed and picks.
type momentKey [sha256.Size]byte

// keysOf returns the keys of a talk after no pick, one pick, and so on to all.
func keysOf(compiled []byte, seed int64, picks []int) []momentKey {
	digest := sha256.Sum256(compiled)
	key := momentKey(sha256.Sum256(binary.BigEndian.AppendUint64(digest[:], uint64(seed))))
	keys := append(make([]momentKey, 0, len(picks)+1), key)
	for _, pick := range picks {
		key = sha256.Sum256(binary.BigEndian.AppendUint64(key[:], uint64(int64(pick))))
		keys = append(keys, key)
	}
	return keys
}

// recent keeps the moments that were used last, within a limit of bytes.
type recent struct {
	limit int

	mu    sync.Mutex
	size  int
	order list.List // of *keptMoment, the one used last in front
	byKey map[momentKey]*list.Element
}

type keptMoment struct {
	key    momentKey
	moment *moment
}

// longest returns the kept moment after the most picks, and how many they are;
// nil if none is kept.
func (r *recent) longest(keys []momentKey) (*moment, int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for i := len(keys) - 1; i >= 0; i-- {
		if e, ok := r.byKey[keys[i]]; ok {
			r.order.MoveToFront(e)
			return e.Value.(*keptMoment).moment, i
		}
	}
	return nil, 0
}

func (r *recent) keep(key momentKey, m *moment) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, ok := r.byKey[key]; ok {
		return
	}
	if r.byKey == nil {
		r.byKey = map[momentKey]*list.Element{}
	}
	r.byKey[key] = r.order.PushFront(&keptMoment{key, m})
	r.size += m.size()
	for r.size > r.limit && r.order.Len() > 0 {
		last := r.order.Remove(r.order.Back()).(*keptMoment)
		delete(r.byKey, last.key)
		r.size -= last.moment.size()
	}
}
