package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"time"
)

// The least way of a score: a session that ends and a row that waits, in one
// transaction; rows that are claimed together; a request with a token that was
// asked for once; and the row marked as sent.

// floorClient keeps a connection for each worker.
var floorClient = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}}

// owed is a score in the outbox.
type owed struct{ id, subject, item string }

// begin opens a session, as the button below a scenario does.
func (f *floor) begin(w http.ResponseWriter, r *http.Request) {
	launch, err := r.Cookie("stage")
	if err != nil {
		http.Error(w, err.Error(), http.StatusForbidden)
		return
	}
	id, err := f.store.begin(r.Context(), launch.Value, fmt.Sprintf("%s/items/%d", f.lms, rand.IntN(f.platforms)))
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	http.Redirect(w, r, "/page/sessions/"+id, http.StatusSeeOther)
}

// end takes the last reply of a session.
func (f *floor) end(w http.ResponseWriter, r *http.Request) {
	if err := r.ParseForm(); err != nil || r.PostForm.Get("choice") == "" {
		http.Error(w, "bad request", http.StatusBadRequest)
		return
	}
	if err := f.store.end(r.Context(), r.PathValue("session"), 80); err != nil {
		http.Error(w, err.Error(), http.StatusConflict)
		return
	}
	select {
	case f.ended <- struct{}{}:
	default: // whoever claims will look anyway
	}
	http.Redirect(w, r, "/page", http.StatusSeeOther)
}

func (f *floor) deliver(ctx context.Context, workers int) {
	token, err := f.token(ctx)
	if err != nil {
		fmt.Fprintln(os.Stderr, "floor:", err)
		return
	}
	due := make(chan owed)
	go f.relay(ctx, due)
	for range workers * f.platforms {
		go func() {
			for o := range due {
				if err := f.send(ctx, token, o); err != nil && ctx.Err() == nil {
					fmt.Fprintln(os.Stderr, "floor:", err)
				}
			}
		}()
	}
}

// relay claims what is due as long as there is something.
func (f *floor) relay(ctx context.Context, due chan<- owed) {
	for range f.ended {
		for {
			all, err := f.store.claim(ctx)
			if err != nil {
				fmt.Fprintln(os.Stderr, "floor:", err)
			}
			if len(all) == 0 {
				break
			}
			for _, o := range all {
				due <- o
			}
		}
	}
}

func (f *floor) token(ctx context.Context) (string, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, f.lms+"/token", nil)
	if err != nil {
		return "", err
	}
	resp, err := floorClient.Do(r)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	var answer struct {
		Token string `json:"access_token"`
	}
	return answer.Token, json.NewDecoder(resp.Body).Decode(&answer)
}

func (f *floor) send(ctx context.Context, token string, o owed) error {
	body, err := json.Marshal(map[string]any{
		"userId": o.subject, "scoreGiven": 80, "scoreMaximum": 100, "activityProgress": "Completed", "gradingProgress": "FullyGraded",
		"timestamp": time.Now().UTC().Format(time.RFC3339Nano),
	})
	if err != nil {
		return err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, o.item+"/scores", bytes.NewReader(body))
	if err != nil {
		return err
	}
	r.Header.Set("Authorization", "Bearer "+token)
	r.Header.Set("Content-Type", "application/vnd.ims.lis.v1.score+json")
	resp, err := floorClient.Do(r)
	if err != nil {
		return err
	}
	resp.Body.Close()
	return f.store.sent(ctx, o.id)
}
