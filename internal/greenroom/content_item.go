package greenroom

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
	_ "time/tzdata" // a server without zones of its own
	"unicode/utf8"

	"github.com/greenroom-lti/greenroom/lti"
)

// A ContentItem is an activity that an instructor makes of a scenario: a link
// to a resource, as Deep Linking calls it.
type ContentItem struct {
	Scenario Scenario
	Title    string
	// ResourceID is ours, and goes with the gradebook's column: a copied
	// course keeps it.
	ResourceID string
	Maximum    float64 // of the score; 0: the activity is not graded
	Tag        string  // of the column; may be empty
	Available  Window  // when learners see it
	Submission Window  // when they may work
	Target     string  // where it opens: iframe, window; empty: as the platform likes
	Icon       bool    // shows Greenroom's icon
}

// A Window is a span of time. Zero: open on that side.
type Window struct {
	From, Until time.Time
}

// A ContentForm is what an instructor typed about the scenarios they picked, in
// the order in which the course is to show them.
type ContentForm struct {
	Zone  string // IANA name of the zone of all times
	Items []ContentItemForm
}

// A ContentItemForm is what was typed about one scenario.
type ContentItemForm struct {
	Scenario                        string // its ID
	Title, Maximum, Tag, Target     string
	AvailableFrom, AvailableUntil   string // as <input type="datetime-local"> writes them
	SubmissionFrom, SubmissionUntil string
	Graded, Icon                    bool
}

// NewContentItemForm is what the form of a scenario begins with.
func NewContentItemForm(sc Scenario) ContentItemForm {
	return ContentItemForm{Scenario: string(sc.ID), Title: sc.Title, Maximum: "100", Graded: true, Icon: true}
}

// Field is the name of one of the form's fields: title, graded, maximum, tag,
// target, icon, available-from, available-until, submission-from,
// submission-until.
func (f ContentItemForm) Field(name string) string { return name + "-" + f.Scenario }

// Targets are where an activity can open, of those that a platform accepts.
func Targets(asked lti.DeepLinking) []string {
	var targets []string
	for _, target := range []string{"iframe", "window"} {
		if slices.Contains(asked.AcceptTargets, target) {
			targets = append(targets, target)
		}
	}
	return targets
}

// WholeMaximum tells whether a platform's gradebook takes whole maximum scores
// only.
func (c Connection) WholeMaximum() bool { return c.LMS().Grades.WholeMaximum }

const (
	maxTag = 255
	// maxMaximum is beyond what any gradebook shows.
	maxMaximum = 1_000_000
	// minuteLayout and secondLayout are the ways in which browsers write a
	// local date and time.
	minuteLayout = "2006-01-02T15:04"
	secondLayout = "2006-01-02T15:04:05"
)

// contentItems turns a form into items, or says what is wrong with it.
func (s *Service) contentItems(ctx context.Context, v Visit, asked lti.DeepLinking, form ContentForm) ([]ContentItem, error) {
	var wrong Invalid
	switch n, most := len(form.Items), MostItems(asked); {
	case n == 0:
		wrong.Add("items", "Pick at least one scenario.")
	case n > most && most == 1:
		wrong.Add("items", "Your LMS takes one activity at a time. Remove the others.")
	case n > most:
		wrong.Add("items", fmt.Sprintf("Pick at most %d scenarios at a time.", most))
	}
	if !slices.Contains(asked.AcceptTypes, "ltiResourceLink") {
		wrong.Add("items", "Your LMS does not take activities here, only other kinds of content.")
	}
	if len(wrong.Fields) > 0 {
		return nil, wrong.OrNil()
	}
	zone, err := time.LoadLocation(form.Zone)
	if err != nil || form.Zone == "Local" {
		wrong.Add("zone", "This is no time zone that Greenroom knows. It looks like Europe/Berlin.")
		zone = time.UTC
	}
	items := make([]ContentItem, len(form.Items))
	for n, typed := range form.Items {
		read := itemReader{&wrong, zone, typed}
		sc, err := unarchived(s.Store.Workspace(v.Workspace.ID).Scenario(ctx, ScenarioID(typed.Scenario)))
		if errors.Is(err, ErrNotFound) {
			read.add("title", "This scenario is not in Greenroom any more. Remove it.")
			continue
		}
		if err != nil {
			return nil, err
		}
		items[n] = read.item(asked, v.Connection.WholeMaximum())
		items[n].Scenario = sc
		if items[n].ResourceID, err = newResourceID(s.Random, sc.ID); err != nil {
			return nil, err
		}
	}
	return items, wrong.OrNil()
}

