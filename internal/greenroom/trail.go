package greenroom

import (
	"context"
	"log/slog"
	"sync"
)

// A Trail is what every log line under a context has to say beside its own
// words: of which request or duty it is a part.
type Trail struct {
	mu         sync.Mutex
	reference  string
	workspace  WorkspaceID
	connection ConnectionID
	noun, id   string // of what a duty is about
}

type trailKey struct{}

// WithTrail begins a trail. The reference may be empty.
func WithTrail(ctx context.Context, reference string, w WorkspaceID, c ConnectionID) context.Context {
	return context.WithValue(ctx, trailKey{}, &Trail{reference: reference, workspace: w, connection: c})
}

// WithDuty begins the trail of one attempt to do a duty. Its reference is the
// attempt's own; noun and id say what the duty is about.
func WithDuty(ctx context.Context, reference string, l Lane, noun, id string) context.Context {
	t := &Trail{reference: reference, workspace: l.Workspace, connection: l.Connection, noun: noun, id: id}
	return context.WithValue(ctx, trailKey{}, t)
}

// Note adds to the trail of a context what has become known meanwhile. Without
// a trail, and of what is empty, nothing is noted.
func Note(ctx context.Context, w WorkspaceID, c ConnectionID) {
	t, ok := ctx.Value(trailKey{}).(*Trail)
	if !ok {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if w != "" {
		t.workspace = w
	}
	if c != "" {
		t.connection = c
	}
}

// attrs are the trail's attributes that are known, without those that a line
// has itself.
func (t *Trail) attrs(has func(key string) bool) []slog.Attr {
	t.mu.Lock()
	defer t.mu.Unlock()
	var attrs []slog.Attr
	for _, a := range []slog.Attr{
		slog.String("reference", t.reference), slog.String("workspace", string(t.workspace)), slog.String("connection", string(t.connection)),
		slog.String(t.noun, t.id),
	} {
		if a.Value.String() != "" && !has(a.Key) {
			attrs = append(attrs, a)
		}
	}
	return attrs
}

// TrailHandler returns a handler that adds to each line the trail of its
// context.
func TrailHandler(h slog.Handler) slog.Handler {
	if already, ok := h.(trailHandler); ok {
		return already
	}
	return trailHandler{h}
}

type trailHandler struct{ slog.Handler }

func (h trailHandler) Handle(ctx context.Context, r slog.Record) error {
	if t, ok := ctx.Value(trailKey{}).(*Trail); ok {
		r = r.Clone()
		r.AddAttrs(t.attrs(func(key string) bool { return hasAttr(r, key) })...)
	}
	return h.Handler.Handle(ctx, r)
}

func hasAttr(r slog.Record, key string) (has bool) {
	r.Attrs(func(a slog.Attr) bool {
		has = a.Key == key
		return !has
	})
	return has
}

func (h trailHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return trailHandler{h.Handler.WithAttrs(attrs)}
}

func (h trailHandler) WithGroup(name string) slog.Handler {
	return trailHandler{h.Handler.WithGroup(name)}
}
