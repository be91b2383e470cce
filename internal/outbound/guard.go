package outbound

import (
	"fmt"
	"net/netip"
	"net/url"
	"strings"
	"syscall"

	"code.dny.dev/ssrf"
)

// A control judges an address when the connection to it is made
// (net.Dialer.Control).
type control func(network, address string, c syscall.RawConn) error

// guard returns the judge of addresses for https.
func (o Options) guard() control {
	var v4, v6 []netip.Prefix
	for _, p := range o.AllowNetworks {
		if p.Addr().Is4() {
			v4 = append(v4, p)
		} else {
			v6 = append(v6, p)
		}
	}
	guardian := ssrf.New(
		ssrf.WithPorts(append([]uint16{443}, o.AllowPorts...)...),
		ssrf.WithAllowedV4Prefixes(v4...),
		ssrf.WithAllowedV6Prefixes(v6...),
	)
	if !o.Development {
		return guardian.Safe
	}
	return func(network, address string, c syscall.RawConn) error {
		if loopbackOnly(network, address, c) == nil {
			return nil
		}
		return guardian.Safe(network, address, c)
	}
}

// loopbackOnly judges addresses for http, which never leaves this machine.
func loopbackOnly(_, address string, _ syscall.RawConn) error {
	at, err := netip.ParseAddrPort(address)
	if err != nil {
		return err
	}
	if !at.Addr().Unmap().IsLoopback() {
		return fmt.Errorf("%w: %s is not on this machine", errScheme, at.Addr())
	}
	return nil
}

// checkURL refuses what is wrong before any name is resolved.
func (c *Client) checkURL(u *url.URL) error {
	switch {
	case u.Hostname() == "":
		return errNoHost
	case isOddHost(u.Hostname()):
		return errOddHost
	case u.User != nil:
		return errUserInfo
	case u.Scheme == "https", u.Scheme == "http" && c.development && isLoopback(u.Hostname()):
		return nil
	}
	return errScheme
}

// isLoopback tells whether a host is this machine by name.
func isLoopback(host string) bool {
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.Unmap().IsLoopback()
}

// isOddHost tells a host that some programs take for an address and others for
// a name: numbers in other bases, shortened addresses, a dot behind an address
// (the "ends in a number" of the WHATWG URL standard), and a zone, which names
// an interface of ours.
func isOddHost(host string) bool {
	if a, err := netip.ParseAddr(host); err == nil {
		return a.Zone() != ""
	}
	labels := strings.Split(strings.TrimSuffix(host, "."), ".")
	last := strings.ToLower(labels[len(labels)-1])
	digits := "0123456789"
	if hex, ok := strings.CutPrefix(last, "0x"); ok {
		last, digits = hex, digits+"abcdef"
	}
	return strings.Trim(last, digits) == ""
}
