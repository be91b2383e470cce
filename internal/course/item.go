package course

import (
	"errors"
	"net/http"
	"strconv"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
	"github.com/greenroom-lti/greenroom/internal/web"
)

// usualZone is that of times whose browser does not say where it is.
const usualZone = "UTC"

type itemsPage struct {
	picker
	Cards   []itemCard
	Zone    web.Field
	Guess   bool   // the zone is to be the browser's
	Problem string // about all items; usually empty
}

// Button says what the page does.
func (p itemsPage) Button() string {
	if n := len(p.Cards); n != 1 {
		return "Add " + strconv.Itoa(n) + " activities to the course"
	}
	return "Add to the course"
}

// An itemCard is the part of the form about one scenario.
type itemCard struct {
	greenroom.ContentItemForm
	Name        string // of the scenario; empty if it is gone
	Number      int    // from 1
	First, Last bool

	TitleField, MaximumField, TagField web.Field
	Dates                              []datePair
	Targets                            []string // besides that which the LMS likes
	TargetError                        string
	Open                               bool // shows what usually stays as it is
}

// A datePair is the two ends of a span of time.
type datePair struct {
	Legend      string
	From, Until web.Field
}

// items asks for title, grade and dates of what was picked.
func (c *Course) items(w http.ResponseWriter, r *http.Request, p picker) error {
	if len(p.Items) == 0 {
		return c.list(w, r, http.StatusUnprocessableEntity, p, "Pick at least one scenario.")
	}
	return c.settings(w, r, http.StatusOK, p, nil)
}

func (c *Course) settings(w http.ResponseWriter, r *http.Request, status int, p picker, wrong *greenroom.Invalid) error {
	known, err := c.known(r, p.visit)
	if err != nil {
		return err
	}
	page := itemsPage{picker: p, Guess: p.picking.Zone == "", Problem: wrong.Of("items")}
	page.Zone = web.Field{
		Name: "zone", Label: "Time zone of the dates", Value: p.picking.Zone, Error: wrong.Of("zone"),
		Help: "For example Europe/Berlin, or UTC.",
	}
	if page.Guess {
		page.Zone.Value = usualZone
	}
	whole := p.visit.Connection.WholeMaximum()
	for n, item := range p.Items {
		sc, ok := known[greenroom.ScenarioID(item.Scenario)]
		if ok && !item.Typed {
			item.ContentItemForm = greenroom.NewContentItemForm(sc)
		}
		card := newCard(item.ContentItemForm, whole, wrong)
		card.Name, card.Number, card.First, card.Last = sc.Title, n+1, n == 0, n == len(p.Items)-1
		card.Targets = greenroom.Targets(p.asked)
		page.Cards = append(page.Cards, card)
	}
	return c.kit.Render(w, r, status, c.pages, "items.html", page)
}

// newCard puts what was typed, and what is wrong with it, into fields.
func newCard(i greenroom.ContentItemForm, whole bool, wrong *greenroom.Invalid) itemCard {
	field := func(name, label, value, help string) web.Field {
		return web.Field{Name: i.Field(name), Label: label, Value: value, Help: help, Error: wrong.Of(i.Field(name))}
	}
	date := func(name, label, value string) web.Field {
		f := field(name, label, value, "")
		f.Type = "datetime-local"
		return f
	}
	c := itemCard{
		ContentItemForm: i,
		TitleField:      field("title", "Title in the course", i.Title, ""),
		MaximumField:    field("maximum", "Maximum score", i.Maximum, ""),
		TagField:        field("tag", "Tag", i.Tag, "For reports of your LMS. Learners do not see it."),
		TargetError:     wrong.Of(i.Field("target")),
		Dates: []datePair{
			{"Learners see it", date("available-from", "From", i.AvailableFrom), date("available-until", "Until", i.AvailableUntil)},
			{"Learners can work on it", date("submission-from", "From", i.SubmissionFrom), date("submission-until", "Until", i.SubmissionUntil)},
		},
	}
	c.TitleField.Required = true
	c.MaximumField.Mode = "decimal"
	if whole {
		c.MaximumField.Help = "Your LMS takes whole numbers only."
	}
	c.Open = i.Tag != "" || i.Target != "" || c.TagField.Error != "" || c.TargetError != ""
	for _, d := range c.Dates {
		c.Open = c.Open || d.From.Value+d.From.Error+d.Until.Value+d.Until.Error != ""
	}
	return c
}

type answerPage struct {
	greenroom.LinkAnswer
	Course string
}

// answer signs what was picked and sends the browser to the LMS with it.
func (c *Course) answer(w http.ResponseWriter, r *http.Request, p picker) error {
	a, err := c.service.AnswerDeepLinking(r.Context(), p.visit, c.tool(r, p), p.form())
	if wrong, ok := errors.AsType[*greenroom.Invalid](err); ok {
		if len(p.Items) == 0 {
			return c.list(w, r, http.StatusUnprocessableEntity, p, wrong.Of("items"))
		}
		return c.settings(w, r, http.StatusUnprocessableEntity, p, wrong)
	}
	if err != nil {
		return err
	}
	return c.send(w, r, p, a)
}

// cancel tells the LMS that nothing was picked: its page waits.
func (c *Course) cancel(w http.ResponseWriter, r *http.Request, p picker) error {
	a, err := c.service.CancelDeepLinking(r.Context(), p.visit, c.tool(r, p))
	if err != nil {
		return err
	}
	return c.send(w, r, p, a)
}

// tool is Greenroom by the address at which the LMS knows it.
func (c *Course) tool(r *http.Request, p picker) greenroom.ToolEndpoints {
	return c.kit.Here(r).Endpoints(p.visit.Workspace.ID, p.visit.Workspace.Name)
}

// send shows the form that goes to the LMS by itself.
func (c *Course) send(w http.ResponseWriter, r *http.Request, p picker, a greenroom.LinkAnswer) error {
	c.kit.AllowFormsToLMS(w.Header())
	return c.kit.Render(w, r, http.StatusOK, c.pages, "answer.html", answerPage{a, p.Course()})
}
