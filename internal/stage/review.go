package stage

import (
	"errors"
	"net/http"
	"net/url"
	"time"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
	"github.com/greenroom-lti/greenroom/internal/web"
)

// A reviewView is somebody's practice at one activity, to look at and no more.
type reviewView struct {
	resultPage        // of the attempt that is shown; without score if there is none
	Shown      bool   // there is an attempt to show
	Own        bool   // the visitor's own work
	Name       string // of the learner, empty if the LMS means somebody we never saw
	Activity   string
	Attempts   []attemptChoice
	Record     gradebookLine
	Class      string      // back to the class; empty for those who do not teach it
	Decide     *decideForm // nil for those who may not decide
}

// An attemptChoice is one line about an ended session.
type attemptChoice struct {
	greenroom.Session
	URL  string
	Here bool
}

// reviewPage lets in who may look at somebody's work: the domain decides whose.
func (s *Stage) reviewPage(h visited) http.Handler {
	return s.kit.FramePage(func(w http.ResponseWriter, r *http.Request) error {
		v, err := s.kit.Visit(r)
		if errors.Is(err, greenroom.ErrNotFound) {
			return &web.PageError{
				Status:   http.StatusUnauthorized,
				Title:    "This page has been closed in this browser",
				Sentence: "Open it again from your course.",
				Cause:    err,
			}
		}
		if err != nil {
			return err
		}
		return web.WithCourse(notThere(h(w, r, v)), v.Launch.ReturnURL)
	})
}

// notThere gives the page to what is in no course of the visitor.
func notThere(err error) error {
	if !errors.Is(err, greenroom.ErrNotFound) {
		return err
	}
	return &web.PageError{
		Status:   http.StatusNotFound,
		Title:    "There is no such practice here",
		Sentence: "The address may be mistyped, or it belongs to another course.",
		Cause:    err,
	}
}

// submission opens the work that a submission review is about.
func (s *Stage) submission(w http.ResponseWriter, r *http.Request, v greenroom.Visit) error {
	if !v.Reviews() {
		return greenroom.ErrNotFound
	}
	return s.review(w, r, v, v.Launch.ForLearner, v.Launch.Link, path(v, "/review"))
}

// reviewOf opens a learner's work for an instructor of the course.
func (s *Stage) reviewOf(w http.ResponseWriter, r *http.Request, v greenroom.Visit) error {
	learner, link := greenroom.LearnerID(r.PathValue("learner")), greenroom.ResourceLinkID(r.PathValue("link"))
	return s.review(w, r, v, learner, link, reviewPath(v, learner, link))
}

func reviewPath(v greenroom.Visit, learner greenroom.LearnerID, link greenroom.ResourceLinkID) string {
	return path(v, "/review/"+url.PathEscape(string(learner))+"/"+url.PathEscape(string(link)))
}

// A decideForm is where an instructor sets a score, takes it away, or lets
// automatic scores count again.
type decideForm struct {
	Path             string
	Percent, Comment web.Field
	Problem          string
	Standing         bool // a decision stands
	At               time.Time
}

// decidePage is the page of a decision. What was typed is on the page of every
// error, and can be sent again, unless there is nobody to decide about: after a
// launch has ended, by another one that the same browser has opened since.
func (s *Stage) decidePage() http.Handler {
	return s.kit.FramePage(func(w http.ResponseWriter, r *http.Request) error {
		v, err := s.kit.Visit(r)
		keep := web.KeepForm
		if errors.Is(err, greenroom.ErrNotFound) {
			err = s.decideLate(w, r)
		} else if err == nil {
			if err = s.decide(w, r, v); errors.Is(err, greenroom.ErrNotFound) {
				err, keep = notThere(err), web.KeepTexts
			}
		}
		return keep(web.WithCourse(err, v.Launch.ReturnURL), r,
			web.TypedText{Label: "Score", Value: r.PostFormValue("percent")}, web.TypedText{Label: "Comment", Value: r.PostFormValue("comment")})
	})
}

// decideLate decides by a launch that came after the one that has ended. Each
// is asked whether it may: it can be into another course.
func (s *Stage) decideLate(w http.ResponseWriter, r *http.Request) error {
	var err error = greenroom.ErrNotFound
	for v := range s.kit.OtherVisits(r) {
		if err = s.decide(w, r, v); !errors.Is(err, greenroom.ErrNotFound) {
			return web.WithCourse(err, v.Launch.ReturnURL)
		}
	}
	return &web.PageError{
		Status:   http.StatusUnauthorized,
		Title:    "Your decision has not been sent",
		Sentence: "The page was open for so long that Greenroom has closed it.",
		Hint:     "Open the activity in your course once more, in another tab of this browser. Then come back here and send it again.",
		Cause:    err,
	}
}

