package main

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"time"

	"github.com/greenroom-lti/greenroom/lti/ltitest"
)

type conformanceCmd struct {
	LoginURL            string            `help:"OIDC login initiation URL of the tool." required:"" xor:"what" placeholder:"URL"`
	LaunchURL           string            `help:"Launch URL of the tool: redirect URI and target link URI." placeholder:"URL"`
	KeySetURL           string            `help:"Key set of the tool, for the cases about its keys." name:"jwks-url" placeholder:"URL"`
	RegistrationURL     string            `help:"Let the tool register itself by this URL, in place of typing values into it." placeholder:"URL"`
	RegistrationCommand string            `help:"Command that prints a fresh registration URL each time; it lets more cases run." placeholder:"COMMAND"`
	Custom              map[string]string `help:"Custom parameter of every launch, for example scenario_id=discovery-call." placeholder:"NAME=VALUE"`

	Listen       string `help:"Address on which the test platform is served." default:"127.0.0.1:8090" placeholder:"HOST:PORT"`
	Issuer       string `help:"URL by which tool and browser reach it, if that is another." placeholder:"URL"`
	ClientID     string `help:"Client ID that the platform gives the tool." default:"greenroom-conformance" placeholder:"ID"`
	DeploymentID string `help:"Deployment ID that the platform gives the tool." default:"1" placeholder:"ID"`

	Now    bool     `help:"Begin at once: the values are in the tool already."`
	Only   []string `help:"Make only the cases whose ID begins so, for example OWN-T." placeholder:"ID"`
	List   bool     `help:"List the cases and make none." xor:"what" required:""`
	JUnit  string   `help:"Write the report as JUnit XML too." name:"junit" type:"path" placeholder:"FILE"`
	CAFile string   `help:"Certificates of the tool to trust beside the system's, PEM." name:"ca-file" type:"path" placeholder:"FILE"`
	printed
}

func (c conformanceCmd) Help() string {
	return `Serves an LTI platform and examines a tool with it: launches that are right
must get in, forged, broken and replayed ones must not. Exit code 1 if any case
fails. Cases that need more of the tool than its URLs are skipped, and say what.`
}

func (c conformanceCmd) Run(ctx context.Context, s streams) error {
	if c.List {
		return c.list(s)
	}
	if c.LaunchURL == "" {
		return errUsage{errors.New("--launch-url is missing")}
	}
	if err := c.check(); err != nil {
		return err
	}
	l, err := net.Listen("tcp", c.Listen)
	if err != nil {
		return fmt.Errorf("%w (choose another address with --listen)", err)
	}
	suite, err := c.suite(l)
	if err != nil {
		return errors.Join(err, l.Close())
	}
	server := &http.Server{Handler: suite.Handler(), ReadHeaderTimeout: 10 * time.Second}
	served := make(chan error, 1)
	go func() { served <- server.Serve(l) }()
	defer func() {
		_ = server.Close()
		<-served
	}()
	if err := c.makeKnown(ctx, s, suite); err != nil {
		return err
	}
	return c.report(s, suite.Run(ctx, func(r ltitest.Result) {
		if !c.JSON {
			fmt.Fprintln(s.out, r.Line())
		}
	}))
}

func (c conformanceCmd) check() error {
	return firstOf(
		checkURL("--login-url", c.LoginURL), checkURL("--launch-url", c.LaunchURL), checkURL("--jwks-url", c.KeySetURL),
		checkURL("--registration-url", c.RegistrationURL), checkURL("--issuer", c.Issuer), checkAddress("--listen", c.Listen),
		checkFile("--ca-file", c.CAFile),
	)
}

func (c conformanceCmd) suite(l net.Listener) (*ltitest.Suite, error) {
	client, err := c.client()
	if err != nil {
		return nil, err
	}
	issuer := c.Issuer
	if issuer == "" {
		issuer = fmt.Sprintf("http://localhost:%d", l.Addr().(*net.TCPAddr).Port)
	}
	return ltitest.NewSuite(ltitest.SuiteOptions{
		BaseURL: issuer, ClientID: c.ClientID, DeploymentID: c.DeploymentID, Only: c.Only,
		Candidate: ltitest.Candidate{
			LoginURL: c.LoginURL, LaunchURL: c.LaunchURL, KeySetURL: c.KeySetURL, Custom: c.Custom, Client: client,
			RegistrationURL: c.freshURLs(),
		},
	})
}

