package web

import (
	"html/template"
	"strings"
	"testing"
	"testing/fstest"
)

const partials = `{{define "mark"}}<i data-mark="{{.}}">{{if eq . "yes"}}<b></b>{{end}}</i>{{end}}
{{define "frame"}}<link href="{{asset "app.css"}}">{{template "content" .}}{{end}}`

func folded(t *testing.T, page string) (as, folded *template.Template) {
	t.Helper()
	assets := &assets{hashed: map[string]string{"app.css": "app.123.css"}}
	parse := func() (base, page_ *template.Template) {
		base = template.Must(template.New("").Funcs(template.FuncMap{"asset": assets.path}).Parse(partials))
		page_ = template.Must(template.Must(base.Clone()).ParseFS(fstest.MapFS{"page": {Data: []byte(page)}}, "page"))
		return base, page_
	}
	_, as = parse()
	base, folded := parse()
	f, err := newFolder(base, assets)
	if err == nil {
		err = f.fold(folded)
	}
	if err != nil {
		t.Fatal(err)
	}
	return as, folded
}

// Whatever it stands in, a page is folded into the same page.
func TestAFoldedPageIsTheSamePage(t *testing.T) {
	for name, page := range map[string]string{
		"as it is":             `{{template "mark" "yes"}}`,
		"in a condition":       `{{if .On}}{{template "mark" "yes"}}{{else if .Off}}{{asset "app.css"}}{{else}}{{template "mark" "no"}}{{end}}`,
		"in a list":            `{{range .List}}{{template "mark" "yes"}}{{.}}{{else}}{{template "mark" "no"}}{{end}}`,
		"with something":       `{{with .On}}{{template "mark" "<&>"}}{{else}}<a href="{{asset "app.css"}}">{{end}}`,
		"beside what differs":  `{{template "mark" .Word}}{{template "mark" "no"}}{{.Word}}`,
		"beside a declaration": `{{$a := asset "app.css"}}<a href="{{$a}}">{{with $b := .Word}}{{template "mark" $b}}{{end}}`,
	} {
		t.Run(name, func(t *testing.T) {
			for _, data := range []map[string]any{
				{"On": true, "List": []string{"a", "<b>"}, "Word": "yes"}, {"Off": true, "Word": `"`},
			} {
				as, folded := folded(t, `{{template "frame" .}}{{define "content"}}`+page+`{{end}}`)
				if is, want := rendered(t, folded, data), rendered(t, as, data); is != want {
					t.Errorf("%v:\n got %s\nwant %s", data, is, want)
				}
			}
		})
	}
}

func rendered(t *testing.T, page *template.Template, data any) string {
	t.Helper()
	var out strings.Builder
	if err := page.ExecuteTemplate(&out, "page", data); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestWhatIsTheSameEachTimeIsWrittenOnce(t *testing.T) {
	_, page := folded(t, `{{template "frame" .}}{{define "content"}}{{if .On}}{{template "mark" "yes"}}{{end}}{{template "mark" .Word}}{{end}}`)
	for name, want := range map[string]string{
		"frame":   `<link href="/assets/app.123.css">{{template "content" .}}`,
		"content": `{{if .On}}<i data-mark="yes"><b></b></i>{{end}}{{template "mark" .Word}}`,
	} {
		if is := page.Lookup(name).Tree.Root.String(); is != want {
			t.Errorf("%s: %s, want %s", name, is, want)
		}
	}
}

func TestAMissingAssetStopsTheProgram(t *testing.T) {
	base := template.Must(template.New("").Funcs(template.FuncMap{"asset": (&assets{}).path}).Parse(`{{define "page"}}{{if .}}{{asset "gone.js"}}{{end}}{{end}}`))
	f, err := newFolder(base, &assets{})
	if err == nil {
		err = f.fold(base)
	}
	if err == nil || err.Error() != "template page: asset gone.js: there is none" {
		t.Errorf("error %v", err)
	}
}
