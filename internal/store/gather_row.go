package store

import (
	"encoding/json"
)

// A launchRow is one launch of gatherLaunches, with its learner and what they
// are in the context.
type launchRow struct {
	Workspace   string `json:"workspace"`
	ID          string `json:"id"`
	Reference   string `json:"reference"`
	At          int64  `json:"at"`
	Outcome     string `json:"outcome"`
	Connection  string `json:"connection"`
	Deployment  string `json:"deployment"`
	MessageType string `json:"message_type"`
	Link        string `json:"link"`
	Item        string `json:"item"`
	Scenario    string `json:"scenario"`
	ReturnURL   string `json:"return_url"`
	Standing    string `json:"standing"`
	Instructor  bool   `json:"instructor"`
	Passed      string `json:"passed"` // JSON
	State       string `json:"state"`
	SignInHash  string `json:"sign_in_hash"`
	SignInUntil int64  `json:"sign_in_until"`
	Claims      string `json:"claims"`
	Took        int64  `json:"took"`
	Rung        string `json:"rung"`
	Context     string `json:"context"`
	DeepLinking string `json:"deep_linking"`
	ForLearner  string `json:"for_learner"`

	Learner string `json:"learner"`
	Subject string `json:"subject"`
	Name    string `json:"name"`
	Email   string `json:"email"`
	Locale  string `json:"locale"`

	Member       bool   `json:"member"`
	Learns       bool   `json:"learns"`
	Teaches      bool   `json:"teaches"`
	MemberStatus string `json:"member_status"`
	MemberSource string `json:"member_source"`
}

func newLaunchRow(one *gathered) launchRow {
	r, l := one.record, one.record.Launch
	passed := ""
	if l.Passed != nil {
		list, _ := json.Marshal(l.Passed) // texts alone: it cannot fail
		passed = string(list)
	}
	row := launchRow{
		Workspace: string(one.workspace), ID: string(l.ID), Reference: l.Reference, At: l.At.UnixMilli(), Outcome: string(l.Outcome),
		Connection: string(l.Connection), Deployment: l.Deployment, MessageType: l.MessageType, Link: string(one.known.link), Item: string(one.known.item),
		Scenario: string(l.Scenario), ReturnURL: l.ReturnURL, Standing: string(l.Standing), Instructor: l.Instructor,
		Passed: passed, State: l.StateID, SignInHash: l.SignInHash, SignInUntil: l.SignInUntil.UnixMilli(),
		Claims: l.Claims, Took: l.Took.Milliseconds(), Rung: string(l.Rung), Context: string(one.known.context),
		DeepLinking: l.DeepLinking, ForLearner: string(l.ForLearner),
		Learner: string(r.Learner.ID), Subject: r.Learner.Subject, Name: r.Learner.Name, Email: r.Learner.Email, Locale: r.Learner.Locale,
	}
	if m := r.Member; m != nil {
		row.Member, row.Learns, row.Teaches = true, m.Learns, m.Teaches
		row.MemberStatus, row.MemberSource = string(m.Status), string(m.Source)
	}
	row.clean()
	return row
}

// clean does what cleaner does to the arguments of other statements.
func (r *launchRow) clean() {
	for _, text := range []*string{
		&r.ID, &r.Reference, &r.Deployment, &r.MessageType, &r.ReturnURL, &r.Passed, &r.State, &r.Claims, &r.DeepLinking,
		&r.Learner, &r.Subject, &r.Name, &r.Email, &r.Locale,
	} {
		*text = cleanText(*text)
	}
}
