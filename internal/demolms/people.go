package demolms

import (
	"net/http"
	"slices"
	"strings"

	"github.com/greenroom-lti/greenroom/lti/platform"
)

// enrolled returns who is in a course.
func (l *LMS) enrolled(course string) []Account {
	known := map[string]Account{}
	l.mu.Lock()
	for _, a := range append(slices.Clone(l.accounts), l.guests...) {
		known[a.id] = a
	}
	l.mu.Unlock()
	var all []Account
	for _, m := range l.platform.Roster(course) {
		if a, ok := known[m.ID]; ok && len(m.Roles) > 0 {
			all = append(all, a)
		}
	}
	return all
}

// ID is the person's in the platform.
func (a Account) ID() string { return a.id }

func (l *LMS) peoplePage(w http.ResponseWriter, r *http.Request) {
	l.showPeople(w, r, http.StatusOK, "")
}

func (l *LMS) showPeople(w http.ResponseWriter, r *http.Request, status int, wrong string) {
	l.show(w, r, status, "people", map[string]any{"People": l.enrolled(r.PathValue("course")), "Wrong": wrong})
}

// enrol adds a student who never signs in: tools hear of them by the roster.
func (l *LMS) enrol(w http.ResponseWriter, r *http.Request) {
	name := strings.TrimSpace(r.PostFormValue("name"))
	if name == "" || len(name) > 100 {
		l.showPeople(w, r, http.StatusUnprocessableEntity, "Enter a name of at most 100 letters.")
		return
	}
	a := Account{Name: name, Role: "student", id: l.platform.AddUser(platform.User{Name: name})}
	l.mu.Lock()
	l.guests = append(l.guests, a)
	l.mu.Unlock()
	l.platform.Enrol(r.PathValue("course"), a.id, platform.Learner)
	http.Redirect(w, r, coursePath(r)+"/people", http.StatusSeeOther)
}

// remove takes somebody out of the course.
func (l *LMS) remove(w http.ResponseWriter, r *http.Request) {
	user := r.PathValue("user")
	if slices.ContainsFunc(l.enrolled(r.PathValue("course")), func(a Account) bool { return a.id == user }) {
		l.platform.Enrol(r.PathValue("course"), user)
	}
	http.Redirect(w, r, coursePath(r)+"/people", http.StatusSeeOther)
}
