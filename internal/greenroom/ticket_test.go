package greenroom_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
)

func TestATicketOpensTheStage(t *testing.T) {
	cases := map[string]struct {
		spoil func(h *house, mine, other greenroom.Launch, ticket string) (greenroom.Launch, string)
		opens bool
	}{
		"for its launch": {opens: true},
		"two hours later": {func(h *house, mine, _ greenroom.Launch, ticket string) (greenroom.Launch, string) {
			h.pass(2 * time.Hour)
			return mine, ticket
		}, true},
		"not four hours later": {func(h *house, mine, _ greenroom.Launch, ticket string) (greenroom.Launch, string) {
			h.pass(4 * time.Hour)
			return mine, ticket
		}, false},
		"not after the sign-in has run out": {func(h *house, mine, _ greenroom.Launch, _ string) (greenroom.Launch, string) {
			h.pass(12*time.Hour - time.Minute)
			late := h.Ticket(mine)
			h.pass(time.Minute)
			return mine, late
		}, false},
		"not for another launch": {func(_ *house, _, other greenroom.Launch, ticket string) (greenroom.Launch, string) {
			return other, ticket
		}, false},
		"not with another hour": {func(_ *house, mine, _ greenroom.Launch, ticket string) (greenroom.Launch, string) {
			return mine, "_" + ticket[1:]
		}, false},
		"not with another seal": {func(_ *house, mine, _ greenroom.Launch, ticket string) (greenroom.Launch, string) {
			return mine, ticket[:10] + strings.Repeat("A", len(ticket)-10)
		}, false},
		"not cut short": {func(_ *house, mine, _ greenroom.Launch, ticket string) (greenroom.Launch, string) {
			return mine, ticket[:5]
		}, false},
		"not without one": {func(_ *house, mine, _ greenroom.Launch, _ string) (greenroom.Launch, string) { return mine, "" }, false},
	}
	onBoth(t, func(t *testing.T, h *house) {
		c, states := h.connect(), 0
		launch := func(subject string) greenroom.Launch {
			states++
			l, _, err := h.RecordLaunch(t.Context(), h.workspace.ID, launchOf(c, subject, states), greenroom.Arrival{Reference: "REF000000001"})
			if err != nil {
				t.Fatal(err)
			}
			return l
		}
		for name, tc := range cases {
			mine, other := launch("6"), launch("7")
			ticket := h.Ticket(mine)
			if tc.spoil != nil {
				mine, ticket = tc.spoil(h, mine, other, ticket)
			}
			v, err := h.VisitByTicket(t.Context(), h.workspace.ID, mine.ID, ticket)
			if tc.opens && (err != nil || v.Launch.ID != mine.ID) {
				t.Errorf("%s: visit %+v, %v", name, v, err)
			}
			if !tc.opens && !errors.Is(err, greenroom.ErrNotFound) {
				t.Errorf("%s: opened, %v", name, err)
			}
		}
	})
}
