package greenroom

import (
	"errors"
	"net/http"
	"net/url"
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"
)

// A registration URL opens as it was made, letter by letter, and in no other
// way; what does not open is refused by name.
func FuzzInviteToken(f *testing.F) {
	s := &Service{Vault: NewVault([32]byte{1})}
	const workspace, invite = WorkspaceID("0190163d-8694-739b-aea5-966c26f8ad91"), InviteID("0190163d-8694-739b-aea5-966c26f8ad92")
	expires := time.Unix(1772359230, 0)
	genuine := s.inviteToken(workspace, Invite{ID: invite, ExpiresAt: expires})
	head, tail, _ := strings.Cut(genuine, ".")
	for _, seed := range []string{
		"TOKEN", "TOKEN\n", "HEAD\r.TAIL", "\nTOKEN", "TOKEN=", "TOKEN.", "HEAD", ".TAIL", "HEAD.", ".", "", "HEADHEAD.TAIL", "HEAD.TAILTAIL", "fHw.TAIL", "\xff.\xff",
	} {
		f.Add(seed, uint16(0), byte(0))
		f.Add(seed, uint16(9), byte(2))
	}
	for _, flip := range []byte{'0' ^ '1', 'A' ^ 'B', 'c' ^ 'd', 'g' ^ 'h', 'o' ^ 'p'} {
		f.Add("TOKEN", uint16(0), flip) // the next letter of base64: a stray bit
	}
	replacer := strings.NewReplacer("TOKEN", genuine, "HEAD", head, "TAIL", tail)
	f.Fuzz(func(t *testing.T, token string, at uint16, flip byte) {
		b := []byte(replacer.Replace(token))
		if len(b) > 0 {
			b[len(b)-1-int(at)%len(b)] ^= flip
		}
		token = string(b)
		w, id, until, err := s.readInviteToken(token)
		switch refused, named := errors.AsType[*InviteError](err); {
		case err == nil && (token != genuine || w != workspace || id != invite || !until.Equal(expires)):
			t.Errorf("%q opens: %s, %s, %s", token, w, id, until)
		case err != nil && token == genuine:
			t.Errorf("what was made does not open: %v", err)
		case err != nil && (!named || refused.Trouble != InviteTampered || w != "" || id != ""):
			t.Errorf("%q: %s, %s, %v", token, w, id, err)
		}
	})
}

// Whatever is typed, a URL is refused with a sentence, or can be called over
// https as it stands: no user name, no fragment, nothing invisible.
func FuzzURL(f *testing.F) {
	for _, seed := range []string{
		"https://lms.example.com/token?a=b", " https://lms.example.com ", "HTTPS://LMS.example.com", "http://localhost:8081/token", "http://127.0.0.1", "http://[::1]:1/",
		"http://[::ffff:127.0.0.1]/", "http://127.0.0.1.example.com/", "https://user@lms.example.com", "https://@lms.example.com", "https://lms.example.com#", "https://lms.example.com/#a",
		"https://", "https:///a", "https:a", "//lms.example.com", "javascript:alert(1)", "https://lms.example.com/\u202e", "https://lms.example.com/a b", "https://lms.example.com/\n",
		"https://lms.example.com:99999/", "https://lms.example.com:/", "https://[fe80::1%25eth0]/", "https://2130706433/", "https://0x7f.1/", "https://lms。example/", "https://%6c/", "https://\xff/", "",
	} {
		f.Add(seed, true)
		f.Add(seed, false)
	}
	f.Fuzz(func(t *testing.T, typed string, allowHTTP bool) {
		got, wrong := checkURL(typed, "Enter it.", allowHTTP)
		if wrong != "" {
			if !strings.HasSuffix(wrong, ".") && !strings.HasSuffix(wrong, "…") {
				t.Errorf("%q is refused with %q", typed, wrong)
			}
			return
		}
		u, err := url.Parse(got)
		if err != nil || u.Hostname() == "" || u.User != nil || u.Fragment != "" || len(got) > maxURL || !utf8.ValidString(got) {
			t.Fatalf("%q is taken as %q (%v)", typed, got, err)
		}
		if u.Scheme != "https" && (u.Scheme != "http" || !allowHTTP || !IsLoopback(u.Hostname())) {
			t.Errorf("%q is taken with scheme %s", typed, u.Scheme)
		}
		if strings.ContainsFunc(got, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }) {
			t.Errorf("%q holds what cannot be seen", got)
		}
		if again, wrong := checkURL(got, "", allowHTTP); again != got || wrong != "" {
			t.Errorf("%q is then %q, %s", got, again, wrong)
		}
		if _, err := http.NewRequest(http.MethodGet, got, nil); err != nil {
			t.Errorf("%q cannot be called: %v", got, err)
		}
	})
}

// Whatever is typed into the form of a connection, it is refused field by
// field, or fits what the database and the protocol allow, and typing what was
// taken changes nothing.
func FuzzConnectionForm(f *testing.F) {
	f.Add("Moodle", "https://lms.example.com", "client", "1, 2;2\n3", "https://lms.example.com/auth")
	f.Add("", "", "", "", "")
	f.Add(" A\u00a0B ", " iss ", "c\x00", "1 \u2028 2", "http://localhost/")
	f.Add(strings.Repeat("é", 200), strings.Repeat("é", 255), "\xff", strings.Repeat("1,", 300), "https://a/")
	f.Fuzz(func(t *testing.T, platform, issuer, client, deployments, address string) {
		form := ConnectionForm{Platform: platform, Issuer: issuer, ClientID: client, Deployments: deployments, AuthURL: address, TokenURL: address, KeySetURL: address}
		c, err := form.check(false)
		if err != nil {
			if invalid, ok := errors.AsType[*Invalid](err); !ok || len(invalid.Fields) == 0 {
				t.Errorf("%+v: %v (%T)", form, err, err)
			}
			return
		}
		if len(c.Deployments) == 0 || len(c.Deployments) > maxDeployments {
			t.Errorf("%q are %d deployments", deployments, len(c.Deployments))
		}
		for _, id := range append([]string{c.Issuer, c.ClientID}, c.Deployments...) {
			if id == "" || utf8.RuneCountInString(id) > maxIdentifier || !utf8.ValidString(id) || strings.ContainsFunc(id, unicode.IsControl) {
				t.Errorf("identifier %q", id)
			}
		}
		again, err := ConnectionForm{
			Platform: c.Platform, Issuer: c.Issuer, ClientID: c.ClientID, Deployments: strings.Join(c.Deployments, ", "),
			AuthURL: c.AuthURL, TokenURL: c.TokenURL, KeySetURL: c.KeySetURL,
		}.check(false)
		if err != nil || !reflect.DeepEqual(again, c) {
			t.Errorf("%+v is then %+v (%v)", c, again, err)
		}
	})
}
