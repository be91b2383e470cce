package platform

import (
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
	// ClientID and DeploymentID are given out by AddTool if empty.
	ClientID, DeploymentID string
}

// A Tool is a registered tool: its ClientID and DeploymentID are never empty.
type Tool struct {
	ToolSettings
}

var usualScopes = []string{lti.ScopeLineItemReadOnly, lti.ScopeResultReadOnly, lti.ScopeScore}

// AddTool registers a tool by hand.
func (p *Platform) AddTool(s ToolSettings) Tool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if s.ClientID == "" {
		s.ClientID = p.token(8)
	}
	return p.addTool(s)
}

func (p *Platform) addTool(s ToolSettings) Tool {
	if s.Scopes == nil {
		s.Scopes = slices.Clone(usualScopes)
	}
	if s.DeploymentID == "" {
		s.DeploymentID = p.nextID()
	}
	t := &Tool{s}
	p.tools[t.ClientID] = t
	return *t
}

// Tools returns all tools in the order in which they were registered.
func (p *Platform) Tools() []Tool {
	p.mu.Lock()
	defer p.mu.Unlock()
	var all []Tool
	for _, t := range p.tools {
		all = append(all, *t)
	}
	slices.SortFunc(all, func(a, b Tool) int { return byNumber(a.DeploymentID, b.DeploymentID) })
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
