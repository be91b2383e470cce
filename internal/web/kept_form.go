package web

import (
	"net/http"
	"slices"
	"strings"
)

// A KeptForm is a form that was sent in vain, on the page that says why. What
// was typed can be read there and copied, and the form be sent once more where
// that can help. The server keeps nothing of it.
type KeptForm struct {
	Typed []TypedText
	// Again is the form as it was sent; its Action is empty where it is of no
	// use any more.
	Again unsentForm
}

// A TypedText is what somebody typed into one field.
type TypedText struct{ Label, Value string }

// KeepForm puts the form that a request brought onto the page of its error, with
// what is worth reading of it, to be sent again. Without an error, and without
// anything typed, nothing changes.
func KeepForm(err error, r *http.Request, typed ...TypedText) error {
	if err == nil {
		return nil
	}
	return keep(err, r, KeptForm{Again: keepUnsent(r), Typed: typed})
}

// KeepTexts is KeepForm for a form that nobody would take any more: its texts
// can be read and copied.
func KeepTexts(err error, r *http.Request, typed ...TypedText) error {
	return keep(err, r, KeptForm{Typed: typed})
}

func keep(err error, r *http.Request, kept KeptForm) error {
	kept.Typed = slices.DeleteFunc(kept.Typed, func(t TypedText) bool { return strings.TrimSpace(t.Value) == "" })
	if err == nil || len(kept.Typed) == 0 || IsFragmentRequest(r) {
		return err
	}
	page := *pageOf(err)
	page.Kept, page.Cause = &kept, err
	return &page
}

// keepIfBroken keeps the form of an admin's page that failed on our side: there
// it was as it should be, and can be sent once more as it is.
func keepIfBroken(err error, r *http.Request) error {
	if err == nil || r.Method != http.MethodPost || pageOf(err).Status < http.StatusInternalServerError {
		return err
	}
	return KeepForm(err, r, keepUnsent(r).said()...)
}
