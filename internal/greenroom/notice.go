package greenroom

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/greenroom-lti/greenroom/lti"
)

// A Notice is what a platform told by itself (Platform Notification Service
// 1.0). Its token was verified.
type Notice struct {
	Connection ConnectionID
	Deployment string
	ID         string // the platform's, unique within the deployment
	Nonce      string // of the token; not read back
	Type       string
	At         time.Time // when it happened; zero when not told
	ReceivedAt time.Time
}

// CopyNotice is the type of notice that a course was copied.
const CopyNotice = "LtiContextCopyNotice"

// A ContextCopy says that a context was made of others.
type ContextCopy struct {
	PlatformID   string
	Label, Title string
	Origins      []string // the platform's IDs of those that it was made of
}

// TakeNotice remembers a notice and does what it is about, in one transaction.
// One that was taken before does nothing. A copied context is known from now
// on, whether or not somebody has launched there, and knows the first of its
// origins that is known in the same deployment. Origins of another deployment
// are none.
func (s *Service) TakeNotice(ctx context.Context, w WorkspaceID, n Notice, copied *ContextCopy) error {
	id, err := newID[ContextID](s.Random)
	if err != nil {
		return err
	}
	n.ReceivedAt = s.Now()
	err = s.Store.Workspace(w).Update(ctx, func(ctx context.Context, tx Tx) error {
		if err := tx.AddNotice(ctx, n); err != nil || copied == nil {
			return err
		}
		at := func(id string) Place { return Place{n.Connection, n.Deployment, id} }
		source, err := firstOf(copied.Origins, copied.PlatformID, func(id string) (Context, error) { return tx.ContextOf(ctx, at(id)) })
		if err != nil || source == nil {
			return err // where nobody has launched there is nothing to find again
		}
		_, err = tx.MeetContext(ctx, Context{
			ID: id, Connection: n.Connection, Deployment: n.Deployment, PlatformID: copied.PlatformID,
			Label: clip(oneLine(copied.Label), maxName), Title: clip(oneLine(copied.Title), maxName),
			CopiedFrom: source.ID, CreatedAt: n.ReceivedAt,
		})
		return err
	})
	if errors.Is(err, ErrTaken) {
		return nil
	}
	return err
}

// noticesRemembered is for how long a notice is known again: a token may be a
// day old when it comes (lti.MessageLife), and a platform may tell late.
const noticesRemembered = 30 * 24 * time.Hour

// ForgetNotices forgets notices that are too old to come again.
func (s *Service) ForgetNotices(ctx context.Context) error {
	all, err := s.Store.Instance().Workspaces(ctx)
	for _, w := range all {
		_, err1 := s.Store.Workspace(w.ID).SweepNotices(ctx, s.Now().Add(-noticesRemembered))
		err = errors.Join(err, err1)
	}
	return err
}

// A NoticeService is where a deployment takes subscriptions to notices, and
// what came of ours.
type NoticeService struct {
	Connection ConnectionID
	Deployment string
	URL        string
	Copies     bool   // it tells of copied courses
	Handler    string // where it sends them by now; empty: nowhere
	NextTry    time.Time
	Attempts   int    // without success, one after the other
	Answer     string // the platform's last words, empty after a success
}

// noticesAfterLaunch keeps what a launch tells of its deployment's notices. A
// launch does not fail for it: the next one tells it again.
func (s *Service) noticesAfterLaunch(ctx context.Context, w WorkspaceID, l *lti.Launch) {
	if l.Notices == nil || s.serviceURL(l.Notices.URL) == "" {
		return
	}
	told := NoticeService{
		Connection: ConnectionID(l.Registration.ID), Deployment: l.DeploymentID,
		URL: l.Notices.URL, Copies: l.Notices.Sends(CopyNotice),
	}
	store := s.Store.Workspace(w)
	same := func(from Reader) (NoticeService, bool, error) {
		n, err := from.NoticeService(ctx, told.Connection, told.Deployment)
		return n, err == nil && n.URL == told.URL && n.Copies == told.Copies, absent(err)
	}
	_, nothingNew, err := same(store)
	if err == nil && !nothingNew {
		err = store.Update(ctx, func(ctx context.Context, tx Tx) error {
			n, err := tx.NoticeService(ctx, told.Connection, told.Deployment)
			if absent(err) != nil {
				return err
			}
			told.Handler = n.Handler
			return tx.SaveNoticeService(ctx, told)
		})
		if err == nil && s.WakeNotices != nil {
			s.WakeNotices()
		}
	}
	if err != nil {
		s.Log.ErrorContext(ctx, "notice service not kept", "connection", told.Connection, "err", err)
	}
}

