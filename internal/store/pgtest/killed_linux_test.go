package pgtest_test

import (
	"bufio"
	"errors"
	"io"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/greenroom-lti/greenroom/internal/store/pgtest"
)

// helping tells this test's own program that it is to be the one that is killed.
const helping = "GREENROOM_TEST_KILLED"

// TestAKilledProcessLeavesNoServer has a process of its own start a cluster,
// kills it, and waits for the server to hang up.
func TestAKilledProcessLeavesNoServer(t *testing.T) {
	if os.Getenv(helping) != "" {
		beKilled(t)
	}
	helper := exec.Command(os.Args[0], "-test.run", "^"+t.Name()+"$")
	helper.Env = append(os.Environ(), helping+"=1", pgtest.Variable+"=")
	out, err := helper.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := helper.Start(); err != nil {
		t.Fatal(err)
	}
	url, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(errors.Join(err, helper.Wait()))
	}
	conn, err := pgx.Connect(t.Context(), url[:len(url)-1])
	if err != nil {
		t.Fatal(err)
	}
	if err := helper.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = helper.Wait() // killed, as it should be
	hangUp := conn.PgConn().Conn()
	if err := hangUp.SetReadDeadline(time.Now().Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	if _, err := hangUp.Read(make([]byte, 1<<10)); err != nil && !errors.Is(err, io.EOF) {
		t.Errorf("the server said %v", err)
	}
}

// beKilled tells the address of a database and waits.
func beKilled(t *testing.T) {
	if _, err := os.Stdout.WriteString(pgtest.URL(t) + "\n"); err != nil {
		t.Fatal(err)
	}
	select {}
}
