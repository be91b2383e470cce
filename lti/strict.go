package lti

import (
	"encoding/json"
	"errors"
	"fmt"
	"unicode/utf8"
)

const (
	// maxDepth bounds how deep JSON from a platform may nest.
	maxDepth = 32
	// maxMembers bounds how many members its objects may have together: a page
	// of a thousand line items has some ten thousand.
	maxMembers = 50_000
)

// checkJSON refuses what two readers could understand in two ways: invalid
// UTF-8, a member that comes twice, depth without reason.
func checkJSON(data []byte) error { return inspect(data, true) }

// ReadJSON reads a platform's answer into v, as encoding/json does. What is
// not UTF-8, nests deeper than 32 or has more than 50,000 members is refused:
// a document from outside must not cost more than it is long.
func ReadJSON(data []byte, v any) error {
	if err := inspect(data, false); err != nil {
		return err
	}
	return json.Unmarshal(data, v)
}

// inspect walks through a document once. unique refuses members that come
// twice; some platforms' answers have them, tokens must not.
func inspect(data []byte, unique bool) error {
	if !utf8.Valid(data) {
		return errors.New("invalid UTF-8")
	}
	if !json.Valid(data) {
		return errors.New("not JSON")
	}
	var open []map[string]bool // members so far of each open object; nil for an array
	members := 0
	for i := 0; i < len(data); i++ {
		switch data[i] {
		case '{':
			open = append(open, map[string]bool{})
		case '[':
			open = append(open, nil)
		case '}', ']':
			open = open[:len(open)-1]
		case '"':
			end := endOfString(data, i)
			if isName(data, end) {
				if members++; members > maxMembers {
					return fmt.Errorf("more than %d members", maxMembers)
				}
			}
			if unique && isName(data, end) {
				name, err := unquote(data[i:end])
				if err != nil {
					return err
				}
				if open[len(open)-1][name] {
					return fmt.Errorf("member %q comes twice", name)
				}
				open[len(open)-1][name] = true
			}
			i = end - 1
		}
		if len(open) > maxDepth {
			return fmt.Errorf("nested deeper than %d", maxDepth)
		}
	}
	return nil
}

// endOfString returns the index behind the string that begins at i. The data
// is valid JSON.
func endOfString(data []byte, i int) int {
	for i++; data[i] != '"'; i++ {
		if data[i] == '\\' {
			i++
		}
	}
	return i + 1
}

// isName tells whether the string that ended before i names a member.
func isName(data []byte, i int) bool {
	for ; i < len(data); i++ {
		switch data[i] {
		case ' ', '\t', '\r', '\n':
		default:
			return data[i] == ':'
		}
	}
	return false
}

func unquote(quoted []byte) (string, error) {
	var s string
	err := json.Unmarshal(quoted, &s)
	return s, err
}
