package lti

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"time"
)

// States carries a login to its launch. Seal and Open may work without any
// storage (embed a Sealer); Spend needs one.
type States interface {
	// Seal returns the state that stands for a login: at most 400 bytes of
	// base64url, which nobody else can make, read or change.
	Seal(PendingLogin) (state string, err error)

	// Open returns what Seal was given, or ErrUnknownState. It does not look
	// at the time: FinishLaunch does.
	Open(state string) (PendingLogin, error)

	// Spend is the last check of a launch. It succeeds once for each
	// launch.StateID, also among callers at the same moment, and returns
	// ErrSpent after that. What the tool writes down about a launch belongs
	// into the same transaction. Any other error refuses the launch as well.
	Spend(ctx context.Context, launch *Launch) error
}

var (
	// ErrUnknownState says that a state is not one of ours.
	ErrUnknownState = errors.New("unknown state")
	// ErrSpent says that a state was used before.
	ErrSpent = errors.New("state was spent before")
)

// A PendingLogin is what a tool must remember between the login request and
// the launch.
type PendingLogin struct {
	ID            string    // the time and 80 bits of chance; becomes Launch.StateID
	Registration  string    // Registration.ID
	Nonce         string    // what the id_token must carry
	Expires       time.Time // whole seconds
	Binding       [32]byte  // Bind of target_link_uri and launch URL
	Secret        [32]byte  // SHA-256 of the browser's cookie value
	Deployment    string    // BindDeployment of the login's lti_deployment_id, empty if it sent none
	StorageTarget string    // the login's lti_storage_target, empty if it sent none
}

// Bind ties a state to the target that the platform asked for and to the
// launch URL that the answer must arrive at: half a SHA-256 of each, the launch
// URL's first.
func Bind(target, launchURL string) [32]byte {
	launch := sha256.Sum256([]byte(launchURL))
	both := sha256.Sum256([]byte(launchURL + "\x00" + target))
	var b [32]byte
	copy(b[:16], launch[:16])
	copy(b[16:], both[:16])
	return b
}

// BindDeployment ties a state to a deployment id in 22 characters. The empty
// id, which a login may send, gives the empty string.
func BindDeployment(id string) string {
	if id == "" {
		return ""
	}
	sum := sha256.Sum256([]byte(id))
	return base64.RawURLEncoding.EncodeToString(sum[:16])
}
