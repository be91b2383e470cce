package store

import "context"

// MigrateDown takes all migrations back.
func MigrateDown(ctx context.Context, s *Store) error {
	p, err := s.provider()
	if err == nil {
		_, err = p.DownTo(ctx, 0)
	}
	return err
}

// MigrateUp applies all migrations.
func MigrateUp(ctx context.Context, s *Store) error {
	_, err := s.migrate(ctx, nil)
	return err
}
