package guide

import (
	"fmt"
	"slices"
	"strings"

	"github.com/greenroom-lti/greenroom/lti/profile"
)

// A Guide is how one LMS is connected.
type Guide struct {
	Code    string // of the profile
	Name    string
	Intro   Text   // a sentence or two
	Ways    []Way  // those that the LMS has, the easier first
	Back    []Back // the fields of our manual form, in its order; nil: no manual way
	After   []Text
	Unknown []Text // what we do not know, said so
}

// A Way is one way of connecting.
type Way struct {
	Title  string
	Where  Text // the way through the LMS's menus
	Steps  []Text
	Fields []Field // in the LMS's order
	Then   []Text
}

// A Field is one field of the LMS's form.
type Field struct {
	Label string // as the LMS writes it
	Value Value  // what goes in; empty: see Say
	Say   Text   // what to choose, or a remark
}

// A Value is one of our URLs, or a text to copy as it is.
type Value string

// The URLs of a workspace. Any other value is itself.
const (
	Login        Value = "{login}"
	Launch       Value = "{launch}"
	KeySet       Value = "{jwks}"
	OpenID       Value = "{openid}"
	Canvas       Value = "{canvas}"
	Registration Value = "{registration}" // made on the settings page when it is needed
	Host         Value = "{host}"
)

// Name says in words what the settings page calls a value.
func (v Value) Name() string {
	switch v {
	case Login:
		return "OIDC login initiation"
	case Launch:
		return "Launch (redirect URI)"
	case KeySet:
		return "JWKS"
	case OpenID:
		return "OpenID configuration"
	case Canvas:
		return "Canvas configuration"
	case Registration:
		return "a registration URL that you generate"
	case Host:
		return "the host of the launch URL"
	}
	return string(v)
}

// Literal tells whether a value is a text to copy as it is.
func (v Value) Literal() bool { return v != "" && !strings.HasPrefix(string(v), "{") }

// A Back is a field of our manual form and where its value is found in the LMS.
type Back struct {
	Field string // its label in our form
	From  Text
	Fixed string // the same for every customer; empty if it is not
}

// For returns the guide of a profile's code.
func For(code string) (Guide, bool) {
	i := slices.IndexFunc(All(), func(g Guide) bool { return g.Code == code })
	if i < 0 {
		return Guide{}, false
	}
	return All()[i], true
}

// Markdown returns a guide as its page in docs/platforms.
func (g Guide) Markdown() string {
	var b strings.Builder
	p := func(format string, args ...any) { fmt.Fprintf(&b, format, args...) }
	p("# %s\n\n%s\n", g.Name, g.Intro)
	for _, w := range g.Ways {
		p("\n## %s\n", w.Title)
		if w.Where != "" {
			p("\nIn %s: %s.\n", g.Name, w.Where)
		}
		list(p, w.Steps, "1.")
		table(p, w.Fields)
		list(p, w.Then, "1.")
	}
	if len(g.Back) > 0 {
		p("\n## Back in Greenroom\n\n| Manual LMS connection | where it is |\n|---|---|\n")
		for _, back := range g.Back {
			from := string(back.From)
			if back.Fixed != "" {
				from = strings.TrimSpace("`" + back.Fixed + "` " + from)
			}
			p("| %s | %s |\n", back.Field, from)
		}
	}
	if len(g.After) > 0 {
		p("\n## Afterwards\n")
		list(p, g.After, "-")
	}
	if len(g.Unknown) > 0 {
		p("\n## Not known\n")
		list(p, g.Unknown, "-")
	}
	return b.String()
}

func list(p func(string, ...any), items []Text, mark string) {
	for i, item := range items {
		if i == 0 {
			p("\n")
		}
		p("%s %s\n", mark, item)
	}
}

func table(p func(string, ...any), fields []Field) {
	if len(fields) == 0 {
		return
	}
	p("\n| field | what goes in |\n|---|---|\n")
	for _, f := range fields {
		value := string(f.Say)
		switch {
		case f.Value.Literal():
			value = "`" + string(f.Value) + "` " + string(f.Say)
		case f.Value != "":
			value = "**" + f.Value.Name() + "** " + string(f.Say)
		}
		p("| %s | %s |\n", f.Label, strings.TrimSpace(value))
	}
}

// A Span is a piece of a guide's text.
type Span struct {
	Text         string
	Strong, Code bool
}

// A Text is words for people: between ** they are strong, between backticks they
// are to be typed as they stand.
type Text string

// Plain returns the text without its marks.
func (t Text) Plain() string { return strings.NewReplacer("**", "", "`", "").Replace(string(t)) }

// Spans returns the text in pieces.
func (t Text) Spans() []Span {
	var spans []Span
	for i, strong := range strings.Split(string(t), "**") {
		for j, code := range strings.Split(strong, "`") {
			if code != "" {
				spans = append(spans, Span{Text: code, Strong: i%2 == 1, Code: j%2 == 1})
			}
		}
	}
	return spans
}

// back makes the seven fields of the manual form. What all customers share, or
// what follows from the issuer, is taken from the profile.
func back(p profile.Profile, issuer, client, deployment, auth, token, keys Text) []Back {
	e := p.Endpoints
	return []Back{
		{"Platform name", "Any name: it is only shown to you.", ""},
		{"Issuer / platform ID", issuer, e.Issuer},
		{"Client ID", client, ""},
		{"Deployment ID", deployment, ""},
		{"Authentication request URL", auth, shared(e.AuthURL)},
		{"Access token URL", token, shared(e.TokenURL)},
		{"Public keyset URL", keys, shared(e.KeySetURL)},
	}
}

// shared is an address that needs nothing filled in.
func shared(address string) string {
	if strings.Contains(address, "{") {
		return ""
	}
	return address
}
