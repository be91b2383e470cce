package greenroom

import (
	"errors"
	"strings"
	"testing"

	"github.com/greenroom-lti/greenroom/internal/roleplay"
)

// emptyStore knows no rows.
type emptyStore struct{ Store }

func (emptyStore) Workspace(WorkspaceID) WorkspaceStore { return nil }

// To check a file takes a processor: one workspace does not take them all.
func TestAWorkspaceHasOneFileCheckedAtATime(t *testing.T) {
	s := &Service{Store: emptyStore{}}
	waits := func(w WorkspaceID) bool {
		_, err := s.SaveScenario(t.Context(), Actor{Workspace: w, Role: Admin}, "x", []byte("no scenario"))
		problems, ok := errors.AsType[roleplay.Problems](err)
		if !ok || len(problems) != 1 {
			t.Fatalf("got %v", err)
		}
		return strings.Contains(problems[0].Text, "is being checked at the moment")
	}
	leave, ok := s.checking.enter("busy")
	if !ok || !waits("busy") || waits("other") {
		t.Error("a file is checked beside another of its workspace, or waits for one of another workspace")
	}
	leave()
	for range 2 { // the first one leaves as well
		if waits("busy") {
			t.Error("it waits for nothing")
		}
	}
}
