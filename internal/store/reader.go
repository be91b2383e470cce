package store

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
	"github.com/greenroom-lti/greenroom/internal/store/q"
)

// A source is what a reader reads from: the database as it is, or as one
// transaction sees it.
type source interface {
	// queries refuses with ErrNested what would wait for itself.
	queries(ctx context.Context) (*q.Queries, error)
	// lock keeps rows as they are while a transaction lasts; see dialect.
	lock(ctx context.Context, rows string, key ...string) error
	// within bounds how long one answer is waited for.
	within(ctx context.Context) (context.Context, context.CancelFunc)
	// fail puts the path of what was wanted before an error, and gives the
	// domain's name to what has one.
	fail(path string, err error) error
}

// A reader implements greenroom.Reader on a source.
type reader struct {
	source
	workspace greenroom.WorkspaceID
}

var _ greenroom.Reader = reader{}

// byID is the condition on one row of a workspace.
const byID = " where workspace_id = $1 and id = $2"

// lockRow locks one row of the workspace, if there is a transaction to do so.
func (r reader) lockRow(ctx context.Context, table, id string) error {
	return r.lock(ctx, table+byID, string(r.workspace), id)
}

// one asks for a single thing.
func one[A, R, T any](
	ctx context.Context, s source, path string,
	query func(*q.Queries, context.Context, A) (R, error), arg A, convert func(R) T,
) (T, error) {
	var none T
	db, err := s.queries(ctx)
	if err != nil {
		return none, s.fail(path, err)
	}
	ctx, cancel := s.within(ctx)
	defer cancel()
	row, err := query(db, ctx, arg)
	if err != nil {
		return none, s.fail(path, err)
	}
	return convert(row), nil
}

// many asks for a list.
func many[A, R, T any](
	ctx context.Context, s source, path string,
	query func(*q.Queries, context.Context, A) ([]R, error), arg A, convert func(R) T,
) ([]T, error) {
	return one(ctx, s, path, query, arg, func(rows []R) []T {
		list := make([]T, len(rows))
		for i, row := range rows {
			list[i] = convert(row)
		}
		return list
	})
}

// queries implements source: it reads outside of any transaction.
func (s *Store) queries(ctx context.Context) (*q.Queries, error) {
	if err := s.free(ctx); err != nil {
		return nil, err
	}
	return q.New(cleaner{s.watched(s.reading)}), nil
}

// lock implements source: what is read outside of a transaction may change.
func (s *Store) lock(context.Context, string, ...string) error { return nil }

// answerTime is how long a question to the database may take. One that hangs
// must not gather whoever asks.
const answerTime = 20 * time.Second

// within implements source.
func (s *Store) within(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, s.patience)
}

// unreachable tells whether an error says that the database is not there, or
// did not answer in time.
func (s *Store) unreachable(err error) bool {
	return errors.Is(err, context.DeadlineExceeded) || s.dialect.isUnreachable(err)
}

// fail implements source.
func (s *Store) fail(path string, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, sql.ErrNoRows):
		return fmt.Errorf("%s: %w", path, greenroom.ErrNotFound)
	case s.dialect.isFull(err):
		return fmt.Errorf("%s: %w: %w", path, greenroom.ErrFull, err)
	case s.unreachable(err):
		return fmt.Errorf("%s: %w: %w", path, greenroom.ErrUnreachable, err)
	case s.dialect.isTaken(err):
		return fmt.Errorf("%s: %w: %w", path, greenroom.ErrTaken, err)
	case s.dialect.isDangling(err):
		return fmt.Errorf("%s: what it refers to: %w: %w", path, greenroom.ErrNotFound, err)
	}
	return fmt.Errorf("%s: %w", path, err)
}

// rows is the limit as SQL wants it: 0 and less are none.
func rows(limit int) int64 {
	if limit <= 0 {
		return math.MaxInt64
	}
	return int64(limit)
}

// sortByName sorts for people, the same on both databases: not by the
// collation of either, and without regard to case.
func sortByName[T any](list []T, name func(T) string) {
	slices.SortStableFunc(list, func(a, b T) int {
		return cmp.Or(
			strings.Compare(strings.ToLower(name(a)), strings.ToLower(name(b))),
			strings.Compare(name(a), name(b)),
		)
	})
}
