package demolms

import (
	"net/http"
	"strings"
)

// routes is the sitemap.
func (l *LMS) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", l.home)
	mux.HandleFunc("GET /sign-in", l.signInPage)
	mux.HandleFunc("POST /sign-in", l.signIn)
	mux.HandleFunc("POST /sign-out", l.signOut)

	mux.Handle("GET /tools", l.only("admin", l.tools))
	mux.Handle("POST /tools/registrations", l.only("admin", l.openRegistration))
	mux.Handle("POST /tools", l.only("admin", l.addTool))
	mux.Handle("GET /tools/{tool}", l.only("admin", l.tool))
	mux.Handle("POST /tools/{tool}/delete", l.only("admin", l.deleteTool))

	mux.Handle("POST /tools/{tool}/update", l.only("admin", l.openUpdate))

	mux.Handle("GET /courses/{course}", l.in("", l.coursePage))
	mux.Handle("POST /courses/{course}/copy", l.in("admin teacher", l.copyCourse))
	mux.Handle("GET /courses/{course}/activities/new", l.in("admin teacher", l.newActivity))
	mux.Handle("POST /courses/{course}/activities", l.in("admin teacher", l.addActivity))
	mux.Handle("GET /courses/{course}/pick/{tool}", l.in("admin teacher", l.pick))
	mux.Handle("GET /courses/{course}/pick/{tool}/begin", l.in("admin teacher", l.beginPick))
	mux.Handle("GET /courses/{course}/gradebook", l.in("admin teacher", l.gradebook))
	mux.Handle("GET /courses/{course}/gradebook/{link}/{user}", l.in("admin teacher", l.review))
	mux.Handle("GET /courses/{course}/people", l.in("admin teacher", l.peoplePage))
	mux.Handle("POST /courses/{course}/people", l.in("admin teacher", l.enrol))
	mux.Handle("POST /courses/{course}/people/{user}/remove", l.in("admin teacher", l.remove))
	mux.Handle("GET /activities/{link}", l.only("", l.activity))
	mux.Handle("GET /activities/{link}/launch", l.only("", l.launch))

	mux.Handle("GET /assets/", http.FileServerFS(files))
	mux.Handle("/lti/", l.platform)
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		l.problem(w, r, http.StatusNotFound, "There is no such page.")
	})

	guard := http.NewCrossOriginProtection()
	guard.AddInsecureBypassPattern("/lti/") // tools and their browsers come from other sites
	return headers(guard.Handler(mux))
}

// only lets in who is signed in with one of the roles; any role if none is
// named.
func (l *LMS) only(roles string, h http.HandlerFunc) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a, in := l.who(r)
		switch {
		case !in:
			http.Redirect(w, r, "/sign-in", http.StatusSeeOther)
		case roles != "" && !strings.Contains(roles, a.Role):
			l.problem(w, r, http.StatusForbidden, "Your account is not allowed to open this page.")
		default:
			h(w, r)
		}
	})
}

// in does the same for the pages of a course that there is.
func (l *LMS) in(roles string, h http.HandlerFunc) http.Handler {
	return l.only(roles, func(w http.ResponseWriter, r *http.Request) {
		if _, ok := l.platform.Course(r.PathValue("course")); !ok {
			l.problem(w, r, http.StatusNotFound, "There is no such course.")
			return
		}
		h(w, r)
	})
}

// headers are those of every page. Forms may lead to tools on other sites, so
// there is no form-action.
func headers(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", "default-src 'self'; frame-src *; frame-ancestors 'self'; base-uri 'none'")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Cache-Control", "no-store")
		next.ServeHTTP(w, r)
	})
}
