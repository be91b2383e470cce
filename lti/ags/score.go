package ags

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/greenroom-lti/greenroom/lti"
)

// Values of Score.ActivityProgress (§3.4).
const (
	Initialized = "Initialized"
	Started     = "Started"
	InProgress  = "InProgress"
	Submitted   = "Submitted"
	Completed   = "Completed"
)

// Values of Score.GradingProgress (§3.4). Only FullyGraded is sure to reach
// the gradebook; Moodle wipes an existing grade on all others.
const (
	NotReady      = "NotReady"
	Failed        = "Failed"
	Pending       = "Pending"
	PendingManual = "PendingManual"
	FullyGraded   = "FullyGraded"
)

// A Score is what a learner achieved, at a time (Assignment and Grade Services
// 2.0 §3.4).
type Score struct {
	Subject string // the learner's Launch.Subject

	// Given of Maximum points. Given may exceed Maximum; zero is a score and
	// is sent. Eight decimals are kept.
	Given, Maximum float64

	// NoScore sends progress without points, which takes away points that were
	// there. Given and Maximum are 0 then.
	NoScore bool

	// At is when it was earned, not when it is sent: platforms refuse what is
	// not newer than what they have. Moodle compares whole seconds.
	At time.Time

	Comment string // plain text; empty for none

	ActivityProgress string // empty means Completed
	GradingProgress  string // empty means FullyGraded

	StartedAt, SubmittedAt time.Time // zero when not known

	// ScoringUserID is the Subject of whoever graded; empty when the tool did.
	ScoringUserID string

	// Extra are members of vendors, whose names are full URLs. They are sent to
	// platforms alone that the client knows to take them (lti.WithExtensions):
	// Schoology refuses a score for one member that it does not know.
	Extra map[string]any
}

// Cleared is the score that takes a learner's points away: as if the activity
// had not been begun (§3.4.8).
func Cleared(subject string, at time.Time) Score {
	return Score{Subject: subject, At: at, NoScore: true, ActivityProgress: Initialized, GradingProgress: NotReady}
}

// ErrInvalid is wrapped by errors about scores and line items that no platform
// would take. They were not sent.
var ErrInvalid = errors.New("invalid")

// lostText stands for the platform's words when it has none.
const lostText = "The platform answered as it does when it loses a score: 200 with an empty list."

// pageText stands for the words of whoever answered in the platform's place.
const pageText = "The answer is a web page, and not one about the score: something in front of the platform has answered."

// PostScore sends a score to a line item: its URL as the platform gave it,
// query and all. Errors are *lti.ServiceError, or wrap ErrInvalid. A 409 is
// Conflict: the platform has a score with the same or a newer time.
func PostScore(ctx context.Context, c *lti.Client, lineItem string, s Score) error {
	body, err := s.document(c)
	if err != nil {
		return fmt.Errorf("score: %w", err)
	}
	scores, err := under(lineItem, "scores")
	if err != nil {
		return err
	}
	answer, err := c.Do(ctx, lti.Request{
		Op: "score", Method: http.MethodPost, URL: scores, Scope: lti.ScopeScore,
		ContentType: "application/vnd.ims.lis.v1.score+json", Body: body,
	})
	if err != nil {
		return err
	}
	return lost(scores, answer)
}

// lost tells which successes are none.
func lost(scores string, answer *lti.Response) error {
	failed := &lti.ServiceError{Op: "score", Method: http.MethodPost, URL: bare(scores), Status: answer.Status}
	switch body := bytes.TrimSpace(answer.Body); {
	// Moodle answers an invalid score that it could not report in a status line
	// with 200 and the list that goes with its errors.
	case string(body) == "[]":
		failed.Text = lostText
	// No platform answers a score with a web page. A proxy does in front of one
	// that is being repaired, and a portal that wants somebody to sign in.
	case bytes.HasPrefix(body, []byte("<")):
		failed.Text, failed.Cause = pageText, lti.ErrUnreadable
	default:
		return nil
	}
	return failed
}

