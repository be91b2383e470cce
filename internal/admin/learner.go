package admin

import (
	"errors"
	"net/http"
	"net/url"
	"strconv"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
	"github.com/greenroom-lti/greenroom/internal/web"
)

// learners is the list of those who came by launch, and the page of each.
type learners struct{ *Admin }

func (h learners) mount(mux web.Router) {
	const page = "/w/{workspace}/learners"
	h.settings(mux, "GET "+page, h.list)
	h.settings(mux, "GET "+page+"/{id}", h.show)
	h.settings(mux, "GET "+page+"/{id}/merge", h.previewMerge)
	h.settings(mux, "POST "+page+"/{id}/merge", h.merge)
	h.settings(mux, "POST "+page+"/{id}/separate", h.separate)
	h.settings(mux, "POST "+page+"/{id}/export", h.export)
	h.settings(mux, "GET "+page+"/{id}/erase", h.askErase)
	h.settings(mux, "POST "+page+"/{id}/erase", h.erase)
}

func learnersPath(r *http.Request) string {
	return web.WorkspacePath(web.Workspace(r.Context()), "learners")
}

func learnerPath(r *http.Request, id greenroom.LearnerID) string {
	return learnersPath(r) + "/" + url.PathEscape(string(id))
}

func learnerID(r *http.Request) greenroom.LearnerID {
	return greenroom.LearnerID(r.PathValue("id"))
}

type learnersPage struct {
	Path, LTIPath  string
	Query          web.Field
	Connection     string
	Sort           string
	Connections    []greenroom.Connection
	Rows           []learnerLine
	Narrowed       bool
	Next, Previous string // paths, empty if there is nothing
}

type learnerLine struct {
	greenroom.LearnerRow
	Path string
}

// learnerSorts are the orders of the list, as its address names them.
var learnerSorts = map[string]greenroom.LearnerSort{"name": greenroom.ByName, "sessions": greenroom.BySessions}

func (h learners) list(w http.ResponseWriter, r *http.Request) error {
	query, path := r.URL.Query(), learnersPath(r)
	number := pageNumber(query)
	f := greenroom.LearnerFilter{
		Query: query.Get("q"), Connection: greenroom.ConnectionID(query.Get("connection")),
		Sort: learnerSorts[query.Get("sort")], Skip: (number - 1) * greenroom.LearnerPageSize,
	}
	found, err := h.kit.Service.FindLearners(r.Context(), web.Actor(r.Context()), f)
	if err != nil {
		return err
	}
	page := learnersPage{
		Path: path, LTIPath: ltiPath(r), Connection: string(f.Connection), Sort: string(f.Sort), Connections: found.Connections,
		Query:    web.Field{Name: "q", Label: "Name, e-mail address or subject", Value: f.Query, Type: "search"},
		Narrowed: f.Query != "" || f.Connection != "",
	}
	for _, row := range found.Rows {
		page.Rows = append(page.Rows, learnerLine{row, learnerPath(r, row.ID)})
	}
	if found.More {
		page.Next = withPage(path, query, number+1)
	}
	if number > 1 {
		page.Previous = withPage(path, query, number-1)
	}
	return h.render(w, r, http.StatusOK, "learners.html", page)
}

// pageNumber reads which page of a list is asked for; anything odd is the
// first.
func pageNumber(query url.Values) int {
	number, err := strconv.Atoi(query.Get("page"))
	if err != nil || number < 1 || number > 1_000_000 {
		return 1
	}
	return number
}

// withPage is the list as it is narrowed, at another page.
func withPage(path string, query url.Values, number int) string {
	next := url.Values{}
	for _, name := range []string{"q", "connection", "sort", "state"} {
		if value := query.Get(name); value != "" {
			next.Set(name, value)
		}
	}
	if number > 1 {
		next.Set("page", strconv.Itoa(number))
	}
	if len(next) == 0 {
		return path
	}
	return path + "?" + next.Encode()
}

type learnerPage struct {
	List string // path of the list
	Path string
	ID   greenroom.LearnerID
	greenroom.LearnerView
	Known    []identityLine
	Alike    []mergeLine
	Attempts int // sessions
	Earlier  int // those beyond the ones shown
	Found    []mergeLine
	Search   web.Field
	Searched bool
}

type identityLine struct {
	greenroom.Identity
	Launches string // path of the log narrowed to them
}

// A mergeLine is somebody to merge with.
type mergeLine struct {
	Name, Sub, Path string
}

// shownSessions is how many of a learner's sessions the page lists.
const shownSessions = 100

func (h learners) show(w http.ResponseWriter, r *http.Request) error {
	page, err := h.page(r)
	if err != nil {
		return err
	}
	if q := r.URL.Query().Get("other"); q != "" {
		page.Searched, page.Search.Value = true, q
		found, err := h.kit.Service.FindLearners(r.Context(), web.Actor(r.Context()), greenroom.LearnerFilter{Query: q})
		if err != nil {
			return err
		}
		for _, row := range found.Rows {
			if row.History != page.History() {
				page.Found = append(page.Found, newMergeLine(page.Path, row.Learner, row.PlatformName))
			}
		}
	}
	return h.render(w, r, http.StatusOK, "learner.html", page)
}

