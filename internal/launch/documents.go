package launch

import (
	"encoding/json"
	"net/http"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
	"github.com/greenroom-lti/greenroom/lti"
	"github.com/greenroom-lti/greenroom/lti/dynreg"
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
	tool := l.platforms.ToolConfiguration(l.endpoints(r, workspace))
	// Each activity names its scenario. A registration does not send the
	// parameter: an empty value of the whole tool might hide an activity's.
	for i := range tool.Messages {
		tool.Messages[i].Custom = map[string]string{greenroom.ScenarioParameter: ""}
	}
	document, err := json.MarshalIndent(dynreg.Document(tool), "", "  ")
	if err != nil {
		return err
	}
	return publish(w, document)
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
