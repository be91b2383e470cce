package ags

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"reflect"
	"strings"
	"time"

	"github.com/greenroom-lti/greenroom/lti"
)

// CreateLineItem makes a column in a container and returns it as the platform
// made it, with its ID (§3.2.4). Label and ScoreMaximum are needed, ID is the
// platform's to give. ResourceLinkID binds the column to a link of this tool
// and context; Moodle answers 403 for a link of another.
//
// After a course was copied its columns are there already, with the same
// ResourceID and Tag: Columns.FindOrCreate looks first. Errors are
// *lti.ServiceError, or wrap ErrInvalid. The scope is lti.ScopeLineItem.
func CreateLineItem(ctx context.Context, c *lti.Client, containerURL string, i LineItem) (LineItem, error) {
	if i.ID != "" {
		return LineItem{}, fmt.Errorf("line item: %w: it has an ID already", ErrInvalid)
	}
	if why := i.invalid(); why != "" {
		return LineItem{}, fmt.Errorf("line item: %w: %s", ErrInvalid, why)
	}
	return writeItem(ctx, c, http.MethodPost, containerURL, i.document(c))
}

// UpdateLineItem changes a column: it reads it, lets change alter what was
// read, and writes it back with every member that the platform told, known to
// this package or not (§3.2.6). A platform may wipe what is left out: Moodle
// forgets to which link a column belongs. If change alters nothing, nothing is
// written, and what was read is returned.
//
// ID and ResourceLinkID may not change. A new ScoreMaximum rescales grades in
// some gradebooks; Moodle also turns empty grades into 0. Errors are
// *lti.ServiceError, or wrap ErrInvalid. The scope is lti.ScopeLineItem.
func UpdateLineItem(ctx context.Context, c *lti.Client, lineItemURL string, change func(*LineItem)) (LineItem, error) {
	answer, err := c.Do(ctx, lti.Request{Op: "line item", URL: lineItemURL, Accept: mediaLineItem, Scope: lti.ScopeLineItem})
	if err != nil {
		return LineItem{}, err
	}
	before, document, err := readItem(answer, http.MethodGet, lineItemURL)
	if err != nil {
		return LineItem{}, err
	}
	after, _, err := readItem(answer, http.MethodGet, lineItemURL) // shares nothing with before
	if err != nil {
		return LineItem{}, err
	}
	change(&after)
	if after.ID != before.ID || after.ResourceLinkID != before.ResourceLinkID {
		return LineItem{}, fmt.Errorf("line item: %w: its ID or resource link was changed", ErrInvalid)
	}
	if !alter(document, before.document(c), after.document(c)) {
		return before, nil
	}
	if why := after.invalid(); why != "" {
		return LineItem{}, fmt.Errorf("line item: %w: %s", ErrInvalid, why)
	}
	return writeItem(ctx, c, http.MethodPut, lineItemURL, document)
}

// DeleteLineItem removes a column and its grades (§3.2.7). It is for columns
// that the tool made: where the platform made one for a link, Canvas refuses,
// Brightspace cuts the link, and Moodle and Blackboard remove the grades. The
// error is a *lti.ServiceError; 404 says that it is gone. The scope is
// lti.ScopeLineItem.
func DeleteLineItem(ctx context.Context, c *lti.Client, lineItemURL string) error {
	_, err := c.Do(ctx, lti.Request{Op: "line item", Method: http.MethodDelete, URL: lineItemURL, Scope: lti.ScopeLineItem})
	return err
}

func writeItem(ctx context.Context, c *lti.Client, method, to string, document map[string]any) (LineItem, error) {
	body, err := json.Marshal(document)
	if err != nil {
		return LineItem{}, fmt.Errorf("line item: %w", err)
	}
	answer, err := c.Do(ctx, lti.Request{
		Op: "line item", Method: method, URL: to, Scope: lti.ScopeLineItem, ContentType: mediaLineItem, Body: body,
	})
	if err != nil {
		return LineItem{}, err
	}
	item, _, err := readItem(answer, method, to)
	return item, err
}

// readItem reads a column and all its members but nulls. One that was just made
// must say where it is; others are where they were asked for.
func readItem(answer *lti.Response, method, from string) (LineItem, map[string]any, error) {
	var raw map[string]json.RawMessage
	var item LineItem
	err := lti.ReadJSON(answer.Body, &raw)
	if err == nil && raw == nil {
		err = errors.New("null is no line item")
	}
	if err == nil {
		err = json.Unmarshal(answer.Body, &item)
	}
	if err == nil && item.ID == "" && method == http.MethodPost {
		err = errors.New("the new line item has no id")
	}
	if err != nil {
		return LineItem{}, nil, unreadable("line item", method, from, answer, err)
	}
	if item.ID == "" {
		item.ID = from
	}
	document := make(map[string]any, len(raw))
	for name, value := range raw {
		if string(value) != "null" {
			document[name] = value
		}
	}
	return item, document, nil
}

// alter makes those changes in document that make after of before, and tells
// whether there were any.
func alter(document, before, after map[string]any) bool {
	changed := false
	for name := range before {
		if _, kept := after[name]; !kept {
			delete(document, name)
			changed = true
		}
	}
	for name, value := range after {
		if !reflect.DeepEqual(before[name], value) {
			document[name] = value
			changed = true
		}
	}
	return changed
}

func (i LineItem) invalid() string {
	switch {
	case strings.TrimSpace(i.Label) == "":
		return "no label"
	case !isMaximum(i.ScoreMaximum):
		return fmt.Sprintf("a maximum of %v points", i.ScoreMaximum)
	case i.StartAt != nil && i.EndAt != nil && i.EndAt.Before(*i.StartAt):
		return "ends before it starts"
	}
	return invalidExtra(i.Extra)
}

// document writes a column down, without what is empty and what the platform
// may not know.
func (i LineItem) document(c *lti.Client) map[string]any {
	d := map[string]any{"scoreMaximum": number(i.ScoreMaximum)}
	for name, value := range map[string]string{
		"id": i.ID, "label": i.Label, "resourceId": i.ResourceID, "tag": i.Tag, "resourceLinkId": i.ResourceLinkID,
	} {
		if value != "" {
			d[name] = value
		}
	}
	for name, value := range map[string]*time.Time{"startDateTime": i.StartAt, "endDateTime": i.EndAt} {
		if value != nil {
			d[name] = value.UTC().Format(time.RFC3339)
		}
	}
	if i.GradesReleased != nil {
		d["gradesReleased"] = *i.GradesReleased
	}
	if i.SubmissionReview != nil {
		d["submissionReview"] = *i.SubmissionReview
	}
	maps.Copy(d, known(c, i.Extra))
	return d
}
