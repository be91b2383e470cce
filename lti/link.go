package lti

import (
	"html"
	"net/url"
	"strings"
)

// Link returns the target of the first link with a relation type, such as
// "next", from the Link headers of an answer (RFC 8288), resolved against the
// URL that was asked; empty if there is none. Moodle's typographic quotes and
// its "&amp;" are understood.
func (r *Response) Link(rel, asked string) string {
	for _, header := range r.Header.Values("Link") {
		for header != "" {
			var target, params string
			target, params, header = cutLink(header)
			if hasRel(params, rel) {
				return resolve(target, asked)
			}
		}
	}
	return ""
}

// cutLink takes the first link off a header.
func cutLink(header string) (target, params, rest string) {
	_, after, ok := strings.Cut(header, "<")
	if !ok {
		return "", "", ""
	}
	target, after, ok = strings.Cut(after, ">")
	if !ok {
		return "", "", ""
	}
	quoted := false
	for i, c := range after {
		switch {
		case c == '"':
			quoted = !quoted
		case c == ',' && !quoted:
			return target, after[:i], after[i+1:]
		}
	}
	return target, after, ""
}

func hasRel(params, rel string) bool {
	for param := range strings.SplitSeq(params, ";") {
		name, value, _ := strings.Cut(param, "=")
		if !strings.EqualFold(strings.TrimSpace(name), "rel") {
			continue
		}
		for each := range strings.FieldsSeq(strings.Trim(value, " \t\"'“”„")) {
			if strings.EqualFold(each, rel) {
				return true
			}
		}
	}
	return false
}

func resolve(target, asked string) string {
	if strings.Contains(target, "&amp;") {
		target = html.UnescapeString(target)
	}
	base, err := url.Parse(asked)
	if err != nil {
		return ""
	}
	u, err := base.Parse(target)
	if err != nil {
		return ""
	}
	return u.String()
}

// SameOrigin tells whether two URLs have scheme, host and port in common: only
// then may an access token for the one go to the other. A next link that leads
// elsewhere is not followed.
func SameOrigin(a, b string) bool {
	one, err := url.Parse(a)
	other, err2 := url.Parse(b)
	return err == nil && err2 == nil && one.Host != "" && origin(one) == origin(other)
}

// WithQuery adds parameters to a service's URL, whose own query stays as it is,
// byte for byte; a fragment goes.
func WithQuery(address string, query url.Values) string {
	address, _, _ = strings.Cut(address, "#")
	switch {
	case len(query) == 0:
		return address
	case strings.Contains(address, "?"):
		return address + "&" + query.Encode()
	}
	return address + "?" + query.Encode()
}
