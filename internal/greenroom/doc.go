// Package greenroom is the domain: what a workspace, a connection, a learner, a
// session and a passback are, and the rules they live by. It knows no SQL, no
// HTML and no socket; it speaks to those through Store, Platforms and the
// roleplay engine.
//
// # The nouns
//
// A Workspace is a tenant. It owns people, scenarios, connections and signing
// keys, and nothing crosses its wall: a WorkspaceStore has no argument with
// which a row of another workspace could be reached.
//
// A Connection is a workspace's registration with one platform: one pair of
// issuer and client ID, with its deployments. A Learner is a person whom one
// connection calls by one subject. A ResourceLink is the activity that was
// clicked, a LineItem the column of the gradebook that belongs to it.
//
// A Session is one person's attempt at one Scenario. A Passback is the duty to
// bring one learner's best score for one line item to the platform; its row is
// also its own queue.
//
// # The flow
//
//	launch.login, launch.launch ── Launch (recorded, state spent, learner known)
//	stage.start                 ── Session, pinned to a version of the scenario
//	stage.pick …                ── Pick, turn by turn
//	the last pick               ── score, medal and Passback, in one transaction
//	jobs                        ── claims due Passbacks, posts, writes the answer down
//
// A Service holds the use cases; each takes an Actor where a person of the
// workspace acts. Files are named by noun, and the same names recur in the
// packages store, admin and stage.
package greenroom
