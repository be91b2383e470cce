package web

import (
	"bufio"
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"path"
	"strconv"
	"strings"
	"sync"
)

//go:embed templates
var templateFiles embed.FS

// Templates are a package's pages, each parsed beside the shared layouts and
// partials.
type Templates struct {
	pages map[string]*template.Template
}

// Templates parses the pages that match the patterns. A page's file opens with
// the layout it wants ({{template "admin" .}}: sidebar and menus; "plain": one
// card in the middle; "frame": nothing but the page) and defines "title" and
// "content", and "head" if it brings scripts or styles. Files whose name begins with "_" are partials
// for all the pages of the call; go:embed takes those with "all:" only.
//
// The pages are part of the binary; one that does not parse stops the program.
func (k *Kit) Templates(fsys fs.FS, patterns ...string) *Templates {
	base := template.Must(template.New("").Funcs(k.templateFuncs()).
		ParseFS(templateFiles, "templates/layouts/*.html", "templates/partials/*.html"))
	t := &Templates{pages: map[string]*template.Template{}}
	var pages []string
	for _, file := range globAll(fsys, patterns) {
		if strings.HasPrefix(path.Base(file), "_") {
			template.Must(base.ParseFS(fsys, file))
		} else {
			pages = append(pages, file)
		}
	}
	f, err := newFolder(base, k.assets)
	if err != nil {
		panic(err)
	}
	for _, file := range pages {
		page := template.Must(template.Must(base.Clone()).ParseFS(fsys, file))
		if err := f.fold(page); err != nil {
			panic(err)
		}
		t.pages[path.Base(file)] = page
	}
	return t
}

func globAll(fsys fs.FS, patterns []string) (files []string) {
	for _, p := range patterns {
		found, _ := fs.Glob(fsys, p) // only a malformed pattern fails, and finds nothing
		files = append(files, found...)
	}
	return files
}

// A View is what a page's template is given.
type View struct {
	Data      any // the handler's
	Reference string
	Support   string
	Path      string
	Visitor   *Guest // nil where nobody is signed in
	Nav       []NavSection
	Toasts    []Toast
}

// Render answers with a page. Nothing is sent if the template fails.
func (k *Kit) Render(w http.ResponseWriter, r *http.Request, status int, t *Templates, page string, data any) error {
	v := k.view(r, data)
	if v.Visitor != nil {
		var err error
		if v.Toasts, err = takeKept[[]Toast](r.Context(), k, toastsKey); err != nil {
			return err
		}
	}
	return t.send(w, status, page, page, v)
}

// Stream answers with a page that takes its time: what the template has written
// goes out when data's flush is called, and at the end. An error in the middle
// cannot become another page any more; it is logged.
func (k *Kit) Stream(w http.ResponseWriter, r *http.Request, t *Templates, page string, data func(flush func() string) any) error {
	tmpl, ok := t.pages[page]
	if !ok {
		return fmt.Errorf("page %s: no such template", page)
	}
	out, line := bufio.NewWriter(w), http.NewResponseController(w)
	flush := func() string {
		_ = out.Flush() // the visitor has left: the next write says so
		_ = line.Flush()
		return ""
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("X-Accel-Buffering", "no") // a proxy would collect the page
	w.WriteHeader(http.StatusOK)
	if err := tmpl.ExecuteTemplate(out, page, k.view(r, data(flush))); err != nil {
		note(r, fmt.Errorf("page %s: %w", page, err))
		return nil
	}
	_ = out.Flush()
	return nil
}

// RenderPart answers with one named template of a page, a fragment for htmx.
// Its dot is data itself.
func (k *Kit) RenderPart(w http.ResponseWriter, status int, t *Templates, page, part string, data any) error {
	return t.send(w, status, page, part, data)
}

// Part returns one named template of a page as RenderPart sends it: for a page
// that shows it to many, who would all get the same.
func (t *Templates) Part(page, part string, data any) (template.HTML, error) {
	var out bytes.Buffer
	err := t.execute(&out, page, part, data)
	return template.HTML(out.String()), err
}

func (k *Kit) view(r *http.Request, data any) View {
	v := View{
		Data: data, Reference: Reference(r.Context()), Support: k.Support,
		Path: r.URL.Path, Visitor: Visitor(r.Context()),
	}
	if v.Visitor != nil && v.Visitor.Workspace.ID != "" {
		v.Nav = navigation(v.Visitor, v.Path)
	}
	return v
}

// sheets are what pages are written on before they are sent; most are as long
// as the ones before.
var sheets = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// largestSheet is what is worth keeping for the next page, in bytes.
const largestSheet = 64 << 10

func (t *Templates) send(w http.ResponseWriter, status int, page, name string, dot any) error {
	out := sheets.Get().(*bytes.Buffer)
	defer func() {
		if out.Reset(); out.Cap() <= largestSheet {
			sheets.Put(out)
		}
	}()
	if err := t.execute(out, page, name, dot); err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Length", strconv.Itoa(out.Len()))
	w.WriteHeader(status)
	_, _ = w.Write(out.Bytes()) // the visitor has left
	return nil
}

func (t *Templates) execute(out *bytes.Buffer, page, name string, dot any) error {
	tmpl, ok := t.pages[page]
	if !ok {
		return fmt.Errorf("page %s: no such template", page)
	}
	if err := tmpl.ExecuteTemplate(out, name, dot); err != nil {
		return fmt.Errorf("page %s: %w", page, err)
	}
	return nil
}
