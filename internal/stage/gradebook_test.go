package stage

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
	"github.com/greenroom-lti/greenroom/internal/roleplay"
	"github.com/greenroom-lti/greenroom/lti"
)

func score(t *testing.T, fraction string) *roleplay.Score {
	t.Helper()
	s, err := roleplay.ParseScore(fraction)
	if err != nil {
		t.Fatal(err)
	}
	return &s
}

// Every row begins with a score of 80 that was sent, and changes one thing.
func TestWhatIsSaidAboutTheGradebook(t *testing.T) {
	type said struct {
		session greenroom.Session
		item    *greenroom.LineItem
		p       *greenroom.Passback
	}
	standing := func(s greenroom.Standing) func(*said) { return func(x *said) { x.session.Standing = s } }
	better := func(x *said) { // another attempt made 90
		x.p.Wanted, x.p.WantedAt, x.p.Posted = *score(t, "9/10"), noon.Add(time.Hour), score(t, "9/10")
	}
	waiting := func(x *said) { x.p.State, x.p.Posted = greenroom.PassbackWaiting, nil }
	failed := func(x *said) { x.p.State, x.p.Posted = greenroom.PassbackFailed, nil }
	both := func(all ...func(*said)) func(*said) {
		return func(x *said) {
			for _, f := range all {
				f(x)
			}
		}
	}
	for name, tc := range map[string]struct {
		spoil func(*said)
		tone  tone
		text  string
	}{
		"sent":         {func(*said) {}, toneSent, "Sent to your course: 80 of 100."},
		"sent, of ten": {func(x *said) { x.item.Maximum = 10 }, toneSent, "Sent to your course: 8 of 10."},
		"sent, of one": {func(x *said) { x.item.Maximum = 1 }, toneSent, "Sent to your course: 0.8 of 1."},
		"sent, nothing": {func(x *said) {
			*x.session.Score, x.p.Wanted, x.p.Posted = *score(t, "0/1"), *score(t, "0/1"), score(t, "0/1")
		}, toneSent, "Sent to your course: 0 of 100."},
		"sent, maximum unread": {func(x *said) { x.item.Maximum = 0 }, toneSent, "Sent to your course: 80 of 100."},
		"waiting":              {waiting, toneWaiting, "Waiting for your LMS. Your score is kept and will be sent by itself."},
		"waiting, after a lower one": {both(waiting, func(x *said) { x.p.Posted = score(t, "1/2") }), toneWaiting,
			"Waiting for your LMS. Your score is kept and will be sent by itself. Until then 50 of 100 stays in the gradebook."},
		"failed": {failed, toneFailed, "Your LMS did not take the score: your trainer can see why. It is kept here."},
		"not better": {better, toneSent,
			"Your best of 90 of 100 stays in the gradebook."},
		"as good as an earlier one": {func(x *said) { x.p.WantedAt = noon.Add(-time.Hour) }, toneSent,
			"Your best of 80 of 100 stays in the gradebook."},
		"not better, best waits": {both(better, waiting), toneWaiting,
			"Your best of 90 of 100 is waiting for your LMS and will be sent by itself."},
		"not better, best failed": {both(better, failed), toneFailed,
			"Your LMS did not take your best of 90 of 100: your trainer can see why. It is kept here."},
		"set by the instructor": {func(x *said) {
			x.p.Override = &greenroom.Override{Score: score(t, "1/2"), Comment: "See you <b>then</b>."}
		}, toneSent, "Your instructor has set your score: 50 of 100. “See you <b>then</b>.”"},
		"set by the instructor, on its way": {both(waiting, func(x *said) { x.p.Override = &greenroom.Override{Score: score(t, "1/2")} }), toneWaiting,
			"Your instructor has set your score: 50 of 100. It is on its way to your LMS."},
		"taken away by the instructor": {func(x *said) { x.p.Override, x.p.Posted = &greenroom.Override{}, nil }, toneSent,
			"Your instructor has taken the score out of the gradebook."},
		"preview":         {standing(greenroom.Preview), tonePlain, "Not graded here: you teach this course, so this is a preview."},
		"anonymous":       {standing(greenroom.Anonymous), tonePlain, "Not graded here: your LMS did not say who you are."},
		"test user":       {standing(greenroom.TestUser), tonePlain, "Not graded here: this is the test student of your LMS."},
		"no line item":    {standing(greenroom.NoLineItem), tonePlain, "Not graded here: this activity has no grade in your course."},
		"no permission":   {standing(greenroom.NoScope), tonePlain, "Not graded here: your LMS does not let Greenroom send scores."},
		"nothing scored":  {func(x *said) { x.session.Score = nil }, tonePlain, "Not graded here: nothing in this conversation could be scored."},
		"no column":       {func(x *said) { x.session.LineItem = "" }, tonePlain, "Not graded here: this activity has no grade in your course."},
		"another column":  {func(x *said) { x.item.ID = "other" }, tonePlain, "This attempt was for a grade that the activity no longer has in your course."},
		"no column today": {func(x *said) { x.item, x.p = nil, nil }, tonePlain, "This attempt was for a grade that the activity no longer has in your course."},
	} {
		t.Run(name, func(t *testing.T) {
			x := said{
				session: greenroom.Session{Standing: greenroom.Graded, Score: score(t, "4/5"), EndedAt: noon, LineItem: "item"},
				item:    &greenroom.LineItem{ID: "item", Maximum: 100},
				p:       &greenroom.Passback{Wanted: *score(t, "4/5"), WantedAt: noon, Posted: score(t, "4/5"), State: greenroom.PassbackSent},
			}
			tc.spoil(&x)
			got := sayGradebook(x.session, x.item, x.p, greenroom.Scenario{})
			if got.Tone != tc.tone || got.Text != tc.text {
				t.Errorf("got %s: %s\nwant %s: %s", got.Tone, got.Text, tc.tone, tc.text)
			}
		})
	}
}

