package greenroom

import (
	"context"
	"sync"
	"time"
)

// Every launch reads the same few rows: the workspace, the connection, the
// scenario; every score, the keys. Recent remembers them. What this process changes is forgotten at
// once; what others change, within recentFor: then the version of the
// workspace's settings is asked for, and if it is another one, all is read anew.
// So it is after recentAtMost: servers of a version that counts no changes may
// still be at work during an upgrade.
const (
	recentFor    = time.Second
	recentAtMost = 30 * time.Second
	maxRecent    = 2000 // workspaces
	maxRecentOne = 1000 // rows of a kind in one workspace
)

// Known returns what remembers rows for launches and scores, or what reads them each time
// where nothing tells of changes.
func (s *Service) Known() *Recent {
	if s.Recent != nil {
		return s.Recent
	}
	return &Recent{store: s.Store}
}

// A Recent reads rows that change seldom. What it returns is shared: do not
// change it. LastLaunchAt and LastPassbackAt of its connections are zero.
type Recent struct {
	store Store
	now   func() time.Time // nil: nothing is remembered

	mu   sync.Mutex
	rows map[WorkspaceID]*recentRows
}

// recentRows are those of one workspace, at one version of its settings.
type recentRows struct {
	begun       time.Time // nothing was known before
	checked     time.Time
	version     int64
	workspace   map[string]Workspace // one, under the empty key
	connections map[ConnectionID]Connection
	clients     map[[2]string][]Connection // by issuer and client ID
	scenarios   map[ScenarioID]Scenario
	slugs       map[string]Scenario
	buried      map[string]bool  // one, under the empty key
	keys        map[string][]Key // likewise
}

// NewRecent remembers nothing yet.
func NewRecent(store Store, now func() time.Time) *Recent {
	return &Recent{store: store, now: now, rows: map[WorkspaceID]*recentRows{}}
}

// Settings is Reader.SettingsVersion, of a second ago at most.
func (r *Recent) Settings(ctx context.Context, w WorkspaceID) (int64, error) {
	if r.now == nil {
		return r.store.Workspace(w).SettingsVersion(ctx)
	}
	rows, err := r.fresh(ctx, w)
	if err != nil {
		return 0, err
	}
	return rows.version, nil
}

// Workspace returns ErrNotFound if it is gone.
func (r *Recent) Workspace(ctx context.Context, w WorkspaceID) (Workspace, error) {
	return recent(ctx, r, w, "", func(rows *recentRows) *map[string]Workspace { return &rows.workspace },
		func(s WorkspaceStore) (Workspace, error) { return s.Workspace(ctx) })
}

// Connection is Reader.Connection.
func (r *Recent) Connection(ctx context.Context, w WorkspaceID, id ConnectionID) (Connection, error) {
	return recent(ctx, r, w, id, func(rows *recentRows) *map[ConnectionID]Connection { return &rows.connections },
		func(s WorkspaceStore) (Connection, error) {
			c, err := s.Connection(ctx, id)
			return c.lasting(), err
		})
}

// ConnectionsOf is Reader.ConnectionsOf.
func (r *Recent) ConnectionsOf(ctx context.Context, w WorkspaceID, issuer, clientID string) ([]Connection, error) {
	return recent(ctx, r, w, [2]string{issuer, clientID}, func(rows *recentRows) *map[[2]string][]Connection { return &rows.clients },
		func(s WorkspaceStore) ([]Connection, error) {
			all, err := s.ConnectionsOf(ctx, issuer, clientID)
			for i := range all {
				all[i] = all[i].lasting()
			}
			return all, err
		})
}

// Scenario is Reader.Scenario.
func (r *Recent) Scenario(ctx context.Context, w WorkspaceID, id ScenarioID) (Scenario, error) {
	return recent(ctx, r, w, id, func(rows *recentRows) *map[ScenarioID]Scenario { return &rows.scenarios },
		func(s WorkspaceStore) (Scenario, error) { return s.Scenario(ctx, id) })
}

// ScenarioBySlug is Reader.ScenarioBySlug.
func (r *Recent) ScenarioBySlug(ctx context.Context, w WorkspaceID, slug string) (Scenario, error) {
	return recent(ctx, r, w, slug, func(rows *recentRows) *map[string]Scenario { return &rows.slugs },
		func(s WorkspaceStore) (Scenario, error) { return s.ScenarioBySlug(ctx, slug) })
}

// Keys is Reader.Keys.
func (r *Recent) Keys(ctx context.Context, w WorkspaceID) ([]Key, error) {
	return recent(ctx, r, w, "", func(rows *recentRows) *map[string][]Key { return &rows.keys },
		func(s WorkspaceStore) ([]Key, error) { return s.Keys(ctx) })
}

// Buried is Reader.AnyTombstone.
func (r *Recent) Buried(ctx context.Context, w WorkspaceID) (bool, error) {
	return recent(ctx, r, w, "", func(rows *recentRows) *map[string]bool { return &rows.buried },
		func(s WorkspaceStore) (bool, error) { return s.AnyTombstone(ctx) })
}

// Forget forgets what is known of a workspace: its settings have changed.
func (r *Recent) Forget(w WorkspaceID) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.rows, w)
}

// ForgetAll forgets everything: something may have been missed.
func (r *Recent) ForgetAll() {
	r.mu.Lock()
	defer r.mu.Unlock()
	clear(r.rows)
}

// lasting is a connection without what every launch changes.
func (c Connection) lasting() Connection {
	c.LastLaunchAt, c.LastPassbackAt = time.Time{}, time.Time{}
	return c
}

// recent returns a row that is remembered, or reads and remembers it. Rows that
// were forgotten meanwhile stay forgotten.
func recent[K comparable, V any](
	ctx context.Context, r *Recent, w WorkspaceID, key K, of func(*recentRows) *map[K]V, read func(WorkspaceStore) (V, error),
) (V, error) {
	if r.now == nil {
		return read(r.store.Workspace(w))
	}
	rows, err := r.fresh(ctx, w)
	if err != nil {
		var none V
		return none, err
	}
	r.mu.Lock()
	v, known := (*of(rows))[key]
	r.mu.Unlock()
	if known {
		return v, nil
	}
	if v, err = read(r.store.Workspace(w)); err != nil {
		return v, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if kept := of(rows); r.rows[w] == rows {
		if *kept == nil || len(*kept) >= maxRecentOne {
			*kept = map[K]V{}
		}
		(*kept)[key] = v
	}
	return v, nil
}

// fresh returns a workspace's rows, of the settings as they were a second ago
// at most.
func (r *Recent) fresh(ctx context.Context, w WorkspaceID) (*recentRows, error) {
	now := r.now()
	r.mu.Lock()
	rows := r.rows[w]
	r.mu.Unlock()
	if rows != nil && !now.Before(rows.checked) && now.Before(rows.checked.Add(recentFor)) {
		return rows, nil
	}
	version, err := r.store.Workspace(w).SettingsVersion(ctx)
	if err != nil {
		return nil, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if rows == nil || rows.version != version || r.rows[w] != rows || !now.Before(rows.begun.Add(recentAtMost)) {
		rows = &recentRows{version: version, begun: now}
	} else {
		kept := *rows
		rows = &kept
	}
	rows.checked = now
	if len(r.rows) >= maxRecent {
		clear(r.rows)
	}
	r.rows[w] = rows
	return rows, nil
}
