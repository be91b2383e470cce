package platforms

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
	"github.com/greenroom-lti/greenroom/lti"
)

func TestReadResults(t *testing.T) {
	h := newHouse(t)
	endpoint := &tokens{t: t}
	h.mux.Handle("POST /token", endpoint)
	h.mux.HandleFunc("GET /items/1/results", func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Has("limit") {
			w.WriteHeader(http.StatusNotFound) // as a Moodle does
			return
		}
		w.Header().Set("Content-Type", "application/vnd.ims.lis.v2.resultcontainer+json")
		if r.URL.Query().Get("page") == "" {
			w.Header().Add("Link", fmt.Sprintf(`<%s/items/1/results?page=2>; rel="next"`, h.lms.URL))
			fmt.Fprint(w, `[{"id":"a","userId":"6","resultScore":7.5,"resultMaximum":10}]`)
			return
		}
		fmt.Fprint(w, `[{"id":"b","userId":"7","resultMaximum":10}]`)
	})
	c := h.connect("a", nil)
	var got []string
	keep := func(r greenroom.PlatformResult) error {
		line := fmt.Sprintf("%s none of %g", r.Subject, r.Maximum)
		if r.Score != nil {
			line = fmt.Sprintf("%s %g of %g", r.Subject, *r.Score, r.Maximum)
		}
		got = append(got, line)
		return nil
	}
	err := h.platforms.ReadResults(t.Context(), h.workspace, c, h.key, h.lms.URL+"/items/1", "1", keep)
	if said := strings.Join(got, "; "); err != nil || said != "6 7.5 of 10; 7 none of 10" || endpoint.scopes[0] != lti.ScopeResultReadOnly {
		t.Errorf("results %s, scopes %v: %v", said, endpoint.scopes, err)
	}
	enough := errors.New("enough")
	err = h.platforms.ReadResults(t.Context(), h.workspace, c, h.key, h.lms.URL+"/items/1", "1", func(greenroom.PlatformResult) error { return enough })
	if !errors.Is(err, enough) {
		t.Errorf("after enough: %v", err)
	}
	err = h.platforms.ReadResults(t.Context(), h.workspace, c, h.key, h.lms.URL+"/items/gone", "1", keep)
	if refused, answered := errors.AsType[*lti.ServiceError](err); !answered || refused.Status != http.StatusNotFound {
		t.Errorf("a column that is gone: %v", err)
	}
}
