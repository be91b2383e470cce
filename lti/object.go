package lti

import (
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
	members map[string]json.RawMessage
	odd     *[]string
}

func readObject(data []byte) (object, error) {
	o := object{odd: new([]string)}
	if !isObject(data) {
		return o, errors.New("not a JSON object")
	}
	err := json.Unmarshal(data, &o.members)
	return o, err
}

// readDocument reads an answer of a platform's, which nobody has looked at yet.
func readDocument(data []byte) (object, error) {
	if err := inspect(data, false); err != nil {
		return object{}, err
	}
	return readObject(data)
}

func isObject(raw []byte) bool {
	return strings.HasPrefix(strings.TrimLeft(string(raw), " \t\r\n"), "{")
}

// raw returns a member, nil if it is absent or null.
func (o object) raw(name string) json.RawMessage {
	if raw := o.members[name]; string(raw) != "null" {
		return raw
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
	var s string
	o.optional(name, "a string", &s)
	return clean(s)
}

func clean(s string) string { return strings.ReplaceAll(s, "\x00", "\uFFFD") }

// texts returns an optional list of strings; one string alone is taken too.
func (o object) texts(name string) []string {
	raw := o.raw(name)
	if raw == nil {
		return nil
	}
	var one string
	if json.Unmarshal(raw, &one) == nil {
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
	inner, err := readObject(raw)
	if err != nil {
		o.note(name, err.Error())
		return object{}, false
	}
	inner.path, inner.odd = strings.TrimPrefix(o.path+" "+name, " "), o.odd
	return inner, true
}

// required returns a string that must be there and not be empty.
func (o object) required(name string) (string, error) {
	raw := o.raw(name)
	if raw == nil {
		return "", fmt.Errorf("%s is absent", name)
	}
	var s string
	switch err := json.Unmarshal(raw, &s); {
	case err != nil:
		return "", fmt.Errorf("%s is not a string", name)
	case s == "":
		return "", fmt.Errorf("%s is empty", name)
	}
	return s, nil
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

// stringList decodes an array in which every element is a string.
func stringList(raw json.RawMessage) ([]string, error) {
	var list []*string
	if json.Unmarshal(raw, &list) != nil || list == nil {
		return nil, errors.New("not a list of strings")
	}
	texts := make([]string, len(list))
	for i, s := range list {
		if s == nil {
			return nil, errors.New("not a list of strings")
		}
		texts[i] = *s
	}
	return texts, nil
}
