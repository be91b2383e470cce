package greenroom

import "context"

// ShowConnection returns a connection with what else its page tells.
func (s *Service) ShowConnection(ctx context.Context, a Actor, id ConnectionID) (ConnectionReport, error) {
	store, err := s.settings(a)
	if err != nil {
		return ConnectionReport{}, err
	}
	var r ConnectionReport
	if r.Connection, err = store.Connection(ctx, id); err != nil {
		return ConnectionReport{}, err
	}
	if r.Contents, err = store.ConnectionContents(ctx, id); err != nil {
		return ConnectionReport{}, err
	}
	history := AuditFilter{Noun: NounConnection, NounID: string(id), Limit: maxHistory}
	if r.History, err = store.Audit(ctx, history); err != nil {
		return ConnectionReport{}, err
	}
	keys, err := s.Keys(ctx, a)
	if err != nil {
		return ConnectionReport{}, err
	}
	for _, k := range keys.Rows {
		for _, p := range k.Platforms {
			if p.Connection.ID == id {
				r.Keys = append(r.Keys, ConnectionKey{k, p.KeyUse})
			}
		}
	}
	r.Contexts, err = contextsOf(ctx, store, id)
	r.Scopes = scopeStates(r.Connection, r.Contexts)
	return r, err
}

// maxHistory is how many changes the page of a connection shows.
const maxHistory = 30

// A ConnectionReport is a connection and what is known of its life.
type ConnectionReport struct {
	Connection
	Contents ConnectionContents
	History  []AuditEntry // the newest first, not all
	Keys     []ConnectionKey
	Scopes   []ScopeState
	Contexts []Context // that anybody has launched from, the latest first
}

// A ConnectionKey is a signing key and what the platform made of it.
type ConnectionKey struct {
	Key KeyRow
	KeyUse
}

// contextsOf returns the contexts of a connection.
func contextsOf(ctx context.Context, r Reader, id ConnectionID) ([]Context, error) {
	all, err := r.Contexts(ctx)
	var own []Context
	for _, c := range all {
		if c.Connection == id {
			own = append(own, c)
		}
	}
	return own, err
}
