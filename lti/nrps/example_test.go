package nrps_test

import (
	"context"
	"fmt"
	"net/http"

	"github.com/greenroom-lti/greenroom/lti"
	"github.com/greenroom-lti/greenroom/lti/nrps"
)

// The learners of a course: by their UserID, which is the Subject of their
// launches. Names come if the platform may tell them.
func ExampleRoster() {
	course := &platform{answer: func(*http.Request) *http.Response {
		return respond(http.StatusOK, `{"id": "https://moodle.localhost:9443/r", "context": {"id": "2", "title": "Harbour Engineering"}, "members": [
		{"user_id": "7", "name": "Stina Student", "roles": ["Learner"]},
		{"user_id": "9", "roles": ["Learner"], "status": "Inactive"},
		{"user_id": "3", "name": "Tessa Teacher", "roles": ["Instructor"]}]}`)
	}}
	who := course.roster() // nrps.Roster{URL: launch.Names.MembershipsURL, Client: client}
	who.Role = lti.RoleLearner
	for member, err := range who.Members(context.Background()) {
		switch {
		case err != nil:
			fmt.Println(err)
			return
		case member.Status == nrps.Active && member.Roles.Learner():
			fmt.Println(member.UserID, member.Name)
		}
	}
	fmt.Println("in", who.Context.Title)
	// Output:
	// 7 Stina Student
	// in Harbour Engineering
}
