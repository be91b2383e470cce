package app

import (
	"io"
	"log/slog"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
)

// A Config is what an operator decides.
type Config struct {
	// DataDir holds the SQLite database, the master key and the lock. It is
	// made if it is missing.
	DataDir string
	// Existing makes OpenService refuse where there is no database of
	// Greenroom yet, or an older one, in place of making it.
	Existing bool
	// OtherMasterKey lets OpenService go on with a master key that is not the
	// one under which the database was sealed.
	OtherMasterKey bool
	// DatabaseURL is a postgres:// address; empty means SQLite in DataDir.
	DatabaseURL string
	// MasterKey is 32 bytes in base64 or hexadecimal; empty means the file
	// master.key in DataDir, which is made at the first start.
	MasterKey string

	// PublicURL is what browsers and LMSes call: scheme, host, port.
	PublicURL      string
	SupportContact string

	AllowNetworks []netip.Prefix // private networks on which LMSes may be
	AllowPorts    []uint16       // beside 443
	CAFile        string         // PEM, beside the system's roots

	// LaunchLogKeep is how long a row of the launch log is kept, at least
	// MinLaunchLogKeep; 0 means 90 days.
	LaunchLogKeep time.Duration
	// KeyMaxAge is how long a signing key signs before the next one takes over
	// by itself; 0 leaves rotation to people. KeyOverlap is how long a key
	// stays published after that; 0 means seven days.
	KeyMaxAge, KeyOverlap time.Duration

	// TrustedProxies may say whom they speak for, beside those on this machine.
	TrustedProxies []netip.Prefix

	// SlowQuery is from when on a query to the database is worth a line of the
	// log; 0: never.
	SlowQuery time.Duration

	// HTTPS makes the server order certificates by ACME and speak TLS itself;
	// ACMEDirectory is empty for Let's Encrypt. TLSCert and TLSKey are files to
	// use in place of that. Without either a proxy in front speaks TLS.
	HTTPS                    bool
	ACMEEmail, ACMEDirectory string
	// Listen and HTTPListen are the addresses of Run's and ServeRedirects'
	// listeners: the certificate authority asks there. HTTPListen is empty if
	// there are no redirects.
	Listen, HTTPListen string
	TLSCert, TLSKey    string

	// Development allows http and platforms on loopback, and nothing else.
	Development bool

	Version string
	Log     *slog.Logger
	Now     func() time.Time
	Random  io.Reader

	// DiskFree tells how many bytes are left for a folder; nil: the system is
	// asked.
	DiskFree func(folder string) (uint64, error)
}

// MinLaunchLogKeep is the least time for which the launch log keeps its rows: far
// longer than a state can be replayed or a learner stays signed in.
const MinLaunchLogKeep = 48 * time.Hour

const usualLaunchLogKeep = 90 * 24 * time.Hour

// Files within the data directory.
const (
	databaseFile  = "greenroom.db"
	masterKeyFile = "master.key"
	lockFile      = "greenroom.lock"
	publicURLFile = "public-url"
)

func (c Config) keyPolicy() greenroom.KeyPolicy {
	return greenroom.KeyPolicy{MaxAge: c.KeyMaxAge, Overlap: c.KeyOverlap}.OrUsual()
}

func (c Config) path(name string) string { return filepath.Join(c.DataDir, name) }

// KnownPublicURL returns the configured public URL, or the one with which a
// server last ran on this data directory, or "".
func (c Config) KnownPublicURL() string {
	if c.PublicURL != "" {
		return c.PublicURL
	}
	raw, err := os.ReadFile(c.path(publicURLFile))
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(raw))
}

// mainHost is the host of the public URL, empty as long as that is not known.
func (c Config) mainHost() string {
	u, err := url.Parse(c.KnownPublicURL())
	if err != nil {
		return ""
	}
	return greenroom.HostName(u.Host)
}

// MasterKeyFile is where the master key is, unless the configuration holds it.
func (c Config) MasterKeyFile() string { return c.path(masterKeyFile) }
