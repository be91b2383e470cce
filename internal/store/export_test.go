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

// MigrateDownTo takes back the migrations after a version.
func MigrateDownTo(ctx context.Context, s *Store, version int64) error {
	p, err := s.provider()
	if err == nil {
		_, err = p.DownTo(ctx, version)
	}
	return err
}

// Exec runs a statement as it is.
func Exec(ctx context.Context, s *Store, statement string) error {
	_, err := s.write.ExecContext(ctx, statement)
	return err
}
