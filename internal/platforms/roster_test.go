package platforms

import (
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"testing"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
	"github.com/greenroom-lti/greenroom/lti"
)

func TestReadRoster(t *testing.T) {
	h := newHouse(t)
	endpoint := &tokens{t: t}
	h.mux.Handle("POST /token", endpoint)
	var limits []string
	h.mux.HandleFunc("GET /members", func(w http.ResponseWriter, r *http.Request) {
		limits = append(limits, r.URL.Query().Get("limit"))
		w.Header().Set("Content-Type", "application/vnd.ims.lti-nrps.v2.membershipcontainer+json")
		if r.URL.Query().Get("page") == "" {
			w.Header().Add("Link", fmt.Sprintf(`<%s/members?page=2>; rel="next"`, h.lms.URL))
			w.Header().Add("Link", fmt.Sprintf(`<%s/members?since=1>; rel="differences"`, h.lms.URL))
			fmt.Fprint(w, `{"id":"m","members":[{"user_id":"6","status":"Active","name":"Stina","email":"s@example.org","roles":["Learner"]},
				{"user_id":"7","status":"Inactive","given_name":"Gil","family_name":"Gone","roles":["Instructor"]}]}`)
			return
		}
		fmt.Fprint(w, `{"id":"m","members":[{"user_id":"8","status":"Deleted"}]}`)
	})
	c := h.connect("a", nil)
	var got []greenroom.RosterMember
	query := greenroom.RosterQuery{URL: h.lms.URL + "/members", Deployment: "1"}
	keep := func(m greenroom.RosterMember) error { got = append(got, m); return nil }
	answer, err := h.platforms.ReadRoster(t.Context(), h.workspace, c, h.key, query, keep)
	if err != nil {
		t.Fatal(err)
	}
	want := []greenroom.RosterMember{
		{Subject: "6", Name: "Stina", Email: "s@example.org", Roles: lti.Roles{lti.RoleLearner}, Status: greenroom.MemberActive},
		{Subject: "7", Name: "Gil Gone", Roles: lti.Roles{lti.RoleInstructor}, Status: greenroom.MemberInactive},
		{Subject: "8", Name: " ", Status: greenroom.MemberLeft},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("members\n got %+v\nwant %+v", got, want)
	}
	if answer.ChangesURL != h.lms.URL+"/members?since=1" || endpoint.scopes[0] != lti.ScopeMemberships || limits[0] != "100" {
		t.Errorf("changes at %q, scope %v, limits %v", answer.ChangesURL, endpoint.scopes, limits)
	}

	enough := errors.New("enough")
	n := 0
	_, err = h.platforms.ReadRoster(t.Context(), h.workspace, c, h.key, query, func(greenroom.RosterMember) error { n++; return enough })
	if !errors.Is(err, enough) || n != 1 {
		t.Errorf("%v after %d members", err, n)
	}
}