// freshURLs asks the operator's command, nil if there is none. Its last word is
// the URL.
func (c conformanceCmd) freshURLs() func(context.Context) (string, error) {
	if c.RegistrationCommand == "" {
		return nil
	}
	return func(ctx context.Context) (string, error) {
		out, err := exec.CommandContext(ctx, "sh", "-c", c.RegistrationCommand).Output()
		words := strings.Fields(string(out))
		if err != nil || len(words) == 0 {
			return "", fmt.Errorf("--registration-command printed no URL: %w", errors.Join(err, errNoURL))
		}
		return words[len(words)-1], nil
	}
}

var errNoURL = errors.New("nothing on standard output")

// client follows no redirects: the suite wants to see them.
func (c conformanceCmd) client() (*http.Client, error) {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	if c.CAFile != "" {
		pem, err := os.ReadFile(c.CAFile)
		if err != nil {
			return nil, err
		}
		roots, err := x509.SystemCertPool()
		if err != nil {
			return nil, err
		}
		if !roots.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("%s holds no certificate in PEM", c.CAFile)
		}
		transport.TLSClientConfig = &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}
	}
	return &http.Client{
		Transport: transport, Timeout: 30 * time.Second,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}, nil
}

// makeKnown has the tool register itself, or waits until somebody has typed
// the values into it.
func (c conformanceCmd) makeKnown(ctx context.Context, s streams, suite *ltitest.Suite) error {
	first := c.RegistrationURL
	if fresh := c.freshURLs(); first == "" && fresh != nil {
		var err error
		if first, err = fresh(ctx); err != nil {
			return err
		}
	}
	if first != "" {
		return suite.Register(ctx, first)
	}
	if c.Now {
		return nil
	}
	r := suite.Registration()
	fmt.Fprintln(s.err, "Connect the tool to this platform:")
	for _, line := range [][2]string{
		{"Issuer", r.Issuer}, {"Client ID", r.ClientID}, {"Deployment ID", r.Deployments[0]},
		{"Authentication URL", r.AuthURL}, {"Access token URL", r.TokenURL}, {"Public keyset URL", r.KeySetURL},
	} {
		fmt.Fprintf(s.err, "  %-20s %s\n", line[0], line[1])
	}
	fmt.Fprint(s.err, "\nThen press Enter. (--now begins at once, the next time.) ")
	pressed := make(chan error, 1)
	go func() {
		_, err := bufio.NewReader(s.in).ReadString('\n')
		pressed <- err
	}()
	select {
	case err := <-pressed:
		if errors.Is(err, io.EOF) {
			return errUsage{errors.New("there is nobody to press Enter; connect the tool first and add --now")}
		}
		return err
	case <-ctx.Done():
		return errors.New("stopped before the first case")
	}
}

func (c conformanceCmd) report(s streams, r ltitest.Report) error {
	if c.JUnit != "" {
		file, err := os.Create(c.JUnit)
		if err != nil {
			return err
		}
		if err := errors.Join(r.WriteJUnit(file), file.Close()); err != nil {
			return err
		}
	}
	if c.JSON {
		if err := r.WriteJSON(s.out); err != nil {
			return err
		}
	} else {
		fmt.Fprintf(s.out, "\n%d passed, %d failed, %d skipped\n", r.Passed, r.Failed, r.Skipped)
	}
	switch {
	case r.Failed > 0:
		return fmt.Errorf("%d of %d cases failed", r.Failed, len(r.Cases))
	case r.Passed == 0:
		return errors.New("no case was made")
	}
	return nil
}

// list prints the cases, and the rows of the list that are none.
func (c conformanceCmd) list(s streams) error {
	type row struct {
		ID    string `json:"id"`
		Title string `json:"title,omitempty"`
		Left  string `json:"left_out,omitempty"`
	}
	var rows []row
	for _, k := range ltitest.Cases() {
		rows = append(rows, row{ID: k.ID, Title: k.Title})
	}
	for _, r := range ltitest.OtherRows() {
		rows = append(rows, row{ID: r.ID, Left: r.Why})
	}
	return c.print(s, map[string]any{"rows": rows}, func(w io.Writer) {
		for _, r := range rows {
			if r.Left != "" {
				r.Title = strings.Join([]string{"(not a case:", r.Left + ")"}, " ")
			}
			fmt.Fprintf(w, "%s\t%s\n", r.ID, r.Title)
		}
	})
}