// decide does what an instructor decides about a score.
func (s *Stage) decide(w http.ResponseWriter, r *http.Request, v greenroom.Visit) error {
	if err := web.ReadForm(r); err != nil {
		return err
	}
	learner, link := greenroom.LearnerID(r.PathValue("learner")), greenroom.ResourceLinkID(r.PathValue("link"))
	form := greenroom.OverrideForm{
		Decision: greenroom.Decision(r.PostFormValue("decision")), Percent: r.PostFormValue("percent"), Comment: r.PostFormValue("comment"),
	}
	err := s.service.Override(r.Context(), v, learner, link, form)
	bad, invalid := errors.AsType[*greenroom.Invalid](err)
	if !invalid {
		if err != nil {
			return err
		}
		return web.Redirect(w, r, reviewPath(v, learner, link))
	}
	found, err := s.service.Review(r.Context(), v, learner, link, "")
	if err != nil {
		return err
	}
	p := newReview(v, found, reviewPath(v, learner, link))
	if p.Decide != nil {
		p.Decide.Percent.Value, p.Decide.Percent.Error = form.Percent, bad.Of("percent")
		p.Decide.Comment.Value, p.Decide.Comment.Error = form.Comment, bad.Of("comment")
		p.Decide.Problem = bad.Of("decision")
	}
	return s.kit.Render(w, r, http.StatusUnprocessableEntity, s.pages, "review.html", p)
}

func (s *Stage) review(w http.ResponseWriter, r *http.Request, v greenroom.Visit, learner greenroom.LearnerID, link greenroom.ResourceLinkID, here string) error {
	found, err := s.service.Review(r.Context(), v, learner, link, greenroom.SessionID(r.URL.Query().Get("session")))
	if err != nil {
		return err
	}
	return s.kit.Render(w, r, http.StatusOK, s.pages, "review.html", newReview(v, found, here))
}

func newReview(v greenroom.Visit, found greenroom.Review, here string) reviewView {
	p := reviewView{Activity: found.Link.Title, Own: found.Learner.ID != "" && found.Learner.ID == v.Launch.Learner}
	if found.Learner.ID != "" {
		p.Name = found.Learner.DisplayName()
	}
	if found.Result != nil {
		found.Result.Item, found.Result.Passback = found.Item, found.Passback
		p.resultPage, p.Shown = newResult(v, *found.Result), true
		if p.Record = sayRecord(found); p.Own {
			p.Record = sayGradebook(found.Result.Scene.Session, found.Item, found.Passback, found.Result.Scene.Play.Scenario)
		}
	}
	p.Back = v.Launch.ReturnURL
	for _, a := range found.Attempts {
		p.Attempts = append(p.Attempts, attemptChoice{
			Session: a, URL: here + "?session=" + url.QueryEscape(string(a.ID)),
			Here: found.Result != nil && a.ID == found.Result.Scene.Session.ID,
		})
	}
	if v.Teaches() {
		p.Class = web.CoursePath(v, "/class")
	}
	if v.Teaches() && !found.Self && found.Item != nil && found.Learner.ID != "" {
		p.Decide = &decideForm{
			Path:    reviewPath(v, found.Learner.ID, found.Link.ID) + "/score",
			Percent: web.Field{Name: "percent", Label: "Score, from 0 to 100", Mode: "decimal"},
			Comment: web.Field{Name: "comment", Label: "Comment", Help: "The learner reads it here and in the LMS. May stay empty."},
		}
		if found.Passback != nil && found.Passback.Override != nil {
			o := found.Passback.Override
			p.Decide.Standing, p.Decide.At, p.Decide.Comment.Value = true, o.At, o.Comment
			if o.Score != nil {
				p.Decide.Percent.Value = o.Score.DecimalText()
			}
		}
	}
	return p
}

// sayRecord says to an instructor what the gradebook has of a learner.
func sayRecord(found greenroom.Review) gradebookLine {
	p, standing := found.Passback, found.Attempts[0].Standing
	counted := ""
	if p != nil {
		if t := p.Target(); t.Cleared {
			counted = "no score"
		} else {
			counted = t.Score.PointsText(found.Item.Maximum)
		}
		if p.Override != nil {
			counted += ", as an instructor decided"
		}
	}
	switch {
	case p == nil && standing == greenroom.Graded:
		return gradebookLine{Tone: tonePlain, Text: "Nothing has been sent to the gradebook."}
	case p == nil:
		return gradebookLine{Tone: tonePlain, Text: notGraded(standing)}
	case p.State == greenroom.PassbackFailed:
		return gradebookLine{Tone: toneFailed, Text: "The LMS did not take the score. Whoever runs Greenroom can see why."}
	case p.State == greenroom.PassbackSent:
		return gradebookLine{Tone: toneSent, Text: "In the gradebook: " + counted + "."}
	}
	return gradebookLine{Tone: toneWaiting, Text: "On its way to the gradebook: " + counted + "."}
}
