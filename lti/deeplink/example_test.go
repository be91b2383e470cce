package deeplink_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/greenroom-lti/greenroom/lti"
	"github.com/greenroom-lti/greenroom/lti/deeplink"
)

// A teacher has opened the picker, chosen a conversation, and pressed Add.
func Example() {
	// At the launch: keep what the answer needs.
	launch := &lti.Launch{ // of Tool.FinishLaunch
		Registration: lti.Registration{Issuer: "https://lms.example", ClientID: "tool-1"},
		DeploymentID: "1", MessageType: lti.MessageDeepLinking,
		DeepLinking: &lti.DeepLinking{
			ReturnURL: "https://lms.example/return", AcceptTypes: []string{deeplink.TypeResourceLink}, AcceptTargets: []string{"iframe"},
		},
	}
	request, err := deeplink.NewRequest(launch)
	if err != nil {
		fmt.Println(err)
		return
	}
	kept, _ := json.Marshal(request)

	// At the form, minutes later.
	var again deeplink.Request
	if err := json.Unmarshal(kept, &again); err != nil {
		fmt.Println(err)
		return
	}
	picked := []deeplink.Item{
		deeplink.ResourceLink{
			Title:    "Discovery call",
			Custom:   map[string]string{"scenario_id": "discovery-call"},
			LineItem: &deeplink.LineItem{Maximum: 100, ResourceID: "discovery-call"},
		},
		deeplink.ResourceLink{Title: "Upset customer"},
	}
	_, err = deeplink.Respond(context.Background(), key(), again, picked)
	if refused, ok := errors.AsType[*deeplink.Refused](err); ok {
		fmt.Println(refused.Rule, "-", refused)
	}

	answer, err := deeplink.Respond(context.Background(), key(), again, picked[:1])
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("<form method=\"post\" action=%q>, %s: %t\n", answer.ReturnURL, deeplink.Field, answer.JWT != "")
	// Output:
	// multiple - deep linking: item 2 is one too many: the platform takes one
	// <form method="post" action="https://lms.example/return">, JWT: true
}