func (h learners) page(r *http.Request) (learnerPage, error) {
	v, err := h.kit.Service.ViewLearner(r.Context(), web.Actor(r.Context()), learnerID(r))
	if err != nil {
		return learnerPage{}, err
	}
	page := learnerPage{
		List: learnersPath(r), Path: learnerPath(r, learnerID(r)), ID: learnerID(r), LearnerView: v, Attempts: len(v.Sessions),
		Search: web.Field{Name: "other", Label: "Name, e-mail address or subject", Type: "search"},
	}
	for _, who := range v.Identities {
		page.Known = append(page.Known, identityLine{who, launchesQuery(launchesPath(r), "learner", string(who.ID))})
	}
	for _, who := range v.Suggestions {
		page.Alike = append(page.Alike, newMergeLine(page.Path, who.Learner, who.PlatformName))
	}
	if page.Earlier = len(v.Sessions) - shownSessions; page.Earlier > 0 {
		page.Sessions = v.Sessions[:shownSessions]
	}
	return page, nil
}

func newMergeLine(path string, l greenroom.Learner, platform string) mergeLine {
	sub := platform
	if l.Email != "" {
		sub += " · " + l.Email
	}
	return mergeLine{
		Name: l.DisplayName(), Sub: sub + " · subject " + l.Subject,
		Path: path + "/merge?" + url.Values{"other": {string(l.ID)}}.Encode(),
	}
}

type mergePage struct {
	greenroom.Merge
	Path, Other string
}

func (h learners) previewMerge(w http.ResponseWriter, r *http.Request) error {
	other := greenroom.LearnerID(r.URL.Query().Get("other"))
	m, err := h.kit.Service.PreviewMerge(r.Context(), web.Actor(r.Context()), learnerID(r), other)
	if bad, invalid := errors.AsType[*greenroom.Invalid](err); invalid {
		return h.back(w, r, web.Warning, bad.Fields[0].Text)
	}
	if err != nil {
		return err
	}
	return h.render(w, r, http.StatusOK, "learner-merge.html", mergePage{m, learnerPath(r, learnerID(r)), string(other)})
}

func (h learners) merge(w http.ResponseWriter, r *http.Request) error {
	if err := web.ReadForm(r); err != nil {
		return err
	}
	other := greenroom.LearnerID(r.PostFormValue("other"))
	err := h.kit.Service.MergeLearners(r.Context(), web.Actor(r.Context()), learnerID(r), other)
	return h.answer(w, r, err, "The learners are one person now")
}

func (h learners) separate(w http.ResponseWriter, r *http.Request) error {
	err := h.kit.Service.SeparateLearner(r.Context(), web.Actor(r.Context()), learnerID(r))
	return h.answer(w, r, err, "The learner is on their own again")
}

// answer leads back to the learner's page, with what came of the request.
func (h learners) answer(w http.ResponseWriter, r *http.Request, err error, done string) error {
	if bad, invalid := errors.AsType[*greenroom.Invalid](err); invalid {
		return h.back(w, r, web.Warning, bad.Fields[0].Text)
	}
	if err != nil {
		return err
	}
	return h.back(w, r, web.Success, done)
}

func (h learners) back(w http.ResponseWriter, r *http.Request, kind web.ToastKind, text string) error {
	if err := h.kit.Flash(r.Context(), kind, text); err != nil {
		return err
	}
	return web.Redirect(w, r, learnerPath(r, learnerID(r)))
}

type erasePage struct {
	greenroom.LearnerView
	Path  string
	Goes  []goesRow
	Typed web.Field
}

func (h learners) erasePage(r *http.Request) (erasePage, error) {
	v, err := h.kit.Service.ViewLearner(r.Context(), web.Actor(r.Context()), learnerID(r))
	if err != nil {
		return erasePage{}, err
	}
	waiting := 0
	for _, p := range v.Passbacks {
		if p.State == greenroom.PassbackWaiting {
			waiting++
		}
	}
	return erasePage{
		LearnerView: v, Path: learnerPath(r, learnerID(r)),
		Goes: []goesRow{
			{"Names, addresses and subjects", "Of every LMS that knows them.", len(v.Identities)},
			{"Sessions", "With every reply that was given.", len(v.Sessions)},
			{"Scores sent or wanted", "What a gradebook has already received stays there: ask whoever runs the LMS.", len(v.Passbacks)},
			{"Scores on their way", "They never arrive. Wait for them if they matter.", waiting},
		},
		Typed: web.Field{Name: "name", Label: "What they are called", Required: true,
			Help: "Type it as it stands above, capital letters included."},
	}, nil
}

func (h learners) askErase(w http.ResponseWriter, r *http.Request) error {
	page, err := h.erasePage(r)
	if err != nil {
		return err
	}
	return h.render(w, r, http.StatusOK, "learner-erase.html", page)
}

func (h learners) erase(w http.ResponseWriter, r *http.Request) error {
	if err := web.ReadForm(r); err != nil {
		return err
	}
	page, err := h.erasePage(r)
	if err != nil {
		return err
	}
	page.Typed.Value = r.PostFormValue("name")
	err = h.kit.Service.EraseLearner(r.Context(), web.Actor(r.Context()), learnerID(r), page.Typed.Value)
	if web.MarkFields(err, &page.Typed) {
		return h.render(w, r, http.StatusUnprocessableEntity, "learner-erase.html", page)
	}
	if err != nil {
		return err
	}
	if err := h.kit.Flash(r.Context(), web.Success, "The learner and everything they did here is erased"); err != nil {
		return err
	}
	return web.Redirect(w, r, learnersPath(r))
}
