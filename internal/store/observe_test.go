package store_test

import (
	"bytes"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
	"github.com/greenroom-lti/greenroom/internal/store"
)

// Every query is heard of by the name it has in queries/, whether it reads or
// writes, and named in the log if it was slow.
func TestObserver(t *testing.T) {
	for name, database := range databases {
		t.Run(name, func(t *testing.T) {
			var mu sync.Mutex
			heard, failed := map[string]int{}, map[string]int{}
			var log bytes.Buffer
			o := database(t)
			o.Migrate, o.Slow, o.Logger = true, time.Nanosecond, slog.New(greenroom.TrailHandler(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelWarn})))
			o.Observer = func(query string, took time.Duration, bad bool) {
				mu.Lock()
				defer mu.Unlock()
				heard[query]++
				if bad {
					failed[query]++
				}
				if took < 0 {
					t.Error(took)
				}
			}
			s, err := store.Open(t.Context(), o)
			fine(t, err)
			t.Cleanup(func() { fine(t, s.Close()) })
			ctx := greenroom.WithTrail(t.Context(), "7XK2M9QRTV4W", "w0001", "")
			p := greenroom.Person{ID: "p", Email: "a@example.org"}
			fine(t, s.Instance().CreatePerson(ctx, p))
			if err := s.Instance().CreatePerson(ctx, p); err == nil {
				t.Error("twice")
			}
			if _, err := s.Instance().Person(ctx, "p"); err != nil {
				t.Error(err)
			}
			mu.Lock()
			defer mu.Unlock()
			if heard["AddPerson"] != 2 || failed["AddPerson"] != 1 || heard["Person"] != 1 || failed["Person"] != 0 {
				t.Errorf("heard %v, failed %v", heard, failed)
			}
			if !strings.Contains(log.String(), "slow query\" query=Person took=") || !strings.Contains(log.String(), "reference=7XK2M9QRTV4W workspace=w0001") {
				t.Errorf("log: %s", log.String())
			}
		})
	}
}

func TestCanWrite(t *testing.T) {
	for name, database := range databases {
		t.Run(name, func(t *testing.T) {
			o := database(t)
			s := open(t, o)
			fine(t, s.CanWrite(t.Context()))
			if name != "PostgreSQL" {
				return
			}
			separator := "?"
			if strings.Contains(o.DatabaseURL, "?") {
				separator = "&"
			}
			o.DatabaseURL += separator + "default_transaction_read_only=on"
			replica, err := store.Open(t.Context(), o)
			fine(t, err)
			t.Cleanup(func() { fine(t, replica.Close()) })
			if err := replica.CanWrite(t.Context()); err == nil || !strings.Contains(err.Error(), "read-only") {
				t.Errorf("error = %v", err)
			}
		})
	}
}
