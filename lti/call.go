package lti

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode"
)

const (
	// callTimeout bounds a call from the first byte to the last.
	callTimeout = 20 * time.Second
	// maxAnswer bounds what is read of an answer.
	maxAnswer = 1 << 20
	// maxRetryAfter bounds what a platform may ask us to wait.
	maxRetryAfter = 24 * time.Hour
	// maxText and maxReason bound a platform's own words.
	maxText   = 2 << 10
	maxReason = 300

	// userAgent is sent unless the request has one: Canvas refuses calls
	// without.
	userAgent = "greenroom-lti (+https://github.com/greenroom-lti/greenroom)"
)

var (
	errRedirect = errors.New("redirects are not followed")
	errTooLarge = fmt.Errorf("answer is larger than %d bytes", maxAnswer)
)

// ErrUnreadable is wrapped by a *ServiceError of a success that is not what was
// asked for: the page of something that stands in front of the platform, for
// one. The same call may succeed later.
var ErrUnreadable = errors.New("answer cannot be read")

// Call sends a request and reads the answer whole, up to 1 MiB and for 20
// seconds. Redirects are not followed, so that no token travels to another
// host. Every status but 200 to 299 is a *ServiceError, as is no answer.
func Call(d Doer, r *http.Request, op string) (*Response, error) {
	ctx, cancel := context.WithTimeout(r.Context(), callTimeout)
	defer cancel()
	r = r.WithContext(ctx)
	if r.Header.Get("User-Agent") == "" {
		r.Header.Set("User-Agent", userAgent)
	}
	failed := &ServiceError{Op: op, Method: r.Method, URL: withoutSecrets(r.URL)}
	answer, err := direct(d).Do(r)
	if err != nil {
		failed.Cause = withoutURL(err)
		if rests, ok := errors.AsType[resting](err); ok {
			failed.RetryAfter = rests.RetryAfter()
		}
		return nil, failed
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(io.LimitReader(answer.Body, maxAnswer+1))
	if answer.StatusCode/100 != 2 {
		return nil, refused(failed, answer, body)
	}
	if err == nil && len(body) > maxAnswer {
		err = errTooLarge
	}
	if err != nil {
		failed.Cause = err
		return nil, failed
	}
	return &Response{Status: answer.StatusCode, Header: answer.Header, Body: body}, nil
}

// resting is the error of a Doer that does not call a host for now, and knows
// until when.
type resting interface {
	error
	RetryAfter() time.Duration
}

func refused(e *ServiceError, answer *http.Response, body []byte) *ServiceError {
	e.Status = answer.StatusCode
	e.RetryAfter = retryAfter(answer.Header)
	if e.Text = textOf(body); e.Text == "" {
		e.Text = reason(answer)
	}
	if e.Status/100 == 3 {
		e.Cause = errRedirect
	}
	return e
}

// direct keeps an *http.Client from following redirects.
func direct(d Doer) Doer {
	client, ok := d.(*http.Client)
	if !ok {
		return d
	}
	still := *client
	still.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &still
}

// withoutURL takes the URL out of the client's error: ServiceError has it.
func withoutURL(err error) error {
	if outer, ok := errors.AsType[*url.Error](err); ok {
		return outer.Err
	}
	return err
}

// withoutSecrets leaves out what may open something: user, query, fragment.
func withoutSecrets(u *url.URL) string {
	plain := *u
	plain.User, plain.RawQuery, plain.ForceQuery, plain.Fragment, plain.RawFragment = nil, "", false, "", ""
	return plain.String()
}

// retryAfter reads seconds or a date (RFC 9110 §10.2.3). A date is measured
// against the platform's own clock.
func retryAfter(h http.Header) time.Duration {
	value := h.Get("Retry-After")
	if seconds, err := strconv.Atoi(value); err == nil {
		return min(max(0, time.Duration(min(seconds, int(maxRetryAfter/time.Second)))*time.Second), maxRetryAfter)
	}
	until, err := http.ParseTime(value)
	if err != nil {
		return 0
	}
	sent, err := http.ParseTime(h.Get("Date"))
	if err != nil {
		return 0
	}
	return min(max(0, until.Sub(sent)), maxRetryAfter)
}

// textOf returns what an error body says: JSON, HTML or plain text.
func textOf(body []byte) string {
	if len(body) > maxAnswer/16 {
		body = body[:maxAnswer/16]
	}
	text := strings.TrimSpace(string(body))
	switch {
	case text == "[]" || text == "{}" || text == "null":
		return ""
	case strings.HasPrefix(text, "{"):
		text = saidIn(body)
	case strings.HasPrefix(text, "<"):
		text = htmlText(text)
	}
	return printable(text, maxText)
}

// saidIn returns the telling members of a JSON error, or all of it.
func saidIn(body []byte) string {
	var members map[string]json.RawMessage
	if ReadJSON(body, &members) != nil {
		return string(body)
	}
	var said []string
	for _, name := range []string{"error", "error_description", "message", "reason"} {
		var s string
		if json.Unmarshal(members[name], &s) == nil && s != "" {
			said = append(said, s)
		}
	}
	if len(said) == 0 {
		return string(body)
	}
	return strings.Join(said, ": ")
}

var (
	htmlUnseen = regexp.MustCompile(`(?is)<(script|style|head)\b.*?</(script|style|head)>`)
	htmlTitle  = regexp.MustCompile(`(?is)<title[^>]*>(.*?)</title>`)
	htmlTag    = regexp.MustCompile(`(?s)<[^>]*>`)
)

// htmlText is the text of an error page: its title, then what can be seen.
func htmlText(page string) string {
	var title string
	if found := htmlTitle.FindStringSubmatch(page); found != nil {
		title = found[1] + " "
	}
	page = htmlTag.ReplaceAllString(htmlUnseen.ReplaceAllString(page, " "), " ")
	return html.UnescapeString(title + page)
}

// reason returns a reason phrase that says more than the status does. Moodle
// explains itself there, and goes on with the whole score that it was sent,
// which is left out.
func reason(answer *http.Response) string {
	_, phrase, _ := strings.Cut(answer.Status, " ")
	if phrase == http.StatusText(answer.StatusCode) {
		return ""
	}
	phrase, _, _ = strings.Cut(phrase, "{")
	return printable(phrase, maxReason)
}

// printable makes one line of a text and cuts it.
func printable(s string, most int) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return ' '
		}
		if r == unicode.ReplacementChar || !unicode.IsPrint(r) {
			return -1
		}
		return r
	}, s)
	s = strings.Join(strings.Fields(s), " ")
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most-len("…")], "") + "…"
}
