package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/greenroom-lti/greenroom/internal/store/pgtest"
)

// A bench is one run.
type bench struct {
	options
	lms      *lms
	postgres *pgtest.Server // nil on SQLite
	out      io.Writer
	made     int    // databases so far
	part     string // what is being measured
}

func (b *bench) title(format string, args ...any) { fmt.Fprintf(b.out, "\n## "+format+"\n\n", args...) }
func (b *bench) line(format string, args ...any)  { fmt.Fprintf(b.out, format+"\n", args...) }

// start starts a server on an empty database. change may alter its settings.
func (b *bench) start(ctx context.Context, kind string, change func(*settings)) (*server, error) {
	folder, err := os.MkdirTemp("", "greenroom-bench-")
	if err != nil {
		return nil, err
	}
	s := settings{Part: b.part, Kind: kind, Folder: folder, LMS: b.lms.URL, Key: here.Key, Connections: b.Active, Active: b.Active}
	pid := 0
	if b.postgres != nil {
		pid = b.postgres.PID()
		if s.Database, err = b.database(ctx); err != nil {
			return nil, err
		}
	}
	if change != nil {
		change(&s)
	}
	return start(ctx, s, pid)
}

// database makes an empty database, and returns its URL.
func (b *bench) database(ctx context.Context) (string, error) {
	conn, err := pgx.Connect(ctx, b.postgres.URL())
	if err != nil {
		return "", err
	}
	defer conn.Close(ctx)
	b.made++
	name := fmt.Sprint("bench_", b.made)
	if _, err := conn.Exec(ctx, "create database "+name); err != nil {
		return "", err
	}
	c := conn.Config()
	return fmt.Sprintf("postgres:///%s?host=%s&user=%s", name, c.Host, c.User), nil
}

// remove stops a server and removes what it kept.
func (s *server) remove() error { return errors.Join(s.stop(), os.RemoveAll(s.Folder)) }

// rounds runs both servers in turn. The first round of each warms it up.
func (b *bench) rounds(do func(s *server, warm bool) error, servers ...*server) error {
	for n := range b.Rounds + 1 {
		for _, s := range servers {
			if err := do(s, n == 0); err != nil {
				return fmt.Errorf("%s: %w", s.Kind, err)
			}
		}
	}
	return nil
}

// both starts Greenroom and the floor.
func (b *bench) both(ctx context.Context) (house, floor *server, end func() error, err error) {
	if house, err = b.start(ctx, "greenroom", nil); err != nil {
		return nil, nil, nil, err
	}
	if floor, err = b.start(ctx, "floor", nil); err != nil {
		return nil, nil, nil, errors.Join(err, house.remove())
	}
	return house, floor, func() error { return errors.Join(house.remove(), floor.remove()) }, nil
}

// A sheet is what the rounds of one server came to.
type sheet struct {
	cpu, rate, p50, p95, p99 []float64
	peak                     int
}

func (s *sheet) add(r round) {
	n := float64(len(r.Took))
	at := func(q float64) float64 { return float64(r.Took[int(q*(n-1))].Microseconds()) }
	s.cpu = append(s.cpu, float64(r.CPU.Microseconds())/n)
	s.rate = append(s.rate, n/r.Elapsed.Seconds())
	s.p50, s.p95, s.p99 = append(s.p50, at(.5)), append(s.p95, at(.95)), append(s.p99, at(.99))
}

func median(all []float64) float64 {
	if len(all) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(all))
	return sorted[len(sorted)/2]
}

// compare prints two sheets and their ratios.
func (b *bench) compare(name, against string, one, other *sheet) {
	b.line("%-28s %14s %14s %8s", "", name, against, "ratio")
	for _, row := range []struct {
		label      string
		one, other float64
	}{
		{"CPU a launch, µs", median(one.cpu), median(other.cpu)},
		{"launches a second", median(one.rate), median(other.rate)},
		{"p50, µs", median(one.p50), median(other.p50)},
		{"p95, µs", median(one.p95), median(other.p95)},
		{"p99, µs", median(one.p99), median(other.p99)},
		{"peak memory, KiB", float64(one.peak), float64(other.peak)},
	} {
		b.line("%-28s %14.0f %14.0f %8.2f", row.label, row.one, row.other, row.one/row.other)
	}
}

