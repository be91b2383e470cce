package deploy

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/compose-spec/compose-go/v2/cli"
	"github.com/compose-spec/compose-go/v2/types"
)

// readComposition reads compose.yaml as "docker compose config" does: by its
// schema, with what it names.
func readComposition(t *testing.T) *types.Project {
	t.Helper()
	options, err := cli.NewProjectOptions([]string{"../../deploy/docker/compose.yaml"}, cli.WithResolvedPaths(true))
	if err != nil {
		t.Fatal(err)
	}
	project, err := options.LoadProject(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return project
}

func TestComposition(t *testing.T) {
	p := readComposition(t)
	g := p.Services["greenroom"]
	if !g.ReadOnly || len(g.CapDrop) != 1 || g.CapDrop[0] != "ALL" || len(g.Ports) != 0 || g.Privileged {
		t.Errorf("greenroom may do more than it has to: %+v", g)
	}
	// Twenty seconds for requests, fifteen for scores on their way.
	if g.StopGracePeriod == nil || time.Duration(*g.StopGracePeriod) < 35*time.Second {
		t.Errorf("it has %v to stop", g.StopGracePeriod)
	}
	context, err := filepath.Abs(root)
	if err != nil || g.Build.Context != context {
		t.Errorf("it is built from %s, want %s (%v)", g.Build.Context, context, err)
	}
	trusted, inside := g.Environment["GREENROOM_TRUST_PROXY"], p.Networks["inside"].Ipam.Config
	if len(inside) != 1 || trusted == nil || *trusted != inside[0].Subnet {
		t.Errorf("the proxy's network is %+v, and %v is trusted", inside, trusted)
	}
	if on := p.Services["caddy"].DependsOn["greenroom"].Condition; on != types.ServiceConditionHealthy {
		t.Errorf("the proxy waits for %q", on)
	}
	for _, mount := range p.Services["caddy"].Volumes {
		if _, err := os.Stat(mount.Source); mount.Type == types.VolumeTypeBind && err != nil {
			t.Error(err)
		}
	}
	for _, port := range p.Services["caddy"].Ports {
		if port.Target != 80 && port.Target != 443 {
			t.Errorf("port %d is open", port.Target)
		}
	}
}
