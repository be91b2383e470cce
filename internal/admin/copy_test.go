package admin

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
)

func TestCopiesAndMoves(t *testing.T) {
	s := newSite(t)
	c := s.school()
	s.arrives(c, "s1", "Nadia", "") // brings the scenario
	dana, page := s.as("dana"), lti+"/connections/"+string(c.ID)+"/copies"
	dana.get(lti+"/connections/"+string(c.ID)).has(t, page)
	dana.get(page).has(t, "No launch has told of any yet.", "None is known yet.")

	wrong := dana.post(page+"/keys", url.Values{"consumer_key": {"key <1>"}})
	wrong.has(t, "Enter the shared secret of this key.", `value="key &lt;1&gt;"`)
	dana.follow(dana.post(page+"/keys", url.Values{"consumer_key": {"key <1>"}, "secret": {"s3cret"}})).
		has(t, "The consumer key is stored", "key &lt;1&gt;")
	dana.get(page).hasNot(t, "s3cret")

	wrong = dana.post(page+"/activities", url.Values{"table": {"a,talk\nb,<none>"}})
	if wrong.status != http.StatusUnprocessableEntity {
		t.Errorf("status %d", wrong.status)
	}
	wrong.has(t, "Line 2: no scenario of this workspace has this address: &lt;none&gt;.", "a,talk\nb,&lt;none&gt;</textarea>")
	dana.follow(dana.post(page+"/activities", url.Values{"table": {"a,talk\nb,talk"}})).has(t, "2 activities of the older tool are known")

	store := s.service.Store.Workspace(s.northwind.ID)
	source := must(store.Contexts(t.Context()))(t)[0]
	var copied greenroom.ContextID
	if err := store.Update(t.Context(), func(ctx context.Context, tx greenroom.Tx) (err error) {
		copied, err = tx.MeetContext(ctx, greenroom.Context{ID: "copy", Connection: c.ID, Deployment: "1", PlatformID: "c2", Title: "The copy", CopiedFrom: source.ID})
		return err
	}); err != nil {
		t.Fatal(err)
	}
	dana.get("/w/northwind/courses/"+string(copied)).has(t, "This course is a copy of", `/courses/`+string(source.ID)+`"`)
	dana.get("/w/northwind/courses/"+string(source.ID)).hasNot(t, "Copied from")
	if err := store.Update(t.Context(), func(ctx context.Context, tx greenroom.Tx) error {
		n := greenroom.NoticeService{Connection: c.ID, Deployment: "1", Copies: true, Attempts: 1, Answer: "403 <b>no</b>", NextTry: s.now}
		if err := tx.SaveNoticeService(ctx, n); err != nil {
			return err
		}
		return tx.AddNotice(ctx, greenroom.Notice{Connection: c.ID, Deployment: "1", ID: "n", Nonce: "n", Type: greenroom.CopyNotice, ReceivedAt: s.now})
	}); err != nil {
		t.Fatal(err)
	}
	dana.get(page).has(t, "Refused", "403 &lt;b&gt;no", "A course was copied")

	dana.follow(dana.post(page+"/keys/delete", url.Values{"consumer_key": {"key <1>"}})).has(t, "The consumer key is deleted")
	if got := dana.post(page+"/keys/delete", url.Values{"consumer_key": {"key <1>"}}); got.status != http.StatusNotFound {
		t.Errorf("deleted twice: %d", got.status)
	}
	log := dana.get("/w/northwind/settings/audit")
	log.has(t, "Stored a consumer key of LTI 1.1", "Imported activities of an older tool")
	if strings.Contains(log.body, "s3cret") {
		t.Error("the secret is in the audit log")
	}
}