// sheets measures launches of servers in turn.
func (b *bench) sheets(ctx context.Context, l load, servers ...*server) ([]*sheet, error) {
	all := map[*server]*sheet{}
	err := b.rounds(func(s *server, warm bool) error {
		r, err := s.launches(ctx, l)
		if err != nil || warm {
			return err
		}
		if all[s] == nil {
			all[s] = &sheet{}
		}
		all[s].add(r)
		all[s].peak = s.memory("VmHWM")
		return nil
	}, servers...)
	var list []*sheet
	for _, s := range servers {
		list = append(list, all[s])
	}
	return list, err
}

// launches compares a login and a launch with the floor's.
func launches(ctx context.Context, b *bench) error {
	house, floor, end, err := b.both(ctx)
	if err != nil {
		return err
	}
	defer end()
	s, err := b.sheets(ctx, b.Load, house, floor)
	if err == nil {
		b.compare("greenroom", "floor", s[0], s[1])
	}
	return err
}

// firstPage compares the page behind a launch with one that says next to
// nothing.
func firstPage(ctx context.Context, b *bench) error {
	house, floor, end, err := b.both(ctx)
	if err != nil {
		return err
	}
	defer end()
	cost := map[string][]float64{}
	err = b.rounds(func(s *server, warm bool) error {
		r, err := s.launches(ctx, b.Load)
		if err != nil {
			return err
		}
		took, err := s.pages(ctx, r.Trips, b.Load)
		if !warm {
			cost[s.Kind] = append(cost[s.Kind], float64(took.Microseconds()))
		}
		return err
	}, house, floor)
	b.ratio("CPU a page, µs", median(cost["greenroom"]), median(cost["floor"]))
	return err
}

func (b *bench) ratio(label string, one, other float64) {
	b.line("%-28s %14s %14s %8s", "", "greenroom", "floor", "ratio")
	b.line("%-28s %14.0f %14.0f %8.2f", label, one, other, one/other)
}

// scores compares the way of a score, from the reply that ends a session to the
// LMS. The script's part in that reply is told apart: the floor has none.
func scores(ctx context.Context, b *bench) error {
	cpu := map[string][]float64{}
	var asked int64
	for range b.Rounds {
		for _, kind := range []string{"greenroom", "floor"} {
			took, tokens, err := b.endings(ctx, kind, true)
			if err != nil {
				return fmt.Errorf("%s: %w", kind, err)
			}
			cpu[kind] = append(cpu[kind], took)
			if kind == "greenroom" {
				asked = tokens
			}
		}
	}
	b.ratio("CPU a score, µs", median(cpu["greenroom"]), median(cpu["floor"]))
	whole, _, err := b.endings(ctx, "greenroom", false)
	if err != nil {
		return err
	}
	b.line("with two turns of a short script: %.0f µs", whole)
	b.line("access tokens for %d scores: %d, of %d platforms and two scope sets: scores, and reading columns", b.Scores, asked, b.Active)
	return nil
}

// endings has users of a fresh server end sessions, and its workers bring the
// scores to the LMS. It returns the CPU time of one in µs, and how many tokens
// all took. A reply has its script played twice, up to it and behind it, unless
// that was rehearsed.
func (b *bench) endings(ctx context.Context, kind string, rehearsed bool) (cpu float64, tokens int64, err error) {
	s, err := b.start(ctx, kind, nil)
	if err != nil {
		return 0, 0, err
	}
	defer s.remove()
	l := b.Load
	l.Launches, l.Rate = b.Scores, 0
	r, err := s.launches(ctx, l)
	if err != nil {
		return 0, 0, err
	}
	if err := s.begin(ctx, r.Trips, l); err != nil {
		return 0, 0, err
	}
	if rehearsed {
		if err := s.ask("rehearse", b.Scores); err != nil {
			return 0, 0, err
		}
	}
	if err := s.ask("deliver", 2); err != nil {
		return 0, 0, err
	}
	took, _, tokens, err := b.delivered(s, func() error { return s.end(ctx, r.Trips, l) })
	return took, tokens, err
}

