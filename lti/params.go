package lti

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"mime"
	"net/http"
	"net/url"
	"slices"
)

// maxForm bounds a request: the largest honest one is an id_token with some
// hundred custom parameters.
const maxForm = 128 << 10

// Params are the parameters of a login or launch request, each given once.
type Params struct {
	method string
	values url.Values

	asked           bool // the platform's storage was, with one of:
	stored, problem string
}

// FormParams reads the parameters of a request: the query of a GET, the body of
// a form POST (Security 1.0 §5.1.1.1 asks for both). The query of a POST is not
// looked at. The error is a *Refusal: another method or media type, more than
// 128 KiB, a parameter that comes twice.
func FormParams(w http.ResponseWriter, r *http.Request) (Params, error) {
	raw := r.URL.RawQuery
	switch r.Method {
	case http.MethodGet:
	case http.MethodPost:
		body, err := formBody(w, r)
		if err != nil {
			return Params{}, refuse(CheckRequest, err)
		}
		raw = body
	default:
		return Params{}, refuse(CheckRequest, fmt.Errorf("method %q", r.Method))
	}
	if len(raw) > maxForm {
		return Params{}, refuse(CheckRequest, fmt.Errorf("more than %d bytes", maxForm))
	}
	values, err := url.ParseQuery(raw)
	if err != nil {
		return Params{}, refuse(CheckRequest, errors.New("malformed parameters"))
	}
	return NewParams(r.Method, values)
}

func formBody(w http.ResponseWriter, r *http.Request) (string, error) {
	media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || media != "application/x-www-form-urlencoded" {
		return "", fmt.Errorf("media type %.100q", r.Header.Get("Content-Type"))
	}
	var body bytes.Buffer
	// Room for a read that finds the end, as ReadFrom wants it.
	body.Grow(int(min(max(r.ContentLength, 0), maxForm)) + bytes.MinRead)
	if _, err := body.ReadFrom(http.MaxBytesReader(w, r.Body, maxForm)); err != nil {
		return "", fmt.Errorf("read body: %w", err)
	}
	return body.String(), nil
}

// NewParams returns parameters that arrived by a method, GET or POST. The
// error is a *Refusal when one of them comes twice.
func NewParams(method string, values url.Values) (Params, error) {
	for _, name := range slices.Sorted(maps.Keys(values)) {
		if len(values[name]) > 1 {
			return Params{}, refuse(CheckRequest, fmt.Errorf("parameter %.100q comes twice", name))
		}
	}
	return Params{method: method, values: values}, nil
}

// Get returns a parameter, empty if it was not sent.
func (p Params) Get(name string) string { return p.values.Get(name) }

// Has tells whether a parameter was sent, even if empty.
func (p Params) Has(name string) bool { return p.values.Has(name) }

// Values returns a copy of all parameters.
func (p Params) Values() url.Values { return maps.Clone(p.values) }

// bounded returns a parameter that must be there unless most is negative; its
// length may be up to |most| bytes.
func (p Params) bounded(name string, most int) (string, error) {
	value, optional := p.Get(name), most < 0
	switch most = max(most, -most); {
	case value == "" && !optional:
		return "", fmt.Errorf("parameter %s is missing", name)
	case len(value) > most:
		return "", fmt.Errorf("parameter %s is longer than %d bytes", name, most)
	}
	return value, nil
}
