package launch

import (
	"embed"
	"errors"
	"io/fs"
	"net/http"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
	"github.com/greenroom-lti/greenroom/internal/web"
	"github.com/greenroom-lti/greenroom/lti"
	"github.com/greenroom-lti/greenroom/lti/dynreg"
)

var (
	//go:embed all:templates
	templateFiles embed.FS
	//go:embed assets
	assetFiles embed.FS
)

// Platforms is what the endpoints need to know of LMSes.
type Platforms interface {
	// Registrations returns the connections of one workspace.
	Registrations(w greenroom.WorkspaceID) lti.Registrations
	// KeySets returns the key sets of one workspace's connections.
	KeySets(w greenroom.WorkspaceID) lti.KeySets
	// SharedRegistrations and SharedKeySets are those of the instance.
	SharedRegistrations() lti.Registrations
	SharedKeySets() lti.KeySets
	// ToolConfiguration says what Greenroom is and asks for.
	ToolConfiguration(t greenroom.ToolEndpoints) dynreg.ToolConfiguration
}

// Launch is the LTI endpoints of all workspaces.
type Launch struct {
	kit       *web.Kit
	service   *greenroom.Service
	platforms Platforms
	log       *greenroom.LaunchLog
	pages     *web.Templates
	sealers   sealers
}

// New returns the endpoints. Refused launches go to the log.
func New(kit *web.Kit, p Platforms, log *greenroom.LaunchLog) *Launch {
	assets, err := fs.Sub(assetFiles, "assets")
	if err == nil {
		err = errors.Join(kit.AddAssets(assets), kit.AddAsset("lti-storage.js", []byte(lti.StorageScript)))
	}
	if err != nil {
		panic(err) // the files are part of the binary
	}
	return &Launch{
		kit: kit, service: kit.Service, platforms: p, log: log,
		pages: kit.Templates(templateFiles, "templates/*.html"),
	}
}

// Mount adds the routes.
func (l *Launch) Mount(mux web.Router) {
	mux.Handle("GET /lti/{workspace}/login", l.kit.FramePage(l.kit.Limit(web.LoginLimit, l.login)))
	mux.Handle("POST /lti/{workspace}/login", l.kit.FramePage(l.kit.Limit(web.LoginLimit, l.login)))
	mux.Handle("POST /lti/{workspace}/launch", l.kit.FramePage(l.kit.Limit(web.LaunchLimit, l.launch)))
	mux.Handle("GET /lti/{workspace}/launch", l.kit.FramePage(l.kit.Limit(web.LaunchLimit, l.reload)))
	mux.Handle("POST /lti/{workspace}/launch/stored", l.kit.FramePage(l.kit.Limit(web.LaunchLimit, l.stored)))
	mux.Handle("GET /lti/login", l.kit.FramePage(l.kit.Limit(web.LoginLimit, l.login)))
	mux.Handle("POST /lti/login", l.kit.FramePage(l.kit.Limit(web.LoginLimit, l.login)))
	mux.Handle("POST /lti/launch", l.kit.FramePage(l.kit.Limit(web.LaunchLimit, l.launch)))
	mux.Handle("GET /lti/launch", l.kit.FramePage(l.kit.Limit(web.LaunchLimit, l.reload)))
	mux.Handle("POST /lti/launch/stored", l.kit.FramePage(l.kit.Limit(web.LaunchLimit, l.stored)))
	mux.Handle("POST /lti/claim", l.kit.FramePage(l.kit.Limit(web.ClaimLimit, l.claim)))
	mux.Handle("GET /lti/jwks.json", l.kit.Document(l.sharedKeySet))
	mux.Handle("GET /lti/.well-known/openid-configuration", l.kit.Document(l.sharedOpenID))
	mux.Handle("GET /lti/{workspace}/register", l.kit.FramePage(l.kit.Limit(web.RegistrationLimit, l.register)))
	mux.Handle("POST /lti/{workspace}/notices", l.kit.Document(l.kit.Limit(web.NoticeLimit, l.notices)))
	mux.Handle("GET /lti/{workspace}/jwks.json", l.kit.Document(l.keySet))
	mux.Handle("GET /lti/{workspace}/.well-known/openid-configuration", l.kit.Document(l.openID))
	mux.Handle("GET /lti/{workspace}/canvas.json", l.kit.Document(l.canvas))
	mux.Handle("GET /lti/{workspace}/key.pem", l.kit.Document(l.pem))
}

// workspace returns the route's workspace, named by its ID. An LMS may go on
// sending people to one that was deleted: they get a page of their own.
func (l *Launch) workspace(r *http.Request) (greenroom.Workspace, error) {
	id := greenroom.WorkspaceID(r.PathValue("workspace"))
	w, err := l.service.Known().Workspace(r.Context(), id)
	if errors.Is(err, greenroom.ErrNotFound) {
		err = &web.PageError{
			Status:   http.StatusNotFound,
			Title:    "This practice room is not here any more",
			Sentence: "The activity leads to a Greenroom workspace that was deleted, or the address is mistyped.",
			Hint:     "Ask your teacher. Whoever looks after the LMS can remove the tool or connect it to another workspace.",
			Cause:    err,
		}
	}
	return w, err
}
