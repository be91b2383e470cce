package web

import (
	"cmp"
	"encoding/csv"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
	"github.com/greenroom-lti/greenroom/internal/roleplay"
)

// A ClassView is how a class fares at one activity, for the pages of
// administrators and of instructors alike: the partial "class" shows it.
type ClassView struct {
	Class      greenroom.Class
	Activity   *greenroom.ClassActivity // nil when nobody has opened any
	Activities []ClassChoice
	Filters    []ClassChoice
	Everyone   string // the list of all, where a filter or a search hides them; else empty
	Columns    []ClassColumn
	Lines      []ClassLine
	Hidden     int // lines beyond those shown
	Query      string
	Carried    []Carried // what the search form keeps
	Chart      ClassChart
	Summary    []ClassFigure

	Path, CSV, Refresh string
	RosterText         string // how fresh the list is, or why there is none
	RosterAt           time.Time
	RosterTone         string // of a note; empty: fine
	RosterWords        string // the platform's own, for administrators
	Results            string // takes a POST that reads the gradebook; empty where that is not possible
	ResultsText        string // how fresh that is, or why there is none
	ResultsAt          time.Time
	ResultsTone        string // as RosterTone
	ResultsWords       string
	ColumnText         string // why the activity has no column in the gradebook; empty where it has
}

// A ClassChoice is a link that narrows the view.
type ClassChoice struct {
	Label, Path string
	Count       int
	Here        bool
}

// A ClassColumn is a heading that sorts.
type ClassColumn struct {
	Label, Path, Width string
	Sort               string // ascending, descending or none
}

// Carried is a hidden field.
type Carried struct{ Name, Value string }

// A ClassFigure is a number with what it counts.
type ClassFigure struct{ Value, Label string }

// A ClassLine is one learner.
type ClassLine struct {
	greenroom.ClassRow
	Name string
	Path string // to their sessions; empty where there is none to open
	Gradebook
}

// Medal is what the best score earned.
func (l ClassLine) Medal() roleplay.Medal {
	if l.Best == nil {
		return roleplay.None
	}
	return l.Best.Medal()
}

// A Gradebook is the truth about one learner's place in the LMS's gradebook.
type Gradebook struct {
	State string // a word or two; empty when there is nothing to say
	Tone  string // of a badge
	Why   string // the reason, or the points
	// There is what the LMS has in place of what it was sent, as read at
	// ThereAt; empty for nothing else.
	There   string
	ThereAt time.Time
}

// ClassOptions are what differs between the pages that show a class.
type ClassOptions struct {
	Path string // of the page
	CSV  string
	// Refresh takes a POST that asks for the roster again.
	Refresh string
	// Results takes a POST that reads what the LMS's gradebook has, with the
	// fields activity and link.
	Results string
	// Admin shows the platform's own words.
	Admin bool
	// Sessions leads to a learner's sessions.
	Sessions func(greenroom.ClassActivity, greenroom.ClassRow) string
}

// shownLines bounds one page.
const shownLines = 1000

