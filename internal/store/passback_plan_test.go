package store_test

import (
	"slices"
	"strings"
	"testing"
)

// A score is claimed along an index, whatever waits behind it: of rows that
// fall due together there are as many as a gradebook has.
func TestScoresAreClaimedInTheOrderOfAnIndex(t *testing.T) {
	for name, database := range databases {
		t.Run(name, func(t *testing.T) {
			s := open(t, database(t))
			plan := wholePlanOf(t, s, "DuePassbacks")
			if !slices.ContainsFunc(plan, func(step string) bool { return strings.Contains(step, "passbacks_lane") }) {
				t.Errorf("it does not go along passbacks_lane:\n%s", strings.Join(plan, "\n"))
			}
			for _, step := range plan {
				if strings.Contains(step, "TEMP B-TREE") || strings.Contains(step, "Sort") {
					t.Errorf("it sorts: %s", step)
				}
			}
		})
	}
}
