package web

import (
	"context"
	"fmt"
	"net/http"
	"runtime/debug"
	"time"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
)

// maxBody bounds what a request may carry: a scenario file is the largest.
const maxBody = 1 << 20

// requestTime ends the work on a request: before the connection is cut for
// having taken too long, so that there is time left for a page that says so.
const requestTime = 45 * time.Second

// A request is what is noted about a request on its way, for its log
// line and for the launch log.
type request struct {
	reference string
	begun     time.Time
	host      host
	err       error // what became an error page
}

func requestOf(ctx context.Context) *request {
	r, _ := ctx.Value(requestKey).(*request)
	return r
}

// Wrap is the outermost layer around all routes. It makes the reference before
// anything can fail, recovers from panics, writes one log line per request,
// sets the headers that every answer has, refuses hosts that are nobody's and
// posts from other sites, and bounds the body.
//
// LTI logins and launches come from other sites by nature and are exempt from
// that refusal: state and nonce guard them.
func (k *Kit) Wrap(next http.Handler) http.Handler {
	guarded := k.receive(k.refuseCrossOrigin(limitBody(next)))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		begun := k.Now()
		noted := &request{begun: begun}
		ctx, cancel := context.WithTimeout(context.WithValue(r.Context(), requestKey, noted), requestTime)
		defer cancel()
		r = r.WithContext(ctx)
		out := &response{ResponseWriter: w}
		defer func() { k.logRequest(r, noted, out, begun) }()
		defer k.recoverPage(out, r)

		k.setHeaders(out.Header())
		var err error
		if noted.reference, err = greenroom.RequestReference(begun, k.random); err != nil {
			k.fail(out, r, fmt.Errorf("reference: %w", err))
			return
		}
		r = r.WithContext(greenroom.WithTrail(r.Context(), noted.reference, workspaceIn(r.URL.Path), ""))
		guarded.ServeHTTP(out, r)
	})
}

// recoverPage turns a panic into the neutral error page, if nothing was sent
// yet. http.ErrAbortHandler keeps its meaning.
func (k *Kit) recoverPage(w *response, r *http.Request) {
	p := recover()
	if p == nil {
		return
	}
	if p == http.ErrAbortHandler {
		panic(p)
	}
	err := fmt.Errorf("panic: %v\n%s", p, debug.Stack())
	if w.status != 0 {
		requestOf(r.Context()).err = err
		return
	}
	k.fail(w, r, err)
}

// refuseCrossOrigin applies http.CrossOriginProtection. The public URL's origin
// is trusted on its own host alone, which a proxy may call by another name;
// hosts of workspaces trust themselves.
func (k *Kit) refuseCrossOrigin(next http.Handler) http.Handler {
	main, own := k.crossOrigin(), k.crossOrigin()
	if err := main.AddTrustedOrigin(k.URLs.Origin()); err != nil {
		k.Log.Error("public URL is no origin", "origin", k.URLs.Origin(), "err", err)
	}
	onMain, onOwn := main.Handler(next), own.Handler(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if hostOf(r.Context()).workspace != "" {
			onOwn.ServeHTTP(w, r)
			return
		}
		onMain.ServeHTTP(w, r)
	})
}

func (k *Kit) crossOrigin() *http.CrossOriginProtection {
	protection := http.NewCrossOriginProtection()
	protection.AddInsecureBypassPattern("POST /lti/{workspace}/login")
	protection.AddInsecureBypassPattern("POST /lti/{workspace}/launch")
	protection.AddInsecureBypassPattern("POST /lti/login")
	protection.AddInsecureBypassPattern("POST /lti/launch")
	protection.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		k.fail(w, r, &PageError{
			Status:   http.StatusForbidden,
			Title:    "This request came from another site",
			Sentence: "Greenroom only accepts forms that were sent from its own pages.",
			Hint:     "Open the page in Greenroom and try again there.",
			BackURL:  "/", BackLabel: "Open Greenroom",
		})
	}))
	return protection
}

func limitBody(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, maxBody)
		next.ServeHTTP(w, r)
	})
}

// A response remembers what was answered.
type response struct {
	http.ResponseWriter
	status int
	bytes  int64
}

func (w *response) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *response) Write(p []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	n, err := w.ResponseWriter.Write(p)
	w.bytes += int64(n)
	return n, err
}

// Unwrap lets http.ResponseController reach the connection.
func (w *response) Unwrap() http.ResponseWriter { return w.ResponseWriter }
