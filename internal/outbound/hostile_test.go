package outbound

import (
	"bufio"
	"compress/gzip"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
)

// hostile serves whatever it likes on a socket, once a connection.
func hostile(t *testing.T, serve func(net.Conn)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				if _, err := http.ReadRequest(bufio.NewReader(c)); err == nil {
					serve(c)
				}
			}()
		}
	}()
	return "http://" + l.Addr().String() + "/jwks"
}

// OWN-T13, OWN-S23: what a platform may send to keep us busy.
func TestHostileAnswersCostLittle(t *testing.T) {
	for name, serve := range map[string]func(net.Conn){
		"a gzip bomb of 100 MB": func(c net.Conn) {
			fmt.Fprint(c, "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nConnection: close\r\n\r\n")
			z := gzip.NewWriter(c)
			_, _ = io.CopyN(z, zeros{}, 100<<20)
			_ = z.Close()
		},
		"chunks without end": func(c net.Conn) {
			fmt.Fprint(c, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
			for {
				if _, err := fmt.Fprintf(c, "10000\r\n%s\r\n", strings.Repeat("x", 0x10000)); err != nil {
					return
				}
			}
		},
		"HTTP/1.0 without end": func(c net.Conn) {
			fmt.Fprint(c, "HTTP/1.0 200 OK\r\n\r\n")
			_, _ = io.Copy(c, zeros{})
		},
		"headers without end": func(c net.Conn) {
			fmt.Fprint(c, "HTTP/1.1 200 OK\r\n")
			for {
				if _, err := fmt.Fprintf(c, "X-More: %s\r\n", strings.Repeat("x", 1000)); err != nil {
					return
				}
			}
		},
		"one header of 10 MB": func(c net.Conn) {
			fmt.Fprintf(c, "HTTP/1.1 200 OK\r\nX-More: %s\r\n\r\n", strings.Repeat("x", 10<<20))
		},
		"informational answers without end": func(c net.Conn) {
			for {
				if _, err := fmt.Fprint(c, "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n"); err != nil {
					return
				}
			}
		},
		"less than it announced": func(c net.Conn) {
			fmt.Fprint(c, "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{}")
		},
		"two lengths": func(c net.Conn) {
			fmt.Fprint(c, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}")
		},
		"no HTTP": func(c net.Conn) { fmt.Fprint(c, "SSH-2.0-OpenSSH_9.2\r\n") },
		"nothing": func(net.Conn) {},
	} {
		t.Run(name, func(t *testing.T) {
			c := open(t, Options{Development: true})
			answer, err := get(t, c, hostile(t, serve))
			if err != nil {
				return
			}
			read, err := io.Copy(io.Discard, answer.Body)
			if err == nil {
				t.Error("the answer was taken")
			}
			if read > maxBody {
				t.Errorf("%d bytes were read", read)
			}
		})
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}
