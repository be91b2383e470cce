package web

import (
	"errors"
	"net/http"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
)

// A Field is an input of a form as the partial "field" shows it: label above,
// help below, the error in place of the help.
type Field struct {
	Name, Label, Help, Value, Error string
	Type                            string // text if empty
	Placeholder, Autocomplete, Mode string // Mode: the keyboard of a phone, as in inputmode
	Required, Mono                  bool
	Focus                           bool // the page opens with the cursor here
}

// ReadForm parses the body of a form, with or without files.
func ReadForm(r *http.Request) error {
	err := r.ParseForm() // first: the other would lose its error
	if err == nil {
		err = r.ParseMultipartForm(maxBody)
	}
	if err == nil || errors.Is(err, http.ErrNotMultipart) {
		return nil
	}
	if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge {
		return err
	}
	return &PageError{
		Status:   http.StatusBadRequest,
		Title:    "This form could not be read",
		Sentence: "What arrived was not the form of a Greenroom page.",
		Hint:     "Go back, load the page again and send it once more.",
		Cause:    err,
	}
}

// MarkFields puts the sentences of an *greenroom.Invalid at their fields and
// the cursor into the first of them. It tells whether err was one.
func MarkFields(err error, fields ...*Field) bool {
	bad, ok := errors.AsType[*greenroom.Invalid](err)
	if !ok {
		return false
	}
	focused := false
	for _, f := range fields {
		f.Error = bad.Of(f.Name)
		f.Focus = f.Error != "" && !focused
		focused = focused || f.Focus
	}
	return true
}
