package app_test

import (
	"crypto/sha256"
	"database/sql"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
)

// comeFromOutside are the only posts that other sites may send.
var comeFromOutside = map[string]bool{
	"POST /lti/{workspace}/login":  true,
	"POST /lti/{workspace}/launch": true,
	"POST /lti/login":              true,
	"POST /lti/launch":             true,
}

// Every route refuses what another site posts in the name of whoever is signed
// in, and nothing has changed.
func TestOtherSitesPostNothing(t *testing.T) {
	d := newDoors(t, false)
	db := d.database()
	before := d.contents(db)
	for _, route := range d.routes() {
		for name, headers := range map[string]http.Header{
			"a browser of today": {"Sec-Fetch-Site": {"cross-site"}, "Origin": {"https://evil.example"}},
			"a neighbour":        {"Sec-Fetch-Site": {"same-site"}, "Origin": {"https://other.example.com"}},
			"an old browser":     {"Origin": {"https://evil.example"}},
			"a sandboxed frame":  {"Sec-Fetch-Site": {"cross-site"}, "Origin": {"null"}},
		} {
			for _, method := range []string{http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete} {
				r := request(method, d.address(route, d.ours), url.Values{"name": {"Evil"}}, d.owner, d.stage, d.course, d.review)
				r.Header.Del("Sec-Fetch-Site")
				for name, values := range headers {
					r.Header[name] = values
				}
				answer := d.do(r)
				refused := answer.StatusCode == http.StatusForbidden && strings.Contains(answer.body, "This request came from another site")
				if exempt := comeFromOutside[d.match(r)]; refused == exempt {
					t.Errorf("%s %s by %s: refused %v", method, route.path, name, refused)
				}
			}
		}
	}
	if d.contents(db) != before {
		t.Error("something has changed")
	}
}

// Nothing changes because somebody looks: a link, a picture or a prefetch on
// another site asks by GET, with the visitor's cookies.
func TestLookingChangesNothing(t *testing.T) {
	d := newDoors(t, false)
	db := d.database()
	before := d.contents(db)
	for _, route := range d.routes() {
		if route.method != http.MethodGet {
			continue
		}
		// A registration page without the parameters of an LMS touches nothing.
		for _, query := range []string{"", "?token=" + d.invite, "?state=sent", "?next=/"} {
			d.ask(http.MethodGet, d.address(route, d.ours)+query, nil, d.owner, d.stage, d.course, d.review)
		}
		d.ask(http.MethodHead, d.address(route, d.ours), nil, d.owner, d.stage, d.course, d.review)
		if after := d.contents(db); after != before {
			t.Errorf("%s %s has changed something", route.method, route.path)
			before = after
		}
	}
}

// contents is a hash of every row of every table.
func (d *doors) contents(db *sql.DB) string {
	d.t.Helper()
	hash := sha256.New()
	for _, table := range d.tables(db) {
		rows, err := db.Query("select * from " + table)
		d.must(err)
		columns, err := rows.Columns()
		d.must(err)
		var lines []string // a table without row numbers has no order of its own
		for rows.Next() {
			row := make([]any, len(columns))
			into := make([]any, len(columns))
			for i := range row {
				into[i] = &row[i]
			}
			d.must(rows.Scan(into...))
			lines = append(lines, fmt.Sprintf("%s %v\n", table, row))
		}
		d.must(rows.Err())
		d.must(rows.Close())
		slices.Sort(lines)
		hash.Write([]byte(strings.Join(lines, "")))
	}
	return string(hash.Sum(nil))
}