// Subscribe asks each deployment that tells of copied courses to tell us, once
// and again when our address changes, and those of connections that are
// switched off to tell us no more. One that does not answer well is asked
// later. Of several servers one asks each.
func (s *Service) Subscribe(ctx context.Context) error {
	if s.NoticesURL == nil {
		return nil
	}
	all, err := s.Store.Instance().Workspaces(ctx)
	for _, w := range all {
		err = errors.Join(err, s.subscribe(ctx, w))
	}
	return err
}

func (s *Service) subscribe(ctx context.Context, w Workspace) error {
	store := s.Store.Workspace(w.ID)
	services, err := store.NoticeServices(ctx)
	if err != nil || len(services) == 0 {
		return err
	}
	var failed error
	for _, n := range services {
		c, err := store.Connection(ctx, n.Connection)
		if err != nil {
			failed = errors.Join(failed, absent(err))
			continue
		}
		wanted := ""
		if n.Copies && !c.Disabled {
			wanted = s.NoticesURL(w)
		}
		if n.Handler != wanted && !s.Now().Before(n.NextTry) {
			failed = errors.Join(failed, s.setHandler(ctx, w.ID, c, n, wanted))
		}
	}
	return failed
}

// unsubscribeTime bounds the farewell to one platform.
const unsubscribeTime = 30 * time.Second

// unsubscribe asks the platform of a connection that is gone to send no more
// notices, once and in the background: nobody is left to ask again. services
// may be of other connections as well.
func (s *Service) unsubscribe(w WorkspaceID, c Connection, services []NoticeService) {
	services = slices.DeleteFunc(services, func(n NoticeService) bool { return n.Connection != c.ID || n.Handler == "" })
	if len(services) == 0 || s.InBackground == nil {
		return
	}
	s.InBackground(func(ctx context.Context) {
		ctx, cancel := context.WithTimeout(ctx, unsubscribeTime)
		defer cancel()
		key, err := s.SigningKey(ctx, w)
		for _, n := range services {
			if err == nil {
				err = s.Platforms.SetNoticeHandler(ctx, w, c, key, n.Deployment, n.URL, "")
			}
			if err != nil {
				s.Log.WarnContext(ctx, "platform of a deleted connection goes on sending notices", "connection", c.ID, "deployment", n.Deployment, "err", err)
				return
			}
		}
	})
}

// subscribeTime is for how long a server has a deployment to itself that it
// asks: longer than the calls that it takes. It is the next try's time, so that
// another server comes if this one dies over it.
const subscribeTime = 2 * time.Minute

// mineToAsk takes it upon this server to ask a deployment. It is false if
// another one has, or has been there already.
func (s *Service) mineToAsk(ctx context.Context, w WorkspaceID, n NoticeService) (mine bool, err error) {
	err = s.Store.Workspace(w).Update(ctx, func(ctx context.Context, tx Tx) error {
		now, err := tx.NoticeService(ctx, n.Connection, n.Deployment)
		if err != nil {
			return absent(err)
		}
		if mine = now.Handler == n.Handler && now.URL == n.URL && !s.Now().Before(now.NextTry); !mine {
			return nil
		}
		now.NextTry = s.Now().Add(subscribeTime)
		return tx.SaveNoticeService(ctx, now)
	})
	return mine && err == nil, err
}

func (s *Service) setHandler(ctx context.Context, w WorkspaceID, c Connection, n NoticeService, handler string) error {
	if mine, err := s.mineToAsk(ctx, w, n); err != nil || !mine {
		return err
	}
	key, err := s.SigningKey(ctx, w)
	if err != nil {
		return err
	}
	asked := s.Platforms.SetNoticeHandler(ctx, w, c, key, n.Deployment, n.URL, handler)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return s.Store.Workspace(w).Update(ctx, func(ctx context.Context, tx Tx) error {
		now, err := tx.NoticeService(ctx, n.Connection, n.Deployment)
		if err != nil {
			return absent(err)
		}
		now.settle(asked, handler, s.Now())
		return tx.SaveNoticeService(ctx, now)
	})
}

// settle applies what the platform said. A no is no for a day: somebody may
// have changed the platform's settings.
func (n *NoticeService) settle(err error, handler string, now time.Time) {
	if err == nil {
		n.Handler, n.Attempts, n.Answer, n.NextTry = handler, 0, "", time.Time{}
		return
	}
	n.Attempts++
	refused, answered := errors.AsType[*lti.ServiceError](err)
	if !answered {
		n.Answer, n.NextTry = "Greenroom could not ask for notices; the server's log says why.", now.Add(time.Hour)
		return
	}
	n.Answer = clip(serviceAnswer(refused), longestAnswer)
	n.NextTry = now.Add(24 * time.Hour)
	if refused.TryLater() {
		even := rand.New(rand.NewPCG(0, 0)) //nolint:gosec // spreads nothing that matters
		n.NextTry = now.Add(backoff(n.Attempts, refused.RetryAfter, even))
	}
}
