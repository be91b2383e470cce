package ags

import (
	"context"
	"encoding/json"
	"iter"
	"net/url"
	"strconv"
	"time"

	"github.com/greenroom-lti/greenroom/lti"
)

// A Result is what a gradebook shows for one learner in one column, a teacher's
// corrections included (§3.3).
type Result struct {
	ID      string // its URL
	ScoreOf string // URL of the line item; empty when not told
	UserID  string // the learner's Launch.Subject

	Score   *float64 // nil when there is none
	Maximum float64  // 1 when not told

	ScoringUserID string
	Comment       string
	At            *time.Time // when it was changed, which Moodle tells; else nil
}

// A ResultFilter narrows Results; what is empty does not.
type ResultFilter struct {
	UserID string
	// Limit is a hint for the size of a page; 0 leaves it to the platform.
	// Moodle answers 404 to a limit.
	Limit int
}

const mediaResults = "application/vnd.ims.lis.v2.resultcontainer+json"

// Results reads the results of a line item, page by page (§3.3). Learners
// without a result may be missing. The filter is the platform's work; what it
// lets through is filtered again. It ends at the first error, which is a
// *lti.ServiceError, or wraps ErrInvalid when lineItemURL is no URL. The scope
// is lti.ScopeResultReadOnly.
func Results(ctx context.Context, c *lti.Client, lineItemURL string, f ResultFilter) iter.Seq2[Result, error] {
	first, err := under(lineItemURL, "results")
	if err != nil {
		return func(yield func(Result, error) bool) { yield(Result{}, err) }
	}
	return pages(ctx, f.apply(first), listing[Result]{
		op: "results",
		read: func(ctx context.Context, page string) (*lti.Response, error) {
			return c.Do(ctx, lti.Request{Op: "results", URL: page, Accept: mediaResults, Scope: lti.ScopeResultReadOnly})
		},
		keep: func(r Result) bool { return f.UserID == "" || f.UserID == r.UserID },
	})
}

func (f ResultFilter) apply(results string) string {
	query := url.Values{}
	if f.UserID != "" {
		query.Set("user_id", f.UserID)
	}
	if f.Limit > 0 {
		query.Set("limit", strconv.Itoa(f.Limit))
	}
	return lti.WithQuery(results, query)
}

// UnmarshalJSON reads a result as platforms write it, as that of a line item
// does.
func (r *Result) UnmarshalJSON(data []byte) error {
	var wire struct {
		ID            loose `json:"id"`
		ScoreOf       loose `json:"scoreOf"`
		UserID        loose `json:"userId"`
		ResultScore   loose `json:"resultScore"`
		ResultMaximum loose `json:"resultMaximum"`
		ScoringUserID loose `json:"scoringUserId"`
		Comment       loose `json:"comment"`
		Timestamp     loose `json:"timestamp"`
	}
	if err := json.Unmarshal(data, &wire); err != nil {
		return err
	}
	*r = Result{
		ID: string(wire.ID), ScoreOf: string(wire.ScoreOf), UserID: string(wire.UserID), Maximum: 1,
		ScoringUserID: string(wire.ScoringUserID), Comment: string(wire.Comment), At: wire.Timestamp.time(),
	}
	if wire.ResultScore != "" {
		score, err := wire.ResultScore.number("resultScore")
		if err != nil {
			return err
		}
		r.Score = &score
	}
	if maximum, err := wire.ResultMaximum.number("resultMaximum"); err != nil {
		return err
	} else if maximum != 0 {
		r.Maximum = maximum
	}
	return nil
}
