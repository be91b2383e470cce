package greenroom

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/greenroom-lti/greenroom/internal/roleplay"
	"github.com/greenroom-lti/greenroom/lti"
)

// CheckPicker is our own check of a deep linking request: whoever sends it may
// add activities to the course.
const CheckPicker = "picker"

// A PickerError says that somebody opened the picker who does not build
// courses.
type PickerError struct{}

func (*PickerError) Error() string {
	return "none of the roles is one that adds activities to a course"
}

// pickerRoles are the context roles, sub-roles included, whose people add
// activities to a course.
var pickerRoles = []string{"Instructor", "ContentDeveloper", "Administrator", "Manager"}

// MayPick tells whether a deep linking request comes from somebody who adds
// activities to courses. Roles are optional in such a request: where the
// platform tells none at all, it has chosen itself to whom it shows the picker.
func MayPick(l *lti.Launch) bool {
	if len(l.RawRoles) == 0 {
		return true
	}
	return l.Roles.PlatformAdministrator() || slices.ContainsFunc(l.Roles, func(r lti.Role) bool {
		return slices.Contains(pickerRoles, r.Principal())
	})
}

// deepLinkingOf is what a request asked for, in the form in which it is kept
// until it is answered; empty if this is none.
func deepLinkingOf(l *lti.Launch) (string, error) {
	if l.DeepLinking == nil {
		return "", nil
	}
	kept, err := json.Marshal(l.DeepLinking)
	return string(kept), err
}

// Picks tells whether a visit was opened by a deep linking request, answered or
// not.
func (v Visit) Picks() bool { return v.Launch.MessageType == lti.MessageDeepLinking }

// Answered tells whether the visit's deep linking request was answered.
func (v Visit) Answered() bool { return v.Launch.DeepLinking == "" }

// DeepLinking returns what the visit's deep linking request asks for.
// ErrAnswered.
func (v Visit) DeepLinking() (lti.DeepLinking, error) {
	if v.Answered() {
		return lti.DeepLinking{}, ErrAnswered
	}
	var asked lti.DeepLinking
	if err := json.Unmarshal([]byte(v.Launch.DeepLinking), &asked); err != nil {
		return asked, fmt.Errorf("deep linking request of launch %s: %w", v.Launch.ID, err)
	}
	return asked, nil
}

// Picked says what a deep linking request was answered with; empty for other
// launches.
func (l Launch) Picked() string {
	switch {
	case l.MessageType != lti.MessageDeepLinking || l.Outcome != LaunchOK:
		return ""
	case l.AnsweredAt.IsZero():
		return "Nothing was sent to the LMS yet"
	case l.AnsweredItems == 0:
		return "Cancelled: no activity was sent to the LMS"
	case l.AnsweredItems == 1:
		return "1 activity was sent to the LMS"
	}
	return fmt.Sprintf("%d activities were sent to the LMS", l.AnsweredItems)
}

// MaxItems is how many scenarios can be picked at once.
const MaxItems = 50

// MostItems is how many scenarios a platform takes at once.
func MostItems(d lti.DeepLinking) int {
	if d.AcceptMultiple {
		return MaxItems
	}
	return 1
}

// A Choice is what there is to pick from.
type Choice struct {
	Found        []Scenario // by title
	Difficulties []string   // of all scenarios, as they are labelled, sorted
	All          int        // scenarios in the workspace
}

// Choose returns the scenarios whose title, objective or description has every
// word of a search, and that have the difficulty, each unless it is empty.
func (s *Service) Choose(ctx context.Context, w WorkspaceID, search, difficulty string) (Choice, error) {
	all, err := s.Store.Workspace(w).Scenarios(ctx)
	if err != nil {
		return Choice{}, err
	}
	c := Choice{All: len(all)}
	words := strings.Fields(strings.ToLower(search))
	for _, sc := range all {
		if sc.Difficulty != "" && !slices.Contains(c.Difficulties, sc.Difficulty) {
			c.Difficulties = append(c.Difficulties, sc.Difficulty)
		}
		if (difficulty == "" || sc.Difficulty == difficulty) && sc.mentions(words) {
			c.Found = append(c.Found, sc)
		}
	}
	slices.Sort(c.Difficulties)
	return c, nil
}