// An itemReader reads what was typed about one item.
type itemReader struct {
	wrong *Invalid
	zone  *time.Location
	typed ContentItemForm
}

func (r itemReader) add(field, text string) { r.wrong.Add(r.typed.Field(field), text) }

func (r itemReader) item(asked lti.DeepLinking, whole bool) ContentItem {
	i := ContentItem{
		Title: oneLine(r.typed.Title), Tag: oneLine(r.typed.Tag), Target: r.typed.Target, Icon: r.typed.Icon,
		Available:  r.window("available", r.typed.AvailableFrom, r.typed.AvailableUntil),
		Submission: r.window("submission", r.typed.SubmissionFrom, r.typed.SubmissionUntil),
	}
	switch {
	case i.Title == "":
		r.add("title", "Enter a title.")
	case utf8.RuneCountInString(i.Title) > maxName:
		r.add("title", fmt.Sprintf("Use at most %d characters.", maxName))
	}
	if utf8.RuneCountInString(i.Tag) > maxTag {
		r.add("tag", fmt.Sprintf("Use at most %d characters.", maxTag))
	}
	if i.Target != "" && !slices.Contains(Targets(asked), i.Target) {
		r.add("target", "Your LMS does not open activities there.")
	}
	if r.typed.Graded {
		i.Maximum = r.maximum(whole)
	}
	return i
}

func (r itemReader) maximum(whole bool) float64 {
	typed := strings.Replace(strings.TrimSpace(r.typed.Maximum), ",", ".", 1)
	maximum, err := strconv.ParseFloat(typed, 64)
	switch {
	case err != nil || math.IsNaN(maximum) || math.IsInf(maximum, 0):
		r.add("maximum", "Enter a number, for example 100.")
	case maximum <= 0:
		r.add("maximum", "The maximum score must be greater than 0. For no score, choose not graded.")
	case maximum > maxMaximum:
		r.add("maximum", "Enter at most 1000000.")
	case whole && maximum != math.Trunc(maximum):
		r.add("maximum", "This LMS takes whole numbers only.")
	}
	return maximum
}

func (r itemReader) window(name, from, until string) Window {
	w := Window{From: r.time(name+"-from", from), Until: r.time(name+"-until", until)}
	if !w.From.IsZero() && !w.Until.IsZero() && !w.Until.After(w.From) {
		r.add(name+"-until", "The end must come after the beginning.")
	}
	return w
}

func (r itemReader) time(field, typed string) time.Time {
	typed = strings.Replace(strings.TrimSpace(typed), " ", "T", 1)
	if typed == "" {
		return time.Time{}
	}
	for _, layout := range []string{minuteLayout, secondLayout} {
		if t, err := time.ParseInLocation(layout, typed, r.zone); err == nil {
			return t
		}
	}
	r.add(field, "Enter date and time like 2026-03-01 09:30.")
	return time.Time{}
}

// pickLength is how many characters tell the picks of one scenario apart.
const pickLength = 10

// newResourceID names a pick of a scenario: its ID and a mark of the pick.
func newResourceID(random io.Reader, id ScenarioID) (string, error) {
	reference, err := NewReference(random)
	if err != nil {
		return "", err
	}
	return string(id) + "." + strings.ToLower(reference[:pickLength]), nil
}

// ScenarioOfResource returns the ID of the scenario that a resource ID of ours
// was made for: whatever becomes of a copied activity's parameters, its column
// in the gradebook tells which one it was. Empty if it is none of ours.
func ScenarioOfResource(resourceID string) ScenarioID {
	id, mark, ok := strings.Cut(resourceID, ".")
	if !ok || len(mark) != pickLength {
		return ""
	}
	return ScenarioID(id)
}
