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
}

// A Filter narrows LineItems; what is empty does not.
type Filter struct {
	ResourceLinkID, ResourceID, Tag string
	Limit                           int // a hint for the size of a page; 0 leaves it to the platform
}

// maxPages bounds how far LineItems follows a platform.
const maxPages = 200

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
	var item LineItem
	if err := lti.ReadJSON(answer.Body, &item); err != nil {
		return LineItem{}, unreadable("line item", lineItemURL, answer, err)
	}
	if item.ID == "" {
		item.ID = lineItemURL
	}
	return item, nil
}

// LineItems reads the line items of a container, page by page (§3.2). The
// filter is the platform's work; what it lets through is filtered again. It
// ends at the first error, which is a *lti.ServiceError.
//
// A Moodle item that was changed by PUT without its resourceLinkId no longer
// tells it and is not found by it.
func LineItems(ctx context.Context, c *lti.Client, containerURL string, f Filter) iter.Seq2[LineItem, error] {
	return func(yield func(LineItem, error) bool) {
		seen := map[string]bool{}
		for page := f.apply(containerURL); page != ""; {
			if seen[page] = true; len(seen) > maxPages {
				yield(LineItem{}, broken(page, fmt.Errorf("more than %d pages", maxPages)))
				return
			}
			items, next, err := readPage(ctx, c, page)
			if err != nil {
				yield(LineItem{}, err)
				return
			}
			for _, item := range items {
				if f.matches(item) && !yield(item, nil) {
					return
				}
			}
			if next != "" && (seen[next] || !lti.SameOrigin(next, containerURL)) {
				yield(LineItem{}, broken(page, fmt.Errorf("next page %s goes in a circle or elsewhere", next)))
				return
			}
			page = next
		}
	}
}

func readPage(ctx context.Context, c *lti.Client, page string) ([]LineItem, string, error) {
	answer, err := read(ctx, c, "line items", page, mediaContainer)
	if err != nil {
		return nil, "", err
	}
	var items []LineItem
	if err := lti.ReadJSON(answer.Body, &items); err != nil {
		return nil, "", unreadable("line items", page, answer, err)
	}
	return items, answer.Link("next", page), nil
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

func unreadable(op, from string, answer *lti.Response, err error) error {
	return &lti.ServiceError{
		Op: op, Method: http.MethodGet, URL: from, Status: answer.Status,
		Text: "The answer is not what was asked for.", Cause: err,
	}
}

func broken(page string, err error) error {
	return &lti.ServiceError{Op: "line items", Method: http.MethodGet, URL: page, Status: http.StatusOK, Cause: err}
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
		ID             loose `json:"id"`
		Label          loose `json:"label"`
		ScoreMaximum   loose `json:"scoreMaximum"`
		ResourceID     loose `json:"resourceId"`
		Tag            loose `json:"tag"`
		ResourceLinkID loose `json:"resourceLinkId"`
		StartDateTime  loose `json:"startDateTime"`
		EndDateTime    loose `json:"endDateTime"`
	}
	if err := json.Unmarshal(data, &wire); err != nil {
		return err
	}
	*i = LineItem{
		ID: string(wire.ID), Label: string(wire.Label),
		ResourceID: string(wire.ResourceID), Tag: string(wire.Tag),
		ResourceLinkID: string(wire.ResourceLinkID),
		StartAt:        wire.StartDateTime.time(), EndAt: wire.EndDateTime.time(),
	}
	if wire.ScoreMaximum == "" {
		return nil
	}
	maximum, err := strconv.ParseFloat(string(wire.ScoreMaximum), 64)
	if err != nil || math.IsNaN(maximum) || math.IsInf(maximum, 0) {
		return fmt.Errorf("scoreMaximum %.40q is no number", wire.ScoreMaximum)
	}
	i.ScoreMaximum = maximum
	return nil
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

func (l loose) time() *time.Time {
	t, err := time.Parse(time.RFC3339, string(l))
	if err != nil {
		return nil
	}
	return &t
}
