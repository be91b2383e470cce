package outbound

import (
	"net/netip"
	"net/url"
	"testing"
)

// What is on no public network, from IANA's registries of special addresses.
var special = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"), netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("100.64.0.0/10"),
	netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("169.254.0.0/16"), netip.MustParsePrefix("172.16.0.0/12"),
	netip.MustParsePrefix("192.0.0.0/24"), netip.MustParsePrefix("192.0.2.0/24"), netip.MustParsePrefix("192.168.0.0/16"),
	netip.MustParsePrefix("198.18.0.0/15"), netip.MustParsePrefix("198.51.100.0/24"), netip.MustParsePrefix("203.0.113.0/24"),
	netip.MustParsePrefix("224.0.0.0/3"), netip.MustParsePrefix("2001::/32"), netip.MustParsePrefix("2001:db8::/32"), netip.MustParsePrefix("2002::/16"),
}

var global = netip.MustParsePrefix("2000::/3") // the only part of IPv6 in use

func public(at netip.Addr) bool {
	for _, p := range special {
		if p.Contains(at) {
			return false
		}
	}
	return at.Is4() || global.Contains(at)
}

// Whatever address a connection would go to, only the public internet's port
// 443 is let through; development adds this machine and nothing else.
func FuzzAddress(f *testing.F) {
	for _, seed := range []string{
		"93.184.216.34:443", "93.184.216.34:22", "127.0.0.1:443", "[::1]:443", "[::ffff:127.0.0.1]:443", "[::ffff:93.184.216.34]:443", "[64:ff9b::7f00:1]:443",
		"[2002:7f00:1::]:443", "[fe80::1%eth0]:443", "[2606:2800:220:1::1]:443", "[2606:2800:220:1::1%1]:443", "0.0.0.0:443", "[::]:443", "224.0.0.1:443", "255.255.255.255:443",
		"2130706433:443", "0x7f.1:443", "127.1:443", "0177.0.0.1:443", "localhost:443", "93.184.216.34:0443", ":443", "", "[::127.0.0.1]:443", "[2001:0:7f00:1::]:443",
	} {
		f.Add("tcp4", seed)
		f.Add("tcp6", seed)
	}
	outside, inside := Options{}.guard(), Options{Development: true}.guard()
	f.Fuzz(func(t *testing.T, network, address string) {
		at, err := netip.ParseAddrPort(address)
		loopback := err == nil && at.Addr().Unmap().IsLoopback()
		if outside(network, address, nil) == nil && (err != nil || at.Port() != 443 || !public(at.Addr())) {
			t.Errorf("%s %q is let through", network, address)
		}
		if got := inside(network, address, nil) == nil; got != (loopback || outside(network, address, nil) == nil) {
			t.Errorf("development, %s %q: let through is %v", network, address, got)
		}
		if got := loopbackOnly(network, address, nil) == nil; got != loopback {
			t.Errorf("http, %s %q: let through is %v", network, address, got)
		}
	})
}

// Whatever URL is to be called, it is refused before any name is looked up, or
// is on https, names a host and no user.
func FuzzURL(f *testing.F) {
	for _, seed := range []string{
		"https://lms.example.com/", "http://localhost/", "http://LOCALHOST/", "http://a.localhost", "http://localhost.example.com", "http://[::ffff:127.0.0.1]/", "https://u@h/", "https://:443/",
		"file:///etc/passwd", "HTTPS://h", "//h", "https:h", "", "https://@h/", "http://127.1/", "http://[::1%25x]/",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		u, err := url.Parse(raw)
		if err != nil {
			t.Skip()
		}
		for _, development := range []bool{false, true} {
			c := &Client{development: development}
			if c.checkURL(u) != nil {
				continue
			}
			if u.Hostname() == "" || u.User != nil || u.Scheme != "https" && (u.Scheme != "http" || !development || !isLoopback(u.Hostname())) {
				t.Errorf("development %v: %q may be called", development, raw)
			}
		}
	})
}
