package store

import (
	"context"
	"database/sql"
	"errors"
	"sync"

	"github.com/greenroom-lti/greenroom/internal/store/q"
)

// preparing reads with statements that are prepared once for each connection:
// SQLite's driver would parse the text of a query each time. All queries are
// texts of this program, so they are few.
type preparing struct {
	db *sql.DB

	mu   sync.RWMutex
	kept map[string]*sql.Stmt
}

var _ q.DBTX = (*preparing)(nil)

func (p *preparing) stmt(ctx context.Context, query string) (*sql.Stmt, error) {
	p.mu.RLock()
	s := p.kept[query]
	p.mu.RUnlock()
	if s != nil {
		return s, nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if s := p.kept[query]; s != nil {
		return s, nil
	}
	s, err := p.db.PrepareContext(ctx, query)
	if err == nil {
		if p.kept == nil {
			p.kept = map[string]*sql.Stmt{}
		}
		p.kept[query] = s
	}
	return s, err
}

func (p *preparing) close() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	var errs []error
	for _, s := range p.kept {
		errs = append(errs, s.Close())
	}
	p.kept = nil
	return errors.Join(errs...)
}

func (p *preparing) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	return p.db.ExecContext(ctx, query, args...)
}

func (p *preparing) PrepareContext(ctx context.Context, query string) (*sql.Stmt, error) {
	return p.db.PrepareContext(ctx, query)
}

func (p *preparing) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	s, err := p.stmt(ctx, query)
	if err != nil {
		return nil, err
	}
	return s.QueryContext(ctx, args...)
}

func (p *preparing) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	s, err := p.stmt(ctx, query)
	if err != nil { // the row carries the same one
		return p.db.QueryRowContext(ctx, query, args...)
	}
	return s.QueryRowContext(ctx, args...)
}
