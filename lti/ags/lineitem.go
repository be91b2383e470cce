package ags

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"math"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/greenroom-lti/greenroom/lti"
)

// A LineItem is a column of a gradebook (§3.2).
type LineItem struct {
	ID             string // its URL
	Label          string
	ScoreMaximum   float64
	ResourceID     string // the tool's own id; empty when it has none
	Tag            string
	ResourceLinkID string     // empty for a column of no resource link
	StartAt, EndAt *time.Time // nil when not told

	GradesReleased   *bool                 // false: learners do not see grades yet; nil when not told
	SubmissionReview *lti.SubmissionReview // nil for none

	// Extra are members of vendors, whose names are full URLs. They are sent to
	// platforms alone that the client knows to take them (lti.WithExtensions).
	Extra map[string]any
}

// A Filter narrows LineItems; what is empty does not.
type Filter struct {
	ResourceLinkID, ResourceID, Tag string
	Limit                           int // a hint for the size of a page; 0 leaves it to the platform
}

// Media types. Moodle takes exactly one in Accept, and it must be the right one.
const (
	mediaLineItem  = "application/vnd.ims.lis.v2.lineitem+json"
	mediaContainer = "application/vnd.ims.lis.v2.lineitemcontainer+json"
)

// GetLineItem reads one line item (§3.2). Errors are *lti.ServiceError.
func GetLineItem(ctx context.Context, c *lti.Client, lineItemURL string) (LineItem, error) {
	answer, err := read(ctx, c, "line item", lineItemURL, mediaLineItem)
	if err != nil {
		return LineItem{}, err
	}
	item, _, err := readItem(answer, http.MethodGet, lineItemURL)
	return item, err
}

// LineItems reads the line items of a container, page by page (§3.2). The
// filter is the platform's work; what it lets through is filtered again. It
// ends at the first error, which is a *lti.ServiceError.
//
// A Moodle item that was changed by PUT without its resourceLinkId no longer
// tells it and is not found by it.
func LineItems(ctx context.Context, c *lti.Client, containerURL string, f Filter) iter.Seq2[LineItem, error] {
	return pages(ctx, f.apply(containerURL), listing[LineItem]{
		op: "line items",
		read: func(ctx context.Context, page string) (*lti.Response, error) {
			return read(ctx, c, "line items", page, mediaContainer)
		},
		keep: f.matches,
	})
}

// read asks with the read-only scope, or with the full one where a platform
// grants only that.
func read(ctx context.Context, c *lti.Client, op, from, accept string) (*lti.Response, error) {
	request := lti.Request{Op: op, URL: from, Accept: accept, Scope: lti.ScopeLineItemReadOnly}
	answer, err := c.Do(ctx, request)
	refused, ok := errors.AsType[*lti.ServiceError](err)
	if ok && (refused.Code == "invalid_scope" || refused.Code == "insufficient_scope") {
		request.Scope = lti.ScopeLineItem
		return c.Do(ctx, request)
	}
	return answer, err
}

// apply adds the filter to a container's URL, whose own query stays as it is.
func (f Filter) apply(container string) string {
	query := url.Values{}
	for name, value := range map[string]string{
		"resource_link_id": f.ResourceLinkID, "resource_id": f.ResourceID, "tag": f.Tag,
	} {
		if value != "" {
			query.Set(name, value)
		}
	}
	if f.Limit > 0 {
		query.Set("limit", strconv.Itoa(f.Limit))
	}
	return lti.WithQuery(container, query)
}

func (f Filter) matches(item LineItem) bool {
	return (f.ResourceLinkID == "" || f.ResourceLinkID == item.ResourceLinkID) &&
		(f.ResourceID == "" || f.ResourceID == item.ResourceID) &&
		(f.Tag == "" || f.Tag == item.Tag)
}

// UnmarshalJSON reads a line item as platforms write it: with null or a number
// where a text should be, with text where a number should be.
func (i *LineItem) UnmarshalJSON(data []byte) error {
	var wire struct {
		ID               loose           `json:"id"`
		Label            loose           `json:"label"`
		ScoreMaximum     loose           `json:"scoreMaximum"`
		ResourceID       loose           `json:"resourceId"`
		Tag              loose           `json:"tag"`
		ResourceLinkID   loose           `json:"resourceLinkId"`
		StartDateTime    loose           `json:"startDateTime"`
		EndDateTime      loose           `json:"endDateTime"`
		GradesReleased   json.RawMessage `json:"gradesReleased"`
		SubmissionReview json.RawMessage `json:"submissionReview"`
	}
	if err := json.Unmarshal(data, &wire); err != nil {
		return err
	}
	*i = LineItem{
		ID: string(wire.ID), Label: string(wire.Label),
		ResourceID: string(wire.ResourceID), Tag: string(wire.Tag),
		ResourceLinkID: string(wire.ResourceLinkID),
		StartAt:        wire.StartDateTime.time(), EndAt: wire.EndDateTime.time(),
		GradesReleased: odd[bool](wire.GradesReleased), SubmissionReview: odd[lti.SubmissionReview](wire.SubmissionReview),
		Extra: readExtra(data),
	}
	var err error
	i.ScoreMaximum, err = wire.ScoreMaximum.number("scoreMaximum")
	return err
}

// loose is the text of a JSON string, number or boolean; empty for others.
type loose string

func (l *loose) UnmarshalJSON(data []byte) error {
	*l = ""
	switch data[0] {
	case '"':
		return json.Unmarshal(data, (*string)(l))
	case '{', '[', 'n':
		return nil
	}
	*l = loose(data)
	return nil
}

// number is 0 where there is nothing.
func (l loose) number(member string) (float64, error) {
	if l == "" {
		return 0, nil
	}
	n, err := strconv.ParseFloat(string(l), 64)
	if err != nil || math.IsNaN(n) || math.IsInf(n, 0) {
		return 0, fmt.Errorf("%s %.40q is no number", member, l)
	}
	return n, nil
}

// odd reads an optional member, nil if it is absent or of another type.
func odd[T any](raw json.RawMessage) *T {
	var v *T
	if json.Unmarshal(raw, &v) != nil {
		return nil
	}
	return v
}

func (l loose) time() *time.Time {
	t, err := time.Parse(time.RFC3339, string(l))
	if err != nil {
		return nil
	}
	return &t
}
