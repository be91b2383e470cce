// Package storetest holds a store to the promises of greenroom.Store: each
// promise in the interface's comments is a test here, and every store runs all
// of them.
package storetest

import (
	"context"
	"errors"
	"reflect"
	"testing"
	"time"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
	"github.com/greenroom-lti/greenroom/internal/roleplay"
)

// Run holds a store to the promises of greenroom.Store. open returns an empty
// store that closes itself when the test ends.
func Run(t *testing.T, open func(t *testing.T) greenroom.Store) {
	t.Run("Store", func(t *testing.T) { testStore(t, open) })
	t.Run("Instance", func(t *testing.T) { testInstance(t, open) })
	t.Run("Queue", func(t *testing.T) { testQueue(t, open) })
	t.Run("Nodes", func(t *testing.T) { testNodes(t, open(t).Instance()) })
	t.Run("Chores", func(t *testing.T) { testChores(t, open(t).Instance()) })
	t.Run("Watch", func(t *testing.T) { testWatch(t, open) })
	t.Run("Workspace", func(t *testing.T) { testWorkspace(t, open(t)) })
	t.Run("Hosts", func(t *testing.T) { testHosts(t, open(t)) })
	t.Run("Shared", func(t *testing.T) { testShared(t, open(t)) })
	t.Run("DeploymentClaims", func(t *testing.T) { testDeploymentClaims(t, open(t)) })
	t.Run("Arrivals", func(t *testing.T) { testArrivals(t, open(t)) })
	t.Run("Keys", func(t *testing.T) { testKeys(t, open(t)) })
	t.Run("Invites", func(t *testing.T) { testInvites(t, open(t)) })
	t.Run("PersonLinks", func(t *testing.T) { testPersonLinks(t, open(t)) })
	t.Run("UpdatePeople", func(t *testing.T) { testUpdatePeople(t, open(t)) })
	t.Run("RemoveMember", func(t *testing.T) { testRemoveMember(t, open(t)) })
	t.Run("Connections", func(t *testing.T) { testConnections(t, open(t)) })
	t.Run("DeleteConnection", func(t *testing.T) { testDeleteConnection(t, open(t)) })
	t.Run("Scenarios", func(t *testing.T) { testScenarios(t, open(t)) })
	t.Run("DeepLinking", func(t *testing.T) { testDeepLinking(t, open(t)) })
	t.Run("RecordLaunch", func(t *testing.T) { testRecordLaunch(t, open(t)) })
	t.Run("LaunchesOfAMoment", func(t *testing.T) { testLaunchesOfAMoment(t, open(t)) })
	t.Run("Contexts", func(t *testing.T) { testContexts(t, open(t)) })
	t.Run("SettingsVersion", func(t *testing.T) { testSettingsVersion(t, open(t)) })
	t.Run("ParallelLaunches", func(t *testing.T) { testParallelLaunches(t, open(t)) })
	t.Run("LaunchLog", func(t *testing.T) { testLaunchLog(t, open(t)) })
	t.Run("SweepLaunches", func(t *testing.T) { testSweepLaunches(t, open(t)) })
	t.Run("Copies", func(t *testing.T) { testCopies(t, open(t)) })
	t.Run("Notices", func(t *testing.T) { testNotices(t, open(t)) })
	t.Run("Legacy", func(t *testing.T) { testLegacy(t, open(t)) })
	t.Run("Histories", func(t *testing.T) { testHistories(t, open(t)) })
	t.Run("Tombstones", func(t *testing.T) { testTombstones(t, open(t)) })
	t.Run("EraseLearner", func(t *testing.T) { testEraseLearner(t, open(t)) })
	t.Run("Retention", func(t *testing.T) { testRetention(t, open(t)) })
	t.Run("Sessions", func(t *testing.T) { testSessions(t, open(t)) })
	t.Run("Passbacks", func(t *testing.T) { testPassbacks(t, open(t)) })
	t.Run("Results", func(t *testing.T) { testResults(t, open(t)) })
	t.Run("Claims", func(t *testing.T) { testClaims(t, open(t)) })
	t.Run("LineItemDuties", func(t *testing.T) { testLineItemDuties(t, open) })
	t.Run("Rosters", func(t *testing.T) { testRosters(t, open(t)) })
	t.Run("RosterClaims", func(t *testing.T) { testRosterClaims(t, open) })
	t.Run("Audit", func(t *testing.T) { testAudit(t, open(t)) })
	t.Run("DeleteWorkspace", func(t *testing.T) { testDeleteWorkspace(t, open(t)) })
	t.Run("DeleteWhileOthersWrite", func(t *testing.T) { testDeleteWhileOthersWrite(t, open(t)) })
	t.Run("Transactions", func(t *testing.T) { testTransactions(t, open(t)) })
	t.Run("ReadAndWriteBack", func(t *testing.T) { testReadAndWriteBack(t, open(t)) })
	t.Run("NestedUseFailsFast", func(t *testing.T) { testNested(t, open(t)) })
	t.Run("WorkspacesAreSealed", func(t *testing.T) { testSealed(t, open(t)) })
}

// noon is when things happen: no zone but UTC, and no less than a millisecond.
var noon = time.Date(2026, time.November, 23, 12, 0, 0, 123e6, time.UTC)

func minutes(n int) time.Time { return noon.Add(time.Duration(n) * time.Minute) }

// ok ends the test if there is an error.
func ok(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// refused says which error was to come.
func refused(t *testing.T, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("error = %v, want %v", err, want)
	}
}

// must returns the value of a call that has to succeed.
func must[T any](v T, err error) func(t *testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		ok(t, err)
		return v
	}
}

func equal[T any](t *testing.T, what string, got, want T) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%s:\n got %+v\nwant %+v", what, got, want)
	}
}

// list maps a list to what a test compares of it.
func list[T, K any](things []T, key func(T) K) []K {
	keys := make([]K, len(things))
	for i, thing := range things {
		keys[i] = key(thing)
	}
	return keys
}

func score(t *testing.T, text string) roleplay.Score {
	t.Helper()
	s, err := roleplay.ParseScore(text)
	ok(t, err)
	return s
}

// update runs writes that have to succeed.
func update(t *testing.T, w greenroom.WorkspaceStore, writes ...func(ctx context.Context, tx greenroom.Tx) error) {
	t.Helper()
	ok(t, w.Update(t.Context(), func(ctx context.Context, tx greenroom.Tx) error {
		for _, write := range writes {
			if err := write(ctx, tx); err != nil {
				return err
			}
		}
		return nil
	}))
}
