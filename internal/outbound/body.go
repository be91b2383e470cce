package outbound

import (
	"errors"
	"io"
	"net/http"
)

// limited is the body of an answer, up to a number of bytes.
type limited struct {
	body    io.ReadCloser
	left    int64
	request *http.Request
}

func (l *limited) Read(p []byte) (int, error) {
	if l.left < 0 {
		return 0, newError(l.request, errTooLarge)
	}
	if int64(len(p)) > l.left+1 { // one more tells the end from the limit
		p = p[:l.left+1]
	}
	n, err := l.body.Read(p)
	l.left -= int64(n)
	switch {
	case l.left < 0:
		return n - 1, newError(l.request, errTooLarge)
	case err != nil && !errors.Is(err, io.EOF):
		return n, newError(l.request, err)
	}
	return n, err
}

func (l *limited) Close() error { return l.body.Close() }
