package demolms

import (
	"math"
	"net/http"
	"strconv"
	"strings"

	"github.com/greenroom-lti/greenroom/lti/platform"
)

// A row is one activity with what the viewer's column of the gradebook says.
type row struct {
	Link   platform.Link
	Tool   string
	Custom string
	Grade  string
}

func (l *LMS) coursePage(w http.ResponseWriter, r *http.Request) {
	course := r.PathValue("course")
	a, _ := l.who(r)
	grades := map[string]platform.Column{}
	for _, c := range l.platform.Gradebook(course) {
		grades[c.Link] = c
	}
	var rows []row
	for _, link := range l.platform.Links(course) {
		x := row{Link: link, Custom: customLines(link.Custom)}
		if t, ok := l.platform.Tool(link.Tool); ok {
			x.Tool = t.Name
		}
		if c, graded := grades[link.ID]; graded {
			x.Grade = gradeText(c.Grades[a.id], c.Maximum)
		}
		rows = append(rows, x)
	}
	// What a tool tells the platform on its way back (Core 1.0 §5.4.4).
	query := r.URL.Query()
	l.show(w, r, http.StatusOK, "course", map[string]any{
		"Rows": rows, "Tools": l.platform.Tools(), "Message": query.Get("lti_msg"), "Error": query.Get("lti_errormsg"),
	})
}

func gradeText(g platform.Grade, maximum float64) string {
	if !g.Set {
		return "–"
	}
	return number(g.Given) + " of " + number(maximum)
}

// number prints at most two decimals, and none that are zero.
func number(x float64) string {
	return strconv.FormatFloat(math.Round(x*100)/100, 'f', -1, 64)
}

// activityForm is the form for an activity, as typed.
type activityForm struct {
	Tool, Title, Custom, Maximum string
	Frame                        bool
	Tools                        []platform.Tool
	Bad                          problems
}

func (l *LMS) newActivity(w http.ResponseWriter, r *http.Request) {
	l.show(w, r, http.StatusOK, "add-activity", activityForm{Maximum: "100", Tools: l.platform.Tools()})
}

func (l *LMS) addActivity(w http.ResponseWriter, r *http.Request) {
	f := activityForm{
		Tool: r.PostFormValue("tool"), Title: strings.TrimSpace(r.PostFormValue("title")),
		Custom: r.PostFormValue("custom"), Maximum: strings.TrimSpace(r.PostFormValue("maximum")),
		Frame: r.PostFormValue("container") == "frame", Tools: l.platform.Tools(), Bad: problems{},
	}
	a := f.check()
	if len(f.Bad) == 0 {
		if err := l.addTo(r.PathValue("course"), a); err == nil {
			http.Redirect(w, r, coursePath(r), http.StatusSeeOther)
			return
		}
		f.Bad["tool"] = "Choose a tool."
	}
	l.show(w, r, http.StatusUnprocessableEntity, "add-activity", f)
}

// check reads the form, and notes what is wrong with it.
func (f activityForm) check() Activity {
	a := Activity{Tool: f.Tool, Title: f.Title, Custom: map[string]string{}, Frame: f.Frame}
	if a.Title == "" {
		f.Bad["title"] = "Enter a title."
	}
	for line := range strings.Lines(f.Custom) {
		name, value, has := strings.Cut(strings.TrimSpace(line), "=")
		switch {
		case strings.TrimSpace(line) == "":
		case !has || strings.TrimSpace(name) == "":
			f.Bad["custom"] = "Write one name=value a line."
		default:
			a.Custom[strings.TrimSpace(name)] = strings.TrimSpace(value)
		}
	}
	if f.Maximum != "" {
		maximum, err := strconv.ParseFloat(f.Maximum, 64)
		if err != nil || maximum < 0 || maximum > 1e6 {
			f.Bad["maximum"] = "Enter a number, or leave it empty for an activity without a grade."
		}
		a.Maximum = maximum
	}
	return a
}

func customLines(custom map[string]string) string {
	var lines []string
	for name, value := range custom {
		lines = append(lines, name+"="+value)
	}
	return strings.Join(lines, ", ")
}

// activity shows an activity that opens in a frame.
func (l *LMS) activity(w http.ResponseWriter, r *http.Request) {
	link, ok := l.platform.Link(r.PathValue("link"))
	if !ok {
		l.problem(w, r, http.StatusNotFound, "There is no such activity.")
		return
	}
	l.show(w, r, http.StatusOK, "activity", map[string]any{"Link": link, "Storage": l.platform.Storage()})
}

// launch begins the launch: a form that posts itself to the tool's login URL.
func (l *LMS) launch(w http.ResponseWriter, r *http.Request) {
	a, _ := l.who(r)
	form, err := l.platform.LoginRequest(a.id, r.PathValue("link"))
	if err != nil {
		l.problem(w, r, http.StatusNotFound, "This activity cannot be opened: "+err.Error()+".")
		return
	}
	form.Serve(w)
}

// coursePath is the page of the request's course.
func coursePath(r *http.Request) string { return "/courses/" + r.PathValue("course") }

// A student is a line of the gradebook.
type student struct {
	Name  string
	Cells []cell
}

type cell struct {
	Text, Comment, When string
	Review              string // path of the submission, empty if there is none to look at
}

func (l *LMS) gradebook(w http.ResponseWriter, r *http.Request) {
	columns := l.platform.Gradebook(r.PathValue("course"))
	var students []student
	for _, a := range l.enrolled(r.PathValue("course")) {
		if a.Role != "student" {
			continue
		}
		s := student{Name: a.Name}
		for _, c := range columns {
			s.Cells = append(s.Cells, newCell(r, c, a.id))
		}
		students = append(students, s)
	}
	l.show(w, r, http.StatusOK, "gradebook", map[string]any{"Columns": columns, "Students": students})
}

func newCell(r *http.Request, c platform.Column, user string) cell {
	g := c.Grades[user]
	x := cell{Text: gradeText(g, c.Maximum), Comment: g.Comment}
	if g.Set {
		x.When = g.Stamp.UTC().Format("2 Jan 15:04:05 UTC")
		if c.Link != "" {
			x.Review = coursePath(r) + "/gradebook/" + c.Link + "/" + user
		}
	}
	return x
}

// review opens what a student has handed in, in the tool.
func (l *LMS) review(w http.ResponseWriter, r *http.Request) {
	a, _ := l.who(r)
	form, err := l.platform.SubmissionReview(a.id, r.PathValue("link"), r.PathValue("user"))
	if err != nil {
		l.problem(w, r, http.StatusNotFound, "This submission cannot be opened: "+err.Error()+".")
		return
	}
	form.Serve(w)
}

// copyCourse makes a copy, as for the next term, with everybody in it.
func (l *LMS) copyCourse(w http.ResponseWriter, r *http.Request) {
	id, err := l.platform.CopyCourse(r.PathValue("course"))
	if err != nil {
		l.problem(w, r, http.StatusNotFound, "The course cannot be copied: "+err.Error()+".")
		return
	}
	l.enrolAll(id)
	l.mu.Lock()
	l.courses = append(l.courses, id)
	l.mu.Unlock()
	if _, err := l.platform.DeliverNotices(r.Context()); err != nil {
		l.log.Warn("demo LMS: a tool did not take the notice of a copy", "err", err)
	}
	http.Redirect(w, r, "/courses/"+id, http.StatusSeeOther)
}
