package outbound

import (
	"context"
	"encoding/binary"
	"net"
	"net/netip"
	"testing"
)

// fakeDNS answers each look-up of an IPv4 address with the next of the
// addresses, and then with the last for good. There are no others.
func fakeDNS(t *testing.T, addresses ...string) *net.Resolver {
	t.Helper()
	server, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	go func() {
		for query := make([]byte, 512); ; {
			n, from, err := server.ReadFrom(query)
			if err != nil {
				return
			}
			answer, used := dnsAnswer(query[:n], addresses[0])
			if used && len(addresses) > 1 {
				addresses = addresses[1:]
			}
			_, _ = server.WriteTo(answer, from)
		}
	}()
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, "udp", server.LocalAddr().String())
	}}
}

// dnsAnswer answers one question (RFC 1035 §4): with the address if it asks
// for one of IPv4, else with nothing.
func dnsAnswer(query []byte, address string) (answer []byte, used bool) {
	end := 12
	for query[end] != 0 {
		end += int(query[end]) + 1
	}
	end += 5 // the root's label, type, class
	answer = append(answer, query[:end]...)
	binary.BigEndian.PutUint16(answer[2:], 0x8180) // an answer without errors
	binary.BigEndian.PutUint32(answer[8:], 0)      // no authority, nothing more
	if binary.BigEndian.Uint16(query[end-4:]) != 1 {
		return answer, false
	}
	binary.BigEndian.PutUint16(answer[6:], 1)
	answer = append(answer, 0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4)
	return append(answer, netip.MustParseAddr(address).AsSlice()...), true
}
