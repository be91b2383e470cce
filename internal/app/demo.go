package app

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/greenroom-lti/greenroom/internal/demolms"
	"github.com/greenroom-lti/greenroom/internal/greenroom"
)

// Sign-ins and names of the demo. They open nothing but a demo.
const (
	DemoWorkspace = "Demo team"
	DemoEmail     = "admin@example.com"
	DemoPassword  = "practice-makes-perfect"
)

// DemoOptions say how a demo begins.
type DemoOptions struct {
	Config Config // DataDir empty: a temporary one, removed at the end
	// ToolListen and LMSListen are ports on loopback; 0 takes any free one.
	ToolPort, LMSPort int
	// Connected begins after the connection is made, with an activity.
	Connected bool
}

// A Demo is Greenroom beside a small LMS, on loopback. The LMS is on localhost
// and the tool on 127.0.0.1, so that they are two sites for a browser.
type Demo struct {
	App       *App
	LMS       *demolms.LMS
	Workspace greenroom.Workspace
	ToolURL   string
	LMSURL    string
	// Activity is the title of the activity made by Connected, else "".
	Activity string

	tool   net.Listener
	server *http.Server // of the LMS
	served chan error
	remove func() error
}

// OpenDemo makes workspace, admin, scenarios and LMS. Run serves them.
func OpenDemo(ctx context.Context, o DemoOptions) (*Demo, error) {
	d := &Demo{remove: func() error { return nil }}
	if err := d.open(ctx, o); err != nil {
		return nil, errors.Join(err, d.Close())
	}
	return d, nil
}

func (d *Demo) open(ctx context.Context, o DemoOptions) (err error) {
	if d.tool, err = listenLoopback("127.0.0.1", o.ToolPort); err != nil {
		return err
	}
	lms, err := listenLoopback("localhost", o.LMSPort)
	if err != nil {
		return err
	}
	d.ToolURL = "http://" + d.tool.Addr().String()
	d.LMSURL = fmt.Sprintf("http://localhost:%d", lms.Addr().(*net.TCPAddr).Port)
	if err := d.openLMS(o.Config, lms); err != nil {
		return errors.Join(err, lms.Close())
	}

	c := o.Config
	c.PublicURL, c.Development = d.ToolURL, true
	if c.DataDir == "" {
		if c.DataDir, err = os.MkdirTemp("", "greenroom-demo-"); err != nil {
			return err
		}
		dir := c.DataDir
		d.remove = func() error { return os.RemoveAll(dir) }
	}
	if d.App, err = Open(ctx, c); err != nil {
		return err
	}
	if err := d.furnish(ctx); err != nil {
		return err
	}
	if o.Connected {
		return d.connect(ctx)
	}
	return nil
}

// listenLoopback takes the wanted port, or any free one if it is 0.
func listenLoopback(host string, port int) (net.Listener, error) {
	l, err := net.Listen("tcp", fmt.Sprintf("%s:%d", host, port))
	if err != nil {
		return nil, fmt.Errorf("%w (choose another port with --tool-port or --lms-port)", err)
	}
	return l, nil
}

// openLMS makes the LMS with its course and people, and serves it: connecting
// fetches its key set.
func (d *Demo) openLMS(c Config, l net.Listener) (err error) {
	c = c.withDefaults()
	d.LMS, err = demolms.New(demolms.Options{
		BaseURL: d.LMSURL, Now: c.Now, Random: c.Random, Log: c.Log,
		Client: &http.Client{Timeout: 10 * time.Second},
	})
	if err != nil {
		return err
	}
	d.server = &http.Server{Handler: d.LMS.Handler(), ReadHeaderTimeout: 10 * time.Second}
	d.served = make(chan error, 1)
	go func() { d.served <- d.server.Serve(l) }()
	return nil
}

// furnish makes the workspace with its admin and scenarios.
func (d *Demo) furnish(ctx context.Context) (err error) {
	s := d.App.Service
	if d.Workspace, err = s.CreateWorkspace(ctx, DemoWorkspace, "", true); err != nil {
		return err
	}
	_, err = s.CreateUser(ctx, d.Workspace.ID, greenroom.NewUser{
		Email: DemoEmail, Name: "Demo admin", Password: DemoPassword, Role: greenroom.Owner,
	})
	return err
}

// connect does by hand what the first clicks of the demo do.
func (d *Demo) connect(ctx context.Context) error {
	u := d.App.Kit.URLs.For(d.Workspace)
	w := d.Workspace.ID
	values, err := d.LMS.ConnectManually(demolms.ToolSettings{
		Name: "Greenroom", ToolURL: u.Launch(w), LoginURL: u.Login(w),
		RedirectURIs: []string{u.Launch(w)}, KeySetURL: u.KeySet(w),
	})
	if err != nil {
		return err
	}
	saved, err := d.App.Service.SaveConnection(ctx, greenroom.Operator(w), greenroom.ConnectionForm{
		Platform: values.PlatformName, Issuer: values.Issuer, ClientID: values.ClientID,
		Deployments: values.DeploymentID, AuthURL: values.AuthURL, TokenURL: values.TokenURL,
		KeySetURL: values.KeySetURL,
	})
	if err != nil {
		return err
	}
	if len(saved.Warnings) > 0 {
		return errors.New("demo: " + strings.Join(saved.Warnings, " "))
	}
	d.Activity = "Practice: discovery call"
	return d.LMS.AddActivity(demolms.Activity{
		Tool: values.ClientID, Title: d.Activity,
		Custom: map[string]string{greenroom.ScenarioParameter: "discovery-call"}, Maximum: 100,
	})
}

// Run serves until ctx ends.
func (d *Demo) Run(ctx context.Context) error {
	tool := d.tool
	d.tool = nil // Run closes it
	return d.App.Run(ctx, tool)
}

// Close stops the LMS and leaves nothing behind.
func (d *Demo) Close() error {
	var errs []error
	if d.tool != nil {
		errs = append(errs, d.tool.Close())
	}
	if d.server != nil {
		errs = append(errs, d.server.Close())
		if err := <-d.served; !errors.Is(err, http.ErrServerClosed) {
			errs = append(errs, err)
		}
	}
	if d.App != nil {
		errs = append(errs, d.App.Close())
	}
	return errors.Join(append(errs, d.remove())...)
}
