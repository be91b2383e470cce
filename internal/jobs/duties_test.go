package jobs

import (
	"bytes"
	"context"
	"log/slog"
	"regexp"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
)

// A shelf is a queue of one connection, in memory. All of its rows are due from
// the beginning, until they are settled.
type shelf[D comparable] struct {
	rows    []D
	mu      sync.Mutex
	leased  map[D]time.Time
	settled map[D]greenroom.OutcomeKind
	takes   time.Duration // to do one duty, unless it is stopped before
	began   []time.Duration
	says    *slog.Logger // nil: nothing
	most    int          // at once
	busy    int
}

func (s *shelf[D]) free(now time.Time) (all []D) {
	for _, d := range s.rows {
		if _, over := s.settled[d]; !over && !now.Before(s.leased[d]) {
			all = append(all, d)
		}
	}
	return all
}

func (s *shelf[D]) DueLanes(_ context.Context, now time.Time) ([]greenroom.Lane, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.free(now)) == 0 {
		return nil, nil
	}
	return []greenroom.Lane{laneOf("a")}, nil
}

func (s *shelf[D]) NextTry(context.Context) (time.Time, error) {
	return time.Time{}, greenroom.ErrNotFound
}

func (s *shelf[D]) Claim(_ context.Context, _ greenroom.Lane, now, leaseUntil time.Time, limit int) ([]D, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := s.free(now)
	all = all[:min(limit, len(all))]
	for _, d := range all {
		s.leased[d] = leaseUntil
	}
	return all, nil
}

// work notes that so many more duties are under way.
func (s *shelf[D]) work(more int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if more > 0 {
		s.began = append(s.began, time.Since(beginning))
	}
	s.busy += more
	s.most = max(s.most, s.busy)
}

func (s *shelf[D]) Deliver(ctx context.Context, _ D) greenroom.Outcome {
	s.work(1)
	defer s.work(-1)
	if s.says != nil {
		s.says.InfoContext(ctx, "asked")
	}
	select {
	case <-ctx.Done():
		return greenroom.Outcome{Kind: greenroom.Later}
	case <-time.After(s.takes):
		return greenroom.Outcome{Kind: greenroom.Done}
	}
}

func (s *shelf[D]) Settle(_ context.Context, d D, o greenroom.Outcome) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.settled[d] = o.Kind
	return nil
}

// dutiesOf is how long a duty of a kind may take, and what that comes to.
func dutiesOf[D comparable](t *testing.T, rows []D, begin func(queue[D], Options) *workers[D], most, lease time.Duration) {
	t.Helper()
	work := func(takes time.Duration, test func(s *shelf[D], w *workers[D])) {
		synctest.Test(t, func(t *testing.T) {
			s := &shelf[D]{rows: rows, takes: takes, leased: map[D]time.Time{}, settled: map[D]greenroom.OutcomeKind{}}
			w := begin(s, Options{})
			ctx, cancel := context.WithCancel(t.Context())
			over := make(chan struct{})
			go func() { w.Run(ctx); close(over) }()
			test(s, w)
			cancel()
			<-over
		})
	}
	work(10*time.Second, func(s *shelf[D], _ *workers[D]) {
		pass(25 * time.Second)
		s.mu.Lock()
		defer s.mu.Unlock()
		if want := []time.Duration{0, 10 * time.Second, 20 * time.Second}; !slices.Equal(s.began, want) || s.most != 1 {
			t.Errorf("begun at %v, %d at once; want one after the other at %v", s.began, s.most, want)
		}
	})
	work(time.Hour, func(s *shelf[D], _ *workers[D]) {
		pass(most + time.Second)
		s.mu.Lock()
		defer s.mu.Unlock()
		if kind := s.settled[rows[0]]; kind != greenroom.Later {
			t.Errorf("one that hangs is %q after %v", kind, most)
		}
		if held := s.leased[rows[0]].Sub(beginning); held != lease || held < most+settleTime {
			t.Errorf("its lease is %v, for %v of work", held, most)
		}
	})
	work(0, func(s *shelf[D], w *workers[D]) {
		synctest.Wait()
		s.mu.Lock()
		clear(s.settled)
		clear(s.leased)
		n := len(s.began)
		s.mu.Unlock()
		w.Wake()
		synctest.Wait()
		s.mu.Lock()
		defer s.mu.Unlock()
		if len(s.began) != 2*n || n != len(rows) {
			t.Errorf("%d duties at the start, %d once it was woken", n, len(s.began)-n)
		}
	})
}

func TestRostersAreReadOneByOne(t *testing.T) {
	rows := []*greenroom.DueRoster{{}, {}, {}}
	dutiesOf(t, rows, newRosters, 4*time.Minute+30*time.Second, 5*time.Minute)
}

func TestColumnsAreMadeOneByOne(t *testing.T) {
	rows := []*greenroom.DueLineItem{{}, {}, {}}
	dutiesOf(t, rows, newLineItems, 45*time.Second, time.Minute)
}

// Whatever the log has of an attempt names the attempt, the connection and what
// it is about.
func TestLinesOfADutyNameIt(t *testing.T) {
	var out bytes.Buffer
	log := slog.New(greenroom.TrailHandler(slog.NewTextHandler(&out, nil)))
	synctest.Test(t, func(t *testing.T) {
		row := &greenroom.DueRoster{Roster: greenroom.Roster{Context: "course"}}
		s := &shelf[*greenroom.DueRoster]{
			rows: []*greenroom.DueRoster{row}, leased: map[*greenroom.DueRoster]time.Time{},
			settled: map[*greenroom.DueRoster]greenroom.OutcomeKind{}, says: log,
		}
		w := newRosters(s, Options{Log: log})
		if !w.Turned().IsZero() {
			t.Errorf("it has looked at %v, before it ran", w.Turned())
		}
		ctx, cancel := context.WithCancel(t.Context())
		over := make(chan struct{})
		go func() { w.Run(ctx); close(over) }()
		pass(time.Hour)
		if idle := time.Since(w.Turned()); idle > 15*time.Second {
			t.Errorf("it looked %v ago", idle)
		}
		cancel()
		<-over
	})
	want := regexp.MustCompile(`^time=\S+ level=INFO msg=asked reference=[0-9A-Z]{12} workspace=\S+ connection=a context=course\n$`)
	if !want.Match(out.Bytes()) {
		t.Error(out.String())
	}
}
