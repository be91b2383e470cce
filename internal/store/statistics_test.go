package store

import (
	"context"
	"strings"
	"testing"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
	"github.com/greenroom-lti/greenroom/internal/store/pgtest"
)

// In the minute before autovacuum has seen the tables grow, a learner is not
// looked for among all of the workspace's.
func TestFirstClassIsPlannedAsOne(t *testing.T) {
	s, err := Open(t.Context(), Options{DatabaseURL: pgtest.URL(t), Migrate: true})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	lookUp := func() string {
		var plan string
		row := s.write.QueryRowContext(t.Context(),
			"explain (format json) select 1 from learners where workspace_id = 'w' and id = '1' for key share")
		if err := row.Scan(&plan); err != nil {
			t.Fatal(err)
		}
		return plan
	}
	const right = `"Index Name": "learners_pkey"`
	if before := lookUp(); strings.Contains(before, right) {
		t.Errorf("an empty table is planned well as it is, and needs no statistics:\n%s", before)
	}
	fill(t, s)
	asked := &statistics{db: s.write}
	asked.ask(t.Context(), firstStatistics)
	if after := lookUp(); !strings.Contains(after, right) {
		t.Errorf("after the first launches a learner is looked up by\n%s", after)
	}
}

// fill adds a workspace's learners as a lesson would, all at once.
func fill(t *testing.T, s *Store) {
	t.Helper()
	if err := s.Instance().CreateWorkspace(t.Context(), greenroom.Workspace{ID: "w", Slug: "w"}, greenroom.Key{ID: "k"}, ""); err != nil {
		t.Fatal(err)
	}
	err := s.Workspace("w").Update(t.Context(), func(ctx context.Context, tx greenroom.Tx) error {
		return tx.SaveConnection(ctx, greenroom.Connection{ID: "c", Issuer: "https://lms.example.edu", ClientID: "client"})
	})
	if err != nil {
		t.Fatal(err)
	}
	_, err = s.write.ExecContext(t.Context(), `
		insert into learners (workspace_id, id, connection_id, subject, name, email, locale, created_at, seen_at)
		select 'w', n, 'c', n, '', '', '', 0, 0 from generate_series(1, 500) n`)
	if err != nil {
		t.Fatal(err)
	}
}

func TestStatisticsAreAskedForSeldom(t *testing.T) {
	asked := []int64{}
	for n := int64(0); n < 5000; n += 8 {
		if passes(n, n+8) {
			asked = append(asked, n+8)
		}
	}
	if len(asked) != 3 || asked[0] != 64 || asked[1] != 512 || asked[2] != 4096 {
		t.Errorf("asked after %d launches", asked)
	}
}

func TestWhatIsGatheredIsCounted(t *testing.T) {
	counted := make(chan int, 1)
	g := &gather{
		most:  1,
		write: func(context.Context, []*gathered) error { return nil },
		wrote: func(n int) { counted <- n },
	}
	if _, err := g.record("w", gatheredRecord("1"), met{}); err != nil {
		t.Fatal(err)
	}
	if n := <-counted; n != 1 {
		t.Errorf("counted %d", n)
	}
}
