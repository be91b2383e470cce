package lti

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Names of claims.
const (
	claim     = "https://purl.imsglobal.org/spec/lti/claim/"
	claimAGS  = "https://purl.imsglobal.org/spec/lti-ags/claim/endpoint"
	claimNRPS = "https://purl.imsglobal.org/spec/lti-nrps/claim/namesroleservice"
	claimPNS  = claim + "platformnotificationservice"
	claimDL   = "https://purl.imsglobal.org/spec/lti-dl/claim/deep_linking_settings"
)

// readClaims reads what is optional, generously: an odd claim is noted and
// left out. What a launch needs is read here too, for a refusal's sake, and
// checked by the steps that follow.
func (f *finishing) readClaims() error {
	c, err := readObject(f.token.payload)
	if err != nil {
		return err
	}
	f.claims = c
	l := f.launch
	l.User = readUser(c)
	l.Nonce, l.DeploymentID = c.text("nonce"), c.text(claim+"deployment_id")
	l.MessageType, l.TargetLinkURI = c.text(claim+"message_type"), c.text(claim+"target_link_uri")
	l.Custom, l.Ext = readCustom(c, "custom"), readCustom(c, "ext")
	l.Notices, l.Migration, l.Placement = readNotices(c), readMigration(c), c.text("https://www.instructure.com/placement")
	l.Platform, l.Presentation = readPlatform(c), readPresentation(c)
	l.Grades, l.Names = readGrades(c), readNames(c)
	l.LIS = readLIS(c)
	l.RawRoles = readRoles(c)
	l.Roles = ParseRoles(l.RawRoles)
	l.ResourceLink = readResourceLink(c)
	l.Context, err = readContext(c)
	return err
}

func readUser(c object) User {
	return User{
		Name: c.text("name"), GivenName: c.text("given_name"), FamilyName: c.text("family_name"),
		MiddleName: c.text("middle_name"), Email: c.text("email"), Locale: c.text("locale"),
		Picture: c.text("picture"),
	}
}

// readContext refuses an id out of bounds: cut or left out, it could be taken
// for another course.
func readContext(c object) (*Context, error) {
	o, ok := c.object(claim + "context")
	if !ok {
		return nil, nil
	}
	id := o.text("id")
	if id == "" {
		o.note("id", "absent")
		return nil, nil
	}
	if err := checkIdentifier(id); err != nil {
		return nil, fmt.Errorf("context id %w", err)
	}
	return &Context{ID: id, Label: o.text("label"), Title: o.text("title"), Types: o.texts("type")}, nil
}

func readResourceLink(c object) *ResourceLink {
	o, ok := c.object(claim + "resource_link")
	if !ok {
		return nil
	}
	return &ResourceLink{ID: o.text("id"), Title: o.text("title"), Description: o.text("description")}
}

func readPlatform(c object) *PlatformInstance {
	o, ok := c.object(claim + "tool_platform")
	if !ok {
		return nil
	}
	return &PlatformInstance{
		GUID: o.text("guid"), Name: o.text("name"), Description: o.text("description"),
		URL: o.text("url"), ContactEmail: o.text("contact_email"),
		ProductFamilyCode: o.text("product_family_code"), Version: o.text("version"),
	}
}

func readPresentation(c object) *Presentation {
	o, ok := c.object(claim + "launch_presentation")
	if !ok {
		return nil
	}
	return &Presentation{
		DocumentTarget: o.text("document_target"), ReturnURL: o.text("return_url"),
		Locale: o.text("locale"), Width: o.count("width"), Height: o.count("height"),
	}
}

func readGrades(c object) *GradeService {
	o, ok := c.object(claimAGS)
	if !ok {
		return nil
	}
	return &GradeService{Scopes: o.texts("scope"), LineItems: o.text("lineitems"), LineItem: o.text("lineitem")}
}

func readNames(c object) *NamesService {
	o, ok := c.object(claimNRPS)
	if !ok {
		return nil
	}
	return &NamesService{MembershipsURL: o.text("context_memberships_url"), Versions: o.texts("service_versions")}
}

func readNotices(c object) *NoticeService {
	o, ok := c.object(claimPNS)
	if !ok {
		return nil
	}
	return &NoticeService{
		URL: o.text("platform_notification_service_url"), Versions: o.texts("service_versions"),
		Scopes: o.texts("scope"), Types: o.texts("notice_types_supported"),
	}
}

func readLIS(c object) *LIS {
	o, ok := c.object(claim + "lis")
	if !ok {
		return nil
	}
	return &LIS{
		PersonSourcedID:         o.text("person_sourcedid"),
		CourseOfferingSourcedID: o.text("course_offering_sourcedid"),
		CourseSectionSourcedID:  o.text("course_section_sourcedid"),
	}
}

// readCustom leaves out what means nothing: null, and the name of a variable
// that the platform did not know and sent back as it was.
func readCustom(c object, name string) map[string]string {
	o, ok := c.object(claim + name)
	if !ok {
		return nil
	}
	custom := make(map[string]string, len(o.members))
	members := slices.Clone(o.members)
	slices.SortFunc(members, func(a, b member) int { return strings.Compare(a.name, b.name) })
	for _, m := range members {
		name, raw := m.name, m.raw
		if string(raw) == "null" {
			continue
		}
		value, err := customText(raw)
		if err != nil {
			o.note(name, err.Error())
			continue
		}
		if !isVariable(value) {
			custom[clean(name)] = value
		}
	}
	return custom
}

func customText(raw json.RawMessage) (string, error) {
	switch raw[0] {
	case '{', '[':
		return "", errors.New("not a string")
	case '"':
		s, err := readText(raw)
		return clean(s), err
	}
	return string(raw), nil // a number, true or false
}

// isVariable tells "$Context.id.history" from "$5".
func isVariable(value string) bool {
	if len(value) < 2 || value[0] != '$' {
		return false
	}
	return strings.ContainsRune("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz", rune(value[1]))
}