// NewClassView shows a class as a query asks for: activity, show, q, sort.
func NewClassView(c greenroom.Class, q url.Values, o ClassOptions) ClassView {
	v := ClassView{Class: c, Activity: c.Activity(q.Get("activity")), Query: strings.TrimSpace(q.Get("q")), Path: o.Path, Refresh: o.Refresh}
	v.roster(o.Admin)
	if v.Activity == nil {
		return v
	}
	v.ColumnText = columnText(*v.Activity, o.Admin)
	v.results(o)
	at := v.place(q)
	v.CSV = o.CSV
	for _, a := range c.Activities {
		v.Activities = append(v.Activities, ClassChoice{
			Label: activityLabel(c, a), Path: at.with("activity", a.Key()), Here: a.Key() == v.Activity.Key(),
		})
	}
	var all []ClassLine
	for _, r := range v.Activity.Rows {
		l := ClassLine{ClassRow: r, Name: r.Learner.DisplayName(), Gradebook: gradebookOf(*v.Activity, r, o.Admin)}
		if r.Started() && o.Sessions != nil {
			l.Path = o.Sessions(*v.Activity, r)
		}
		all = append(all, l)
	}
	v.figures(all)
	v.Chart = newClassChart(all)
	for _, f := range classFilters {
		choice := ClassChoice{Label: f.label, Path: at.with("show", f.name), Here: f.name == at.show}
		for _, l := range all {
			if f.takes(l) {
				choice.Count++
			}
		}
		v.Filters = append(v.Filters, choice)
	}
	v.Lines = at.pick(all)
	if len(v.Lines) > shownLines {
		v.Hidden, v.Lines = len(v.Lines)-shownLines, v.Lines[:shownLines]
	}
	for _, col := range classColumns {
		v.Columns = append(v.Columns, at.column(col))
	}
	if everyone := v.Filters[0]; len(v.Lines) == 0 && everyone.Count > 0 {
		at.query = ""
		v.Everyone = at.with("show", classFilters[0].name)
	}
	v.Carried = []Carried{{"activity", v.Activity.Key()}, {"show", at.show}, {"sort", at.sort}}
	return v
}

// columnText says why an activity has no column in the gradebook.
func columnText(a greenroom.ClassActivity, admin bool) string {
	switch {
	case a.Item != nil:
		return ""
	case a.Duty == nil:
		return "Not graded in the LMS."
	case a.Duty.State == greenroom.LineItemRefused && admin:
		return "Not graded: the LMS let Greenroom make no column. It said: " + a.Duty.Answer
	case a.Duty.State == greenroom.LineItemRefused:
		return "Not graded: the LMS let Greenroom make no column in the gradebook."
	}
	return "Greenroom is making a column in the gradebook."
}

// activityLabel names an activity; two of one name are told apart by scenario.
func activityLabel(c greenroom.Class, a greenroom.ClassActivity) string {
	for _, other := range c.Activities {
		if other.Key() != a.Key() && other.Name() == a.Name() && a.Scenario.Title != a.Name() {
			return a.Name() + " · " + a.Scenario.Title
		}
	}
	return a.Name()
}

// A classPlace is what an address asks for.
type classPlace struct {
	path, activity, show, sort, query string
}

func (v ClassView) place(q url.Values) classPlace {
	p := classPlace{path: v.Path, activity: v.Activity.Key(), show: classFilters[0].name, sort: classColumns[0].name, query: v.Query}
	for _, f := range classFilters {
		if q.Get("show") == f.name {
			p.show = f.name
		}
	}
	for _, c := range classColumns {
		if key := strings.TrimPrefix(q.Get("sort"), "-"); key == c.name {
			p.sort = q.Get("sort")
		}
	}
	return p
}

// with returns the address with one thing changed.
func (p classPlace) with(name, value string) string {
	q := url.Values{"activity": {p.activity}, "show": {p.show}, "sort": {p.sort}}
	if p.query != "" {
		q.Set("q", p.query)
	}
	q.Set(name, value)
	return p.path + "?" + q.Encode()
}

// pick filters and sorts.
func (p classPlace) pick(all []ClassLine) []ClassLine {
	lines := slices.DeleteFunc(slices.Clone(all), func(l ClassLine) bool {
		for _, f := range classFilters {
			if f.name == p.show && !f.takes(l) {
				return true
			}
		}
		return p.query != "" && !strings.Contains(strings.ToLower(l.Name+" "+l.Learner.Email), strings.ToLower(p.query))
	})
	key, down := strings.CutPrefix(p.sort, "-")
	for _, c := range classColumns {
		if c.name == key {
			slices.SortStableFunc(lines, func(a, b ClassLine) int {
				if down {
					a, b = b, a
				}
				return c.compare(a, b)
			})
		}
	}
	return lines
}

