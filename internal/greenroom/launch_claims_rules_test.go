package greenroom

import "testing"

// Claims with a rule are not asked whether they open anything.
func TestNoClaimWithARuleIsSecret(t *testing.T) {
	for claim := range claimRules {
		if secretKey(claim) {
			t.Errorf("%s is named as if it opened something", claim)
		}
	}
}