// document checks a score and writes it down (§3.4), without what the platform
// may not know.
func (s Score) document(c *lti.Client) ([]byte, error) {
	if s.ActivityProgress == "" {
		s.ActivityProgress = Completed
	}
	if s.GradingProgress == "" {
		s.GradingProgress = FullyGraded
	}
	if why := s.invalid(); why != "" {
		return nil, fmt.Errorf("%w: %s", ErrInvalid, why)
	}
	type submission struct {
		StartedAt   string `json:"startedAt,omitempty"`
		SubmittedAt string `json:"submittedAt,omitempty"`
	}
	document := struct {
		UserID           string      `json:"userId"`
		ScoreGiven       json.Number `json:"scoreGiven,omitempty"`
		ScoreMaximum     json.Number `json:"scoreMaximum,omitempty"`
		ActivityProgress string      `json:"activityProgress"`
		GradingProgress  string      `json:"gradingProgress"`
		Timestamp        string      `json:"timestamp"`
		ScoringUserID    string      `json:"scoringUserId,omitempty"`
		Comment          string      `json:"comment,omitempty"`
		Submission       *submission `json:"submission,omitempty"`
	}{
		UserID: s.Subject, ActivityProgress: s.ActivityProgress, GradingProgress: s.GradingProgress,
		Timestamp: stamp(s.At), ScoringUserID: s.ScoringUserID, Comment: s.Comment,
	}
	if !s.NoScore {
		document.ScoreGiven, document.ScoreMaximum = number(s.Given), number(s.Maximum)
	}
	if !s.StartedAt.IsZero() || !s.SubmittedAt.IsZero() {
		document.Submission = &submission{stamp(s.StartedAt), stamp(s.SubmittedAt)}
	}
	body, err := json.Marshal(document)
	if err != nil {
		return nil, err
	}
	return withExtra(body, known(c, s.Extra))
}

func (s Score) invalid() string {
	switch {
	case s.Subject == "":
		return "no subject"
	case s.At.IsZero():
		return "no time"
	case s.NoScore && (s.Given != 0 || s.Maximum != 0):
		return "points beside NoScore"
	case math.IsNaN(s.Given) || math.IsInf(s.Given, 0) || s.Given < 0:
		return fmt.Sprintf("%v points", s.Given)
	case !s.NoScore && !isMaximum(s.Maximum):
		return fmt.Sprintf("a maximum of %v points", s.Maximum)
	case !slices.Contains([]string{Initialized, Started, InProgress, Submitted, Completed}, s.ActivityProgress):
		return fmt.Sprintf("activity progress %q", s.ActivityProgress)
	case !slices.Contains([]string{NotReady, Failed, Pending, PendingManual, FullyGraded}, s.GradingProgress):
		return fmt.Sprintf("grading progress %q", s.GradingProgress)
	case !s.SubmittedAt.IsZero() && s.SubmittedAt.Before(s.StartedAt):
		return "submitted before it was started"
	}
	return invalidExtra(s.Extra)
}

func isMaximum(x float64) bool {
	return x > 0 && !math.IsInf(x, 0) && number(x) != "0"
}

// number writes 0.1+0.2 as 0.3: the noise of binary fractions is nobody's
// points. Nor is a sign, which only zero can have here.
func number(x float64) json.Number {
	text := strconv.FormatFloat(math.Abs(x), 'f', 8, 64)
	return json.Number(strings.TrimSuffix(strings.TrimRight(text, "0"), "."))
}

// stamp is RFC 3339 with milliseconds, in UTC.
func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02T15:04:05.000Z")
}

// under appends to the path of a service URL, before its query, and leaves
// every other byte alone (§3.4).
func under(service, name string) (string, error) {
	if u, err := url.Parse(service); err != nil || u.Host == "" {
		return "", fmt.Errorf("line item: %w: %q is not a URL", ErrInvalid, service)
	}
	service, _, _ = strings.Cut(service, "#")
	path, query, asked := strings.Cut(service, "?")
	path = strings.TrimSuffix(path, "/") + "/" + name
	if asked {
		path += "?" + query
	}
	return path, nil
}
