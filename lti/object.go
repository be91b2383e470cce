package lti

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// An object reads the members of a JSON object by their exact names;
// encoding/json would match them in any case. Optional members of the wrong
// type count as absent and are noted as odd.
type object struct {
	path    string // for the notes; empty at the top
	members []member
	odd     *[]string
}

// readObject reads an object in which no member comes twice.
func readObject(data []byte) (object, error) { return readAs(data, true) }

// readDocument reads an answer of a platform's.
func readDocument(data []byte) (object, error) { return readAs(data, false) }

func readAs(data []byte, unique bool) (object, error) {
	o := object{odd: new([]string)}
	members, err := scan(data, unique)
	if err == nil && members == nil {
		err = errNoObject
	}
	o.members = members
	return o, err
}

var errNoObject = errors.New("not a JSON object")

// member returns the one of a name, nil if it is absent.
func (o object) member(name string) *member {
	for i := len(o.members) - 1; i >= 0; i-- {
		if o.members[i].name == name {
			return &o.members[i]
		}
	}
	return nil
}

// raw returns a member, nil if it is absent or null.
func (o object) raw(name string) json.RawMessage {
	if m := o.member(name); m != nil && string(m.raw) != "null" {
		return m.raw
	}
	return nil
}

func (o object) has(name string) bool { return o.raw(name) != nil }

func (o object) note(name, why string) {
	*o.odd = append(*o.odd, strings.TrimPrefix(o.path+" "+name, " ")+": "+why)
}

// optional decodes a member into v, which is a pointer.
func (o object) optional(name, want string, v any) {
	if raw := o.raw(name); raw != nil && json.Unmarshal(raw, v) != nil {
		o.note(name, "not "+want)
	}
}

// pointer returns an optional member, nil if it is absent or of another type.
func pointer[T any](o object, name, want string) *T {
	raw := o.raw(name)
	if raw == nil {
		return nil
	}
	v := new(T)
	if json.Unmarshal(raw, v) != nil {
		o.note(name, "not "+want)
		return nil
	}
	return v
}

// text returns an optional string. NUL, which databases choke on, is replaced.
func (o object) text(name string) string {
	raw := o.raw(name)
	if raw == nil {
		return ""
	}
	s, err := readText(raw)
	if err != nil {
		o.note(name, "not a string")
	}
	return clean(s)
}

func clean(s string) string { return strings.ReplaceAll(s, "\x00", "\uFFFD") }

// texts returns an optional list of strings; one string alone is taken too.
func (o object) texts(name string) []string {
	raw := o.raw(name)
	if raw == nil {
		return nil
	}
	if one, err := readText(raw); err == nil {
		return []string{clean(one)}
	}
	list, err := stringList(raw)
	if err != nil {
		o.note(name, err.Error())
		return nil
	}
	for i, s := range list {
		list[i] = clean(s)
	}
	return list
}

func (o object) flag(name string) bool {
	var b bool
	o.optional(name, "a boolean", &b)
	return b
}

func (o object) count(name string) int {
	var n int
	o.optional(name, "a whole number", &n)
	return n
}

// object returns an optional member that is an object itself.
func (o object) object(name string) (object, bool) {
	raw := o.raw(name)
	if raw == nil {
		return object{}, false
	}
	inside := o.member(name).inside
	if inside == nil {
		o.note(name, errNoObject.Error())
		return object{}, false
	}
	return object{path: strings.TrimPrefix(o.path+" "+name, " "), members: inside, odd: o.odd}, true
}

// required returns a string that must be there and not be empty.
func (o object) required(name string) (string, error) {
	raw := o.raw(name)
	if raw == nil {
		return "", fmt.Errorf("%s is absent", name)
	}
	switch s, err := readText(raw); {
	case err != nil:
		return "", fmt.Errorf("%s is not a string", name)
	case s == "":
		return "", fmt.Errorf("%s is empty", name)
	default:
		return s, nil
	}
}

// readText reads a value that is a string. What has no escape in it says what
// it is.
func readText(raw json.RawMessage) (s string, err error) {
	if len(raw) > 1 && raw[0] == '"' && bytes.IndexByte(raw, '\\') < 0 {
		return string(raw[1 : len(raw)-1]), nil
	}
	err = json.Unmarshal(raw, &s)
	return s, err
}

// maxIdentifier is the length that LTI allows for its identifiers.
const maxIdentifier = 255

// identifier returns a required string within the bounds of an identifier.
func (o object) identifier(name string) (string, error) {
	s, err := o.required(name)
	if err == nil {
		err = checkIdentifier(s)
	}
	if err != nil && s != "" {
		err = fmt.Errorf("%s %w", name, err)
	}
	return s, err
}

func checkIdentifier(s string) error {
	if len(s) > maxIdentifier {
		return fmt.Errorf("is longer than %d bytes", maxIdentifier)
	}
	if strings.ContainsFunc(s, isControl) {
		return errors.New("holds a control character")
	}
	return nil
}

func isControl(r rune) bool { return r < 0x20 || r == 0x7f }

// seconds returns a NumericDate. Only whole seconds are taken: strings,
// fractions and exponents are how parsers come to differ.
func (o object) seconds(name string) (int64, error) {
	raw := o.raw(name)
	if raw == nil {
		return 0, fmt.Errorf("%s is absent", name)
	}
	n, err := strconv.ParseInt(string(raw), 10, 64)
	if err != nil || n < 0 || n > 1<<40 {
		return 0, fmt.Errorf("%s is not a time in whole seconds", name)
	}
	return n, nil
}

// stringList reads a value that is an array of strings.
func stringList(raw json.RawMessage) ([]string, error) {
	s := scanner{data: raw, text: string(raw)}
	if s.next() != '[' {
		return nil, errNoTexts
	}
	texts := []string{}
	for more := !s.begin(']'); more; {
		if s.next() != '"' {
			return nil, errNoTexts
		}
		text, err := s.str()
		if err == nil {
			more, err = s.more(']')
		}
		if err != nil {
			return nil, errNoTexts
		}
		texts = append(texts, text)
	}
	return texts, nil
}

var errNoTexts = errors.New("not a list of strings")
