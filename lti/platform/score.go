package platform

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/greenroom-lti/greenroom/lti"
)

// takeScore is the score publish service (AGS 2.0 §3.4).
func (p *Platform) takeScore(w http.ResponseWriter, r *http.Request) {
	if p.failed(w, r, Scores) {
		return
	}
	t, ok := p.allowed(r, lti.ScopeScore)
	if p.unanswerable(w, r, http.MethodPost, "", ok && !p.typeMismatch(r, t)) {
		return
	}
	if kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); kind != scoreType {
		p.problem(w, r, 400, noHandlerFor(r))
		return
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, 1<<20))
	if err != nil {
		p.scoreAnswer(w, 400)
		return
	}
	status, user := p.keepScore(t, r.PathValue("course"), r.PathValue("item"), body)
	answered(w)
	if status == 404 {
		p.problem(w, r, 404, "Not Found: Grade item "+r.PathValue("item")+" doesn't exist")
		return
	}
	p.scoreAnswer(w, status)
	if p.profile.LMS.Code == "canvas" && status == 200 {
		fmt.Fprintf(w, `{"resultUrl":%q}`, p.base+strings.TrimSuffix(r.URL.EscapedPath(), "/scores")+"/results/"+user)
	}
}

func (p *Platform) scoreAnswer(w http.ResponseWriter, status int) {
	w.Header().Set("Content-Type", scoreType+"; charset=utf-8")
	w.WriteHeader(status)
	switch {
	case status >= 400:
		io.WriteString(w, "[]")
	case !p.profile.EmptyScoreAnswer && p.profile.LMS.Code != "canvas":
		io.WriteString(w, "{}")
	}
}

// keepScore files a score and returns the status of the answer.
func (p *Platform) keepScore(t Tool, course, id string, body []byte) (status int, user string) {
	score, stamp, ok := readScore(body)
	lms := p.profile.LMS.Grades
	if lms.Strict {
		ok = ok && onlyKnown(body)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	i := p.items[id]
	switch {
	case i == nil, i.course != course && !p.profile.LaxItems:
		return 404, ""
	case i.tool != t.ClientID:
		return 403, ""
	case !ok:
		return 400, ""
	case !slices.Contains(p.courses[i.course].roles[score.User], Learner):
		return p.profile.UnknownLearner, ""
	case i.locked:
		return p.profile.LockedItem, ""
	}
	g := i.grades[score.User]
	if g != nil && !g.Stamp.IsZero() && p.stale(stamp, g.Stamp) {
		if lms.StaleStatus == 0 {
			return 200, score.User
		}
		return lms.StaleStatus, ""
	}
	i.received = append(i.received, score)
	made := p.graded(i, g, score, stamp)
	if g != nil && g.Overridden {
		made.Given, made.Set, made.Overridden = g.Given, g.Set, true
	}
	i.grades[score.User] = made
	return 200, score.User
}

// onlyKnown tells whether a score has no member that AGS 2.0 §3.4 does not list.
func onlyKnown(body []byte) bool {
	var members map[string]json.RawMessage
	if json.Unmarshal(body, &members) != nil {
		return false
	}
	for name := range members {
		if !slices.Contains([]string{
			"userId", "scoreGiven", "scoreMaximum", "activityProgress", "gradingProgress", "timestamp", "comment", "scoringUserId", "submission",
		}, name) {
			return false
		}
	}
	return true
}

// stale tells whether a score is too old to be taken.
func (p *Platform) stale(at, stored time.Time) bool {
	if !p.profile.LMS.Grades.EqualIsStale && at.Equal(stored) {
		return false
	}
	return !p.later(at, stored)
}

// later compares timestamps, by whole seconds where the profile does.
func (p *Platform) later(a, b time.Time) bool {
	if p.profile.WholeSeconds {
		return a.Unix() > b.Unix()
	}
	return a.After(b)
}

// graded is what a score makes of a grade. One that does not count leaves it
// or, in Moodle, wipes it; without a comment Moodle forgets the time as well.
func (p *Platform) graded(i *item, before *Grade, s Score, stamp time.Time) *Grade {
	lms := p.profile.LMS.Grades
	counts := s.GradingProgress == "FullyGraded" || slices.Contains(lms.Counts, s.GradingProgress)
	switch {
	case counts && s.Given != nil:
	case lms.UnfinishedClears && s.Comment == "":
		return &Grade{}
	case lms.UnfinishedClears:
		return &Grade{Comment: s.Comment, Stamp: p.now()}
	case s.Given == nil && (counts || s.ActivityProgress == "Initialized"): // cleared (AGS 2.0 §3.4.5)
		return &Grade{Comment: s.Comment, Stamp: stamp}
	default:
		kept := Grade{}
		if before != nil {
			kept = *before
		}
		kept.Stamp = stamp
		return &kept
	}
	given := *s.Given
	if *s.Maximum > 0 {
		given = given * i.maximum / *s.Maximum
	}
	given = math.Round(given*1e5) / 1e5 // five decimals are kept
	return &Grade{Given: min(max(given, 0), i.maximum), Set: true, Comment: s.Comment, Stamp: stamp}
}

// readScore reads a score's document. Numbers may come as text.
func readScore(body []byte) (s Score, stamp time.Time, ok bool) {
	var raw struct {
		Score
		User    json.RawMessage `json:"userId"`
		Given   json.RawMessage `json:"scoreGiven"`
		Maximum json.RawMessage `json:"scoreMaximum"`
	}
	if json.Unmarshal(body, &raw) != nil {
		return Score{}, time.Time{}, false
	}
	s = raw.Score
	s.User = strings.Trim(string(raw.User), `"`)
	var ok1, ok2 bool
	s.Given, ok1 = number(raw.Given)
	s.Maximum, ok2 = number(raw.Maximum)
	if !ok1 || !ok2 || s.User == "" || s.ActivityProgress == "" || s.GradingProgress == "" || s.Given != nil && s.Maximum == nil {
		return Score{}, time.Time{}, false
	}
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999", "2006-01-02T15:04:05.999999999Z0700"} {
		if at, err := time.Parse(layout, s.Timestamp); err == nil {
			return s, at, true
		}
	}
	return Score{}, time.Time{}, false
}

// number reads a number that may be absent, null or text.
func number(raw json.RawMessage) (*float64, bool) {
	text := strings.Trim(string(raw), `"`)
	if text == "" || text == "null" {
		return nil, true
	}
	n, err := strconv.ParseFloat(text, 64)
	return &n, err == nil
}
