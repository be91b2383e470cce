package main

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/greenroom-lti/greenroom/internal/app"
	"github.com/greenroom-lti/greenroom/internal/store"
)

// A network is one on which somebody is, or one address.
type network netip.Prefix

// UnmarshalText implements encoding.TextUnmarshaler.
func (n *network) UnmarshalText(text []byte) error {
	if at, err := netip.ParseAddr(string(text)); err == nil {
		*n = network(netip.PrefixFrom(at, at.BitLen()))
		return nil
	}
	p, err := netip.ParsePrefix(string(text))
	if err != nil {
		return fmt.Errorf("%q is no network; it looks like 10.1.0.0/16", text)
	}
	*n = network(p)
	return nil
}

func prefixes(all []network) (list []netip.Prefix) {
	for _, n := range all {
		list = append(list, netip.Prefix(n))
	}
	return list
}

// A port is one of TCP.
type port uint16

// UnmarshalText implements encoding.TextUnmarshaler.
func (p *port) UnmarshalText(text []byte) error {
	n, err := strconv.ParseUint(string(text), 10, 16)
	if err != nil || n == 0 {
		return fmt.Errorf("%q is no port; ports are 1 to 65535", text)
	}
	*p = port(n)
	return nil
}

// A folder is the data directory.
type folder string

// UnmarshalText implements encoding.TextUnmarshaler.
func (f *folder) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		return errors.New("no data directory: give --data DIR")
	}
	*f = folder(text)
	return nil
}

// An address is that of a PostgreSQL; empty for none.
type address string

// UnmarshalText implements encoding.TextUnmarshaler. It repeats nothing, for
// passwords are in addresses.
func (a *address) UnmarshalText(text []byte) error {
	if len(text) > 0 {
		if err := store.CheckURL(string(text)); err != nil {
			return err
		}
	}
	*a = address(text)
	return nil
}

// A length is a length of time in days, such as 90d, or as Go writes it.
type length time.Duration

// UnmarshalText implements encoding.TextUnmarshaler.
func (l *length) UnmarshalText(text []byte) error {
	s := string(text)
	d, err := time.ParseDuration(s)
	if days, ok := strings.CutSuffix(s, "d"); ok {
		var n uint64
		n, err = strconv.ParseUint(days, 10, 16) // more would not fit a duration
		d = time.Duration(n) * 24 * time.Hour
	}
	if err != nil || d < 0 {
		return fmt.Errorf("%q is no length of time; 90d is 90 days, and 15m are minutes", s)
	}
	*l = length(d)
	return nil
}

// A keepTime is how long the launch log keeps its rows.
type keepTime time.Duration

// UnmarshalText implements encoding.TextUnmarshaler.
func (k *keepTime) UnmarshalText(text []byte) error {
	if err := (*length)(k).UnmarshalText(text); err != nil {
		return err
	}
	if time.Duration(*k) < app.MinLaunchLogKeep {
		return fmt.Errorf("%s is too short: keep the launch log for 2d at least", text)
	}
	return nil
}

// checkAddress says what is wrong with an address to listen on, as it was typed.
func checkAddress(flag, address string) error {
	_, name, err := net.SplitHostPort(address)
	if err == nil {
		_, err = net.LookupPort("tcp", name)
	}
	if err != nil {
		return errUsage{fmt.Errorf("%s %q is no address; it looks like 127.0.0.1:8080, or :8080 for all of this machine's", flag, address)}
	}
	return nil
}

// checkURL says what is wrong with a URL that somebody else is asked by; an
// empty one was not given.
func checkURL(flag, s string) error {
	u, err := url.Parse(s)
	if s != "" && (err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http") {
		return errUsage{fmt.Errorf("%s %q is not a URL; it looks like https://practice.example.com/…", flag, s)}
	}
	return nil
}

// checkFile says that a file which a flag names cannot be read; an empty name
// was not given.
func checkFile(flag, path string) error {
	if path == "" {
		return nil
	}
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return fmt.Errorf("%s: %w", flag, err)
	case info.IsDir():
		return fmt.Errorf("%s: %s is a directory; name a file", flag, path)
	}
	return nil
}

// listenError says what to do about an address on which nobody can listen.
func listenError(flag string, err error) error {
	what := ""
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		what = "; another program is there: stop it, or choose another port"
	case errors.Is(err, syscall.EACCES):
		what = "; ports below 1024 are for root, and for whoever has CAP_NET_BIND_SERVICE, as the systemd unit has: choose another port, or give it that"
	case errors.Is(err, syscall.EADDRNOTAVAIL):
		what = "; this machine has no such address: choose one that it has, or :PORT for all"
	}
	return fmt.Errorf("%s: %w%s", flag, err, what)
}
