package greenroom

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/greenroom-lti/greenroom/lti"
)

// A LegacyKey is an LTI 1.1 consumer key of an older tool: a platform that
// signs with its secret proves that the IDs of that tool are its own (LTI 1.3
// migration guide, §3.1).
type LegacyKey struct {
	Connection ConnectionID
	Key        string
	Sealed     []byte // the secret
	CreatedAt  time.Time
}

// A LegacyLink says what an activity of an older tool is here.
type LegacyLink struct {
	LegacyID string // the resource_link_id of LTI 1.1
	Scenario ScenarioID
}

const legacyPurpose = "consumer secret"

func legacyOwner(w WorkspaceID, c ConnectionID, key string) string {
	return string(w) + "/" + string(c) + "/" + key
}

// migrated is what a launch proves of an older tool; the zero value if it
// proves nothing.
type migrated struct {
	connection ConnectionID
	user, link string // legacy IDs; empty where they did not change
	links      []string
	note       string // for the launch log, why a claim was not believed
}

// migrated checks a launch's migration claim. A claim that does not hold is
// noted, and changes nothing else: it is no part of a launch's validity.
func (s *Service) migrated(ctx context.Context, w WorkspaceID, store Reader, l *lti.Launch) (migrated, error) {
	c := ConnectionID(l.Registration.ID)
	if l.Migration == nil || l.Migration.ConsumerKey == "" {
		return migrated{}, nil
	}
	keys, err := store.LegacyKeys(ctx, c)
	if err != nil || len(keys) == 0 {
		return migrated{}, err
	}
	for _, k := range keys {
		if k.Key != l.Migration.ConsumerKey {
			continue
		}
		secret, err := s.Vault.Open(legacyPurpose, legacyOwner(w, c, k.Key), k.Sealed)
		if errors.Is(err, ErrMasterKey) {
			return migrated{note: "The migration claim was ignored: the secret of its consumer key was kept under a master key that is gone. Enter it again on the connection's page."}, nil
		}
		if err != nil {
			return migrated{}, err
		}
		if !l.MigratesFrom(string(secret)) {
			return migrated{note: "The migration claim was ignored: its signature was not made with the secret of the consumer key."}, nil
		}
		m := migrated{connection: c, user: legacyID(l.Migration.UserID), link: legacyID(l.Migration.ResourceLinkID)}
		for _, id := range append([]string{m.link}, l.Migration.ResourceLinkIDs...) {
			if id = legacyID(id); id != "" && len(m.links) < maxAncestors {
				m.links = append(m.links, id)
			}
		}
		if m.link == "" && l.ResourceLink != nil { // a value that did not change is left out
			m.links = append(m.links, l.ResourceLink.ID)
		}
		return m, nil
	}
	return migrated{note: "The migration claim was ignored: its consumer key is not one of this connection."}, nil
}

// legacyID is an ID of an older tool, if it has a length that can be kept.
func legacyID(id string) string {
	if len(id) > maxPlatformID {
		return ""
	}
	return id
}

// scenario returns what the imported table says of the launch's link.
func (m migrated) scenario(ctx context.Context, store Reader) (finding, error) {
	for _, id := range m.links {
		link, err := store.LegacyLink(ctx, m.connection, id)
		if errors.Is(err, ErrNotFound) {
			continue
		}
		if err != nil {
			return finding{}, err
		}
		sc, err := store.Scenario(ctx, link.Scenario)
		return finding{sc, "", "The scenario was found by the activity's ID of the older tool."}, err
	}
	return finding{}, ErrNotFound
}

// The bounds of what administrators store of an older tool.
const (
	maxLegacySecret = 1000
	maxLegacyLinks  = 20_000
)

// A Legacy is what a connection knows of an older tool, and of what its
// platform tells by itself.
type Legacy struct {
	Connection Connection
	Keys       []LegacyKey
	Links      int
	Services   []NoticeService // of its deployments that tell of any
	Notices    []Notice        // the newest
}

// shownNotices is how many notices a page shows.
const shownNotices = 20

// Legacy returns what a connection knows of an older tool and of copies.
func (s *Service) Legacy(ctx context.Context, a Actor, id ConnectionID) (Legacy, error) {
	store, err := s.settings(a)
	if err != nil {
		return Legacy{}, err
	}
	var l Legacy
	if l.Connection, err = store.Connection(ctx, id); err != nil {
		return Legacy{}, err
	}
	if l.Keys, err = store.LegacyKeys(ctx, id); err != nil {
		return Legacy{}, err
	}
	links, err := store.LegacyLinks(ctx, id)
	if err != nil {
		return Legacy{}, err
	}
	l.Links = len(links)
	if l.Services, err = store.NoticeServices(ctx); err != nil {
		return Legacy{}, err
	}
	l.Services = slices.DeleteFunc(l.Services, func(n NoticeService) bool { return n.Connection != id })
	l.Notices, err = store.Notices(ctx, id, shownNotices)
	return l, err
}

