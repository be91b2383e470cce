package greenroom

import (
	"context"

	"github.com/greenroom-lti/greenroom/internal/roleplay"
)

// A LearnerRecord is everything that Greenroom keeps about one person.
type LearnerRecord struct {
	LearnerView
	Launches []LaunchRow // the newest first, claims as the launch log masks them
	Talks    []RecordedTalk
	Audit    []AuditEntry // what was done about them
}

// A RecordedTalk is a session with all that was said and chosen in it.
type RecordedTalk struct {
	PastSession
	Picks []Pick
	// Talk is nil if the scenario cannot be played any more; so is Items.
	Talk  *roleplay.Talk
	Items []roleplay.ItemResult // as the rubric saw them; of ended sessions
}

// exportRows is how many launches are read at a time.
const exportRows = 500

// ExportLearner returns everything that is kept about a person, and writes
// into the audit log that somebody took it.
func (s *Service) ExportLearner(ctx context.Context, a Actor, id LearnerID) (LearnerRecord, error) {
	store, err := s.settings(a)
	if err != nil {
		return LearnerRecord{}, err
	}
	var r LearnerRecord
	if r.LearnerView, err = s.viewLearner(ctx, store, id); err != nil {
		return LearnerRecord{}, err
	}
	if r.Sessions, err = store.History(ctx, r.History(), 0); err != nil {
		return LearnerRecord{}, err
	}
	err = store.Update(ctx, func(ctx context.Context, tx Tx) error {
		return s.audit(ctx, tx, a, AuditEntry{
			Action: LearnerExported, Noun: NounLearner, NounID: string(id), Label: "Learner " + string(id),
		})
	})
	if err != nil {
		return LearnerRecord{}, err
	}
	for _, who := range r.Identities {
		if err := s.addTraces(ctx, store, &r, who.ID); err != nil {
			return LearnerRecord{}, err
		}
	}
	for _, p := range r.Sessions {
		talk, err := s.recordedTalk(ctx, a.Workspace, p)
		if err != nil {
			return LearnerRecord{}, err
		}
		r.Talks = append(r.Talks, talk)
	}
	return r, nil
}

// addTraces adds launches and audit entries of one learner.
func (s *Service) addTraces(ctx context.Context, store WorkspaceStore, r *LearnerRecord, id LearnerID) error {
	f := LaunchFilter{Learner: id, Limit: exportRows}
	for {
		page, err := store.Launches(ctx, f)
		if err != nil {
			return err
		}
		r.Launches = append(r.Launches, page...)
		if len(page) < exportRows {
			break
		}
		f.Before = LaunchCursor{page[len(page)-1].At, page[len(page)-1].ID}
	}
	entries, err := store.Audit(ctx, AuditFilter{Noun: NounLearner, NounID: string(id)})
	r.Audit = append(r.Audit, entries...)
	return err
}

// recordedTalk replays a session. One that cannot be replayed is exported with
// its picks.
func (s *Service) recordedTalk(ctx context.Context, w WorkspaceID, p PastSession) (RecordedTalk, error) {
	t := RecordedTalk{PastSession: p}
	var err error
	if t.Picks, err = s.Store.Workspace(w).Picks(ctx, p.ID); err != nil {
		return t, err
	}
	choices := make([]int, len(t.Picks))
	for i, pick := range t.Picks {
		choices[i] = pick.Choice
	}
	scene, err := s.scene(ctx, Visit{Workspace: Workspace{ID: w}}, p.Session, choices)
	switch {
	case err == nil:
		t.Talk = &scene.Talk
		if p.Ended() {
			t.Items = scene.Play.File.Rubric.Assess(scene.Talk.Marks).Items
		}
	case ctx.Err() != nil:
		return t, err
	default:
		s.Log.WarnContext(ctx, "session exported without its transcript", "session", p.ID, "err", err)
	}
	return t, nil
}
