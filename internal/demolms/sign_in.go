package demolms

import (
	"net/http"
	"strings"
)

type signInForm struct {
	Accounts []Account
	Username string
	Wrong    bool
}

func (l *LMS) home(w http.ResponseWriter, r *http.Request) {
	a, in := l.who(r)
	switch {
	case !in:
		http.Redirect(w, r, "/sign-in", http.StatusSeeOther)
	case a.Role == "admin":
		http.Redirect(w, r, "/tools", http.StatusSeeOther)
	default:
		http.Redirect(w, r, "/courses/"+l.course, http.StatusSeeOther)
	}
}

func (l *LMS) signInPage(w http.ResponseWriter, r *http.Request) {
	l.show(w, r, http.StatusOK, "sign-in", signInForm{Accounts: l.accounts})
}

func (l *LMS) signIn(w http.ResponseWriter, r *http.Request) {
	username, password := r.PostFormValue("username"), r.PostFormValue("password")
	a, known := l.account(username)
	if !known || a.Password != password {
		l.show(w, r, http.StatusUnprocessableEntity, "sign-in", signInForm{l.accounts, username, true})
		return
	}
	token, err := l.token()
	if err != nil {
		l.problem(w, r, http.StatusInternalServerError, "The sign-in did not work. Try again.")
		return
	}
	l.mu.Lock()
	l.sessions[token] = a.Username
	l.mu.Unlock()
	http.SetCookie(w, l.sessionCookie(token))
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

// sessionCookie comes along when a tool in a frame asks for authentication:
// over https it says so.
func (l *LMS) sessionCookie(token string) *http.Cookie {
	c := &http.Cookie{Name: sessionCookie, Value: token, Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode}
	if strings.HasPrefix(l.platform.Issuer(), "https:") {
		c.Secure, c.SameSite = true, http.SameSiteNoneMode
	}
	return c
}

func (l *LMS) signOut(w http.ResponseWriter, r *http.Request) {
	if c, err := r.Cookie(sessionCookie); err == nil {
		l.mu.Lock()
		delete(l.sessions, c.Value)
		l.mu.Unlock()
	}
	http.SetCookie(w, &http.Cookie{Name: sessionCookie, Path: "/", MaxAge: -1})
	http.Redirect(w, r, "/sign-in", http.StatusSeeOther)
}