// backlog has a fresh server bring scores to the LMS that have been waiting,
// and returns the CPU time of one in µs, and how many went a second.
func (b *bench) backlog(ctx context.Context, perLane int) (cpu, rate float64, err error) {
	s, err := b.start(ctx, "greenroom", nil)
	if err != nil {
		return 0, 0, err
	}
	defer s.remove()
	l := b.Load
	l.Launches, l.Rate = b.Scores, 0
	if _, err := s.launches(ctx, l); err != nil {
		return 0, 0, err
	}
	if err := s.ask("owe", b.Scores); err != nil {
		return 0, 0, err
	}
	cpu, rate, _, err = b.delivered(s, func() error { return s.ask("deliver", perLane) })
	return cpu, rate, err
}

// delivered waits until all scores have reached the LMS after do.
func (b *bench) delivered(s *server, do func() error) (cpu, rate float64, tokens int64, err error) {
	before, err := s.cpu()
	if err != nil {
		return 0, 0, 0, err
	}
	defer s.profiled("scores")()
	asked, sent, begun := b.lms.tokens.Load(), b.lms.scores.Load(), time.Now()
	if err := do(); err != nil {
		return 0, 0, 0, err
	}
	if !b.lms.await(sent + int64(b.Scores)) {
		return 0, 0, 0, errors.New("not all scores arrived")
	}
	elapsed := time.Since(begun)
	after, err := s.cpu()
	n := float64(b.Scores)
	return float64((after - before).Microseconds()) / n, n / elapsed.Seconds(), b.lms.tokens.Load() - asked, err
}

// connections compares many connected platforms, of which some launch, with
// those alone, and with one.
func connections(ctx context.Context, b *bench) error {
	active := min(b.Connections, 200)
	few, err := b.start(ctx, "greenroom", func(s *settings) { s.Connections, s.Active = 1, 1 })
	if err != nil {
		return err
	}
	defer few.remove()
	some, err := b.start(ctx, "greenroom", func(s *settings) { s.Connections, s.Active = active, active })
	if err != nil {
		return err
	}
	defer some.remove()
	many, err := b.start(ctx, "greenroom", func(s *settings) { s.Connections, s.Active = b.Connections, active })
	if err != nil {
		return err
	}
	defer many.remove()
	s, err := b.sheets(ctx, b.Load, many, some, few)
	if err == nil {
		b.compare(fmt.Sprint(b.Connections), fmt.Sprint(active), s[0], s[1])
		b.compare(fmt.Sprint(active), "1 connection", s[1], s[2])
	}
	return err
}

// oldRows compares a database with many launches and spent states with an
// empty one.
func oldRows(ctx context.Context, b *bench) error {
	full, err := b.start(ctx, "greenroom", nil)
	if err != nil {
		return err
	}
	defer full.remove()
	first := b.Load
	first.Launches, first.Rate = b.Active, 0
	if _, err := full.launches(ctx, first); err != nil {
		return err
	}
	begun := time.Now()
	if err := full.ask("grow", b.Rows); err != nil {
		return err
	}
	b.line("%d rows made in %s", b.Rows, time.Since(begun).Round(time.Second))
	empty, err := b.start(ctx, "greenroom", nil)
	if err != nil {
		return err
	}
	defer empty.remove()
	s, err := b.sheets(ctx, b.Load, full, empty)
	if err != nil {
		return err
	}
	b.compare(fmt.Sprint(b.Rows, " rows"), "empty", s[0], s[1])
	if err := full.stop(); err != nil {
		return err
	}
	again, err := start(ctx, full.settings, full.database)
	if err != nil {
		return err
	}
	b.line("start-up with them: %s", again.Ready.Round(time.Millisecond))
	return again.stop()
}

