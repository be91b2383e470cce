package store

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
)

// channel is what Greenroom's processes NOTIFY and LISTEN to.
const channel = "greenroom"

// The times of a listener.
const (
	// echoTime is how long a notification of our own may take to come back
	// before nothing is thought to be heard here.
	echoTime = 5 * time.Second
	// quietTime is after how much silence the connection is tried.
	quietTime = 30 * time.Second
	// deafTime is how long a pooler is left alone before it is tried again.
	deafTime = 10 * time.Minute
	// soonAgain is when a connection that was lost is made again; one that
	// cannot be made has to wait longer each time.
	soonAgain  = 100 * time.Millisecond
	firstAgain = time.Second
	lastAgain  = time.Minute
	// gatherTime keeps those who hear of due rows, one by one, from looking for
	// each: the first is told at once, what follows within the time together.
	gatherTime = 100 * time.Millisecond
)

// errDeaf: LISTEN was taken, but nothing comes of it.
var errDeaf = errors.New("what is notified does not arrive: the database URL is that of a pooler that lends connections for a transaction")

// changes is PostgreSQL's way to tell of them.
type changes struct {
	store  *Store
	id     string // of this process, so that it knows its own
	config *pgx.ConnConfig
	echo   time.Duration
}

func newChanges(s *Store, config *pgx.ConnConfig) *changes {
	return &changes{store: s, id: rand.Text()[:8], config: config.Copy(), echo: echoTime}
}

// A line is what is notified: who, what, where.
func (l *changes) encode(c Change) string {
	return l.id + " " + string(c.Topic) + " " + string(c.Workspace)
}

// decode returns false for what is our own, or makes no sense: whoever can
// connect to the database can notify.
func (l *changes) decode(line string) (Change, bool) {
	parts := strings.Split(line, " ")
	if len(parts) != 3 || parts[0] == l.id {
		return Change{}, false
	}
	c := Change{Topic(parts[1]), greenroom.WorkspaceID(parts[2])}
	switch c.Topic {
	case PassbacksDue, RostersDue, LineItemsDue, Settings:
		return c, true
	}
	return Change{}, false
}

// run listens, and asks regularly while nothing can be heard.
func (l *changes) run(ctx context.Context, hear func(Change)) {
	for again := firstAgain; ctx.Err() == nil; again = min(2*again, lastAgain) {
		listened, err := l.listen(ctx, hear)
		if ctx.Err() != nil {
			return
		}
		wait := again
		switch {
		case errors.Is(err, errDeaf):
			wait = deafTime
		case listened:
			again, wait = firstAgain/2, soonAgain
		}
		complain(l.store.log, "not listening to the database; asking it regularly instead", "err", err, "again_in", wait)
		asking, stop := context.WithTimeout(ctx, wait)
		l.store.poll(asking, hear)
		stop()
	}
}

// listen returns when the connection is gone, or is of no use, and whether it
// ever was of any.
func (l *changes) listen(ctx context.Context, hear func(Change)) (listened bool, err error) {
	opening, cancel := context.WithTimeout(ctx, l.echo)
	defer cancel()
	conn, err := pgx.ConnectConfig(opening, l.config)
	if err != nil {
		return false, fmt.Errorf("connect: %w", err)
	}
	defer func() {
		closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
		defer cancel()
		_ = conn.Close(closing)
	}()
	if err := l.begin(opening, conn); err != nil {
		return false, err
	}
	hear(Change{Topic: Everything})
	for g := (gathering{hear: hear}); ; g.give() {
		if err := l.next(ctx, conn, &g); err != nil {
			return true, err
		}
	}
}

// next waits for one notification, or until something else has to be done.
func (l *changes) next(ctx context.Context, conn *pgx.Conn, g *gathering) error {
	waiting, stop := context.WithTimeout(ctx, g.wait())
	defer stop()
	told, err := conn.WaitForNotification(waiting)
	switch {
	case err == nil:
		if c, ok := l.decode(told.Payload); ok {
			g.take(c)
		}
		return nil
	case ctx.Err() != nil:
		return ctx.Err()
	case waiting.Err() == nil:
		return fmt.Errorf("listen: %w", err)
	case g.late():
		return nil
	}
	return l.try(ctx, conn)
}

// begin starts to listen, and makes sure that what the pool's connections
// notify is heard.
func (l *changes) begin(ctx context.Context, conn *pgx.Conn) error {
	if _, err := conn.Exec(ctx, "listen "+channel); err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	hello := l.id + " hello"
	if _, err := l.store.write.ExecContext(ctx, "select pg_notify($1, $2)", channel, hello); err != nil {
		return fmt.Errorf("notify: %w", err)
	}
	for {
		told, err := conn.WaitForNotification(ctx)
		switch {
		case err == nil && told.Payload == hello:
			return nil
		case err != nil && ctx.Err() != nil:
			return errDeaf
		case err != nil:
			return fmt.Errorf("listen: %w", err)
		}
	}
}

// try finds out whether a connection that is silent is still there.
func (l *changes) try(ctx context.Context, conn *pgx.Conn) error {
	ctx, cancel := context.WithTimeout(ctx, echoTime)
	defer cancel()
	if err := conn.Ping(ctx); err != nil {
		return fmt.Errorf("the listening connection is gone: %w", err)
	}
	return nil
}

// A gathering puts together what comes in quick succession.
type gathering struct {
	hear  func(Change)
	held  []Change // due rows, told of at until
	until time.Time
}

// take tells of settings at once, and of due rows if it was quiet.
func (g *gathering) take(c Change) {
	if c.Topic == Settings {
		g.hear(c)
		return
	}
	c.Workspace = ""
	for _, held := range g.held {
		if held == c {
			return
		}
	}
	g.held = append(g.held, c)
}

// give tells of what was held long enough.
func (g *gathering) give() {
	now := time.Now()
	if len(g.held) == 0 || now.Before(g.until) {
		return
	}
	for _, c := range g.held {
		g.hear(c)
	}
	g.held, g.until = nil, now.Add(gatherTime)
}

// late tells whether something is held.
func (g *gathering) late() bool { return len(g.held) > 0 }

// wait is how long to wait for more.
func (g *gathering) wait() time.Duration {
	if g.late() {
		return max(time.Until(g.until), time.Millisecond)
	}
	return quietTime
}
