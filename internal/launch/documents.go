package launch

import (
	"encoding/json"
	"encoding/pem"
	"net/http"
	"net/url"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
	"github.com/greenroom-lti/greenroom/lti"
	"github.com/greenroom-lti/greenroom/lti/dynreg"
	"github.com/greenroom-lti/greenroom/lti/profile"
)

// keySet publishes the workspace's public keys (Security 1.0 §6.3).
func (l *Launch) keySet(w http.ResponseWriter, r *http.Request) error {
	workspace, err := l.workspace(r)
	if err != nil {
		return err
	}
	keys, err := l.service.PublishedKeys(r.Context(), workspace.ID)
	if err != nil {
		return err
	}
	return publishKeys(w, keys)
}

func publishKeys(w http.ResponseWriter, keys []greenroom.Key) error {
	var public []lti.PublicKey
	for _, k := range keys {
		half, err := k.PublicRSA()
		if err != nil {
			return err
		}
		public = append(public, lti.PublicKey{ID: string(k.ID), RSA: half})
	}
	return publish(w, lti.KeySetDocument(public...))
}

// openID publishes the tool's own client configuration: what a registration
// sends, for LMSes and administrators that fetch it instead.
func (l *Launch) openID(w http.ResponseWriter, r *http.Request) error {
	workspace, err := l.workspace(r)
	if err != nil {
		return err
	}
	return l.publishTool(w, l.endpoints(r, workspace))
}

func (l *Launch) publishTool(w http.ResponseWriter, e greenroom.ToolEndpoints) error {
	tool := l.platforms.ToolConfiguration(e)
	// Each activity names its scenario. A registration does not send the
	// parameter: an empty value of the whole tool might hide an activity's.
	for i := range tool.Messages {
		if tool.Messages[i].Type == lti.MessageResourceLink {
			tool.Messages[i].Custom = map[string]string{greenroom.ScenarioParameter: ""}
		}
	}
	document, err := json.MarshalIndent(dynreg.Document(tool), "", "  ")
	if err != nil {
		return err
	}
	return publish(w, document)
}

// canvas publishes the workspace's tool as Canvas takes it for an LTI key, by
// URL or pasted.
func (l *Launch) canvas(w http.ResponseWriter, r *http.Request) error {
	workspace, err := l.workspace(r)
	if err != nil {
		return err
	}
	tool := l.platforms.ToolConfiguration(l.endpoints(r, workspace))
	document, err := json.MarshalIndent(canvasDocument(tool), "", "  ")
	if err != nil {
		return err
	}
	return publish(w, document)
}

func canvasDocument(t dynreg.ToolConfiguration) map[string]any {
	message, placements := lti.MessageResourceLink, []string{"assignment_selection", "link_selection"}
	for _, m := range t.Messages {
		if m.Type == lti.MessageDeepLinking {
			message, placements = m.Type, profile.Canvas().Registration.Extensions.DeepLinkingPlacements
		}
	}
	var placed []map[string]any
	for _, p := range placements {
		placed = append(placed, map[string]any{
			"placement": p, "message_type": message, "target_link_uri": t.LaunchURL, "text": t.Name, "enabled": true,
		})
	}
	settings := map[string]any{"text": t.Name, "placements": placed}
	if t.LogoURL != "" {
		settings["icon_url"] = t.LogoURL
	}
	return map[string]any{
		"title": t.Name, "description": t.Description, "target_link_uri": t.LaunchURL,
		"oidc_initiation_url": t.LoginURL, "public_jwk_url": t.KeySetURL, "scopes": t.Scopes,
		"extensions": []map[string]any{{
			"platform": "canvas.instructure.com", "domain": hostOf(t.LaunchURL), "privacy_level": "public", "settings": settings,
		}},
	}
}

func hostOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return u.Host
}

// pem publishes the public half of the key that signs now. An LMS that is given
// it does not hear of the next one.
func (l *Launch) pem(w http.ResponseWriter, r *http.Request) error {
	workspace, err := l.workspace(r)
	if err != nil {
		return err
	}
	key, err := l.service.SigningKey(r.Context(), workspace.ID)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/x-pem-file")
	w.Header().Set("Content-Disposition", `attachment; filename="greenroom.pem"`)
	w.Header().Set("Cache-Control", "no-store")
	return pem.Encode(w, &pem.Block{Type: "PUBLIC KEY", Bytes: key.Public})
}

// endpoints are the workspace's URLs on the host that was asked, and the name
// under which LMSes list it: a school may connect several workspaces.
func (l *Launch) endpoints(r *http.Request, w greenroom.Workspace) greenroom.ToolEndpoints {
	return l.kit.Here(r).Endpoints(w.ID, "Greenroom ("+w.Name+")")
}

// publish answers with a public JSON document. Platforms may keep it for an
// hour: a new key is published for much longer before it signs.
func publish(w http.ResponseWriter, document []byte) error {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "public, max-age=3600")
	_, _ = w.Write(document) // the reader has left
	return nil
}
