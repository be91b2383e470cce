package store_test

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
)

// BenchmarkRecordLaunch records launches of new learners of ten activities, by one
// caller and by many.
func BenchmarkRecordLaunch(b *testing.B) {
	for _, name := range []string{"SQLite", "PostgreSQL"} {
		b.Run(name, func(b *testing.B) {
			w := benchWorkspace(b, open(b, databases[name](b)))
			var count atomic.Int64
			record := func(b *testing.B) {
				if _, err := w.RecordLaunch(b.Context(), benchRecord(count.Add(1))); err != nil {
					b.Error(err)
				}
			}
			b.Run("one", func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					record(b)
				}
			})
			b.Run("many", func(b *testing.B) {
				b.ReportAllocs()
				b.SetParallelism(8)
				b.RunParallel(func(loop *testing.PB) {
					for loop.Next() {
						record(b)
					}
				})
			})
		})
	}
}

// BenchmarkConnection reads what each login initiation and each launch reads.
func BenchmarkConnection(b *testing.B) {
	for _, name := range []string{"SQLite", "PostgreSQL"} {
		b.Run(name, func(b *testing.B) {
			w := benchWorkspace(b, open(b, databases[name](b)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := w.ConnectionsOf(b.Context(), "https://lms.example.edu", "client"); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func benchWorkspace(b *testing.B, s greenroom.Store) greenroom.WorkspaceStore {
	b.Helper()
	err := s.Instance().CreateWorkspace(b.Context(), greenroom.Workspace{ID: "w", Slug: "w"}, greenroom.Key{ID: "k"}, "")
	if err != nil {
		b.Fatal(err)
	}
	w := s.Workspace("w")
	err = w.Update(b.Context(), func(ctx context.Context, tx greenroom.Tx) error {
		return tx.SaveConnection(ctx, greenroom.Connection{
			ID: "connection", Issuer: "https://lms.example.edu", ClientID: "client", Deployments: []string{"1"}, KeySet: make([]byte, 2000),
		})
	})
	if err != nil {
		b.Fatal(err)
	}
	return w
}

func benchRecord(n int64) greenroom.LaunchRecord {
	at := time.UnixMilli(1_700_000_000_000 + n)
	id := fmt.Sprintf("0192f3c1-%012d", n)
	return greenroom.LaunchRecord{
		Launch: greenroom.Launch{
			ID: greenroom.LaunchID(id), Reference: fmt.Sprintf("%012x", uint64(n)*0x9E3779B97F4A7C15>>16), At: at, Outcome: greenroom.LaunchOK, Connection: "connection",
			Deployment: "1", MessageType: "LtiResourceLinkRequest", Standing: greenroom.Graded, StateID: fmt.Sprintf("%x", uint64(n)*0xD1B54A32D192ED03),
			Passed: []string{"state", "signature", "issuer", "audience", "nonce"}, SignInHash: id, SignInUntil: at, Claims: strings.Repeat("claims", 300),
		},
		Learner: greenroom.Learner{
			ID: greenroom.LearnerID(id), Subject: fmt.Sprint(n), Name: "Bea Example", Email: "bea@example.org", CreatedAt: at, SeenAt: at,
		},
		Link: &greenroom.ResourceLink{
			ID: greenroom.ResourceLinkID(id), Deployment: "1", PlatformID: fmt.Sprint(n % 10), Title: "Discovery call", ContextID: "7",
		},
		Context: &greenroom.Context{
			ID: greenroom.ContextID(id), Connection: "connection", Deployment: "1", PlatformID: "7", Title: "Selling", CreatedAt: at, SeenAt: at,
		},
		Member:   &greenroom.ContextMember{Learns: true, Status: greenroom.MemberActive, Source: greenroom.FromLaunch, FirstSeen: at, LastSeen: at},
		LineItem: &greenroom.LineItem{ID: greenroom.LineItemID(id), URL: fmt.Sprint("https://lms.example.edu/lineitems/", n%10)},
	}
}
