package launch

import (
	"sync"

	"github.com/greenroom-lti/greenroom/lti"
)

// maxSealers bounds how many are kept; beyond it all are made anew.
const maxSealers = 1000

// sealers are those that were used lately, by purpose. To derive a key and to
// prepare it costs more than to seal a state. The zero value is ready to use.
type sealers struct {
	mu   sync.Mutex
	kept map[string]*lti.Sealer
}

// sealer returns that of a purpose.
func (l *Launch) sealer(purpose string) *lti.Sealer {
	k := &l.sealers
	k.mu.Lock()
	defer k.mu.Unlock()
	if s := k.kept[purpose]; s != nil {
		return s
	}
	if k.kept == nil || len(k.kept) >= maxSealers {
		k.kept = map[string]*lti.Sealer{}
	}
	s := lti.NewSealer(l.service.Vault.Derive(purpose))
	k.kept[purpose] = s
	return s
}
