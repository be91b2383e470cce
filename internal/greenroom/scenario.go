package greenroom

import (
	"time"

	"github.com/greenroom-lti/greenroom/internal/roleplay"
)

// A Scenario is one practice piece in its newest version.
type Scenario struct {
	ID          ScenarioID
	Slug        string // unique in the workspace
	Title       string
	Description string
	Objective   string
	Difficulty  string
	Version     int // from 1; saving makes the next
	CreatedAt   time.Time
	UpdatedAt   time.Time
	Archived    bool
}

// A ScenarioVersion is what a session is pinned to: it never changes.
type ScenarioVersion struct {
	Scenario ScenarioID
	Version  int
	Source   []byte // the scenario file
	Compiled []byte // ink JSON
	SavedAt  time.Time
}

// Play is what the stage needs of a version: the parsed file.
type Play struct {
	Scenario Scenario
	Version  ScenarioVersion
	File     *roleplay.Scenario
}