// column is a heading: a click on the one that sorts turns the order round.
func (p classPlace) column(c classColumn) ClassColumn {
	key, down := strings.CutPrefix(p.sort, "-")
	out := ClassColumn{Label: c.label, Width: c.width, Sort: "none", Path: p.with("sort", c.first+c.name)}
	if key == c.name {
		out.Sort = "ascending"
		if down {
			out.Sort = "descending"
		}
		turned := "-" + c.name
		if down {
			turned = c.name
		}
		out.Path = p.with("sort", turned)
	}
	return out
}

var classFilters = []struct {
	name, label string
	takes       func(ClassLine) bool
}{
	{"everyone", "Everyone", func(l ClassLine) bool { return l.Status != greenroom.MemberLeft }},
	{"not-started", "Not started", func(l ClassLine) bool { return l.Status != greenroom.MemberLeft && !l.Started() }},
	{"practised", "Practised", func(l ClassLine) bool { return l.Status != greenroom.MemberLeft && l.Started() }},
	{"not-sent", "Not in the gradebook", func(l ClassLine) bool { return l.Attempts > 0 && l.Tone != "ok" }},
	{"left", "Left the course", func(l ClassLine) bool { return l.Status == greenroom.MemberLeft }},
}

// A classColumn is a way to sort. first is the sign of the order that a first
// click gives.
type classColumn struct {
	name, label, width, first string
	compare                   func(a, b ClassLine) int
}

var classColumns = []classColumn{
	{"name", "Learner", "w-30", "", func(a, b ClassLine) int { return strings.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name)) }},
	{"attempts", "Attempts", "w-12", "-", func(a, b ClassLine) int { return cmp.Compare(a.Attempts, b.Attempts) }},
	{"best", "Best", "w-15", "-", func(a, b ClassLine) int { return compareScores(a.Best, b.Best) }},
	{"gradebook", "Gradebook", "w-25", "", func(a, b ClassLine) int { return strings.Compare(a.State, b.State) }},
	{"last", "Last practised", "", "-", func(a, b ClassLine) int { return a.LastAt.Compare(b.LastAt) }},
}

func compareScores(a, b *roleplay.Score) int {
	switch {
	case a == nil && b == nil:
		return 0
	case a == nil:
		return -1
	case b == nil:
		return 1
	}
	return a.Cmp(*b)
}

// gradebookOf says what the LMS has of a learner.
func gradebookOf(a greenroom.ClassActivity, r greenroom.ClassRow, admin bool) Gradebook {
	p := r.Passback
	switch {
	case p == nil && r.Attempts == 0:
		return Gradebook{}
	case p == nil:
		return Gradebook{State: "Not graded", Tone: "quiet", Why: whyNotGraded(r)}
	}
	why := ""
	if p.Posted != nil {
		why = gradeText(*p.Posted, a.Item)
	}
	switch p.State {
	case greenroom.PassbackSent:
		state := "Sent"
		if p.Posted == nil {
			state, why = "No score", ""
		}
		if p.Override != nil {
			why = strings.TrimPrefix(why+", as an instructor decided", ", ")
		}
		g := Gradebook{State: state, Tone: "ok", Why: why}
		if other := p.Changed(); other != nil {
			g.There, g.ThereAt = changedText(*other), other.At
		}
		return g
	case greenroom.PassbackFailed:
		if why = "The LMS did not take it. Whoever runs Greenroom can see why."; admin {
			why = p.Answer
		}
		return Gradebook{State: "Failed", Tone: "bad", Why: why}
	}
	if why = "It is sent by itself."; admin && p.Answer != "" {
		why = p.Answer
	}
	return Gradebook{State: "Waiting", Tone: "wait", Why: why}
}

func whyNotGraded(r greenroom.ClassRow) string {
	switch r.Standing {
	case greenroom.NoLineItem:
		return "The activity has no column in the gradebook."
	case greenroom.NoScope:
		return "The LMS takes no scores from Greenroom."
	}
	return "Nothing to send yet."
}

