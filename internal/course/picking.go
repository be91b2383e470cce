package course

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
	"github.com/greenroom-lti/greenroom/internal/web"
)

// A picking is what an instructor has done in the picker so far. Pages carry it
// on in their forms:
//
//	q, difficulty   what the list is narrowed to
//	picked          scenario IDs, ticked
//	order           those that were picked before, in the order of the course
//	title-ID, …     what was typed about a scenario; see ContentItemForm.Field
//	zone            of the times among it
//
// and buttons say what is to be done with it:
//
//	drop            take a scenario out
//	move            up:ID or down:ID
type picking struct {
	Search, Difficulty string
	Items              []pickedItem
	Zone               string // empty until something was typed
}

// A pickedItem is one scenario that is ticked, with what was typed about it.
type pickedItem struct {
	greenroom.ContentItemForm
	Typed bool // otherwise the form is as it begins
}

// Typed tells that something was typed, and must not be lost.
func (p picking) Typed() bool {
	return p.Zone != "" || slices.ContainsFunc(p.Items, func(i pickedItem) bool { return i.Typed })
}

// readPicking reads what a form of the picker carries. most is how many
// scenarios can be picked.
func readPicking(r *http.Request, most int) (picking, error) {
	if err := web.ReadForm(r); err != nil {
		return picking{}, err
	}
	f := r.Form
	p := picking{Search: f.Get("q"), Difficulty: f.Get("difficulty"), Zone: f.Get("zone")}
	for _, id := range pickedOf(f, most) {
		item := readItem(f, id)
		p.Items = append(p.Items, pickedItem{item, f.Has(item.Field("title"))})
	}
	return p, nil
}

// keepTyped puts what somebody has typed into a form of the picker onto the page
// of its error, to be copied: a request of the LMS that has ended takes no form
// any more.
func keepTyped(err error, r *http.Request) error {
	if err == nil || r.Method != http.MethodPost {
		return err
	}
	p, broken := readPicking(r, mostCarried)
	if broken != nil {
		return err
	}
	return web.KeepTexts(err, r, p.texts()...)
}

// texts are the fields that somebody has typed into, with what they are about.
func (p picking) texts() (texts []web.TypedText) {
	for n, i := range p.Items {
		if !i.Typed {
			continue
		}
		for _, t := range []web.TypedText{
			{Label: "title", Value: i.Title}, {Label: "maximum score", Value: i.Maximum}, {Label: "tag", Value: i.Tag},
			{Label: "seen from", Value: i.AvailableFrom}, {Label: "seen until", Value: i.AvailableUntil},
			{Label: "open from", Value: i.SubmissionFrom}, {Label: "open until", Value: i.SubmissionUntil},
		} {
			t.Label = "Activity " + strconv.Itoa(n+1) + ", " + t.Label
			texts = append(texts, t)
		}
	}
	return texts
}

// mostCarried bounds what a form carries on: more than can be picked, so that
// too many are said to be too many and are not just gone.
const mostCarried = 4 * greenroom.MaxItems

// pickedOf returns what is ticked: what was picked before in its order, then
// the rest as it comes, each once, mostCarried of them.
func pickedOf(f url.Values, most int) []string {
	ticked := map[string]bool{}
	for _, id := range f["picked"] {
		ticked[id] = id != "" && id != f.Get("drop")
	}
	var ids []string
	for _, id := range slices.Concat(f["order"], f["picked"]) {
		if ticked[id] && len(ids) < mostCarried {
			ids = append(ids, id)
			ticked[id] = false // each once
		}
	}
	if most == 1 && len(ids) > 1 { // the one that was ticked last
		ids = ids[len(ids)-1:]
	}
	move(ids, f.Get("move"))
	return ids
}

// move does what up:ID or down:ID says.
func move(ids []string, order string) {
	way, id, _ := strings.Cut(order, ":")
	at := slices.Index(ids, id)
	to := map[string]int{"up": at - 1, "down": at + 1}[way]
	if at >= 0 && way != "" && to >= 0 && to < len(ids) {
		ids[at], ids[to] = ids[to], ids[at]
	}
}

// readItem reads what was typed about a scenario.
func readItem(f url.Values, id string) greenroom.ContentItemForm {
	i := greenroom.ContentItemForm{Scenario: id}
	get := func(name string) string { return f.Get(i.Field(name)) }
	i.Title, i.Maximum, i.Tag, i.Target = get("title"), get("maximum"), get("tag"), get("target")
	i.AvailableFrom, i.AvailableUntil = get("available-from"), get("available-until")
	i.SubmissionFrom, i.SubmissionUntil = get("submission-from"), get("submission-until")
	i.Graded, i.Icon = get("graded") != "no", get("icon") != ""
	return i
}

// typedOf is the other way round: the fields of what was typed.
func typedOf(i greenroom.ContentItemForm) []hidden {
	graded, icon := "yes", ""
	if !i.Graded {
		graded = "no"
	}
	if i.Icon {
		icon = "yes"
	}
	fields := []hidden{
		{"title", i.Title}, {"graded", graded}, {"maximum", i.Maximum}, {"tag", i.Tag}, {"target", i.Target}, {"icon", icon},
		{"available-from", i.AvailableFrom}, {"available-until", i.AvailableUntil},
		{"submission-from", i.SubmissionFrom}, {"submission-until", i.SubmissionUntil},
	}
	for n := range fields {
		fields[n].Name = i.Field(fields[n].Name)
	}
	return fields
}

// A hidden field of a form.
type hidden struct{ Name, Value string }

// Method is how forms carry it on: by GET as long as nothing was typed.
func (p picking) Method() string {
	if p.Typed() {
		return "post"
	}
	return "get"
}

// Picked tells whether a scenario is ticked.
func (p picking) Picked(id greenroom.ScenarioID) bool {
	return slices.ContainsFunc(p.Items, func(i pickedItem) bool { return i.Scenario == string(id) })
}

// Carried are the hidden fields for all but what the page itself asks for:
// order and what was typed.
func (p picking) Carried() []hidden {
	var all []hidden
	for _, item := range p.Items {
		all = append(all, hidden{"order", item.Scenario})
	}
	if !p.Typed() {
		return all
	}
	all = append(all, hidden{"zone", p.Zone})
	for _, item := range p.Items {
		if item.Typed {
			all = append(all, typedOf(item.ContentItemForm)...)
		}
	}
	return all
}

// Filter are the hidden fields of what the list is narrowed to.
func (p picking) Filter() []hidden {
	return []hidden{{"q", p.Search}, {"difficulty", p.Difficulty}}
}

// Ticked are the hidden fields of what is picked.
func (p picking) Ticked() []hidden {
	var all []hidden
	for _, item := range p.Items {
		all = append(all, hidden{"picked", item.Scenario})
	}
	return all
}

// form is what is to be answered, if nothing changes any more.
func (p picking) form() greenroom.ContentForm {
	form := greenroom.ContentForm{Zone: p.Zone}
	for _, item := range p.Items {
		form.Items = append(form.Items, item.ContentItemForm)
	}
	return form
}