// workers compares eight workers of a platform with one.
func workers(ctx context.Context, b *bench) error {
	for _, n := range []int{1, 2, 8} {
		cpu, rate, err := b.backlog(ctx, n)
		if err != nil {
			return err
		}
		b.line("%d workers a platform: %.0f scores a second, %.0f µs CPU each", n, rate, cpu)
	}
	return nil
}

// scoresASecond is about what busy has go out, of platforms that take their
// time; Greenroom takes betweenScores for each itself.
const (
	scoresASecond = 300
	betweenScores = 4 * time.Millisecond
)

// busy compares launches while scores go out with launches in quiet, first the
// ones and then the others, of one server.
func busy(ctx context.Context, b *bench) error {
	s, err := b.start(ctx, "greenroom", nil)
	if err != nil {
		return err
	}
	defer s.remove()
	l := b.Load
	if l.Rate == 0 {
		l.Rate = 100
	}
	quiet, err := b.sheets(ctx, l, s)
	if err != nil {
		return err
	}
	seconds := 3 + 2*float64(l.Launches)/l.Rate // of a round: logins, launches, and what is between
	owed := 0
	for some := (load{Launches: 2000, AtOnce: l.AtOnce}); owed < scoresASecond*(b.Rounds+1)*int(seconds); owed += some.Launches {
		if _, err := s.launches(ctx, some); err != nil { // all at once would be held to a limit
			return err
		}
	}
	if err := s.ask("owe", owed); err != nil {
		return err
	}
	b.lms.pause.Store(int64(b.Active)*int64(time.Second)/scoresASecond - int64(betweenScores))
	defer b.lms.pause.Store(0)
	begun, sent := time.Now(), b.lms.scores.Load()
	if err := s.ask("deliver", 1); err != nil {
		return err
	}
	noisy, err := b.sheets(ctx, l, s)
	if err != nil {
		return err
	}
	gone := b.lms.scores.Load() - sent
	if gone >= int64(owed) {
		return errors.New("there were too few scores")
	}
	b.compare(fmt.Sprintf("%.0f scores/s", float64(gone)/time.Since(begun).Seconds()), "quiet", noisy[0], quiet[0])
	return nil
}

// rest prints what a server weighs that does nothing: one that is started on a
// database that is there, as it is after every restart.
func rest(ctx context.Context, b *bench) error {
	first, err := b.start(ctx, "greenroom", func(s *settings) { s.Connections, s.Active = 1, 1 })
	if err != nil {
		return err
	}
	b.line("start-up with a new database: %s", first.Ready.Round(time.Millisecond))
	if err := first.stop(); err != nil {
		return err
	}
	s, err := start(ctx, first.settings, first.database)
	if err != nil {
		return err
	}
	defer s.remove()
	b.line("start-up again: %s", s.Ready.Round(time.Millisecond))
	b.line("memory at rest: %d KiB, of which %d KiB are the program's file", s.memory("VmRSS"), s.memory("RssFile"))
	l := b.Load
	l.Rate = 0
	for range max(3, b.Rounds) {
		if _, err := s.launches(ctx, l); err != nil {
			return err
		}
		b.line("after %d more launches: %d KiB", l.Launches, s.memory("VmRSS"))
	}
	return nil
}

// flat launches a million times, and prints how memory goes with it.
func flat(ctx context.Context, b *bench) error {
	s, err := b.start(ctx, "greenroom", nil)
	if err != nil {
		return err
	}
	defer s.remove()
	l := b.Load
	l.Rate, l.Launches = 0, 2000 // more at once would be held to a limit
	for done := l.Launches; done <= b.Flat; done += l.Launches {
		if _, err := s.launches(ctx, l); err != nil {
			return err
		}
		if tenth := max(b.Flat/10, l.Launches); done == l.Launches || done%tenth == 0 {
			b.line("after %7d launches: %d KiB, at most %d KiB so far", done, s.memory("VmRSS"), s.memory("VmHWM"))
		}
	}
	return nil
}
