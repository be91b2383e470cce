package greenroom_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
)

// Whoever floods one workspace's door with bad tokens fills its share of the
// queue, and keeps nothing of another workspace's out of its log.
func TestAFloodLeavesRoomInTheLaunchLog(t *testing.T) {
	onBoth(t, func(t *testing.T, h *house) {
		other := must(h.CreateWorkspace(t.Context(), "Other", "", false))
		log := greenroom.NewLaunchLog(h.Service)
		refusal := func(n int) greenroom.Launch {
			return greenroom.Launch{Reference: fmt.Sprintf("%012d", n), At: h.Now(), Check: "state"}
		}
		for n := range 1000 {
			log.Add(h.workspace.ID, refusal(n))
		}
		log.Add(other.ID, refusal(5000))
		over, stop := context.WithCancel(t.Context())
		stop()
		log.Run(over) // writes what is queued, and no more
		log.Add(h.workspace.ID, refusal(6000))
		log.Run(over)

		rows := func(w greenroom.WorkspaceID) []greenroom.LaunchRow {
			return must(h.Store.Workspace(w).Launches(t.Context(), greenroom.LaunchFilter{Limit: 1000}))
		}
		if theirs := rows(other.ID); len(theirs) != 1 {
			t.Errorf("%d of 1 refusal of the other workspace are in its log", len(theirs))
		}
		ours := rows(h.workspace.ID)
		if len(ours) < 2 || len(ours) >= 1000 || ours[0].Reference != refusal(6000).Reference && ours[len(ours)-1].Reference != refusal(6000).Reference {
			t.Errorf("%d of the flooded workspace's", len(ours))
		}
	})
}
