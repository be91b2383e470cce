package soak

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"
	"time"
)

// A learner launches and practises, again and again, whatever happens to the
// servers.
type learner struct {
	id     string
	school *school
	tool   string // the public URL
	client *http.Client
	chance *rand.Rand
	place  string
	best   int
	// tickets are the launches that were let in, as they were sent.
	tickets []ticket
}

// A ticket is what a browser sends for a launch.
type ticket struct {
	form    url.Values
	cookies []*http.Cookie
}

func (k ticket) name() string { return k.form.Get("state") }

var errInterrupted = errors.New("interrupted")

func newBrowser() *http.Client {
	return &http.Client{
		Transport:     &http.Transport{MaxIdleConnsPerHost: 16},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Timeout:       20 * time.Second,
	}
}

// practise is one launch and one session, told as events. errInterrupted if a
// server did not answer as it should have while all was well.
//
// Whoever has full marks earns nothing more: somebody else takes the place.
func (l *learner) practise() error {
	if l.best == slices.Max(percents) {
		l.id, l.best = l.school.enrol(), 0
	}
	stage, cookies, err := l.launch()
	if err != nil {
		return err
	}
	begun, err := l.post(stage+"/sessions", nil, cookies)
	if err != nil || begun.StatusCode != http.StatusSeeOther {
		return errors.Join(errInterrupted, err)
	}
	session := l.tool + strings.TrimPrefix(begun.Header.Get("Location"), l.tool)
	choice := l.chance.IntN(len(percents))
	l.school.record.Add(Event{Kind: Asked, LMS: l.school.name, Learner: l.id, Score: percents[choice]})
	over, err := l.post(session+"/picks", url.Values{"turn": {"0"}, "choice": {fmt.Sprint(choice)}}, cookies)
	if err != nil || over.StatusCode != http.StatusSeeOther {
		return errors.Join(errInterrupted, err)
	}
	l.school.record.Add(Event{Kind: Told, LMS: l.school.name, Learner: l.id, Score: percents[choice]})
	l.best = max(l.best, percents[choice])
	return nil
}

// launch goes from the click to the stage.
func (l *learner) launch() (stage string, cookies []*http.Cookie, err error) {
	form, err := l.school.LoginRequest(l.id, l.school.link)
	if err != nil {
		return "", nil, err
	}
	began, err := l.post(l.tool+l.school.login, form.Fields, nil)
	if err != nil || began.StatusCode != http.StatusFound {
		return "", nil, errors.Join(errInterrupted, err)
	}
	k := ticket{l.school.answer(began.Header.Get("Location")), began.Cookies()}
	in, err := l.post(l.tool+l.school.launch, k.form, k.cookies)
	if err != nil || in.StatusCode != http.StatusSeeOther {
		return "", nil, errors.Join(errInterrupted, err)
	}
	l.tickets = append(l.tickets, k)
	l.school.record.Add(Event{Kind: LetIn, LMS: l.school.name, Learner: l.id, Launch: k.name()})
	return l.tool + path.Clean("/"+strings.TrimPrefix(in.Header.Get("Location"), l.tool)), in.Cookies(), nil
}

// again sends the latest launches once more, as somebody would who had read
// along: without the cookies of the stage.
func (l *learner) again(most int) {
	for _, k := range l.tickets[max(0, len(l.tickets)-most):] {
		in, err := l.post(l.tool+l.school.launch, k.form, k.cookies)
		if err == nil && in.StatusCode == http.StatusSeeOther {
			l.school.record.Add(Event{Kind: LetIn, LMS: l.school.name, Learner: l.id, Launch: k.name()})
		}
	}
}

func (l *learner) post(to string, form url.Values, cookies []*http.Cookie) (*http.Response, error) {
	r, err := http.NewRequest(http.MethodPost, to, strings.NewReader(form.Encode()))
	if err != nil {
		return nil, err
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Sec-Fetch-Dest", "document")
	if strings.Contains(to, "/lti/") {
		r.Header.Set("Sec-Fetch-Site", "cross-site")
	} else {
		r.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	r.Header.Set("X-Forwarded-For", l.place)
	for _, c := range cookies {
		r.AddCookie(c)
	}
	answer, err := l.client.Do(r)
	if err == nil {
		_ = answer.Body.Close()
	}
	return answer, err
}
