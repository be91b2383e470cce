package greenroom

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"time"
)

// A ticket opens the stage for a learner whose browser keeps no cookie: it
// travels in the URLs of the stage's pages, each of which hands out the next.
// It ends two hours after the last page, with the sign-in at the latest, and
// is bound to the launch. Whoever sees the URL sees the ticket, so the stage
// takes it in a frame only, where nobody copies addresses from.

// ticketIdle is how long a page may lie open and still go on.
const ticketIdle = 2 * time.Hour

const (
	ticketTime = 4 // bytes: the hour, since 1970, at whose end it expires
	ticketMAC  = 16
)

// Ticket returns the ticket for the next page of a launch. It stays the same
// for an hour.
func (s *Service) Ticket(l Launch) string {
	hour := uint32(s.Now().Add(ticketIdle).Unix() / 3600)
	b := binary.BigEndian.AppendUint32(nil, hour)
	return base64.RawURLEncoding.EncodeToString(append(b, s.ticketMAC(l, hour)...))
}

// VisitByTicket is Visit for the holder of a ticket.
func (s *Service) VisitByTicket(ctx context.Context, w WorkspaceID, id LaunchID, ticket string) (Visit, error) {
	return s.visit(ctx, w, id, func(l Launch) bool { return s.holdsTicket(l, ticket) })
}

func (s *Service) holdsTicket(l Launch, ticket string) bool {
	raw, err := base64.RawURLEncoding.DecodeString(ticket)
	if err != nil || len(raw) != ticketTime+ticketMAC || l.SignInHash == "" {
		return false
	}
	hour := binary.BigEndian.Uint32(raw)
	ends := time.Unix((int64(hour)+1)*3600, 0)
	if l.SignInUntil.Before(ends) {
		ends = l.SignInUntil
	}
	return hmac.Equal(raw[ticketTime:], s.ticketMAC(l, hour)) && s.Now().Before(ends)
}

// ticketMAC covers the sign-in, so that a ticket ends with it.
func (s *Service) ticketMAC(l Launch, hour uint32) []byte {
	key := s.Vault.Derive("stage ticket")
	mac := hmac.New(sha256.New, key[:])
	for _, part := range []string{string(l.ID), l.SignInHash} {
		mac.Write(binary.BigEndian.AppendUint32(nil, uint32(len(part))))
		mac.Write([]byte(part))
	}
	mac.Write(binary.BigEndian.AppendUint32(nil, hour))
	return mac.Sum(nil)[:ticketMAC]
}
