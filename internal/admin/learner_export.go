package admin

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"net/http"
	"time"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
	"github.com/greenroom-lti/greenroom/internal/roleplay"
	"github.com/greenroom-lti/greenroom/internal/web"
)

// export sends everything that is kept about a person as one JSON object, or
// their sessions as CSV. It is asked for by a form: the audit log keeps that
// somebody took it.
func (h learners) export(w http.ResponseWriter, r *http.Request) error {
	if err := web.ReadForm(r); err != nil {
		return err
	}
	record, err := h.kit.Service.ExportLearner(r.Context(), web.Actor(r.Context()), learnerID(r))
	if err != nil {
		return err
	}
	extension, kind, content := "json", "application/json", []byte(nil)
	if r.PostFormValue("format") == "csv" {
		extension, kind = "csv", "text/csv; charset=utf-8"
		content, err = learnerCSV(record)
	} else {
		content, err = json.MarshalIndent(newLearnerJSON(web.Workspace(r.Context()), record, h.kit.Now()), "", "  ")
	}
	if err != nil {
		return err
	}
	// The file's name says nothing about anybody: it lies in a folder for all to see.
	name := "greenroom-learner-" + string(learnerID(r)) + "." + extension
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Content-Disposition", `attachment; filename="`+name+`"`)
	_, _ = w.Write(content) // the visitor has left
	return nil
}

func learnerCSV(record greenroom.LearnerRecord) ([]byte, error) {
	var b bytes.Buffer
	c := csv.NewWriter(&b)
	c.UseCRLF = true
	_ = c.Write([]string{"session", "scenario", "activity", "course", "standing", "started", "ended", "percent", "medal"}) // csv.Writer keeps the error
	for _, p := range record.Sessions {
		cells := []string{string(p.ID), p.ScenarioTitle, p.ActivityTitle, p.CourseTitle, string(p.Standing), jsonTime(p.StartedAt), jsonTime(p.EndedAt), "", ""}
		if p.Score != nil {
			cells[7], cells[8] = p.Score.PercentText(), string(p.Score.Medal())
		}
		for i := range cells {
			cells[i] = web.CSVCell(cells[i])
		}
		_ = c.Write(cells)
	}
	c.Flush()
	return b.Bytes(), c.Error()
}

type learnerJSON struct {
	Exported  string             `json:"exported"`
	Workspace workspaceJSON      `json:"workspace"`
	Learners  []identityJSON     `json:"learners"`
	Launches  []launchJSON       `json:"launches"`
	Sessions  []sessionJSON      `json:"sessions"`
	Courses   []membershipJSON   `json:"courses"`
	Passbacks []passbackJSON     `json:"passbacks"`
	Audit     []learnerAuditJSON `json:"audit"`
}

type workspaceJSON struct {
	ID   greenroom.WorkspaceID `json:"id"`
	Name string                `json:"name"`
}

type identityJSON struct {
	ID        greenroom.LearnerID `json:"id"`
	LMS       string              `json:"lms"`
	Subject   string              `json:"subject"`
	Name      string              `json:"name"`
	Email     string              `json:"email"`
	Locale    string              `json:"locale"`
	FirstSeen string              `json:"first_seen"`
	LastSeen  string              `json:"last_seen"`
}

type launchJSON struct {
	Reference string                  `json:"reference"`
	Time      string                  `json:"time"`
	Outcome   greenroom.LaunchOutcome `json:"outcome"`
	Check     string                  `json:"failed_check,omitempty"`
	LMS       string                  `json:"lms"`
	Activity  string                  `json:"activity"`
	Message   string                  `json:"message_type"`
	ReturnURL string                  `json:"return_url,omitempty"`
	Claims    json.RawMessage         `json:"masked_claims,omitempty"`
}

type sessionJSON struct {
	ID         greenroom.SessionID `json:"id"`
	Learner    greenroom.LearnerID `json:"learner"`
	Scenario   string              `json:"scenario"`
	Version    int                 `json:"version"`
	Activity   string              `json:"activity"`
	Course     string              `json:"course"`
	Standing   greenroom.Standing  `json:"standing"`
	Started    string              `json:"started"`
	Ended      string              `json:"ended,omitempty"`
	Percent    string              `json:"percent,omitempty"`
	Medal      roleplay.Medal      `json:"medal,omitempty"`
	Picks      []pickJSON          `json:"picks"`
	Transcript []turnJSON          `json:"transcript"` // null if it cannot be played any more
	Items      []itemJSON          `json:"items,omitempty"`
}

type pickJSON struct {
	Turn   int    `json:"turn"`
	Choice int    `json:"choice"`
	Time   string `json:"time"`
}

type turnJSON struct {
	Speaker roleplay.Speaker `json:"speaker"`
	Text    string           `json:"text"`
}

type itemJSON struct {
	Name  string         `json:"name"`
	Grade roleplay.Grade `json:"grade"`
}

