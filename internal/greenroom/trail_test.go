package greenroom_test

import (
	"bytes"
	"context"
	"log/slog"
	"testing"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
)

func TestTrail(t *testing.T) {
	launch := func() context.Context { return greenroom.WithTrail(context.Background(), "7XK2M9QRTV4W", "", "") }
	for name, tc := range map[string]struct {
		log  func(*slog.Logger)
		want string
	}{
		"without a trail": {func(l *slog.Logger) { l.Info("x") }, "level=INFO msg=x\n"},
		"a request":       {func(l *slog.Logger) { l.InfoContext(launch(), "x", "a", 1) }, "level=INFO msg=x a=1 reference=7XK2M9QRTV4W\n"},
		"what is known later": {func(l *slog.Logger) {
			ctx := launch()
			greenroom.Note(context.WithoutCancel(ctx), "w", "c")
			greenroom.Note(ctx, "", "")
			l.WarnContext(ctx, "x")
		}, "level=WARN msg=x reference=7XK2M9QRTV4W workspace=w connection=c\n"},
		"what the line says itself": {func(l *slog.Logger) {
			ctx := greenroom.WithTrail(context.Background(), "", "w", "c")
			l.With("k", 1).InfoContext(ctx, "x", "connection", "d")
		}, "level=INFO msg=x k=1 connection=d workspace=w\n"},
		"a duty": {func(l *slog.Logger) {
			ctx := greenroom.WithDuty(context.Background(), "7XK2M9QRTV4W", greenroom.Lane{Workspace: "w", Connection: "c"}, "passback", "p")
			l.InfoContext(ctx, "x")
			l.InfoContext(ctx, "y", "passback", "p")
		}, "level=INFO msg=x reference=7XK2M9QRTV4W workspace=w connection=c passback=p\n" +
			"level=INFO msg=y passback=p reference=7XK2M9QRTV4W workspace=w connection=c\n"},
		"nobody's note": {func(*slog.Logger) { greenroom.Note(context.Background(), "w", "c") }, ""},
	} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			text := slog.NewTextHandler(&out, &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
				if a.Key == slog.TimeKey {
					return slog.Attr{}
				}
				return a
			}})
			tc.log(slog.New(greenroom.TrailHandler(greenroom.TrailHandler(text))))
			if out.String() != tc.want {
				t.Errorf("%q, want %q", out.String(), tc.want)
			}
		})
	}
}
