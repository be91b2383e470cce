package lti

import (
	"crypto/subtle"
	"errors"
	"fmt"
	"net/url"
	"slices"
)

// The checks of an LTI message (Core 1.0 §5.3).

func (f *finishing) version() error {
	version, err := f.claims.required(claim + "version")
	if err == nil && version != "1.3.0" {
		return fmt.Errorf("%.20q is not 1.3.0", version)
	}
	return err
}

func (f *finishing) messageType() error {
	kind, err := f.claims.required(claim + "message_type")
	if err != nil {
		return err
	}
	switch kind {
	case MessageResourceLink, MessageDeepLinking, MessageSubmissionReview:
		return nil
	}
	return fmt.Errorf("%.100q is not a message that a tool is launched with", kind)
}

func (f *finishing) deployment() error {
	id, err := f.claims.identifier(claim + "deployment_id")
	if err != nil {
		return err
	}
	bound := BindDeployment(id)
	if want := f.pending.Deployment; want != "" && subtle.ConstantTimeCompare([]byte(bound), []byte(want)) != 1 {
		return fmt.Errorf("%q is not the deployment of the login", id)
	}
	if !slices.Contains(f.registration.Deployments, id) {
		if !f.registration.AcceptNewDeployments {
			return fmt.Errorf("%q is not among the deployments of the registration", id)
		}
		f.launch.NewDeployment = true
	}
	return nil
}

// target: what the platform signed must be what the login asked for. Deep
// linking requests may come without.
func (f *finishing) target() error {
	if f.launch.MessageType == MessageDeepLinking && !f.claims.has(claim+"target_link_uri") {
		return nil
	}
	target, err := f.claims.required(claim + "target_link_uri")
	if err != nil {
		return err
	}
	if err := f.tool.checkTarget(target, f.launchURL); err != nil {
		return err
	}
	if bound := Bind(target, f.launchURL); subtle.ConstantTimeCompare(bound[:], f.pending.Binding[:]) != 1 {
		return fmt.Errorf("%q is not the target of the login", target)
	}
	return nil
}

func (f *finishing) resourceLink() error {
	if f.launch.MessageType == MessageResourceLink && f.launch.ResourceLink == nil {
		return errors.New("resource_link is absent or not an object")
	}
	if f.launch.ResourceLink == nil {
		return nil
	}
	o, _ := f.claims.object(claim + "resource_link")
	_, err := o.identifier("id")
	return err
}

// maxRoles is more than any person has.
const maxRoles = 1000

func (f *finishing) roles() error {
	raw := f.claims.raw(claim + "roles")
	if raw == nil {
		if f.launch.MessageType == MessageDeepLinking {
			return nil
		}
		return errors.New("roles is absent")
	}
	roles, err := stringList(raw)
	if err != nil {
		return fmt.Errorf("roles is %w", err)
	}
	if len(roles) > maxRoles {
		return fmt.Errorf("%d roles are more than %d", len(roles), maxRoles)
	}
	return nil
}

// readRoles returns the roles if they are what they should be.
func readRoles(c object) []string {
	roles, err := stringList(c.raw(claim + "roles"))
	if err != nil || len(roles) > maxRoles {
		return nil
	}
	for i, role := range roles {
		roles[i] = clean(role)
	}
	return roles
}

func (f *finishing) subject() error {
	if !f.claims.has("sub") && f.registration.AllowAnonymous {
		return nil
	}
	subject, err := f.claims.identifier("sub")
	if err == nil {
		f.launch.Subject = subject
	}
	return err
}

func (f *finishing) deepLinking() error {
	if f.launch.MessageType != MessageDeepLinking {
		return nil
	}
	o, ok := f.claims.object(claimDL)
	if !ok {
		return errors.New("deep_linking_settings is absent or not an object")
	}
	d := &DeepLinking{
		AcceptTypes: o.texts("accept_types"), AcceptTargets: o.texts("accept_presentation_document_targets"),
		AcceptMediaTypes: o.text("accept_media_types"), AcceptMultiple: o.flag("accept_multiple"),
		AutoCreate: o.flag("auto_create"), Title: o.text("title"), Text: o.text("text"),
	}
	d.AcceptLineItem = pointer[bool](o, "accept_lineitem", "a boolean")
	d.Data = pointer[string](o, "data", "a string")
	var err error
	if d.ReturnURL, err = o.required("deep_link_return_url"); err != nil {
		return err
	}
	if err := f.checkReturn(d.ReturnURL); err != nil {
		return err
	}
	if len(d.AcceptTypes) == 0 || len(d.AcceptTargets) == 0 {
		return errors.New("accept_types or accept_presentation_document_targets is absent or empty")
	}
	f.launch.DeepLinking = d
	return nil
}

// checkReturn refuses a form target that would leak or run something. http is
// for tools that are on http themselves.
func (f *finishing) checkReturn(raw string) error {
	u, err := url.Parse(raw)
	own, ownErr := url.Parse(f.launchURL)
	if err != nil || ownErr != nil || u.Host == "" || u.User != nil {
		return fmt.Errorf("deep_link_return_url %.200q is not a web address", raw)
	}
	if u.Scheme != "https" && (u.Scheme != "http" || own.Scheme != "http") {
		return fmt.Errorf("deep_link_return_url %.200q is not https", raw)
	}
	return nil
}

// forUser: a submission is shown to its owner and to those who teach.
func (f *finishing) forUser() error {
	if f.launch.MessageType != MessageSubmissionReview {
		return nil
	}
	o, ok := f.claims.object(claim + "for_user")
	if !ok {
		return errors.New("for_user is absent or not an object")
	}
	id, err := o.identifier("user_id")
	if err != nil {
		return fmt.Errorf("for_user: %w", err)
	}
	if f.launch.Grades == nil || f.launch.Grades.LineItem == "" {
		return errors.New("review without a line item")
	}
	if l := f.launch; l.Subject != id && !l.Roles.Instructor() && !l.Roles.Administrator() {
		return errors.New("review of another user's submission by somebody who does not teach")
	}
	f.launch.ForUser = &ForUser{
		UserID: id, PersonSourcedID: o.text("person_sourcedid"),
		Name: o.text("name"), GivenName: o.text("given_name"), FamilyName: o.text("family_name"),
		Email: o.text("email"), Roles: ParseRoles(o.texts("roles")),
	}
	return nil
}
