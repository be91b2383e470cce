package ags_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/greenroom-lti/greenroom/lti"
	"github.com/greenroom-lti/greenroom/lti/ags"
)

// A score is sent days after its launch, with what was kept of that: the URL of
// the column and the learner's Subject. Who does not know whether it arrived
// sends it again: the platform then says that it is there.
func ExamplePostScore() {
	client := someGradebook().client() // lti.NewClient(registration, key, http.DefaultClient)
	column := item                     // Launch.Grades.LineItem

	score := ags.Score{Subject: "7", Given: 8, Maximum: 10, At: earned, Comment: "Ask before you offer."}
	for range 2 {
		err := ags.PostScore(context.Background(), client, column, score)
		var answer *lti.ServiceError
		switch {
		case err == nil:
			fmt.Println("taken")
		case errors.As(err, &answer) && answer.Conflict():
			fmt.Println("there already, or a newer one is")
		case errors.As(err, &answer) && answer.Permanent():
			fmt.Println("never to be taken:", answer.Text)
		default:
			fmt.Println("to be sent again later")
		}
	}
	// Output:
	// taken
	// there already, or a newer one is
}

// Grades that teachers have set by hand are among the results.
func ExampleResults() {
	client := always(http.StatusOK, `[
		{"id": "https://moodle.localhost:9443/results/7", "userId": "7", "resultScore": 8, "resultMaximum": 10},
		{"id": "https://moodle.localhost:9443/results/9", "userId": "9"}]`).client()
	for result, err := range ags.Results(context.Background(), client, item, ags.ResultFilter{}) {
		if err != nil {
			fmt.Println(err)
			return
		}
		if result.Score == nil {
			fmt.Println(result.UserID, "has no grade")
			continue
		}
		fmt.Printf("%s has %g of %g\n", result.UserID, *result.Score, result.Maximum)
	}
	// Output:
	// 7 has 8 of 10
	// 9 has no grade
}

// someGradebook takes the first score, and none of the same time after it.
func someGradebook() *platform {
	taken := false
	return &platform{answer: func(*http.Request) *http.Response {
		if taken {
			return respond(http.StatusConflict, "")
		}
		taken = true
		return respond(http.StatusOK, "")
	}}
}