// SaveLegacyKey stores a consumer key with its secret, sealed. *Invalid names
// the fields consumer_key and secret.
func (s *Service) SaveLegacyKey(ctx context.Context, a Actor, id ConnectionID, key, secret string) error {
	store, err := s.settings(a)
	if err != nil {
		return err
	}
	var bad Invalid
	key = strings.TrimSpace(key)
	if key == "" || len(key) > maxPlatformID || oneLine(key) != key {
		bad.Add("consumer_key", "Enter the consumer key as the older tool had it, at most 255 characters.")
	}
	if secret == "" || len(secret) > maxLegacySecret {
		bad.Add("secret", "Enter the shared secret of this key.")
	}
	if err := bad.OrNil(); err != nil {
		return err
	}
	sealed, err := s.Vault.Seal(legacyPurpose, legacyOwner(a.Workspace, id, key), []byte(secret))
	if err != nil {
		return err
	}
	return store.Update(ctx, func(ctx context.Context, tx Tx) error {
		c, err := tx.Connection(ctx, id)
		if err != nil {
			return err
		}
		if err := tx.SaveLegacyKey(ctx, LegacyKey{Connection: id, Key: key, Sealed: sealed, CreatedAt: s.Now()}); err != nil {
			return err
		}
		return s.audit(ctx, tx, a, legacyEntry(LegacyKeySaved, c, Change{"consumer key", "", key}))
	})
}

// DeleteLegacyKey forgets a consumer key: its signatures prove nothing any more.
func (s *Service) DeleteLegacyKey(ctx context.Context, a Actor, id ConnectionID, key string) error {
	store, err := s.settings(a)
	if err != nil {
		return err
	}
	return store.Update(ctx, func(ctx context.Context, tx Tx) error {
		c, err := tx.Connection(ctx, id)
		if err != nil {
			return err
		}
		if err := tx.DeleteLegacyKey(ctx, id, key); err != nil {
			return err
		}
		return s.audit(ctx, tx, a, legacyEntry(LegacyKeyDeleted, c, Change{"consumer key", key, ""}))
	})
}

// ImportLegacyLinks reads a table of two columns, the resource_link_id of the
// older tool and the slug or ID of a scenario, and puts it in the place of the
// one that there was. *Invalid names the field table and the first line that
// is wrong; nothing changes then. An empty table forgets all.
func (s *Service) ImportLegacyLinks(ctx context.Context, a Actor, id ConnectionID, table string) (int, error) {
	store, err := s.settings(a)
	if err != nil {
		return 0, err
	}
	links, err := s.readLegacyLinks(ctx, a.Workspace, table)
	if err != nil {
		return 0, err
	}
	err = store.Update(ctx, func(ctx context.Context, tx Tx) error {
		c, err := tx.Connection(ctx, id)
		if err != nil {
			return err
		}
		old, err := tx.LegacyLinks(ctx, id)
		if err != nil {
			return err
		}
		if err := tx.ReplaceLegacyLinks(ctx, id, links); err != nil {
			return err
		}
		return s.audit(ctx, tx, a, legacyEntry(LegacyLinksImported, c, Change{"activities", fmt.Sprint(len(old)), fmt.Sprint(len(links))}))
	})
	return len(links), err
}

func (s *Service) readLegacyLinks(ctx context.Context, w WorkspaceID, table string) ([]LegacyLink, error) {
	wrong := func(line int, text string) ([]LegacyLink, error) {
		return nil, invalid("table", fmt.Sprintf("Line %d: %s", line, text))
	}
	r := csv.NewReader(strings.NewReader(table))
	r.FieldsPerRecord, r.TrimLeadingSpace = -1, true
	var links []LegacyLink
	seen, scenarios := map[string]bool{}, map[string]ScenarioID{}
	for {
		row, err := r.Read()
		if errors.Is(err, io.EOF) {
			return links, nil
		}
		if broken, ok := errors.AsType[*csv.ParseError](err); ok {
			return wrong(broken.StartLine, "this is no line of a table with commas between its cells.")
		}
		if err != nil {
			return nil, err
		}
		line, _ := r.FieldPos(0)
		if len(links) == 0 && !seen["header"] && strings.TrimSpace(row[0]) == "resource_link_id" {
			seen["header"] = true
			continue
		}
		if len(row) != 2 {
			return wrong(line, "there must be two cells, the resource_link_id and the scenario.")
		}
		id, name := strings.TrimSpace(row[0]), strings.TrimSpace(row[1])
		switch {
		case id == "" || len(id) > maxPlatformID:
			return wrong(line, "the resource_link_id is empty or longer than 255 characters.")
		case seen["id "+id]:
			return wrong(line, "this resource_link_id stands further up already.")
		case len(links) == maxLegacyLinks:
			return wrong(line, fmt.Sprintf("a table has at most %d lines.", maxLegacyLinks))
		}
		seen["id "+id] = true
		if scenarios[name] == "" {
			sc, err := s.ResolveScenario(ctx, w, name)
			if errors.Is(err, ErrNotFound) {
				return wrong(line, "no scenario of this workspace has this address: "+clip(oneLine(name), maxSlug)+".")
			}
			if err != nil {
				return nil, err
			}
			scenarios[name] = sc.ID
		}
		links = append(links, LegacyLink{id, scenarios[name]})
	}
}

func legacyEntry(action AuditAction, c Connection, change Change) AuditEntry {
	return AuditEntry{Action: action, Noun: NounConnection, NounID: string(c.ID), Label: c.Platform, Changes: []Change{change}}
}
