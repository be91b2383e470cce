package store

import (
	"context"
	"errors"
)

// gatherOnSQLite has one batch written at a time: there is one writer. Within a
// batch there are no savepoints, each of which costs as much as a row: launches
// that fail are few, and a batch with one of them is taken apart into turns of
// one launch each, of which it fails alone.
func gatherOnSQLite(s *Store) *gather {
	write := func(ctx context.Context, batch []*gathered) error {
		err := s.update(ctx, func(ctx context.Context, t *txn) error {
			for _, one := range batch {
				l, err := recordLaunch(ctx, t, one.workspace, one.record, one.known, true)
				if err != nil {
					return err
				}
				one.learner = l.Learner
			}
			return nil
		})
		if err != nil {
			err = errors.Join(errAlone, err)
		}
		return err
	}
	return &gather{write: write, most: 1}
}
