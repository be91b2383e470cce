package certificates

import (
	"crypto/tls"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"
)

// lookEvery is how often the files are looked at, when somebody comes.
const lookEvery = 10 * time.Second

// Files are a certificate and its key that somebody else renews: a change is
// seen within seconds, without a restart.
type Files struct {
	cert, key string
	now       func() time.Time
	log       *slog.Logger

	mu     sync.Mutex
	looked time.Time
	stamp  [2]time.Time
	last   *tls.Certificate
}

// NewFiles reads both files. It fails if they are not there or do not belong
// together.
func NewFiles(cert, key string, now func() time.Time, log *slog.Logger) (*Files, error) {
	f := &Files{cert: cert, key: key, now: now, log: log, looked: now()}
	var err error
	if f.stamp, err = f.stamps(); err != nil {
		return nil, err
	}
	f.last, err = f.load()
	return f, err
}

func (f *Files) load() (*tls.Certificate, error) {
	c, err := tls.LoadX509KeyPair(f.cert, f.key)
	if err != nil {
		return nil, fmt.Errorf("certificate %s with key %s: %w", f.cert, f.key, err)
	}
	if until := c.Leaf.NotAfter; f.now().After(until) {
		f.log.Warn("the certificate has expired", "file", f.cert, "expired", until)
	}
	return &c, nil
}

func (f *Files) stamps() (stamps [2]time.Time, err error) {
	for i, path := range []string{f.cert, f.key} {
		info, err := os.Stat(path)
		if err != nil {
			return stamps, err
		}
		stamps[i] = info.ModTime()
	}
	return stamps, nil
}

// TLS returns the configuration with which the server answers.
func (f *Files) TLS() *tls.Config {
	return withHTTP(&tls.Config{GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return f.current(), nil }})
}

// current looks at the files now and then. What cannot be used does not take
// the place of what can: the files are renewed one after the other.
func (f *Files) current() *tls.Certificate {
	f.mu.Lock()
	defer f.mu.Unlock()
	now := f.now()
	if now.Sub(f.looked) < lookEvery {
		return f.last
	}
	f.looked = now
	stamp, err := f.stamps()
	if err == nil && stamp == f.stamp {
		return f.last
	}
	var fresh *tls.Certificate
	if err == nil {
		fresh, err = f.load()
	}
	if err != nil {
		f.log.Warn("changed certificate not used; the one before stays", "err", err)
		return f.last
	}
	f.stamp, f.last = stamp, fresh
	f.log.Info("changed certificate read", "file", f.cert, "expires", fresh.Leaf.NotAfter)
	return f.last
}
