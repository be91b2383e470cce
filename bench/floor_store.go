package main

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	_ "modernc.org/sqlite" // the driver "sqlite"
)

const floorTables = `
create table if not exists users (subject text primary key, name text not null, email text not null);
create table if not exists launches (id text primary key, state text not null unique, subject text not null, link text not null, claims text not null, at bigint not null);
create table if not exists sessions (id text primary key, subject text not null, item text not null, score double precision, ended bigint);
create table if not exists outbox (id text primary key, subject text not null, item text not null, given double precision not null, state bigint not null);
create index if not exists outbox_due on outbox (id) where state = 0;`

// claimOwed takes scores that are due; no other process will.
const claimOwed = `
	update outbox set state = 1 where id in (select id from outbox where state = 0 order by id limit 100)
	returning id, subject, item`

// floorSQLite commits in groups: whoever comes while one is under way shares
// the next.
type floorSQLite struct{ queue chan floorWrite }

// A floorWrite is what one caller has written, within a savepoint of its own.
type floorWrite struct {
	do   func(floorStatements) error
	done chan error
}

type floorStatements map[string]*sql.Stmt

func (s floorStatements) exec(name string, args ...any) error {
	_, err := s[name].Exec(args...)
	return err
}

func newFloorSQLite(ctx context.Context, path string) (*floorSQLite, error) {
	db, err := sql.Open("sqlite", "file:"+path+"?_pragma=busy_timeout(5000)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_txlock=immediate")
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1)
	if _, err := db.ExecContext(ctx, floorTables); err != nil {
		return nil, err
	}
	conn, err := db.Conn(ctx)
	if err != nil {
		return nil, err
	}
	statements := floorStatements{}
	for name, text := range map[string]string{
		"begin": "begin immediate", "commit": "commit", "save": "savepoint s", "release": "release s", "undo": "rollback to s",
		"user":    "insert into users (subject, name, email) values ($1, $2, $3) on conflict (subject) do update set name = excluded.name",
		"launch":  "insert into launches (id, state, subject, link, claims, at) values ($1, $2, $3, $4, $5, $6)",
		"session": "insert into sessions (id, subject, item) select $1, subject, $3 from launches where id = $2",
		"end":     "update sessions set score = $2, ended = $3 where id = $1 and ended is null",
		"owe":     "insert into outbox (id, subject, item, given, state) select $2, subject, item, score, 0 from sessions where id = $1",
		"claim":   claimOwed,
		"sent":    "update outbox set state = 2 where id = $1",
	} {
		if statements[name], err = conn.PrepareContext(ctx, text); err != nil {
			return nil, err
		}
	}
	f := &floorSQLite{make(chan floorWrite, 1024)}
	go f.work(statements)
	return f, nil
}

func (f *floorSQLite) work(run floorStatements) {
	for first := range f.queue {
		err := run.exec("begin")
		var kept []floorWrite
		for next, more := first, true; more && err == nil; {
			if err = run.exec("save"); err != nil {
				break
			}
			if failed := next.do(run); failed != nil {
				_ = run.exec("undo")
				next.done <- failed
			} else {
				kept = append(kept, next)
			}
			err = run.exec("release")
			more = len(kept) < 128
			if more {
				select {
				case next = <-f.queue:
				default:
					more = false
				}
			}
		}
		if err == nil {
			err = run.exec("commit")
		}
		for _, w := range kept {
			w.done <- err
		}
	}
}

func (f *floorSQLite) write(do func(floorStatements) error) error {
	w := floorWrite{do, make(chan error, 1)}
	f.queue <- w
	return <-w.done
}

func (f *floorSQLite) launch(_ context.Context, l floorLaunch) (string, error) {
	id := rand.Text()
	return id, f.write(func(run floorStatements) error {
		err := run.exec("user", l.subject, l.name, l.email)
		if err == nil {
			err = run.exec("launch", id, l.state, l.subject, l.link, string(l.claims), time.Now().UnixMilli())
		}
		if err != nil {
			return errors.Join(errReplayed, err)
		}
		return nil
	})
}

func (f *floorSQLite) begin(_ context.Context, launch, item string) (string, error) {
	id := rand.Text()
	return id, f.write(func(run floorStatements) error { return run.exec("session", id, launch, item) })
}

func (f *floorSQLite) end(_ context.Context, session string, score float64) error {
	id := rand.Text()
	return f.write(func(run floorStatements) error {
		ended, err := run["end"].Exec(session, score, time.Now().UnixMilli())
		if err != nil {
			return err
		}
		if n, err := ended.RowsAffected(); err != nil || n != 1 {
			return errors.Join(errEnded, err)
		}
		return run.exec("owe", session, id)
	})
}

func (f *floorSQLite) claim(context.Context) ([]owed, error) {
	var all []owed
	err := f.write(func(run floorStatements) error {
		rows, err := run["claim"].Query()
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var o owed
			if err := rows.Scan(&o.id, &o.subject, &o.item); err != nil {
				return err
			}
			all = append(all, o)
		}
		return rows.Err()
	})
	return all, err
}

func (f *floorSQLite) sent(_ context.Context, id string) error {
	return f.write(func(run floorStatements) error { return run.exec("sent", id) })
}

// floorPostgres writes in one statement, and so in one round trip.
type floorPostgres struct{ pool *pgxpool.Pool }

func newFloorPostgres(ctx context.Context, url string) (*floorPostgres, error) {
	pool, err := pgxpool.New(ctx, url)
	if err != nil {
		return nil, err
	}
	if _, err := pool.Exec(ctx, floorTables); err != nil {
		return nil, fmt.Errorf("floor's tables: %w", err)
	}
	return &floorPostgres{pool}, nil
}

func (f *floorPostgres) launch(ctx context.Context, l floorLaunch) (string, error) {
	id := rand.Text()
	_, err := f.pool.Exec(ctx, `
		with u as (insert into users (subject, name, email) values ($1, $2, $3) on conflict (subject) do update set name = excluded.name)
		insert into launches (id, state, subject, link, claims, at) values ($4, $5, $1, $6, $7, $8)`,
		l.subject, l.name, l.email, id, l.state, l.link, string(l.claims), time.Now().UnixMilli())
	if err != nil {
		err = errors.Join(errReplayed, err)
	}
	return id, err
}

func (f *floorPostgres) begin(ctx context.Context, launch, item string) (string, error) {
	id := rand.Text()
	_, err := f.pool.Exec(ctx, "insert into sessions (id, subject, item) select $1, subject, $3 from launches where id = $2", id, launch, item)
	return id, err
}

func (f *floorPostgres) end(ctx context.Context, session string, score float64) error {
	done, err := f.pool.Exec(ctx, `
		with s as (update sessions set score = $3, ended = $4 where id = $1 and ended is null returning subject, item)
		insert into outbox (id, subject, item, given, state) select $2, subject, item, $3, 0 from s`,
		session, rand.Text(), score, time.Now().UnixMilli())
	if err == nil && done.RowsAffected() != 1 {
		err = errEnded
	}
	return err
}

func (f *floorPostgres) claim(ctx context.Context) ([]owed, error) {
	rows, err := f.pool.Query(ctx, claimOwed)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (owed, error) {
		var o owed
		err := row.Scan(&o.id, &o.subject, &o.item)
		return o, err
	})
}

func (f *floorPostgres) sent(ctx context.Context, id string) error {
	_, err := f.pool.Exec(ctx, "update outbox set state = 2 where id = $1", id)
	return err
}
