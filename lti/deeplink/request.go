package deeplink

import (
	"errors"
	"net/url"

	"github.com/greenroom-lti/greenroom/lti"
)

// A Request is what an answer needs of a deep linking request. It holds no
// secret, but Settings.ReturnURL and Settings.Data belong to the session of one
// user: keep it where that user alone can use it, and once.
//
// As JSON it comes back as it was, with Data absent or empty as it came.
type Request struct {
	Issuer       string          `json:"issuer"`        // the platform's
	ClientID     string          `json:"client_id"`     // the tool's
	DeploymentID string          `json:"deployment_id"` // that the request named
	Settings     lti.DeepLinking `json:"settings"`
}

// ErrNoRequest says that there is no deep linking request to answer: a launch
// with another message, or a Request of which something is lost.
var ErrNoRequest = errors.New("not a deep linking request")

// NewRequest takes from a launch what its answer needs. The error is
// ErrNoRequest unless the launch is a deep linking request.
func NewRequest(l *lti.Launch) (Request, error) {
	if l == nil || l.DeepLinking == nil {
		return Request{}, ErrNoRequest
	}
	return Request{
		Issuer: l.Registration.Issuer, ClientID: l.Registration.ClientID,
		DeploymentID: l.DeploymentID, Settings: *l.DeepLinking,
	}, nil
}

// complete tells whether there is somebody to answer. The return URL is the
// target of a form: it must lead to a web page.
func (r Request) complete() bool {
	u, err := url.Parse(r.Settings.ReturnURL)
	web := err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != ""
	return web && r.Issuer != "" && r.ClientID != "" && r.DeploymentID != ""
}
