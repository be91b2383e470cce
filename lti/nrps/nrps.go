package nrps

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/greenroom-lti/greenroom/lti"
)

// A Status tells whether a member may use the course (§2.2.1).
type Status string

// The statuses. Deleted comes in differences alone.
const (
	Active   Status = "Active"
	Inactive Status = "Inactive"
	Deleted  Status = "Deleted"
)

// A Member is one person of a course. Only UserID is always there.
type Member struct {
	UserID string // the sub of launches
	Status Status // Active when the platform does not say
	Roles  lti.Roles
	// RawRoles are the roles as they came.
	RawRoles []string

	Name, GivenName, MiddleName, FamilyName string
	Email, Picture                          string
	PersonSourcedID                         string // lis_person_sourcedid
	LegacyUserID                            string // lti11_legacy_user_id

	// Custom are the custom parameters of a launch of the resource link by this
	// member, with variables resolved; nil unless Roster.ResourceLinkID was
	// set (§3.2).
	Custom map[string]string
}

// A Context is the course that a roster belongs to.
type Context struct {
	ID, Label, Title string
}

// A Roster asks one platform for the members of one context. The fields below
// Client narrow the question; what a platform lets through all the same is
// not filtered again, for it knows its roles better.
type Roster struct {
	URL    string // context_memberships_url, kept byte for byte
	Client *lti.Client

	Role           lti.Role // only members with this context role; empty: all
	ResourceLinkID string   // only members who may use this link, with their Custom
	Limit          int      // members a page, as a hint; 0: the platform's own

	// Context and Differences are known once Members has ended without an
	// error. Differences is where changes since then can be read, by another
	// Roster; empty if the platform offers none (§2.4.3).
	Context     Context
	Differences string
}

// mediaType is the only one that Moodle accepts.
const mediaType = "application/vnd.ims.lti-nrps.v2.membershipcontainer+json"

// maxPages is more than any course has.
const maxPages = 10_000

// Members reads the roster page by page. It ends at the first error, which is
// a *lti.ServiceError. A page on another host ends it as well: the access token
// is for one.
func (r *Roster) Members(ctx context.Context) iter.Seq2[Member, error] {
	return func(yield func(Member, error) bool) {
		seen := map[string]bool{}
		for page := r.first(); page != ""; {
			if seen[page] = true; len(seen) > maxPages {
				yield(Member{}, broken(page, fmt.Errorf("more than %d pages", maxPages)))
				return
			}
			members, next, err := r.page(ctx, page)
			if err != nil {
				yield(Member{}, err)
				return
			}
			for _, m := range members {
				if !yield(m, nil) {
					return
				}
			}
			if next != "" && (seen[next] || !lti.SameOrigin(next, r.URL)) {
				yield(Member{}, broken(page, fmt.Errorf("next page %s goes in a circle or elsewhere", next)))
				return
			}
			page = next
		}
	}
}

func (r *Roster) page(ctx context.Context, page string) ([]Member, string, error) {
	answer, err := r.Client.Do(ctx, lti.Request{Op: "roster", URL: page, Accept: mediaType, Scope: lti.ScopeMemberships})
	if err != nil {
		return nil, "", err
	}
	var body struct {
		Context loose[Context] `json:"context"`
		Members []Member       `json:"members"`
	}
	if err := lti.ReadJSON(answer.Body, &body); err != nil {
		return nil, "", broken(page, err)
	}
	for i, m := range body.Members {
		if m.UserID == "" {
			return nil, "", broken(page, fmt.Errorf("member %d has no user_id", i+1))
		}
	}
	r.Context = body.Context.value
	if since := answer.Link("differences", page); since != "" && lti.SameOrigin(since, r.URL) {
		r.Differences = since
	}
	return body.Members, answer.Link("next", page), nil
}

// first is the URL of the first page. The URL's own query stays as it is.
func (r *Roster) first() string {
	query := url.Values{}
	if r.Role != "" {
		query.Set("role", string(r.Role))
	}
	if r.ResourceLinkID != "" {
		query.Set("rlid", r.ResourceLinkID)
	}
	if r.Limit > 0 {
		query.Set("limit", strconv.Itoa(r.Limit))
	}
	return lti.WithQuery(r.URL, query)
}

func broken(page string, err error) error {
	bare, _, _ := strings.Cut(page, "?")
	return &lti.ServiceError{
		Op: "roster", Method: http.MethodGet, URL: bare, Status: http.StatusOK,
		Text: "The answer is not a roster.", Cause: err,
	}
}

// UnmarshalJSON reads a member as platforms write it: what is of an odd type
// counts as absent.
func (m *Member) UnmarshalJSON(data []byte) error {
	var wire struct {
		UserID     loose[string]   `json:"user_id"`
		Status     loose[string]   `json:"status"`
		Roles      loose[[]string] `json:"roles"`
		Name       loose[string]   `json:"name"`
		GivenName  loose[string]   `json:"given_name"`
		MiddleName loose[string]   `json:"middle_name"`
		FamilyName loose[string]   `json:"family_name"`
		Email      loose[string]   `json:"email"`
		Picture    loose[string]   `json:"picture"`
		SourcedID  loose[string]   `json:"lis_person_sourcedid"`
		Legacy     loose[string]   `json:"lti11_legacy_user_id"`
		Messages   loose[[]struct {
			Custom loose[map[string]loose[string]] `json:"https://purl.imsglobal.org/spec/lti/claim/custom"`
		}] `json:"message"`
	}
	if err := json.Unmarshal(data, &wire); err != nil {
		return err
	}
	*m = Member{
		UserID: wire.UserID.value, Status: Status(wire.Status.value),
		RawRoles: wire.Roles.value, Roles: lti.ParseRoles(wire.Roles.value),
		Name: wire.Name.value, GivenName: wire.GivenName.value, MiddleName: wire.MiddleName.value, FamilyName: wire.FamilyName.value,
		Email: wire.Email.value, Picture: wire.Picture.value, PersonSourcedID: wire.SourcedID.value, LegacyUserID: wire.Legacy.value,
	}
	if m.Status == "" {
		m.Status = Active
	}
	for _, message := range wire.Messages.value {
		for name, value := range message.Custom.value {
			if m.Custom == nil {
				m.Custom = map[string]string{}
			}
			m.Custom[name] = value.value
		}
	}
	return nil
}

// loose is a value that counts as absent when it is of another type.
type loose[T any] struct{ value T }

func (l *loose[T]) UnmarshalJSON(data []byte) error {
	var v T
	if json.Unmarshal(data, &v) == nil {
		l.value = v
	}
	return nil
}
