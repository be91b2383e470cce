package jobs

import (
	"context"
	"time"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
)

// LineItems finds and makes gradebook columns.
type LineItems = workers[*greenroom.DueLineItem]

// lineItemQueue is the queue of columns over a Service and its Store.
type lineItemQueue struct{ *greenroom.Service }

func (d lineItemQueue) DueLanes(ctx context.Context, now time.Time) ([]greenroom.Lane, error) {
	return d.Store.Instance().LineItemLanes(ctx, now)
}

func (d lineItemQueue) NextTry(ctx context.Context) (time.Time, error) {
	return d.Store.Instance().NextLineItem(ctx)
}

func (d lineItemQueue) Claim(ctx context.Context, l greenroom.Lane, now, leaseUntil time.Time, limit int) ([]*greenroom.DueLineItem, error) {
	claimed, err := d.Store.Workspace(l.Workspace).ClaimLineItems(ctx, l.Connection, now, leaseUntil, limit)
	due := make([]*greenroom.DueLineItem, len(claimed))
	for i, c := range claimed {
		due[i] = &greenroom.DueLineItem{LineItemDuty: c}
	}
	return due, err
}

func (d lineItemQueue) Deliver(ctx context.Context, due *greenroom.DueLineItem) greenroom.Outcome {
	return d.MakeLineItem(ctx, due)
}

func (d lineItemQueue) Settle(ctx context.Context, due *greenroom.DueLineItem, o greenroom.Outcome) error {
	return d.SettleLineItem(ctx, due, o)
}

// NewLineItems returns workers that Run sets to work.
func NewLineItems(o Options) *LineItems { return newLineItems(lineItemQueue{o.Service}, o) }

func newLineItems(q queue[*greenroom.DueLineItem], o Options) *LineItems {
	return newWorkers(q, o, duty[*greenroom.DueLineItem]{
		what: "line item", noun: "link",
		id:    func(due *greenroom.DueLineItem) string { return string(due.Link) },
		lease: leaseTime, deliver: deliverTime, perLane: 1,
	})
}
