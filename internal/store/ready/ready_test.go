package ready_test

import (
	"os"
	"testing"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
	"github.com/greenroom-lti/greenroom/internal/store"
	"github.com/greenroom-lti/greenroom/internal/store/pgtest"
	"github.com/greenroom-lti/greenroom/internal/store/ready"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

func TestDatabasesAreReadyEmptyAndApart(t *testing.T) {
	for name, database := range ready.Both {
		t.Run(name, func(t *testing.T) {
			for range 2 {
				db, err := store.Open(t.Context(), database(t))
				if err != nil {
					t.Fatal(err)
				}
				defer db.Close()
				if people, err := db.Instance().HasPeople(t.Context()); people || err != nil {
					t.Errorf("has people: %v, %v", people, err)
				}
				if err := db.Instance().CreatePerson(t.Context(), greenroom.Person{ID: "p"}); err != nil {
					t.Error(err)
				}
			}
		})
	}
}
