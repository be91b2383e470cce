package lti

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

const (
	// maxDepth bounds how deep JSON from a platform may nest.
	maxDepth = 32
	// maxMembers bounds how many members its objects may have together: a page
	// of a thousand line items has some ten thousand.
	maxMembers = 50_000
)

// ReadJSON reads a platform's answer into v, as encoding/json does. What is
// not UTF-8, nests deeper than 32 or has more than 50,000 members is refused:
// a document from outside must not cost more than it is long.
func ReadJSON(data []byte, v any) error {
	if _, err := scan(data, false); err != nil {
		return err
	}
	return json.Unmarshal(data, v)
}

// A member is one of an object's.
type member struct {
	name   string
	raw    json.RawMessage
	inside []member // of a value that is an object
}

// scan takes apart a JSON document, all of it in one walk, and returns its
// members if it is an object. unique refuses what two readers could understand
// in two ways, a member that comes twice: some platforms' answers have them,
// tokens must not. Of members that come twice, the last one counts.
func scan(data []byte, unique bool) ([]member, error) {
	if !utf8.Valid(data) {
		return nil, errors.New("invalid UTF-8")
	}
	s := scanner{data: data, text: string(data), unique: unique}
	s.blanks()
	members, err := s.value(0)
	if err != nil {
		return nil, err
	}
	if s.blanks(); s.at < len(data) {
		return nil, errNotJSON
	}
	return members, nil
}

var errNotJSON = errors.New("not JSON")

// A scanner walks through a document once (RFC 8259).
type scanner struct {
	data   []byte
	text   string // the same
	at     int
	unique bool
	seen   int      // members so far
	open   []member // of all objects that are open, the innermost last
}

// next returns the byte at the current place, 0 at the end.
func (s *scanner) next() byte {
	if s.at < len(s.data) {
		return s.data[s.at]
	}
	return 0
}

func (s *scanner) blanks() {
	for s.at < len(s.data) {
		switch s.data[s.at] {
		case ' ', '\t', '\r', '\n':
			s.at++
		default:
			return
		}
	}
}

// value goes behind a value that is in so many others.
func (s *scanner) value(depth int) (inside []member, err error) {
	switch c := s.next(); {
	case c == '{' || c == '[':
		if depth == maxDepth {
			return nil, fmt.Errorf("nested deeper than %d", maxDepth)
		}
		if c == '{' {
			return s.object(depth + 1)
		}
		return nil, s.array(depth + 1)
	case c == '"':
		_, err = s.str()
		return nil, err
	case c == '-' || isDigit(c):
		return nil, s.number()
	}
	for _, word := range []string{"true", "false", "null"} {
		if strings.HasPrefix(s.text[s.at:], word) {
			s.at += len(word)
			return nil, nil
		}
	}
	return nil, errNotJSON
}

// begin goes behind a bracket, and tells whether it is closed at once.
func (s *scanner) begin(closing byte) (empty bool) {
	s.at++
	s.blanks()
	if empty = s.next() == closing; empty {
		s.at++
	}
	return empty
}

// more goes behind what follows a value in an object or an array, and tells
// whether that was a comma.
func (s *scanner) more(closing byte) (bool, error) {
	s.blanks()
	c := s.next()
	s.at++
	switch c {
	case ',':
		s.blanks()
		return true, nil
	case closing:
		return false, nil
	}
	return false, errNotJSON
}

func (s *scanner) array(depth int) error {
	if s.begin(']') {
		return nil
	}
	for {
		if _, err := s.value(depth); err != nil {
			return err
		}
		if more, err := s.more(']'); !more {
			return err
		}
	}
}

// object returns the members as they come.
func (s *scanner) object(depth int) ([]member, error) {
	if s.begin('}') {
		return []member{}, nil
	}
	first := len(s.open)
	var names map[string]bool // of an object with many
	for {
		m, err := s.member(depth)
		if err != nil {
			return nil, err
		}
		if s.unique && isAmong(s.open[first:], m.name, &names) {
			return nil, fmt.Errorf("member %q comes twice", m.name)
		}
		s.open = append(s.open, m)
		if more, err := s.more('}'); !more {
			members := slices.Clone(s.open[first:])
			s.open = s.open[:first]
			return members, err
		}
	}
}

func (s *scanner) member(depth int) (m member, err error) {
	if s.seen++; s.seen > maxMembers {
		return m, fmt.Errorf("more than %d members", maxMembers)
	}
	if s.next() != '"' {
		return m, errNotJSON
	}
	if m.name, err = s.str(); err != nil {
		return m, err
	}
	s.blanks()
	if s.next() != ':' {
		return m, errNotJSON
	}
	s.at++
	s.blanks()
	from := s.at
	m.inside, err = s.value(depth)
	m.raw = s.data[from:s.at:s.at]
	return m, err
}

// isAmong tells whether a name is used before. Few are compared; many are
// remembered, for looking at all of them each time would take the square of
// their number.
func isAmong(before []member, name string, many *map[string]bool) bool {
	const few = 16
	if len(before) < few {
		return slices.ContainsFunc(before, func(m member) bool { return m.name == name })
	}
	if *many == nil {
		*many = map[string]bool{}
		for _, m := range before {
			(*many)[m.name] = true
		}
	}
	used := (*many)[name]
	(*many)[name] = true
	return used
}

// str goes behind a string and returns what it says.
func (s *scanner) str() (string, error) {
	from, plain := s.at+1, true
	for s.at++; s.at < len(s.data); s.at++ {
		switch c := s.data[s.at]; {
		case c == '"':
			s.at++
			if plain {
				return s.text[from : s.at-1], nil
			}
			var said string
			err := json.Unmarshal(s.data[from-1:s.at], &said)
			return said, err
		case c < ' ':
			return "", errNotJSON
		case c == '\\':
			plain = false
			if s.at++; !s.escape() {
				return "", errNotJSON
			}
		}
	}
	return "", errNotJSON
}

// escape goes to the last byte of what follows a backslash.
func (s *scanner) escape() bool {
	switch s.next() {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return true
	case 'u':
		for range 4 {
			s.at++
			if c := s.next(); !isDigit(c) && (c|0x20 < 'a' || c|0x20 > 'f') {
				return false
			}
		}
		return true
	}
	return false
}

func (s *scanner) number() error {
	if s.next() == '-' {
		s.at++
	}
	if s.next() == '0' {
		s.at++
	} else if !s.digits() {
		return errNotJSON
	}
	if s.next() == '.' {
		if s.at++; !s.digits() {
			return errNotJSON
		}
	}
	if s.next()|0x20 == 'e' {
		s.at++
		if c := s.next(); c == '+' || c == '-' {
			s.at++
		}
		if !s.digits() {
			return errNotJSON
		}
	}
	return nil
}

// digits goes behind one or more of them.
func (s *scanner) digits() bool {
	from := s.at
	for isDigit(s.next()) {
		s.at++
	}
	return s.at > from
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }
