package greenroom

import (
	"context"
	"errors"
	"strings"
)

const (
	launchRows = 50 // on a page
	// minReference is how much of a reference it takes to search by it.
	minReference = 4
)

// A LaunchPage is a page of the launch log, and what it can be narrowed to.
type LaunchPage struct {
	Rows        []LaunchRow
	Older       LaunchCursor // zero: these were the last
	Connections []Connection
}

// NormalReference is a reference, or its beginning, as it is kept: people type
// it in small letters, with spaces and dashes, and with letters that it leaves
// out for the digits that they resemble.
func NormalReference(s string) string {
	return strings.Map(func(r rune) rune {
		switch r {
		case ' ', '-', '–', '—', '\u00A0', '\u2011', '\t', '\r', '\n':
			return -1
		case 'O':
			return '0'
		case 'I', 'L':
			return '1'
		}
		return r
	}, strings.ToUpper(s))
}

// Launches returns a page of the launch log, and the field reference as
// *Invalid if there is too little of it to search by.
func (s *Service) Launches(ctx context.Context, a Actor, f LaunchFilter) (LaunchPage, error) {
	store, err := s.settings(a)
	if err != nil {
		return LaunchPage{}, err
	}
	var page LaunchPage
	if page.Connections, err = store.Connections(ctx); err != nil {
		return LaunchPage{}, err
	}
	f.Reference = NormalReference(f.Reference)
	switch n := len(f.Reference); {
	case n > 0 && n < minReference:
		var wrong Invalid
		wrong.Add("reference", "Enter at least 4 characters of the reference.")
		return page, wrong.OrNil()
	case n > ReferenceLength || strings.Trim(f.Reference, referenceAlphabet) != "":
		return page, nil // no reference is like this
	}
	f.Limit = launchRows + 1
	if page.Rows, err = store.Launches(ctx, f); err != nil {
		return LaunchPage{}, err
	}
	if len(page.Rows) > launchRows {
		page.Rows = page.Rows[:launchRows]
		last := page.Rows[launchRows-1]
		page.Older = LaunchCursor{last.At, last.ID}
	}
	return page, nil
}

// A LaunchReport is all that the log knows of one launch. What is gone by now
// is empty.
type LaunchReport struct {
	LaunchRow
	Connection Connection
	Link       ResourceLink
	Scenario   Scenario
}

// ShowLaunch returns one row of the launch log. ErrNotFound.
func (s *Service) ShowLaunch(ctx context.Context, a Actor, id LaunchID) (LaunchReport, error) {
	store, err := s.settings(a)
	if err != nil {
		return LaunchReport{}, err
	}
	l, err := store.Launch(ctx, id)
	if err != nil {
		return LaunchReport{}, err
	}
	var learner Learner
	var r LaunchReport
	err = errors.Join(
		known(&r.Connection, l.Connection, func() (Connection, error) { return store.Connection(ctx, l.Connection) }),
		known(&r.Link, l.Link, func() (ResourceLink, error) { return store.ResourceLink(ctx, l.Link) }),
		known(&r.Scenario, l.Scenario, func() (Scenario, error) { return store.Scenario(ctx, l.Scenario) }),
		known(&learner, l.Learner, func() (Learner, error) { return store.Learner(ctx, l.Learner) }),
	)
	r.LaunchRow = NewLaunchRow(l, r.Connection.Platform, r.Link.Title, learner)
	return r, err
}

// known reads what a launch names, which may be gone.
func known[T any, ID ~string](into *T, id ID, read func() (T, error)) error {
	if id == "" {
		return nil
	}
	v, err := read()
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	*into = v
	return err
}
