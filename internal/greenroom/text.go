package greenroom

import (
	"fmt"
	"net/netip"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"
)

// oneLine trims, drops control characters and folds white space.
func oneLine(s string) string {
	if isPlainLine(s) {
		return s
	}
	s = strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return ' '
		}
		if unicode.IsControl(r) || r == utf8.RuneError {
			return -1
		}
		return r
	}, s)
	return strings.Join(strings.Fields(s), " ")
}

// isPlainLine tells that a text is one line of ASCII already, without blanks to
// spare: most texts are.
func isPlainLine(s string) bool {
	blank := true
	for i := range len(s) {
		c := s[i]
		if c < ' ' || c > '~' || c == ' ' && blank {
			return false
		}
		blank = c == ' '
	}
	return s == "" || !blank
}

// clip cuts text from outside to at most n characters.
func clip(s string, n int) string {
	if len(s) <= n || utf8.RuneCountInString(s) <= n {
		return s
	}
	return string([]rune(s)[:n])
}

func checkName(name, what string) string {
	switch {
	case name == "":
		return "Enter a name for " + what + "."
	case utf8.RuneCountInString(name) > maxName:
		return fmt.Sprintf("Use at most %d characters.", maxName)
	}
	return ""
}

func checkSlug(slug string) string {
	switch {
	case slug == "":
		return "Enter an address."
	case len(slug) > maxSlug:
		return fmt.Sprintf("Use at most %d characters.", maxSlug)
	case slug != slugOf(slug):
		return "Use lower-case letters, digits and single hyphens, for example sales-team."
	}
	return ""
}

// slugOf makes an address out of a name: lower-case ASCII letters and digits,
// joined by single hyphens.
func slugOf(name string) string {
	var b strings.Builder
	gap := false
	for _, r := range strings.ToLower(name) {
		plain := r >= 'a' && r <= 'z' || r >= '0' && r <= '9'
		if !plain {
			gap = b.Len() > 0
			continue
		}
		if gap {
			b.WriteByte('-')
			gap = false
		}
		b.WriteRune(r)
	}
	slug := b.String()
	if len(slug) > maxSlug-4 { // room for a number behind it
		slug = strings.TrimRight(slug[:maxSlug-4], "-")
	}
	if slug == "" {
		return "workspace"
	}
	return slug
}

func parseHTTPS(s string) (*url.URL, error) {
	u, err := url.Parse(s)
	if err != nil {
		return nil, err
	}
	if u.Scheme != "https" || u.Host == "" || u.User != nil {
		return nil, fmt.Errorf("%q is no https URL", s)
	}
	return u, nil
}

// IsLoopback tells whether a host is this machine by name: localhost, or an
// address of the loopback range.
func IsLoopback(host string) bool {
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.IsLoopback()
}