func gradeText(score roleplay.Score, item *greenroom.LineItem) string {
	if item == nil {
		item = &greenroom.LineItem{}
	}
	return score.PointsText(item.Maximum)
}

// changedText is what a gradebook has in place of what it was sent, as in
// "Changed in the LMS: 7 of 10".
func changedText(r greenroom.GradeResult) string {
	if r.Maximum == 0 {
		return "Changed in the LMS: no score"
	}
	return "Changed in the LMS: " + roleplay.PointsText(r.Points, r.Maximum)
}

// results says how fresh the gradebook's own grades are.
func (v *ClassView) results(o ClassOptions) {
	item := v.Activity.Item
	if item == nil {
		return
	}
	if !v.Class.Context.ReadsResults() {
		v.ResultsText = "The LMS does not let Greenroom read its grades, so that a grade that was changed there is not seen here."
		if o.Admin {
			v.ResultsText += " Its administrator can allow the tool to read results (Assignment and Grade Services)."
		}
		return
	}
	v.Results, v.ResultsAt = o.Results, item.ResultsAt
	switch {
	case item.ResultsAt.IsZero():
		v.ResultsText = "The grades in the LMS have not been read yet."
	case item.ResultsAnswer == "":
		v.ResultsText = "Grades as the LMS has them are compared with what was sent."
	default:
		v.ResultsTone, v.ResultsText = "warn", "The LMS did not let Greenroom read its grades."
		if o.Admin {
			v.ResultsWords = item.ResultsAnswer
		}
	}
}

// roster says how fresh the list of learners is.
func (v *ClassView) roster(admin bool) {
	r := v.Class.Roster
	if v.Class.Context.MembershipsURL == "" {
		v.Refresh = ""
		v.RosterText = "The LMS offers no list of its learners here: whoever has opened an activity is listed."
		return
	}
	if r == nil {
		v.RosterText = "The list of learners has not been read from the LMS yet: whoever has opened an activity is listed."
		return
	}
	v.RosterAt = r.SyncedAt
	if admin {
		v.RosterWords = r.Answer
	}
	switch r.State {
	case greenroom.RosterRefused:
		v.RosterTone, v.RosterText = "warn", "The LMS does not let Greenroom read who is in this course: whoever has opened an activity is listed. Its administrator can allow Names and Role Provisioning Services for the tool."
	case greenroom.RosterFailing:
		v.RosterTone, v.RosterText = "warn", "The LMS did not answer well when Greenroom asked who is in this course. It will be asked again by itself."
	case greenroom.RosterWaiting:
		v.RosterText = "Greenroom will read the list of learners in a moment. Load the page again to see it."
	default:
		v.RosterText = "Learners as the LMS lists them."
	}
}

func (v *ClassView) figures(all []ClassLine) {
	people, started, sum, scored := 0, 0, 0.0, 0
	for _, l := range all {
		if l.Status == greenroom.MemberLeft {
			continue
		}
		people++
		if l.Started() {
			started++
		}
		if l.Best != nil {
			scored++
			percent, _ := l.Best.Percent().Float64()
			sum += percent
		}
	}
	v.Summary = []ClassFigure{{strconv.Itoa(people), plural(people, "learner")}, {strconv.Itoa(people - started), "not started"}, {strconv.Itoa(started), "practised"}}
	if scored > 0 {
		v.Summary = append(v.Summary, ClassFigure{strconv.Itoa(int(sum/float64(scored))) + " of 100", "average of best scores"})
	}
}

func plural(n int, word string) string {
	if n == 1 {
		return word
	}
	return word + "s"
}

// A ClassChart is the distribution of a class's best scores, in ten bars.
type ClassChart struct {
	Bars  []ClassBar
	Total int
	Words string // the same in words
}

// A ClassBar is drawn in a field of 400 by 120.
type ClassBar struct {
	From, To, Count     int
	X, Y, Width, Height int
	Medal               roleplay.Medal
}

