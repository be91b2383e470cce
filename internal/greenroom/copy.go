package greenroom

import (
	"context"
	"errors"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/greenroom-lti/greenroom/lti"
)

// Custom parameters by which a platform that copies courses tells where a link
// and a context come from: the IDs of what they were copied from, the newest
// first, with commas between. A registration asks for them; what a platform
// does not know comes back as the variable, which counts as absent.
const (
	LinkHistoryParameter    = "resource_link_history"
	ContextHistoryParameter = "context_history"
)

// HistoryParameters are the custom parameters that a registration asks for,
// with the variables that a platform puts values to (Core 1.0, appendix C).
func HistoryParameters() map[string]string {
	return map[string]string{
		LinkHistoryParameter:    "$ResourceLink.id.history",
		ContextHistoryParameter: "$Context.id.history",
	}
}

// A Place is what a platform calls something by in one of its deployments.
type Place struct {
	Connection ConnectionID
	Deployment string
	PlatformID string
}

// The bounds of what a platform tells of copies.
const (
	maxAncestors  = 20  // IDs that are looked for
	maxPlatformID = 255 // bytes of one
	// maxGenerations is how many copies of copies are looked through.
	maxGenerations = 5
)

// readHistory reads a list of IDs, which platforms encode as in URLs.
func readHistory(value string) []string {
	var ids []string
	for part := range strings.SplitSeq(value, ",") {
		id := strings.TrimSpace(part)
		if plain, err := url.QueryUnescape(id); err == nil {
			id = plain
		}
		if id != "" && len(id) <= maxPlatformID && len(ids) < maxAncestors {
			ids = append(ids, id)
		}
	}
	return ids
}

// An ancestry is what a launch's link and context were copied from. Each is
// nil if that is not known.
type ancestry struct {
	link    *ResourceLink
	context *Context
}

// ancestry looks for what is known of a launch's past, in its own deployment
// alone: the IDs of another may mean anything.
func (s *Service) ancestry(ctx context.Context, store Reader, l *lti.Launch) (a ancestry, err error) {
	at := func(id string) Place {
		return Place{Connection: ConnectionID(l.Registration.ID), Deployment: l.DeploymentID, PlatformID: id}
	}
	if l.ResourceLink != nil {
		a.link, err = firstOf(readHistory(l.Custom[LinkHistoryParameter]), l.ResourceLink.ID, func(id string) (ResourceLink, error) {
			return store.LinkOf(ctx, at(id))
		})
	}
	if err != nil || l.Context == nil {
		return a, err
	}
	a.context, err = firstOf(readHistory(l.Custom[ContextHistoryParameter]), l.Context.ID, func(id string) (Context, error) {
		return store.ContextOf(ctx, at(id))
	})
	return a, err
}

// told looks for what a notice has told of the past of a launch's context. Its
// row says it already: most launches need not ask.
func (a *ancestry) told(ctx context.Context, store Reader, l *lti.Launch) error {
	if a.context != nil || l.Context == nil {
		return nil
	}
	own, err := store.ContextOf(ctx, Place{Connection: ConnectionID(l.Registration.ID), Deployment: l.DeploymentID, PlatformID: l.Context.ID})
	if err == nil && own.CopiedFrom != "" {
		err = known(&a.context, own.CopiedFrom, func() (*Context, error) {
			source, err := store.Context(ctx, own.CopiedFrom)
			return &source, err
		})
	}
	return absent(err)
}

// firstOf returns the first of some IDs that is found, but own.
func firstOf[T any](ids []string, own string, find func(string) (T, error)) (*T, error) {
	for _, id := range ids {
		if id == own {
			continue
		}
		v, err := find(id)
		if err == nil {
			return &v, nil
		}
		if !errors.Is(err, ErrNotFound) {
			return nil, err
		}
	}
	return nil, nil
}

// absent takes what was not found for nothing.
func absent(err error) error {
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	return err
}

// A Lineage says what a course and its activities were copied from, as far as
// that is known.
type Lineage struct {
	Context *Context // nil if the course is no copy
	Links   []LinkOrigin
}

// A LinkOrigin is an activity that is a copy of another one.
type LinkOrigin struct {
	Link, From ResourceLink
}

// ShowLineage returns what is known of a course's past. What is gone by now is
// left out.
func (s *Service) ShowLineage(ctx context.Context, a Actor, id ContextID) (l Lineage, err error) {
	store, err := s.settings(a)
	if err != nil {
		return l, err
	}
	c, err := store.Context(ctx, id)
	if err != nil {
		return l, err
	}
	err = known(&l.Context, c.CopiedFrom, func() (*Context, error) {
		from, err := store.Context(ctx, c.CopiedFrom)
		return &from, err
	})
	if err != nil {
		return l, err
	}
	links, err := store.LinksIn(ctx, id)
	if err != nil {
		return l, err
	}
	for _, link := range links {
		var from ResourceLink
		err := known(&from, link.CopiedFrom, func() (ResourceLink, error) { return store.ResourceLink(ctx, link.CopiedFrom) })
		if err != nil {
			return l, err
		}
		if from.ID != "" {
			l.Links = append(l.Links, LinkOrigin{link, from})
		}
	}
	return l, nil
}

// A finding is the scenario of a launch that names none, and how it was found.
type finding struct {
	scenario Scenario
	link     ResourceLinkID // of which this one is a copy; empty if that is not known
	note     string         // for the launch log
}

// itemWait bounds how long a launch waits for its line item.
const itemWait = 3 * time.Second

