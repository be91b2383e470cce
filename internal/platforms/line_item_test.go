package platforms

import (
	"encoding/json"
	"fmt"
	"net/http"
	"testing"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
)

func TestFindOrMakeLineItem(t *testing.T) {
	for name, tc := range map[string]struct {
		held []map[string]any // columns of the gradebook
		want string           // path of the column
		made bool
	}{
		"none is there": {nil, "/items/new", true},
		"of another link and tool": {[]map[string]any{
			{"id": "/items/1", "label": "Other", "scoreMaximum": 5, "resourceLinkId": "other"},
		}, "/items/new", true},
		"the link's": {[]map[string]any{
			{"id": "/items/1", "label": "By hand", "scoreMaximum": 5, "resourceLinkId": "link-1"},
		}, "/items/1", false},
		"ours before another one of the link": {[]map[string]any{
			{"id": "/items/1", "label": "By hand", "scoreMaximum": 5, "resourceLinkId": "link-1"},
			{"id": "/items/2", "label": "Ours", "scoreMaximum": 5, "resourceLinkId": "link-1", "tag": "greenroom"},
		}, "/items/2", false},
		"ours that no longer tells its link": {[]map[string]any{
			{"id": "/items/3", "label": "Ours", "scoreMaximum": 5, "resourceId": "our-link", "tag": "greenroom"},
		}, "/items/3", false},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t)
			h.mux.Handle("POST /token", &tokens{t: t})
			h.mux.HandleFunc("GET /items", func(w http.ResponseWriter, _ *http.Request) {
				all := []map[string]any{}
				for _, item := range tc.held {
					one := map[string]any{}
					for k, v := range item {
						one[k] = v
					}
					one["id"] = h.lms.URL + fmt.Sprint(item["id"])
					all = append(all, one)
				}
				_ = json.NewEncoder(w).Encode(all)
			})
			var made map[string]any
			h.mux.HandleFunc("POST /items", func(w http.ResponseWriter, r *http.Request) {
				if err := json.NewDecoder(r.Body).Decode(&made); err != nil {
					t.Error(err)
				}
				made["id"] = h.lms.URL + "/items/new"
				w.WriteHeader(http.StatusCreated)
				_ = json.NewEncoder(w).Encode(made)
			})
			got, err := h.platforms.FindOrMakeLineItem(t.Context(), h.workspace, h.connect("a", nil), h.key, greenroom.LineItemQuery{
				URL: h.lms.URL + "/items", Deployment: "1", ResourceLinkID: "link-1", ResourceID: "our-link", Label: "Practice", Maximum: 100,
			})
			if err != nil || got.URL != h.lms.URL+tc.want || (made != nil) != tc.made {
				t.Fatalf("%+v, %v, made %v", got, err, made)
			}
			if tc.made && (made["label"] != "Practice" || made["resourceLinkId"] != "link-1" || made["resourceId"] != "our-link" || made["tag"] != "greenroom" || got.Maximum != 100) {
				t.Errorf("made %v", made)
			}
		})
	}
}
