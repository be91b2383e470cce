package ags

import (
	"context"
	"fmt"
	"iter"
	"net/http"
	"strings"

	"github.com/greenroom-lti/greenroom/lti"
)

// maxPages bounds how far a list follows a platform.
const maxPages = 200

// A listing is how the pages of one list are read.
type listing[T any] struct {
	op   string
	read func(ctx context.Context, page string) (*lti.Response, error)
	keep func(T) bool
}

// pages reads a list page by page and ends at the first error, which is a
// *lti.ServiceError. The next page is on the same host or is not read: the
// access token is for that one.
func pages[T any](ctx context.Context, first string, l listing[T]) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var none T
		seen := map[string]bool{}
		for page := first; page != ""; {
			if seen[page] = true; len(seen) > maxPages {
				yield(none, broken(l.op, page, fmt.Errorf("more than %d pages", maxPages)))
				return
			}
			items, next, err := l.page(ctx, page)
			if err != nil {
				yield(none, err)
				return
			}
			for _, item := range items {
				if l.keep(item) && !yield(item, nil) {
					return
				}
			}
			if next != "" && (seen[next] || !lti.SameOrigin(next, first)) {
				yield(none, broken(l.op, page, fmt.Errorf("next page %s goes in a circle or elsewhere", bare(next))))
				return
			}
			page = next
		}
	}
}

func (l listing[T]) page(ctx context.Context, page string) ([]T, string, error) {
	answer, err := l.read(ctx, page)
	if err != nil {
		return nil, "", err
	}
	var items []T
	if err := lti.ReadJSON(answer.Body, &items); err != nil {
		return nil, "", unreadable(l.op, http.MethodGet, page, answer, err)
	}
	return items, answer.Link("next", page), nil
}

func unreadable(op, method, from string, answer *lti.Response, err error) error {
	return &lti.ServiceError{
		Op: op, Method: method, URL: bare(from), Status: answer.Status,
		Text: "The answer is not what was asked for.", Cause: fmt.Errorf("%w: %w", lti.ErrUnreadable, err),
	}
}

func broken(op, page string, err error) error {
	return &lti.ServiceError{Op: op, Method: http.MethodGet, URL: bare(page), Status: http.StatusOK, Cause: err}
}

// bare leaves out the query, which may hold secrets.
func bare(address string) string {
	address, _, _ = strings.Cut(address, "?")
	return address
}
