package admin

import (
	"net/url"
	"strconv"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
	"github.com/greenroom-lti/greenroom/internal/guide"
	"github.com/greenroom-lti/greenroom/lti/profile"
)

// A guidePart is the guide of the LMS that was picked, with this workspace's
// URLs filled in, and the menu to pick one.
type guidePart struct {
	Path    string
	Choices []filterOption
	Guide   *guide.Guide // nil before one is picked
	Ways    []guideWay
}

type guideWay struct {
	guide.Way
	Filled []guideField
}

// A guideField is a field of the LMS's form with what goes in.
type guideField struct {
	guide.Field
	ID   string
	Fill string // to copy; empty where there is something to choose or to make
	Make bool   // a registration URL goes in, which is made on this page
}

func newGuidePart(path, picked string, e greenroom.ToolEndpoints) guidePart {
	part := guidePart{Path: path, Choices: []filterOption{{"", "Pick your LMS", picked == ""}}}
	for _, g := range guide.All() {
		part.Choices = append(part.Choices, filterOption{g.Code, g.Name, g.Code == picked})
	}
	g, ok := guide.For(picked)
	if !ok {
		return part
	}
	part.Guide = &g
	for i, w := range g.Ways {
		way := guideWay{Way: w}
		for j, f := range w.Fields {
			way.Filled = append(way.Filled, guideField{
				Field: f, ID: "guide-" + strconv.Itoa(i) + "-" + strconv.Itoa(j), Fill: fillIn(f.Value, e), Make: f.Value == guide.Registration,
			})
		}
		part.Ways = append(part.Ways, way)
	}
	return part
}

// fillIn returns what a value is in a workspace; empty for what has to be made.
func fillIn(v guide.Value, e greenroom.ToolEndpoints) string {
	switch v {
	case guide.Login:
		return e.Login
	case guide.Launch:
		return e.Launch
	case guide.KeySet:
		return e.KeySet
	case guide.OpenID:
		return e.OpenID
	case guide.Canvas:
		return e.Canvas
	case guide.Host:
		if u, err := url.Parse(e.Launch); err == nil {
			return u.Host
		}
	case guide.Registration:
		return ""
	}
	return string(v)
}

// prefilled is the manual form with what is the same for every customer of an
// LMS.
func prefilled(code string) greenroom.ConnectionForm {
	p, ok := profile.ByCode(code)
	if !ok {
		return greenroom.ConnectionForm{}
	}
	e := p.Endpoints.Fill("", "")
	f := greenroom.ConnectionForm{Issuer: e.Issuer, AuthURL: e.AuthURL, TokenURL: e.TokenURL, KeySetURL: e.KeySetURL}
	if code != profile.Generic().Code && code != profile.Corporate().Code {
		f.Platform = p.Name
	}
	return f
}