// Odd tells of the bars that a narrow picture writes no number below.
func (b ClassBar) Odd() bool { return b.From/10%2 == 1 }

// LabelX and LabelY are where the count stands.
func (b ClassBar) LabelX() int { return b.X + b.Width/2 }

// LabelY is above the bar.
func (b ClassBar) LabelY() int { return b.Y - 4 }

const chartHeight = 96

func newClassChart(all []ClassLine) ClassChart {
	var counts [10]int
	chart := ClassChart{}
	for _, l := range all {
		if l.Best == nil || l.Status == greenroom.MemberLeft {
			continue
		}
		percent, _ := strconv.Atoi(l.Best.PercentText())
		counts[min(percent/10, 9)]++
		chart.Total++
	}
	most := slices.Max(counts[:])
	var said []string
	for i, n := range counts {
		b := ClassBar{From: i * 10, To: i*10 + 9, Count: n, X: i*40 + 4, Width: 32}
		if i == 9 {
			b.To = 100
		}
		if n > 0 {
			b.Height = max(2, n*chartHeight/most)
			said = append(said, fmt.Sprintf("%d from %d to %d", n, b.From, b.To))
		}
		b.Y = 16 + chartHeight - b.Height
		switch {
		case i == 9:
			b.Medal = roleplay.Gold
		case i >= 8:
			b.Medal = roleplay.Silver
		case i >= 5:
			b.Medal = roleplay.Bronze
		}
		chart.Bars = append(chart.Bars, b)
	}
	chart.Words = "Best scores of " + strconv.Itoa(chart.Total) + " " + plural(chart.Total, "learner") + ": " + strings.Join(said, ", ") + "."
	return chart
}

// WriteClassCSV writes everybody at every activity, RFC 4180, safe for
// spreadsheets.
func WriteClassCSV(w io.Writer, c greenroom.Class, admin bool) error {
	out := csv.NewWriter(w)
	out.UseCRLF = true
	_ = out.Write([]string{
		"learner", "email", "user_id", "in_course", "activity", "scenario", "attempts", "best", "medal", "last_practised", "gradebook", "gradebook_note",
	}) // csv.Writer keeps the error
	for _, a := range c.Activities {
		for _, r := range a.Rows {
			g := gradebookOf(a, r, admin)
			best, medal, last := "", "", ""
			if r.Best != nil {
				best, medal = r.Best.PercentText(), string(r.Best.Medal())
			}
			if !r.LastAt.IsZero() {
				last = r.LastAt.UTC().Format(time.RFC3339)
			}
			cells := []string{
				r.Learner.DisplayName(), r.Learner.Email, r.Learner.Subject, string(r.Status), a.Name(), a.Scenario.Title,
				strconv.Itoa(r.Attempts), best, medal, last, g.State, strings.Trim(g.Why+"; "+g.There, "; "),
			}
			for i := range cells {
				cells[i] = CSVCell(cells[i])
			}
			_ = out.Write(cells)
		}
	}
	out.Flush()
	return out.Error()
}

// SendClassCSV answers with the export of a course.
func SendClassCSV(w http.ResponseWriter, c greenroom.Class, now time.Time, admin bool) error {
	w.Header().Set("Content-Type", "text/csv; charset=utf-8")
	w.Header().Set("Content-Disposition", `attachment; filename="`+classFileName(c, now)+`"`)
	_ = WriteClassCSV(w, c, admin) // the visitor has left
	return nil
}

// classFileName is what the export of a course is called.
func classFileName(c greenroom.Class, now time.Time) string {
	name := strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9':
			return r
		}
		return '-'
	}, strings.ToLower(c.Context.DisplayName()))
	for strings.Contains(name, "--") {
		name = strings.ReplaceAll(name, "--", "-")
	}
	if name = strings.Trim(name, "-"); len(name) > 40 {
		name = strings.Trim(name[:40], "-")
	}
	return "greenroom-" + cmp.Or(name, "course") + "-" + now.UTC().Format(time.DateOnly) + ".csv"
}