// findScenario looks for the scenario of an activity that lost the name of it,
// as copies of courses do in some LMSes. What is written down here comes first;
// the platform is asked only if that does not tell. ErrNotFound.
func (s *Service) findScenario(ctx context.Context, w WorkspaceID, l *lti.Launch, a ancestry, m migrated) (finding, error) {
	store := s.Store.Workspace(w)
	for _, look := range []func() (finding, error){
		func() (finding, error) { return m.scenario(ctx, store) },
		func() (finding, error) { return ofSource(ctx, store, a) },
		func() (finding, error) { return s.ofItem(ctx, w, l) },
		func() (finding, error) { return ofContext(ctx, store, l, a) },
		func() (finding, error) { return ofItself(ctx, store, l) },
	} {
		f, err := look()
		if err == nil {
			f.scenario, err = unarchived(f.scenario, nil)
		}
		if !errors.Is(err, ErrNotFound) {
			return f, err
		}
	}
	return finding{}, ErrNotFound
}

// ofSource takes the scenario of the link that this one is a copy of.
func ofSource(ctx context.Context, store Reader, a ancestry) (finding, error) {
	if a.link == nil || a.link.Scenario == "" {
		return finding{}, ErrNotFound
	}
	sc, err := store.Scenario(ctx, a.link.Scenario)
	return finding{sc, a.link.ID, "The scenario was found by the history of the activity: it is a copy of another one."}, err
}

// ofItem takes the scenario that the line item's resourceId names: a copied
// column keeps it (AGS 2.0 §3.2.7). A platform that does not answer soon has
// not told.
func (s *Service) ofItem(ctx context.Context, w WorkspaceID, l *lti.Launch) (finding, error) {
	if l.Grades == nil || l.Grades.LineItem == "" || !(l.Grades.Can(lti.ScopeLineItem) || l.Grades.Can(lti.ScopeLineItemReadOnly)) {
		return finding{}, ErrNotFound
	}
	ctx, cancel := context.WithTimeout(ctx, itemWait)
	defer cancel()
	c, err := s.Store.Workspace(w).Connection(ctx, ConnectionID(l.Registration.ID))
	if err != nil {
		return finding{}, err
	}
	key, err := s.SigningKey(ctx, w)
	if err != nil {
		return finding{}, err
	}
	resource, err := s.Platforms.LineItemResource(ctx, w, c, key, l.Grades.LineItem, l.DeploymentID)
	if err != nil {
		s.Log.InfoContext(ctx, "line item of a launch without a scenario not read", "err", err)
		return finding{}, ErrNotFound
	}
	name, _, _ := strings.Cut(resource, ".") // behind the dot is a mark of the pick
	if name == "" {
		return finding{}, ErrNotFound
	}
	sc, err := s.ResolveScenario(ctx, w, name)
	return finding{sc, "", "The scenario was found by the resource ID of the gradebook's column."}, err
}

// ofContext takes the scenario of the activity of the same title in the course
// that this one is a copy of, or in what that was copied from; or the only
// scenario that all of them have.
func ofContext(ctx context.Context, store Reader, l *lti.Launch, a ancestry) (finding, error) {
	var all []ResourceLink
	title := ""
	if l.ResourceLink != nil {
		title = clip(oneLine(l.ResourceLink.Title), maxName)
	}
	for generation, source := 0, a.context; source != nil && generation < maxGenerations; generation++ {
		links, err := store.LinksIn(ctx, source.ID)
		if err != nil {
			return finding{}, err
		}
		named := slices.DeleteFunc(slices.Clone(links), func(l ResourceLink) bool { return title == "" || l.Title != title })
		if link, ok := oneScenario(named); ok {
			return inCopy(ctx, store, link)
		}
		all = append(all, links...)
		from := source.CopiedFrom
		source = nil
		err = known(&source, from, func() (*Context, error) {
			c, err := store.Context(ctx, from)
			return &c, err
		})
		if err != nil {
			return finding{}, err
		}
	}
	if link, ok := oneScenario(all); ok {
		return inCopy(ctx, store, link)
	}
	return finding{}, ErrNotFound
}

func inCopy(ctx context.Context, store Reader, link ResourceLink) (finding, error) {
	sc, err := store.Scenario(ctx, link.Scenario)
	return finding{sc, link.ID, "The scenario was found in the course that this one is a copy of."}, err
}

// oneScenario returns the first of some links, if all that opened a scenario
// opened the same.
func oneScenario(links []ResourceLink) (ResourceLink, bool) {
	links = slices.DeleteFunc(slices.Clone(links), func(l ResourceLink) bool { return l.Scenario == "" })
	if len(links) == 0 {
		return ResourceLink{}, false
	}
	return links[0], !slices.ContainsFunc(links, func(l ResourceLink) bool { return l.Scenario != links[0].Scenario })
}

// ofItself takes what the link opened before, if it is known to be a copy: its
// source may be gone by now.
func ofItself(ctx context.Context, store Reader, l *lti.Launch) (finding, error) {
	if l.ResourceLink == nil {
		return finding{}, ErrNotFound
	}
	own, err := store.LinkOf(ctx, Place{ConnectionID(l.Registration.ID), l.DeploymentID, l.ResourceLink.ID})
	if err != nil {
		return finding{}, err
	}
	if own.CopiedFrom == "" || own.Scenario == "" {
		return finding{}, ErrNotFound
	}
	sc, err := store.Scenario(ctx, own.Scenario)
	return finding{sc, "", "The scenario is the one that this copy of an activity opened before."}, err
}
