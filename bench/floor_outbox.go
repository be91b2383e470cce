package main

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"time"
)

// An outbox is the least way of a score: a row that waits, a request with a
// token that was asked for once, and the row marked as sent.
type outbox struct {
	db  *sql.DB
	lms string
}

const outboxTable = `create table if not exists outbox (id text primary key, subject text not null, item text not null, given double precision not null, sent bigint not null)`

func newOutbox(ctx context.Context, s settings) (*outbox, error) {
	driver, source := "sqlite", "file:"+filepath.Join(s.Folder, "floor-outbox.db")+"?_pragma=busy_timeout(5000)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_txlock=immediate"
	if s.Database != "" {
		driver, source = "pgx", s.Database
	}
	db, err := sql.Open(driver, source)
	if err != nil {
		return nil, err
	}
	if driver == "sqlite" {
		db.SetMaxOpenConns(1)
	}
	_, err = db.ExecContext(ctx, outboxTable)
	return &outbox{db, s.LMS}, err
}

func (f *floor) owe(ctx context.Context, scores int) error {
	o, err := newOutbox(ctx, here)
	if err != nil {
		return err
	}
	f.out = o
	tx, err := o.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	for n := range scores {
		_, err := tx.ExecContext(ctx, "insert into outbox (id, subject, item, given, sent) values ($1, $2, $3, 80, 0)",
			fmt.Sprintf("score-%d-%d", time.Now().UnixNano(), n), fmt.Sprint("user-", n), fmt.Sprintf("%s/items/%d", o.lms, n%max(here.Active, 1)))
		if err != nil {
			return err
		}
	}
	return tx.Commit()
}

func (f *floor) deliver(ctx context.Context, workers int) {
	token, err := f.out.token(ctx)
	if err != nil {
		fmt.Fprintln(os.Stderr, "floor:", err)
		return
	}
	due := make(chan [3]string, 100)
	for range workers * max(here.Active, 1) {
		go func() {
			for row := range due {
				if err := f.out.send(ctx, token, row); err != nil && ctx.Err() == nil {
					fmt.Fprintln(os.Stderr, "floor:", err)
				}
			}
		}()
	}
	go func() {
		defer close(due)
		rows, err := f.out.due(ctx)
		if err != nil {
			fmt.Fprintln(os.Stderr, "floor:", err)
		}
		for _, row := range rows {
			due <- row
		}
	}()
}

func (o *outbox) due(ctx context.Context) (all [][3]string, err error) {
	rows, err := o.db.QueryContext(ctx, "select id, subject, item from outbox where sent = 0")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var row [3]string
		if err := rows.Scan(&row[0], &row[1], &row[2]); err != nil {
			return nil, err
		}
		all = append(all, row)
	}
	return all, rows.Err()
}

func (o *outbox) token(ctx context.Context) (string, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, o.lms+"/token", nil)
	if err != nil {
		return "", err
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	var answer struct {
		Token string `json:"access_token"`
	}
	return answer.Token, json.NewDecoder(resp.Body).Decode(&answer)
}

func (o *outbox) send(ctx context.Context, token string, row [3]string) error {
	body, err := json.Marshal(map[string]any{
		"userId": row[1], "scoreGiven": 80, "scoreMaximum": 100, "activityProgress": "Completed", "gradingProgress": "FullyGraded",
		"timestamp": time.Now().UTC().Format(time.RFC3339Nano),
	})
	if err != nil {
		return err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, row[2]+"/scores", bytes.NewReader(body))
	if err != nil {
		return err
	}
	r.Header.Set("Authorization", "Bearer "+token)
	r.Header.Set("Content-Type", "application/vnd.ims.lis.v1.score+json")
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return err
	}
	resp.Body.Close()
	_, err = o.db.ExecContext(ctx, "update outbox set sent = $1 where id = $2", time.Now().UnixMilli(), row[0])
	return err
}
