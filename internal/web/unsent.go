package web

import (
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"
)

// An unsentForm is what somebody sent after their sign-in had ended. It goes
// from page to page in hidden fields, and the server keeps nothing of it: until
// somebody has signed in, whoever typed it is nobody.
type unsentForm struct {
	Action string // a path of this server; empty if nothing is kept
	Fields []unsentField
}

type unsentField struct{ Name, Value string }

// unsentPrefix sets the fields of the form apart from those of the sign-in,
// and unsentAction names where the form was going.
const (
	unsentPrefix = "unsent."
	unsentAction = "unsent-action"
)

// maxUnsentFields is well below what a multipart form may have.
const maxUnsentFields = 200

// secretFields are never written into a page; a form of nothing else is asked
// for again.
var secretFields = []string{"password", "present", "secret"}

// keepUnsent reads the form that a request brought, with the texts of files. Of
// one that cannot be read, or that has nothing to lose, nothing is kept.
func keepUnsent(r *http.Request) unsentForm {
	if r.Method != http.MethodPost || ReadForm(r) != nil {
		return unsentForm{}
	}
	values := url.Values(http.Header(r.PostForm).Clone())
	if r.MultipartForm != nil {
		for name, files := range r.MultipartForm.File {
			if text := readText(files[0]); text != "" {
				values.Add(name, text)
			}
		}
	}
	return newUnsentForm(r.URL.RequestURI(), values)
}

func newUnsentForm(action string, values url.Values) unsentForm {
	form := unsentForm{Action: action}
	if action == "" || localPath(action) != action {
		return unsentForm{}
	}
	for name, all := range values {
		if slices.Contains(secretFields, name) {
			continue
		}
		for _, v := range all {
			form.Fields = append(form.Fields, unsentField{name, v})
		}
	}
	if len(form.Fields) == 0 || len(form.Fields) > maxUnsentFields {
		return unsentForm{}
	}
	slices.SortStableFunc(form.Fields, func(a, b unsentField) int { return strings.Compare(a.Name, b.Name) })
	return form
}

// readText returns the text of an uploaded file, empty if it is none.
func readText(header *multipart.FileHeader) string {
	file, err := header.Open()
	if err != nil {
		return ""
	}
	defer file.Close()
	body, err := io.ReadAll(file)
	if err != nil || !utf8.Valid(body) {
		return ""
	}
	return string(body)
}

// carriedUnsent reads the form that a sign-in carries along.
func carriedUnsent(r *http.Request) unsentForm {
	values := url.Values{}
	for name, all := range r.PostForm {
		if own, ok := strings.CutPrefix(name, unsentPrefix); ok {
			values[own] = all
		}
	}
	return newUnsentForm(r.PostFormValue(unsentAction), values)
}

// askToSignIn answers a form that came too late with the sign-in page, which
// carries it along. It tells whether there was anything to carry.
func (k *Kit) askToSignIn(w http.ResponseWriter, r *http.Request, next string) (bool, error) {
	form := keepUnsent(r)
	if form.Action == "" {
		return false, nil
	}
	page := newSignInPage(next, "")
	page.Unsent, page.Form = true, form
	return true, k.Render(w, r, http.StatusUnauthorized, k.pages, "sign-in.html", page)
}

type unsentPage struct {
	Form unsentForm
	Next string
}

// Said are the fields that somebody may want to read again: those with a text.
func (p unsentPage) Said() []TypedText { return p.Form.said() }

func (f unsentForm) said() (all []TypedText) {
	for _, field := range f.Fields {
		if strings.TrimSpace(field.Value) != "" {
			all = append(all, TypedText{strings.NewReplacer("_", " ", "-", " ").Replace(field.Name), field.Value})
		}
	}
	return all
}

// offerUnsent shows the form that came too late, to be sent by whoever has
// signed in. Nothing is sent without a click: it may be somebody else's.
func (k *Kit) offerUnsent(w http.ResponseWriter, r *http.Request, next string, form unsentForm) error {
	return k.Render(w, r, http.StatusOK, k.pages, "unsent.html", unsentPage{form, localPath(next)})
}