// The same through the whole house, for what a launch and an LMS can do.
func TestTheResultTellsTheTruthAboutTheGradebook(t *testing.T) {
	for name, tc := range map[string]struct {
		spoil  func(*lti.Launch)
		answer error
		want   string
	}{
		"taken":   {nil, nil, "Sent to your course: 8.33 of 10."},
		"refused": {nil, &lti.ServiceError{Op: "score", Status: 422, Text: "no student"}, "Your LMS did not take the score: your trainer can see why."},
		"away":    {nil, &lti.ServiceError{Op: "score", Status: 503}, "Waiting for your LMS."},
		"preview": {func(l *lti.Launch) {
			l.Roles = lti.Roles{"http://purl.imsglobal.org/vocab/lis/v2/membership#Instructor"}
		}, nil, "Not graded here: you teach"},
		"test user": {func(l *lti.Launch) {
			l.Roles = append(l.Roles, "http://purl.imsglobal.org/vocab/lti/system/person#TestUser")
		}, nil, "Not graded here: this is the test student"},
		"no grade":      {func(l *lti.Launch) { l.Grades = nil }, nil, "Not graded here: this activity has no grade"},
		"no permission": {func(l *lti.Launch) { l.Grades.Scopes = nil }, nil, "Not graded here: your LMS does not let"},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t)
			h.answer = tc.answer
			g := h.launch(tc.spoil)
			session := g.attempt(0, 1)
			h.deliver()
			g.get(session+"/result").shows(t, tc.want)
			if p := g.get(session + "/gradebook"); p.StatusCode != http.StatusOK || !strings.Contains(p.read(), tc.want) {
				t.Errorf("the line alone: %s %q", p.Status, p.read())
			}
		})
	}
}

// A page that waits asks for the line until it says something final.
func TestOnlyAWaitingLineIsAskedForAgain(t *testing.T) {
	h := newHouse(t)
	g := h.launch(nil)
	session := g.attempt(0, 1)
	ask := `data-ask="` + session + `/gradebook"`
	g.get(session+"/result").holds(t, ask, "Look again")
	g.get(session+"/gradebook").holds(t, ask)
	h.deliver()
	for _, p := range []page{g.get(session + "/result"), g.get(session + "/gradebook")} {
		if strings.Contains(p.body, "data-ask") || strings.Contains(p.body, "Look again") {
			t.Errorf("%s still asks", p.Request.URL.Path)
		}
	}
	lower := g.attempt(2, 2)
	g.get(lower+"/result").shows(t, "Your best of 8.33 of 10 stays in the gradebook.")
	g.get(session+"/result").shows(t, "Sent to your course: 8.33 of 10.")
}
