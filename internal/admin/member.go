package admin

import (
	"net/http"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
	"github.com/greenroom-lti/greenroom/internal/web"
)

// members is the list of people: those who sign in, and those who came by
// launch.
type members struct{ *Admin }

func (h members) mount(mux web.Router) {
	h.settings(mux, "GET /w/{workspace}/members", h.list)
}

type learnerRow struct {
	greenroom.Learner
	Platform string // of the LMS they came from
}

func (h members) list(w http.ResponseWriter, r *http.Request) error {
	actor := web.Actor(r.Context())
	people, learners, err := h.kit.Service.Members(r.Context(), actor)
	if err != nil {
		return err
	}
	connected, err := h.kit.Service.Connections(r.Context(), actor)
	if err != nil {
		return err
	}
	data := struct {
		Self     greenroom.PersonID
		People   []greenroom.Member
		Learners []learnerRow
		LTIPath  string
		LMSes    int
	}{actor.Person, people, learnerRows(learners, connected), ltiPath(r), len(connected)}
	return h.render(w, r, http.StatusOK, "members.html", data)
}

func learnerRows(learners []greenroom.Learner, connected []greenroom.Connection) []learnerRow {
	names := map[greenroom.ConnectionID]string{}
	for _, c := range connected {
		names[c.ID] = c.Platform
	}
	rows := make([]learnerRow, len(learners))
	for i, l := range learners {
		rows[i] = learnerRow{Learner: l, Platform: names[l.Connection]}
	}
	return rows
}
