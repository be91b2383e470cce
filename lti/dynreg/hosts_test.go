package dynreg_test

import (
	"testing"

	"github.com/greenroom-lti/greenroom/lti/dynreg"
)

func TestVendorsMayShowTheirConfigurationElsewhere(t *testing.T) {
	for from, ok := range map[string]bool{
		"https://lms.example/c":           true, // the issuer's own
		"https://vendor.example/c":        true,
		"https://school.vendor.example/c": true,
		"https://notvendor.example/c":     false,
		"https://vendor.example.evil/c":   false,
		"https://vendor.example:8443/c":   false,
	} {
		o := dynreg.Options{Hosts: func(dynreg.PlatformConfiguration) []string { return []string{"vendor.example"} }}
		if _, err := discover(t, sound(), from, o); (err == nil) != ok {
			t.Errorf("from %s: %v", from, err)
		}
	}
}

func TestVendorsMayHaveAnAudienceOfTheirOwn(t *testing.T) {
	o := dynreg.Options{Audiences: func(dynreg.PlatformConfiguration) []string { return []string{"https://api.vendor.example/token"} }}
	for audience, ok := range map[string]bool{
		"https://api.vendor.example/token":  true,
		"https://api.vendor.example/token/": false,
		"https://api.vendor.example":        false,
	} {
		d := sound()
		d["authorization_server"] = audience
		if _, err := discover(t, d, "https://lms.example/c", o); (err == nil) != ok {
			t.Errorf("%s: %v", audience, err)
		}
	}
}
