package greenroom

import (
	"encoding/json"
	"slices"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"
)

// A claimValue is JSON as it is masked. Every launch is: reading it into maps
// of anything and writing those again would cost more than checking its
// signature.
type claimValue struct {
	kind    byte   // its first byte; 0 for all numbers
	text    string // what a string says, a number as it is written, or a word
	members []claimMember
}

// A claimMember is one of an object, or of a list; there it has no key.
type claimMember struct {
	key   string
	value claimValue
}

// claimRoom is what masking works in, used again and again: what it leaves
// behind would be a third of a launch's garbage.
type claimRoom struct {
	open, members []claimMember
	out           []byte
}

// maxClaimRoom bounds what is kept of it: few tokens are that long.
const maxClaimRoom = 64 << 10

var claimRooms = sync.Pool{New: func() any { return new(claimRoom) }}

// leave gives it back, without what it held of a person.
func (r *claimRoom) leave() {
	clear(r.open[:cap(r.open)])
	clear(r.members)
	clear(r.out)
	if cap(r.out) <= maxClaimRoom && cap(r.members) <= maxClaimRoom/64 {
		claimRooms.Put(r)
	}
}

// readClaims reads valid JSON. What it returns lasts until the room is left.
func (r *claimRoom) readClaims(payload []byte) claimValue {
	reader := claimReader{text: string(payload), broken: !utf8.Valid(payload), open: r.open[:0], members: r.members[:0]}
	v := reader.value()
	r.open, r.members = reader.open, reader.members
	return v
}

// A claimReader walks through valid JSON.
type claimReader struct {
	text    string
	at      int
	broken  bool          // somewhere it is no UTF-8
	open    []claimMember // of what is open, the innermost last
	members []claimMember // of what is closed
}

// next goes to the next byte that means something, and returns it.
func (r *claimReader) next() byte {
	for {
		switch c := r.text[r.at]; c {
		case ' ', '\t', '\r', '\n', ',', ':':
			r.at++
		default:
			return c
		}
	}
}

func (r *claimReader) value() claimValue {
	switch c := r.next(); c {
	case '{', '[':
		return r.inside(c)
	case '"':
		return claimValue{kind: c, text: r.str()}
	case 't', 'f', 'n':
		return claimValue{kind: c, text: r.word()}
	}
	return claimValue{text: r.word()}
}

// inside reads what is in an object, in the order of its keys, or in a list. Of
// keys that come twice, the last one counts.
func (r *claimReader) inside(bracket byte) claimValue {
	first, closing := len(r.open), bracket+2 // both of them are
	for r.at++; r.next() != closing; {
		var m claimMember
		if bracket == '{' {
			m.key = r.str()
		}
		m.value = r.value()
		r.open = append(r.open, m)
	}
	r.at++
	from := len(r.members)
	r.members = append(r.members, r.open[first:]...)
	r.open = r.open[:first]
	v := claimValue{kind: bracket, members: slices.Clip(r.members[from:])}
	if bracket == '[' {
		return v
	}
	slices.SortStableFunc(v.members, func(a, b claimMember) int { return strings.Compare(a.key, b.key) })
	kept := v.members[:0]
	for i, m := range v.members {
		if i+1 == len(v.members) || v.members[i+1].key != m.key {
			kept = append(kept, m)
		}
	}
	v.members = kept
	return v
}

func (r *claimReader) str() string {
	from, plain := r.at, !r.broken
	for r.at++; r.text[r.at] != '"'; r.at++ {
		if r.text[r.at] == '\\' {
			plain = false
			r.at++
		}
	}
	r.at++
	if plain {
		return r.text[from+1 : r.at-1]
	}
	var s string
	_ = json.Unmarshal([]byte(r.text[from:r.at]), &s) // it is valid
	return s
}

// word reads what ends where something else begins.
func (r *claimReader) word() string {
	n := strings.IndexAny(r.text[r.at:], " \t\r\n,]}")
	if n < 0 {
		n = len(r.text) - r.at
	}
	r.at += n
	return r.text[r.at-n : r.at]
}

// A claimWriter writes an object behind what is in out already, member by
// member.
type claimWriter struct {
	out     []byte
	from    int // where the object begins
	written []writtenClaim
}

// A writtenClaim is a member, and where in out it stands.
type writtenClaim struct {
	key      string
	from, to int
}

func (w *claimWriter) has(key string) bool {
	return slices.ContainsFunc(w.written, func(m writtenClaim) bool { return m.key == key })
}

// put writes a member in place of one with the same key. value appends JSON.
func (w *claimWriter) put(key string, value func(out []byte) []byte) {
	w.written = slices.DeleteFunc(w.written, func(m writtenClaim) bool { return m.key == key })
	w.out = append(w.out, ',')
	m := writtenClaim{key: key, from: len(w.out)}
	w.out = append(appendText(w.out, key), ':')
	w.out = value(w.out)
	m.to = len(w.out)
	w.written = append(w.written, m)
}

// take takes the last member back.
func (w *claimWriter) take() {
	last := w.written[len(w.written)-1]
	w.written = w.written[:len(w.written)-1]
	w.out = w.out[:last.from-1]
}

// end returns out with the object, its members in the order of their keys.
func (w *claimWriter) end() []byte {
	inOrder := func(a, b writtenClaim) int { return strings.Compare(a.key, b.key) }
	whole := w.from
	for _, m := range w.written {
		whole += len(",") + m.to - m.from
	}
	if whole != len(w.out) || !slices.IsSortedFunc(w.written, inOrder) {
		slices.SortFunc(w.written, inOrder)
		text := string(w.out)
		w.out = w.out[:w.from]
		for _, m := range w.written {
			w.out = append(append(w.out, ','), text[m.from:m.to]...)
		}
	}
	if len(w.written) == 0 {
		return append(w.out, "{}"...)
	}
	w.out[w.from] = '{'
	return append(w.out, '}')
}

// appendText writes a string as encoding/json does, but for HTML.
func appendText(out []byte, s string) []byte {
	if !isVerbatim(s) {
		return append(out, jsonText(s)...)
	}
	return append(append(append(out, '"'), s...), '"')
}

// isVerbatim tells whether JSON has a text as it is.
func isVerbatim(s string) bool {
	for i := range len(s) {
		switch c := s[i]; {
		case c < ' ' || c == '"' || c == '\\':
			return false
		case c >= utf8.RuneSelf:
			return utf8.ValidString(s) && !strings.ContainsAny(s, "\"\\\u2028\u2029\uFFFD") && !strings.ContainsFunc(s, unicode.IsControl)
		}
	}
	return true
}
