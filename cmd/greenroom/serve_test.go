package main

import (
	"net"
	"testing"
)

// Figures and profiles on an address that strangers may reach are warned of.
func TestPrivateAddresses(t *testing.T) {
	for address, want := range map[string]bool{
		"127.0.0.1:9090": true, "[::1]:9090": true, "10.1.2.3:9090": true, "[fd00::7]:9090": true, "[::ffff:192.168.0.7]:9090": true,
		"0.0.0.0:9090": false, "[::]:9090": false, "203.0.113.7:9090": false, "[2001:db8::1]:9090": false,
	} {
		at, err := net.ResolveTCPAddr("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		if got := private(at); got != want {
			t.Errorf("%s: %v", address, got)
		}
	}
}
