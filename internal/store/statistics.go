package store

import (
	"context"
	"database/sql"
	"sync/atomic"
)

// PostgreSQL plans by what it knows of the tables. Autovacuum finds that out,
// for a table that grows from nothing a minute later at best, and until then
// each connection keeps what it planned for an empty one: an index that leads
// with the workspace seems as good as any other, and to find one learner all of
// the workspace's are read. So a server asks for statistics itself while tables
// are younger than what it has written.
const (
	firstStatistics  = 64 // launches
	statisticsFactor = 8  // after so many times more
)

// hotTables are those that launches and rehearsals fill.
const hotTables = "launches, learners, contexts, context_members, resource_links, line_items, sessions, passbacks, rosters"

// statistics counts launches.
type statistics struct {
	db     *sql.DB
	count  atomic.Int64
	asking atomic.Bool
}

// grow hears that launches were written. No launch waits for what follows.
func (s *statistics) grow(launches int) {
	after := s.count.Add(int64(launches))
	if !passes(after-int64(launches), after) || !s.asking.CompareAndSwap(false, true) {
		return
	}
	go func() {
		defer s.asking.Store(false)
		ctx, cancel := context.WithTimeout(context.Background(), closedWriteLimit)
		defer cancel()
		s.ask(ctx, after)
	}()
}

// ask has the tables looked at, unless more is known of them than so many
// launches. What fails here is left to autovacuum.
func (s *statistics) ask(ctx context.Context, after int64) {
	var known float64
	row := s.db.QueryRowContext(ctx, "select reltuples from pg_class where oid = 'launches'::regclass")
	if row.Scan(&known) == nil && int64(known) < after {
		_, _ = s.db.ExecContext(ctx, "analyze (skip_locked) "+hotTables)
	}
}

// passes tells whether a count has passed one of the marks.
func passes(before, after int64) bool {
	mark := int64(firstStatistics)
	for mark <= before {
		mark *= statisticsFactor
	}
	return mark <= after
}
