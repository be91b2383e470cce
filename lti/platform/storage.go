package platform

import (
	_ "embed"
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// What a platform may do wrong with the storage that it lends (Fault.Body of
// Storage).
const (
	Forgets = "forgets" // keeps nothing
	Lies    = "lies"    // sends answers to other questions first
)

//go:embed storage.js
var storageJS []byte

func storageScript(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/javascript; charset=utf-8")
	w.Write(storageJS)
}

// storageFrame is the page of the frame that Profile.StorageTarget names.
func (p *Platform) storageFrame(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; frame-ancestors 'self'")
	if err := storagePage.Execute(w, p.Storage()); err != nil {
		panic(http.ErrAbortHandler)
	}
}

var storagePage = template.Must(template.New("storage").Parse(`<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>Storage</title>{{.Script}}</head><body></body></html>
`))

// Storage is what a platform's page with a tool in a frame must hold, so that
// the tool finds the storage it was offered (LTI Platform Storage 0.1).
type Storage struct {
	// Frame is the name of a hidden frame to be put into the page, with the
	// page at /lti/storage; empty if the page itself listens.
	Frame string
	// Script is the tag by which a page listens; empty if there is none.
	Script template.HTML
}

// Storage returns it. It is empty if the profile offers none.
func (p *Platform) Storage() Storage {
	target := p.profile.StorageTarget
	if target == "" {
		return Storage{}
	}
	fault, due := p.fault(StorageEndpoint)
	if due && fault.Status != 0 { // nobody listens
		return Storage{}
	}
	s := Storage{Script: template.HTML(`<script src="/lti/storage.js" data-tools="` + strings.Join(p.toolOrigins(), " ") +
		`" data-fault="` + template.HTMLEscapeString(fault.Body) + `"></script>`)}
	if target != "_parent" {
		s.Frame = target
	}
	return s
}

// toolOrigins are those whose messages the storage answers.
func (p *Platform) toolOrigins() []string {
	var all []string
	for _, t := range p.Tools() {
		u, err := url.Parse(t.LoginURL)
		if err == nil {
			all = append(all, template.HTMLEscapeString(u.Scheme+"://"+u.Host))
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}
