package platforms

import (
	"context"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
	"github.com/greenroom-lti/greenroom/lti"
	"github.com/greenroom-lti/greenroom/lti/deeplink"
)

// SlugParameter is a custom parameter that tells people who look into the LMS's
// settings which scenario an activity has. Launches go by the ID.
const SlugParameter = "scenario"

// SignDeepLinking signs the answer to a deep linking request, the way the
// platform's product wants it.
func (p *Platforms) SignDeepLinking(ctx context.Context, w greenroom.WorkspaceID, c greenroom.Connection, k greenroom.Key, r greenroom.LinkResponse) (string, error) {
	pair, err := p.vault.OpenKey(w, k)
	if err != nil {
		return "", err
	}
	request := deeplink.Request{Issuer: c.Issuer, ClientID: c.ClientID, DeploymentID: r.Deployment, Settings: r.Asked}
	opts := []deeplink.Option{
		deeplink.WithTexts(deeplink.Texts{Message: r.Message}), deeplink.WithNow(p.now), deeplink.WithRandom(p.random),
	}
	wants := c.LMS().DeepLinking
	if wants.WantsSubject {
		opts = append(opts, deeplink.WithSubject())
	}
	if wants.Audience != "" {
		request.Issuer = wants.Audience
	}
	items := make([]deeplink.Item, len(r.Items))
	for n, item := range r.Items {
		items[n] = resourceLink(item, r.Tool)
	}
	signer := lti.PrivateKey{ID: string(k.ID), RSA: pair}
	answer, err := deeplink.Respond(ctx, signer, request, items, opts...)
	return answer.JWT, err
}

// resourceLink is an item as the platform gets it. Its URL is the one that
// every launch goes to: what opens is told by the parameter.
func resourceLink(i greenroom.ContentItem, tool greenroom.ToolEndpoints) deeplink.ResourceLink {
	link := deeplink.ResourceLink{
		Title: i.Title, Text: i.Scenario.Description, URL: tool.Launch,
		Custom:     map[string]string{greenroom.ScenarioParameter: string(i.Scenario.ID), SlugParameter: i.Scenario.Slug},
		Available:  deeplink.Period{Start: i.Available.From, End: i.Available.Until},
		Submission: deeplink.Period{Start: i.Submission.From, End: i.Submission.Until},
	}
	if i.Maximum > 0 {
		link.LineItem = &deeplink.LineItem{
			Maximum: i.Maximum, Label: i.Title, ResourceID: i.ResourceID, Tag: i.Tag,
			// From the gradebook, an instructor opens the conversation.
			SubmissionReview: &lti.SubmissionReview{ReviewableStatus: []string{"Completed"}, URL: tool.Launch},
		}
	}
	switch i.Target {
	case "iframe":
		link.Frame = &deeplink.Frame{Width: frameWidth, Height: frameHeight}
	case "window":
		link.Window = &deeplink.Window{TargetName: "_blank"}
	}
	if i.Icon {
		link.Icon = &deeplink.Picture{URL: tool.Logo, Width: logoSize, Height: logoSize}
	}
	return link
}

// Sizes in pixels: of the frame that an activity asks for, and of the logo.
const (
	frameWidth, frameHeight = 960, 720
	logoSize                = 128
)
