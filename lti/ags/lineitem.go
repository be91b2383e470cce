package ags

import (
	"context"
	"errors"
	"iter"
	"time"

	"github.com/greenroom-lti/greenroom/lti"
)

// A LineItem is a column of a gradebook.
type LineItem struct {
	ID             string // its URL
	Label          string
	ScoreMaximum   float64
	ResourceID     string
	Tag            string
	ResourceLinkID string
	StartAt, EndAt *time.Time // nil when not told
}

// A Filter narrows LineItems.
type Filter struct {
	ResourceLinkID, ResourceID, Tag string // empty means any
	Limit                           int    // page size hint; 0 leaves it to the platform
}

// GetLineItem reads one line item.
func GetLineItem(ctx context.Context, c *lti.Client, lineItemURL string) (LineItem, error) {
	return LineItem{}, errors.New("pending")
}

// LineItems reads a container.
func LineItems(ctx context.Context, c *lti.Client, containerURL string, f Filter) iter.Seq2[LineItem, error] {
	return func(yield func(LineItem, error) bool) {}
}
