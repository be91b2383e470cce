package greenroom

import (
	"errors"
	"slices"
	"strings"
)

// What a caller can branch on. Everything else that comes out of this package
// or a Store is internal: worth a log line, not worth showing.
var (
	// ErrNotFound: there is no such thing in this workspace, or the actor may
	// not know of it.
	ErrNotFound = errors.New("not found")
	// ErrTaken: the name, address or place is already used.
	ErrTaken = errors.New("already taken")
	// ErrSpent: the state of a launch was spent before.
	ErrSpent = errors.New("state already spent")
	// ErrAnswered: a deep linking request was answered before, or there is none.
	ErrAnswered = errors.New("no deep linking request to answer")
	// ErrNested: a store was used inside one of its own transactions.
	ErrNested = errors.New("store used inside its own transaction")
	// ErrBusy: more passwords are being checked than the server has memory
	// for. In a few seconds it will be different.
	ErrBusy = errors.New("too many passwords at once")
	// ErrFull: the database can keep nothing more; what was there can be read.
	ErrFull = errors.New("no room left in the database")
	// ErrUnreachable: the database does not answer.
	ErrUnreachable = errors.New("the database does not answer")
	// ErrMasterKey: a sealed value does not open with this master key.
	ErrMasterKey = errors.New("sealed with another master key")
)

// Invalid says which fields of a form were not acceptable, and why, in words
// for the person who filled it in.
type Invalid struct {
	Fields []FieldError
	// Today tells that they might be acceptable, were other things not as they
	// are: a name that is taken, an only owner.
	Today bool
}

// A FieldError is one sentence about one field.
type FieldError struct {
	Field string // the name of the form's field
	Text  string
}

// Add notes a sentence about a field.
func (e *Invalid) Add(field, text string) {
	e.Fields = append(e.Fields, FieldError{Field: field, Text: text})
}

// Of returns the sentence about a field, empty if there is none.
func (e *Invalid) Of(field string) string {
	if e == nil {
		return ""
	}
	for _, f := range e.Fields {
		if f.Field == field {
			return f.Text
		}
	}
	return ""
}

// drop forgets what was noted about a field.
func (e *Invalid) drop(field string) {
	e.Fields = slices.DeleteFunc(slices.Clone(e.Fields), func(f FieldError) bool { return f.Field == field })
}

// OrNil returns e as an error if anything was noted.
func (e *Invalid) OrNil() error {
	if e == nil || len(e.Fields) == 0 {
		return nil
	}
	return e
}

// Error lists field and sentence, for the log and the command line.
func (e *Invalid) Error() string {
	var b strings.Builder
	for i, f := range e.Fields {
		if i > 0 {
			b.WriteString("; ")
		}
		b.WriteString(f.Field + ": " + f.Text)
	}
	return b.String()
}

func invalid(field, text string) error {
	return &Invalid{Fields: []FieldError{{Field: field, Text: text}}}
}

// invalidToday is invalid as things are.
func invalidToday(field, text string) error {
	return &Invalid{Fields: []FieldError{{Field: field, Text: text}}, Today: true}
}