func (sc Scenario) mentions(words []string) bool {
	text := strings.ToLower(sc.Title + "\n" + sc.Objective + "\n" + sc.Description)
	return !slices.ContainsFunc(words, func(word string) bool { return !strings.Contains(text, word) })
}

// A ScenarioPreview is a scenario with the lines it opens with.
type ScenarioPreview struct {
	Play    Play
	Opening roleplay.Talk
}

// PreviewScenario plays a scenario as far as its first replies. ErrNotFound.
func (s *Service) PreviewScenario(ctx context.Context, w WorkspaceID, id ScenarioID) (ScenarioPreview, error) {
	sc, err := unarchived(s.Store.Workspace(w).Scenario(ctx, id))
	if err != nil {
		return ScenarioPreview{}, err
	}
	p, err := s.play(ctx, w, sc, sc.Version)
	if err != nil {
		return ScenarioPreview{}, err
	}
	talk, err := s.Engine.Play(ctx, p.Version.Compiled, 0, nil)
	return ScenarioPreview{p, talk}, err
}

// A LinkAnswer is what goes back to the platform: a form that the browser
// posts.
type LinkAnswer struct {
	URL   string // deep_link_return_url of the request
	Token string // the signed response, in the form's field JWT
	Items int
}

// A LinkResponse is what a signed answer is made of.
type LinkResponse struct {
	Deployment string
	Asked      lti.DeepLinking
	Items      []ContentItem // none: nothing was picked
	Message    string        // for the person, in the platform's page; may be empty
	Tool       ToolEndpoints
}

// AnswerDeepLinking checks what was picked and signs it for the platform. A
// request is answered once: ErrAnswered. *Invalid names the fields of
// ContentForm; nothing was answered then.
func (s *Service) AnswerDeepLinking(ctx context.Context, v Visit, tool ToolEndpoints, form ContentForm) (LinkAnswer, error) {
	asked, err := v.DeepLinking()
	if err != nil {
		return LinkAnswer{}, err
	}
	items, err := s.contentItems(ctx, v, asked, form)
	if err != nil {
		return LinkAnswer{}, err
	}
	message := "Added from Greenroom: " + counted(len(items), "scenario") + "."
	return s.answer(ctx, v, LinkResponse{Asked: asked, Items: items, Message: message, Tool: tool})
}

// CancelDeepLinking answers that nothing was picked. ErrAnswered.
func (s *Service) CancelDeepLinking(ctx context.Context, v Visit, tool ToolEndpoints) (LinkAnswer, error) {
	asked, err := v.DeepLinking()
	if err != nil {
		return LinkAnswer{}, err
	}
	return s.answer(ctx, v, LinkResponse{Asked: asked, Message: "Nothing was picked in Greenroom.", Tool: tool})
}

// answer signs first: a request that could not be signed for is not answered.
func (s *Service) answer(ctx context.Context, v Visit, r LinkResponse) (LinkAnswer, error) {
	r.Deployment = v.Launch.Deployment
	key, owner, err := s.SigningKeyFor(ctx, v.Workspace.ID, v.Connection)
	if err != nil {
		return LinkAnswer{}, err
	}
	token, err := s.Platforms.SignDeepLinking(ctx, owner, v.Connection, key, r)
	if err != nil {
		return LinkAnswer{}, err
	}
	err = s.Store.Workspace(v.Workspace.ID).Update(ctx, func(ctx context.Context, tx Tx) error {
		return tx.AnswerDeepLinking(ctx, v.Launch.ID, s.Now(), len(r.Items))
	})
	return LinkAnswer{URL: r.Asked.ReturnURL, Token: token, Items: len(r.Items)}, err
}

func counted(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