type membershipJSON struct {
	Learner   greenroom.LearnerID    `json:"learner"`
	Course    string                 `json:"course"`
	Learns    bool                   `json:"learns"`
	Teaches   bool                   `json:"teaches"`
	Status    greenroom.MemberStatus `json:"status"`
	FirstSeen string                 `json:"first_seen"`
	LastSeen  string                 `json:"last_seen"`
}

type passbackJSON struct {
	LMS      string                  `json:"lms"`
	Activity string                  `json:"activity"`
	LineItem string                  `json:"line_item"`
	State    greenroom.PassbackState `json:"state"`
	Wanted   string                  `json:"wanted_percent"`
	Earned   string                  `json:"earned"`
	Posted   string                  `json:"posted_percent,omitempty"`
	PostedAt string                  `json:"posted,omitempty"`
	Answer   string                  `json:"answer"`
	// What an instructor decided in place of what was earned.
	Overridden      bool   `json:"overridden,omitempty"`
	OverridePercent string `json:"override_percent,omitempty"`
	OverrideComment string `json:"override_comment,omitempty"`
}

type learnerAuditJSON struct {
	Time    string                `json:"time"`
	Actor   string                `json:"actor"`
	Action  greenroom.AuditAction `json:"action"`
	Changes []greenroom.Change    `json:"changes"`
}

func newLearnerJSON(ws greenroom.Workspace, record greenroom.LearnerRecord, now time.Time) learnerJSON {
	j := learnerJSON{
		Exported: jsonTime(now), Workspace: workspaceJSON{ws.ID, ws.Name},
		Learners: []identityJSON{}, Launches: []launchJSON{}, Sessions: []sessionJSON{}, Courses: []membershipJSON{}, Passbacks: []passbackJSON{}, Audit: []learnerAuditJSON{},
	}
	for _, who := range record.Identities {
		j.Learners = append(j.Learners, identityJSON{
			who.ID, who.PlatformName, who.Subject, who.Name, who.Email, who.Locale, jsonTime(who.CreatedAt), jsonTime(who.SeenAt),
		})
	}
	for _, l := range record.Launches {
		j.Launches = append(j.Launches, launchJSON{
			l.Reference, jsonTime(l.At), l.Outcome, l.Check, l.PlatformName, l.ActivityName, l.MessageType, l.ReturnURL, json.RawMessage(l.Claims),
		})
	}
	for _, t := range record.Talks {
		j.Sessions = append(j.Sessions, newSessionJSON(t))
	}
	for _, m := range record.Memberships {
		j.Courses = append(j.Courses, membershipJSON{
			m.Learner, m.Course.DisplayName(), m.Learns, m.Teaches, m.Status, jsonTime(m.FirstSeen), jsonTime(m.LastSeen),
		})
	}
	for _, p := range record.Passbacks {
		line := passbackJSON{
			LMS: p.PlatformName, Activity: p.ActivityName, LineItem: p.LineItemURL, State: p.State,
			Wanted: p.Wanted.PercentText(), Earned: jsonTime(p.WantedAt), PostedAt: jsonTime(p.PostedAt), Answer: p.Answer,
		}
		if p.Posted != nil {
			line.Posted = p.Posted.PercentText()
		}
		if o := p.Override; o != nil {
			line.Overridden, line.OverrideComment = true, o.Comment
			if o.Score != nil {
				line.OverridePercent = o.Score.PercentText()
			}
		}
		j.Passbacks = append(j.Passbacks, line)
	}
	for _, e := range record.Audit {
		j.Audit = append(j.Audit, learnerAuditJSON{jsonTime(e.At), e.ActorName, e.Action, e.Changes})
	}
	return j
}

func newSessionJSON(t greenroom.RecordedTalk) sessionJSON {
	s := sessionJSON{
		ID: t.ID, Learner: t.Learner, Scenario: t.ScenarioSlug, Version: t.Version, Activity: t.ActivityTitle, Course: t.CourseTitle,
		Standing: t.Standing, Started: jsonTime(t.StartedAt), Ended: jsonTime(t.EndedAt), Picks: []pickJSON{},
	}
	if t.Score != nil {
		s.Percent, s.Medal = t.Score.PercentText(), t.Score.Medal()
	}
	for _, p := range t.Picks {
		s.Picks = append(s.Picks, pickJSON{p.Turn, p.Choice, jsonTime(p.At)})
	}
	if t.Talk != nil {
		s.Transcript = []turnJSON{}
		for _, turn := range t.Talk.Turns {
			s.Transcript = append(s.Transcript, turnJSON{turn.Speaker, turn.Text})
		}
	}
	for _, i := range t.Items {
		if i.Relevant {
			s.Items = append(s.Items, itemJSON{i.Item.Name, i.Grade})
		}
	}
	return s
}

// jsonTime is empty for the zero time.
func jsonTime(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return auditTime(t)
}
