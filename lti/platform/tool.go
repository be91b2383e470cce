package platform

import (
	"fmt"
	"slices"

	"github.com/greenroom-lti/greenroom/lti"
)

// ToolSettings are what an LMS's administrator types about a tool.
type ToolSettings struct {
	Name         string
	ToolURL      string // target link URI of launches
	LoginURL     string
	RedirectURIs []string
	KeySetURL    string
	Custom       map[string]string // of every launch
	// Scopes that the tool may ask for; nil: scores, and reading line items
	// and results.
	Scopes []string
	// DeepLinkingURL is the target link URI of deep linking requests; empty: the
	// tool's URL.
	DeepLinkingURL string
	// HideNames and HideEmail keep them from the tool, in launches and rosters.
	HideNames, HideEmail bool
	// Migration, if not nil, is the LTI 1.1 installation that the tool takes the
	// place of: launches carry its claim.
	Migration *Migration
	// ClientID and DeploymentID are given out by AddTool if empty.
	ClientID, DeploymentID string
}

// A Migration is an LTI 1.1 installation of a tool (LTI 1.3 migration guide).
type Migration struct {
	ConsumerKey, Secret string
	Users               map[string]string // user IDs of then, by those of now
	Contexts            map[string]string
	Links               map[string]string
}

// A Tool is a registered tool: its ClientID and DeploymentID are never empty.
type Tool struct {
	ToolSettings
	n          int
	asked      wanted // its registration as it was asked for
	logo       string
	management string // registration access token
}

var usualScopes = []string{lti.ScopeLineItemReadOnly, lti.ScopeResultReadOnly, lti.ScopeScore}

// AddTool registers a tool by hand.
func (p *Platform) AddTool(s ToolSettings) Tool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if s.ClientID == "" {
		s.ClientID = p.newClientID()
	}
	return p.addTool(s)
}

func (p *Platform) addTool(s ToolSettings) Tool {
	if s.Scopes == nil {
		s.Scopes = slices.Clone(usualScopes)
	}
	if s.DeploymentID == "" {
		s.DeploymentID = p.newDeploymentID()
	}
	p.count++
	t := &Tool{ToolSettings: s, n: p.count}
	p.tools[t.ClientID] = t
	return *t
}

func (p *Platform) newClientID() string {
	if p.profile.NumericClients {
		return fmt.Sprintf("1%013d", len(p.tools)+1)
	}
	return p.token(8)
}

func (p *Platform) newDeploymentID() string {
	id := p.nextID()
	switch {
	case p.profile.NumericClients:
		return id + ":" + p.token(20)
	case p.profile.LongIDs:
		return p.token(16)
	}
	return id
}

// Deploy gives a tool another deployment, as an LMS does in another account or
// at another customer of the vendor's, and returns its ID. Activities that are
// added from then on belong to it.
func (p *Platform) Deploy(clientID string) (deploymentID string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	id := p.newDeploymentID()
	p.tools[clientID].DeploymentID = id
	return id
}

// Tools returns all tools in the order in which they were registered.
func (p *Platform) Tools() []Tool {
	p.mu.Lock()
	defer p.mu.Unlock()
	var all []Tool
	for _, t := range p.tools {
		all = append(all, *t)
	}
	slices.SortFunc(all, func(a, b Tool) int { return a.n - b.n })
	return all
}

// Tool returns a tool by its client ID.
func (p *Platform) Tool(clientID string) (Tool, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	t, ok := p.tools[clientID]
	if !ok {
		return Tool{}, false
	}
	return *t, true
}

// DeleteTool takes a tool out, with its activities.
func (p *Platform) DeleteTool(clientID string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.tools, clientID)
	for id, l := range p.links {
		if l.Tool == clientID {
			delete(p.links, id)
			delete(p.items, l.item)
		}
	}
}
