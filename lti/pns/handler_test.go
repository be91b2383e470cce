package pns_test

import (
	"errors"
	"net/http"
	"net/url"
	"reflect"
	"testing"

	"github.com/greenroom-lti/greenroom/lti"
	"github.com/greenroom-lti/greenroom/lti/pns"
)

func TestHandlers(t *testing.T) {
	p := always(200, `{"client_id":10000000000001,"deployment_id":"1","notice_handlers":[
		{"notice_type":"LtiHelloWorldNotice","handler":"https://tool.example/n","max_batch_size":50},
		{"notice_type":"LtiContextCopyNotice","handler":""},{"notice_type":"Other","handler":"https://tool.example/o","max_batch_size":"many"}]}`)
	got, err := pns.Handlers(t.Context(), p.client(), service)
	want := pns.Subscriptions{ClientID: "10000000000001", DeploymentID: "1", Handlers: []pns.Handler{
		{NoticeType: pns.HelloWorldNotice, URL: "https://tool.example/n", MaxBatchSize: 50}, {NoticeType: "Other", URL: "https://tool.example/o"},
	}}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, %v", got, err)
	}
	if form, _ := url.ParseQuery(p.scopes); form.Get("scope") != lti.ScopeNoticeHandlers || p.calls[0].Method != http.MethodGet || p.calls[0].URL.String() != service {
		t.Errorf("asked %s %s with %s", p.calls[0].Method, p.calls[0].URL, form.Get("scope"))
	}
	for _, body := range []string{"", "[]", "null", "<html>", `{"notice_handlers":{}}`} {
		if _, err := pns.Handlers(t.Context(), always(200, body).client(), service); !isServiceError(err) {
			t.Errorf("%q was read: %v", body, err)
		}
	}
}

func TestSetHandler(t *testing.T) {
	asked := pns.Handler{NoticeType: pns.ContextCopyNotice, URL: "https://tool.example/n", MaxBatchSize: 20}
	for name, row := range map[string]struct {
		answer string
		want   pns.Handler
	}{
		"as asked":       {`{"notice_type":"LtiContextCopyNotice","handler":"https://tool.example/n","max_batch_size":20}`, asked},
		"smaller":        {`{"notice_type":"LtiContextCopyNotice","handler":"https://tool.example/n","max_batch_size":5}`, pns.Handler{NoticeType: asked.NoticeType, URL: asked.URL, MaxBatchSize: 5}},
		"without a word": {"", asked},
		"of nothing":     {"{}", asked},
	} {
		p := always(200, row.answer)
		got, err := pns.SetHandler(t.Context(), p.client(), service, asked)
		if err != nil || got != row.want {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
		if r := p.calls[0]; r.Method != http.MethodPut || r.Header.Get("Content-Type") != "application/json" || r.URL.String() != service ||
			p.bodies[0] != `{"notice_type":"LtiContextCopyNotice","handler":"https://tool.example/n","max_batch_size":20}` {
			t.Errorf("%s: %s %s", name, r.Method, p.bodies[0])
		}
	}
	if _, err := pns.SetHandler(t.Context(), always(400, `{"errors":"domain"}`).client(), service, asked); !isServiceError(err) {
		t.Errorf("refused: %v", err)
	}
}

func TestRemoveHandler(t *testing.T) {
	p := always(200, `{"notice_type":"LtiContextCopyNotice","handler":""}`)
	if err := pns.RemoveHandler(t.Context(), p.client(), service, pns.ContextCopyNotice); err != nil || p.bodies[0] != `{"notice_type":"LtiContextCopyNotice","handler":""}` {
		t.Errorf("%v, sent %s", err, p.bodies)
	}
	if err := pns.RemoveHandler(t.Context(), p.client(), service, ""); !errors.Is(err, pns.ErrInvalid) || len(p.calls) != 1 {
		t.Errorf("nothing was removed: %v", err)
	}
}

func TestHandlersNotSent(t *testing.T) {
	for name, h := range map[string]pns.Handler{
		"no type":      {URL: "https://t/n"},
		"no URL":       {NoticeType: "x"},
		"http":         {NoticeType: "x", URL: "http://t/n"},
		"a script":     {NoticeType: "x", URL: "javascript:alert(1)"},
		"a user":       {NoticeType: "x", URL: "https://a@t/n"},
		"below zero":   {NoticeType: "x", URL: "https://t/n", MaxBatchSize: -1},
		"not absolute": {NoticeType: "x", URL: "/n"},
	} {
		p := always(200, "")
		if _, err := pns.SetHandler(t.Context(), p.client(), service, h); !errors.Is(err, pns.ErrInvalid) || len(p.calls) != 0 {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func isServiceError(err error) bool {
	_, ok := errors.AsType[*lti.ServiceError](err)
	return ok
}
