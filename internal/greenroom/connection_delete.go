package greenroom

import (
	"context"
	"strconv"
)

// ConnectionContents counts what came by a connection, and goes with it.
type ConnectionContents struct {
	Learners   int
	Courses    int // contexts that are more than one activity
	Activities int // resource links
	Sessions   int
	Scores     int // of sessions that have one
	Waiting    int // passbacks that no gradebook has yet
	Sent       int // passbacks that a gradebook has
	Failed     int // passbacks that a person must look at
	Launches   int // in the log
}

// PreviewConnectionDeletion returns a connection and what would go with it.
func (s *Service) PreviewConnectionDeletion(ctx context.Context, a Actor, id ConnectionID) (Connection, ConnectionContents, error) {
	store, err := s.settings(a)
	if err != nil {
		return Connection{}, ConnectionContents{}, err
	}
	c, err := store.Connection(ctx, id)
	if err != nil {
		return Connection{}, ConnectionContents{}, err
	}
	held, err := store.ConnectionContents(ctx, id)
	return c, held, err
}

// DeleteConnection removes a connection with all that came by it, for good, if
// name is what it is called. The audit log keeps what there was. *Invalid names
// the field name.
func (s *Service) DeleteConnection(ctx context.Context, a Actor, id ConnectionID, name string) (Connection, error) {
	store, err := s.settings(a)
	if err != nil {
		return Connection{}, err
	}
	var c Connection
	subscribed, err := store.NoticeServices(ctx)
	if err != nil {
		return Connection{}, err
	}
	err = store.Update(ctx, func(ctx context.Context, tx Tx) error {
		if c, err = tx.Connection(ctx, id); err != nil {
			return err
		}
		if oneLine(name) != c.Platform {
			return invalid("name", "This is not the connection's name. Type it as it stands above, capital letters included.")
		}
		held, err := tx.ConnectionContents(ctx, id)
		if err != nil {
			return err
		}
		if err := tx.DeleteConnection(ctx, id); err != nil {
			return err
		}
		return s.audit(ctx, tx, a, deletedConnection(c, held))
	})
	if err == nil {
		s.unsubscribe(a.Workspace, c, subscribed)
	}
	return c, err
}

func deletedConnection(c Connection, held ConnectionContents) AuditEntry {
	gone := func(what string, n int) Change { return Change{what, strconv.Itoa(n), "0"} }
	return AuditEntry{
		Action: ConnectionDeleted, Noun: NounConnection, NounID: string(c.ID), Label: c.Platform,
		Changes: changes(
			Change{"issuer", c.Issuer, ""}, Change{"client ID", c.ClientID, ""},
			gone("learners", held.Learners), gone("courses", held.Courses), gone("activities", held.Activities), gone("sessions", held.Sessions),
			gone("scores", held.Scores), gone("passbacks waiting", held.Waiting), gone("launches", held.Launches),
		),
	}
}
