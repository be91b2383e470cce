package web

import (
	"errors"
	"fmt"
	"html/template"
	"net/mail"
	"net/url"
	"strings"
	"time"
	"unicode"
)

// templateFuncs are the words that templates may use beyond Go's own.
func (k *Kit) templateFuncs() template.FuncMap {
	return template.FuncMap{
		"asset": k.assets.path,
		"dict":  dict,
		"iso":   func(t time.Time) string { return t.UTC().Format(time.RFC3339) },
		"exact": func(t time.Time) string { return t.UTC().Format("2 January 2006, 15:04 UTC") },
		"ago":   func(t time.Time) string { return ago(k.Now(), t) },
		"cut":   cut,

		"home":        HomePath,
		"path":        WorkspacePath,
		"initials":    initials,
		"supportLink": supportLink,
	}
}

// dict makes one value of several, for a partial: name, value, name, value.
func dict(pairs ...any) (map[string]any, error) {
	if len(pairs)%2 != 0 {
		return nil, errors.New("dict: a name without a value")
	}
	m := make(map[string]any, len(pairs)/2)
	for i := 0; i < len(pairs); i += 2 {
		name, ok := pairs[i].(string)
		if !ok {
			return nil, fmt.Errorf("dict: %v is no name", pairs[i])
		}
		m[name] = pairs[i+1]
	}
	return m, nil
}

// ago says how long before or after now a time is, in the largest whole unit.
// The page's script keeps it current.
func ago(now, t time.Time) string {
	d := now.Sub(t)
	if d < 0 {
		if text := span(-d); text != "" {
			return "in " + text
		}
		return "now"
	}
	if text := span(d); text != "" {
		return text + " ago"
	}
	return "just now"
}

// span returns a length of time in words, empty below a minute.
func span(d time.Duration) string {
	day := 24 * time.Hour
	for _, u := range []struct {
		unit time.Duration
		name string
	}{
		{365 * day, "year"}, {30 * day, "month"}, {day, "day"}, {time.Hour, "hour"}, {time.Minute, "minute"},
	} {
		switch n := int(d / u.unit); {
		case n == 1:
			return "1 " + u.name
		case n > 1:
			return fmt.Sprintf("%d %ss", n, u.name)
		}
	}
	return ""
}

// A Cut is a long identifier in two parts, so that a page can shorten the
// first and keep the end in sight.
type Cut struct {
	Whole, Head, Tail string
}

const cutTail = 8

func cut(s string) Cut {
	runes := []rune(s)
	if len(runes) <= 2*cutTail {
		return Cut{Whole: s, Head: s}
	}
	n := len(runes) - cutTail
	return Cut{Whole: s, Head: string(runes[:n]), Tail: string(runes[n:])}
}

// initials returns the first letters of a name's first and last word.
func initials(name string) string {
	words := strings.FieldsFunc(name, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	switch n := len(words); n {
	case 0:
		return "?"
	case 1:
		return firstLetter(words[0])
	default:
		return firstLetter(words[0]) + firstLetter(words[n-1])
	}
}

func firstLetter(word string) string {
	for _, r := range word {
		return string(unicode.ToUpper(r))
	}
	return ""
}

// supportLink returns what a click on the operator's contact opens: a mail, a
// page, or nothing if it is a sentence.
func supportLink(contact string) string {
	if a, err := mail.ParseAddress(contact); err == nil && a.Name == "" {
		return "mailto:" + a.Address
	}
	if u, err := url.Parse(contact); err == nil && u.Scheme == "https" && u.Host != "" {
		return u.String()
	}
	return ""
}
