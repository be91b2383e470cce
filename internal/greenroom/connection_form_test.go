package greenroom

import (
	"strings"
	"testing"
)

func validForm() ConnectionForm {
	return ConnectionForm{
		Platform: "Internal LMS", Issuer: "https://lms.example.com", ClientID: "abc123", Deployments: "1",
		AuthURL: "https://lms.example.com/auth", TokenURL: "https://lms.example.com/token",
		KeySetURL: "https://lms.example.com/jwks",
	}
}

func TestManualForm(t *testing.T) {
	long := strings.Repeat("x", 256)
	for name, tc := range map[string]struct {
		spoil func(*ConnectionForm)
		field string
		text  string
	}{
		"no platform name":       {func(f *ConnectionForm) { f.Platform = " " }, "platform", "Enter a name for this LMS."},
		"long platform name":     {func(f *ConnectionForm) { f.Platform = strings.Repeat("é", 201) }, "platform", "Use at most 200 characters."},
		"no issuer":              {func(f *ConnectionForm) { f.Issuer = "" }, "issuer", "Enter the issuer that your LMS shows, usually its address."},
		"long issuer":            {func(f *ConnectionForm) { f.Issuer = long }, "issuer", "Use at most 255 characters."},
		"issuer in two lines":    {func(f *ConnectionForm) { f.Issuer = "https://a\nhttps://b" }, "issuer", "Paste it as it is, without line breaks or invisible characters."},
		"no client ID":           {func(f *ConnectionForm) { f.ClientID = "" }, "client_id", "Enter the client ID that your LMS made for this tool."},
		"long client ID":         {func(f *ConnectionForm) { f.ClientID = long }, "client_id", "Use at most 255 characters."},
		"no deployment":          {func(f *ConnectionForm) { f.Deployments = " , ; " }, "deployment_ids", "Enter the deployment ID that your LMS shows. Separate several with spaces or commas."},
		"long deployment":        {func(f *ConnectionForm) { f.Deployments = "1, " + long }, "deployment_ids", "Use at most 255 characters."},
		"too many deployments":   {func(f *ConnectionForm) { f.Deployments = many(101) }, "deployment_ids", "Enter at most 100 deployment IDs."},
		"no authentication URL":  {func(f *ConnectionForm) { f.AuthURL = "" }, "auth_url", "Enter the authentication request URL of your LMS."},
		"no token URL":           {func(f *ConnectionForm) { f.TokenURL = "" }, "token_url", "Enter the access token URL of your LMS."},
		"no keyset URL":          {func(f *ConnectionForm) { f.KeySetURL = "" }, "jwks_url", "Enter the public keyset URL of your LMS."},
		"http":                   {func(f *ConnectionForm) { f.TokenURL = "http://lms.example.com/token" }, "token_url", "The URL must begin with https://."},
		"http on this machine":   {func(f *ConnectionForm) { f.TokenURL = "http://127.0.0.1:8081/token" }, "token_url", "The URL must begin with https://."},
		"another scheme":         {func(f *ConnectionForm) { f.AuthURL = "javascript://x/%0aalert(1)" }, "auth_url", "The URL must begin with https://."},
		"not a URL":              {func(f *ConnectionForm) { f.KeySetURL = "see my e-mail" }, "jwks_url", "This is not a URL. It looks like https://lms.example.com/…"},
		"no host":                {func(f *ConnectionForm) { f.KeySetURL = "https:///jwks" }, "jwks_url", "This is not a URL. It looks like https://lms.example.com/…"},
		"with a user":            {func(f *ConnectionForm) { f.KeySetURL = "https://u:p@lms.example.com/jwks" }, "jwks_url", "Leave out the user name and password in front of the host."},
		"with a fragment":        {func(f *ConnectionForm) { f.KeySetURL = "https://lms.example.com/jwks#1" }, "jwks_url", "Leave out the part from # on."},
		"an endless URL":         {func(f *ConnectionForm) { f.KeySetURL = "https://lms.example.com/" + strings.Repeat("x", 2000) }, "jwks_url", "Use at most 2000 characters."},
		"an issuer of one blank": {func(f *ConnectionForm) { f.Issuer = "   " }, "issuer", "Enter the issuer that your LMS shows, usually its address."},
	} {
		t.Run(name, func(t *testing.T) {
			f := validForm()
			tc.spoil(&f)
			_, err := f.check(false)
			bad, ok := err.(*Invalid)
			if !ok || len(bad.Fields) != 1 || bad.Of(tc.field) != tc.text {
				t.Errorf("got %v; want %s: %s", err, tc.field, tc.text)
			}
		})
	}
}

func many(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(strings.Repeat("d", i+1) + " ")
	}
	return b.String()
}

func TestEveryWrongFieldIsNamedAtOnce(t *testing.T) {
	_, err := ConnectionForm{}.check(false)
	if bad, ok := err.(*Invalid); !ok || len(bad.Fields) != 7 {
		t.Errorf("got %v; want all seven fields", err)
	}
}

func TestDeploymentSeparators(t *testing.T) {
	for name, tc := range map[string]struct {
		typed string
		want  []string
	}{
		"one":                 {"1", []string{"1"}},
		"spaces":              {"  1  2 3 ", []string{"1", "2", "3"}},
		"commas":              {"1,2,,3,", []string{"1", "2", "3"}},
		"commas and blanks":   {"1, 2 ,3", []string{"1", "2", "3"}},
		"semicolons":          {"1;2", []string{"1", "2"}},
		"lines":               {"1\r\n2\n3", []string{"1", "2", "3"}},
		"tabs":                {"1\t2", []string{"1", "2"}},
		"no-break space":      {"1\u00a02", []string{"1", "2"}},
		"twice the same":      {"1 2 1", []string{"1", "2"}},
		"case matters":        {"a A", []string{"a", "A"}},
		"Canvas with a colon": {"106:8865aa05b4b79b64a91a86042e43af5ea8ae79eb", []string{"106:8865aa05b4b79b64a91a86042e43af5ea8ae79eb"}},
	} {
		t.Run(name, func(t *testing.T) {
			got, text := splitDeployments(tc.typed)
			if text != "" || strings.Join(got, "|") != strings.Join(tc.want, "|") {
				t.Errorf("got %q %s; want %q", got, text, tc.want)
			}
		})
	}
}

func TestDevelopmentAllowsHTTPOnLoopbackOnly(t *testing.T) {
	for url, ok := range map[string]bool{
		"http://localhost:8081/token":   true,
		"http://lms.localhost/token":    true,
		"http://127.0.0.1/token":        true,
		"http://[::1]:1/token":          true,
		"http://lms.example.com/token":  false,
		"http://127.0.0.1.example.com/": false,
		"http://localhost.example.com/": false,
		"http://10.0.0.1/token":         false,
		"ftp://localhost/token":         false,
		"https://lms.example.com/token": true,
	} {
		if _, text := checkURL(url, "", true); (text == "") != ok {
			t.Errorf("%s: %q", url, text)
		}
	}
}

func TestSlugs(t *testing.T) {
	for name, want := range map[string]string{
		"Sales team":                     "sales-team",
		"  Sales — EMEA (2026) ":         "sales-emea-2026",
		"Vertrieb Zürich":                "vertrieb-z-rich",
		"销售":                             "workspace",
		strings.Repeat("long name ", 20): "long-name-long-name-long-name-long-name-long-name-long-name",
	} {
		if got := slugOf(name); got != want {
			t.Errorf("slugOf(%q) = %q, want %q", name, got, want)
		}
	}
}
