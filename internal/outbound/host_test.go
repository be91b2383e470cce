package outbound

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// A far host answers with what it is told, and counts.
type far struct {
	mu     sync.Mutex
	calls  int
	status int
	err    error
	hold   chan struct{} // not nil: waits for it
}

func (f *far) set(status int, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.status, f.err = status, err
}

func (f *far) count() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.calls
}

func (f *far) RoundTrip(r *http.Request) (*http.Response, error) {
	f.mu.Lock()
	f.calls++
	status, err, hold := f.status, f.err, f.hold
	f.mu.Unlock()
	if hold != nil {
		select {
		case <-hold:
		case <-r.Context().Done():
			return nil, r.Context().Err()
		}
	}
	if err != nil {
		return nil, err
	}
	return &http.Response{StatusCode: status, Body: io.NopCloser(strings.NewReader("{}")), Header: http.Header{}, Request: r}, nil
}

func clientTo(t *testing.T, f *far) *Client {
	t.Helper()
	c, err := New(Options{})
	if err != nil {
		t.Fatal(err)
	}
	c.http.Transport = f
	return c
}

func call(t *testing.T, c *Client, host string) error {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://"+host+"/jwks", nil)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := c.Do(r)
	if err == nil {
		err = answer.Body.Close()
	}
	return err
}

func isResting(err error) bool {
	e, ok := errors.AsType[*Error](err)
	return ok && e.RetryAfter() > 0
}

func TestAHostThatFailsIsLeftAlone(t *testing.T) {
	for name, trouble := range map[string]struct {
		status int
		err    error
	}{
		"by not answering": {err: errors.New("connection refused")},
		"by 500":           {status: 500},
		"by 503":           {status: 503},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := &far{}
				f.set(trouble.status, trouble.err)
				c := clientTo(t, f)
				for range hostFailures {
					if err := call(t, c, "down.example.com"); isResting(err) {
						t.Fatal("rests too early")
					}
				}
				for range 20 {
					err := call(t, c, "down.example.com")
					if !isResting(err) || !strings.Contains(Explain(err), "down.example.com has failed several times") {
						t.Fatalf("called again: %v", err)
					}
				}
				if f.count() != hostFailures {
					t.Errorf("%d calls, want %d", f.count(), hostFailures)
				}
				f.set(200, nil)
				if err := call(t, c, "well.example.com"); err != nil {
					t.Errorf("another host rests as well: %v", err)
				}
				r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "https://down.example.com/token", strings.NewReader(""))
				if err != nil {
					t.Fatal(err)
				}
				if _, err := c.Do(r); err != nil {
					t.Errorf("its services rest with its documents: %v", err)
				}
				time.Sleep(2 * hostRest)
				before := f.count()
				if err := call(t, c, "down.example.com"); err != nil || f.count() != before+1 {
					t.Errorf("it is back, and is not called: %v", err)
				}
				for range 3 {
					if err := call(t, c, "down.example.com"); err != nil {
						t.Errorf("it is back: %v", err)
					}
				}
			})
		})
	}
}

// One call looks whether a host is back, and the next rest begins if it is not.
func TestOneCallLooksWhetherAHostIsBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &far{}
		f.set(502, nil)
		c := clientTo(t, f)
		for range hostFailures {
			_ = call(t, c, "down.example.com")
		}
		time.Sleep(2 * hostRest)
		for range 10 {
			_ = call(t, c, "down.example.com")
		}
		if f.count() != hostFailures+1 {
			t.Errorf("%d calls, want one more than %d", f.count(), hostFailures)
		}
	})
}

func TestWhatSaysNothingAboutAHost(t *testing.T) {
	for name, tc := range map[string]struct {
		status int
		err    error
	}{
		"400":                     {status: 400},
		"429":                     {status: 429},
		"an answer of a redirect": {err: errRedirect},
		"an address of ours":      {err: fmt.Errorf("dial: %w", errScheme)},
	} {
		t.Run(name, func(t *testing.T) {
			f := &far{}
			f.set(tc.status, tc.err)
			c := clientTo(t, f)
			for range 4 * hostFailures {
				if isResting(call(t, c, "lms.example.com")) {
					t.Fatal("it rests")
				}
			}
		})
	}
	t.Run("callers who leave", func(t *testing.T) {
		c := clientTo(t, &far{hold: make(chan struct{})})
		for range 2 * hostFailures {
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			r, err := http.NewRequestWithContext(ctx, http.MethodGet, "https://lms.example.com/", nil)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := c.Do(r); isResting(err) {
				t.Fatal("it rests")
			}
		}
	})
}

func TestASlowHostHoldsSoManyCallsAndNoMore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &far{hold: make(chan struct{}), status: 200}
		c := clientTo(t, f)
		errs := make(chan error, 20)
		for range 20 {
			go func() { errs <- call(t, c, "slow.example.com") }()
		}
		synctest.Wait()
		if f.count() != hostCalls {
			t.Errorf("%d calls are under way, want %d", f.count(), hostCalls)
		}
		time.Sleep(hostWait + time.Second)
		synctest.Wait()
		for range 20 - hostCalls {
			if err := <-errs; !isResting(err) || !strings.Contains(Explain(err), "is slow") {
				t.Errorf("a call that found no room: %v", err)
			}
		}
		close(f.hold)
		for range hostCalls {
			if err := <-errs; err != nil {
				t.Error(err)
			}
		}
		if err := call(t, c, "slow.example.com"); err != nil {
			t.Errorf("room is not given free: %v", err)
		}
	})
}

func TestHostsAreForgotten(t *testing.T) {
	var h hosts
	now := time.Unix(0, 0)
	first := h.of("first", now)
	for n := range maxHosts {
		now = now.Add(time.Second)
		h.of(fmt.Sprint("host-", n), now)
		if n%100 == 0 {
			if h.of("first", now) != first {
				t.Fatal("one that is used is forgotten")
			}
		}
	}
	if len(h.known) > maxHosts {
		t.Errorf("%d hosts are remembered", len(h.known))
	}
}
