package admin

import (
	"bufio"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
	"github.com/greenroom-lti/greenroom/internal/web"
)

// An auditFormat is a file that the audit log can be taken away in.
type auditFormat struct {
	extension, contentType string
	writer                 func(io.Writer) auditWriter
}

var auditFormats = map[string]auditFormat{
	"csv":  {"csv", "text/csv; charset=utf-8", newCSVAudit},
	"json": {"json", "application/json", newJSONAudit},
}

// An auditWriter writes entries one by one. Errors are the connection's.
type auditWriter interface {
	write(greenroom.AuditEntry) error
	end() error
}

// export sends all entries of the filter. It holds a page of them in memory;
// what goes wrong after the first cuts the answer short, so that nobody takes
// a part for the whole.
func (h audits) export(w http.ResponseWriter, r *http.Request, f greenroom.AuditFilter, format auditFormat) error {
	f.Before = greenroom.AuditCursor{}
	buffered := bufio.NewWriter(w)
	out := format.writer(buffered)
	begun := false
	begin := func() {
		begun = true
		name := fmt.Sprintf("greenroom-audit-%s-%s.%s", web.Workspace(r.Context()).Slug, h.kit.Now().UTC().Format(time.DateOnly), format.extension)
		w.Header().Set("Content-Type", format.contentType)
		w.Header().Set("Content-Disposition", `attachment; filename="`+name+`"`)
	}
	for e, err := range h.kit.Service.WholeAudit(r.Context(), web.Actor(r.Context()), f) {
		switch {
		case err != nil && !begun:
			return err
		case err != nil:
			h.kit.Log.ErrorContext(r.Context(), "export of the audit log cut short", "reference", web.Reference(r.Context()), "err", err)
			panic(http.ErrAbortHandler)
		case !begun:
			begin()
		}
		if err := out.write(e); err != nil {
			return nil // the visitor has left
		}
	}
	if !begun {
		begin()
	}
	if err := out.end(); err == nil {
		_ = buffered.Flush() // the visitor has left
	}
	return nil
}

// A csvAudit is RFC 4180, one entry a line.
type csvAudit struct{ *csv.Writer }

func newCSVAudit(w io.Writer) auditWriter {
	c := csvAudit{csv.NewWriter(w)}
	c.UseCRLF = true
	_ = c.Write([]string{"time", "actor", "actor_id", "action", "kind", "id", "label", "changes"}) // csv.Writer keeps the error
	return c
}

func (c csvAudit) write(e greenroom.AuditEntry) error {
	var changes []string
	for _, x := range e.Changes {
		changes = append(changes, changeText(x))
	}
	cells := []string{
		auditTime(e.At), e.ActorName, string(e.Actor), string(e.Action), string(e.Noun), e.NounID, e.Label,
		strings.Join(changes, "; "),
	}
	for i := range cells {
		cells[i] = web.CSVCell(cells[i])
	}
	return c.Write(cells)
}

func (c csvAudit) end() error {
	c.Flush()
	return c.Error()
}

func changeText(c greenroom.Change) string {
	if c.From == "" {
		return c.Field + ": " + c.To
	}
	return c.Field + ": " + c.From + " → " + c.To
}

func auditTime(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

// A jsonAudit is one object whose entries are written as they come.
type jsonAudit struct {
	out   io.Writer
	comma string
}

func newJSONAudit(w io.Writer) auditWriter { return &jsonAudit{out: w, comma: `{"entries":[`} }

type auditJSON struct {
	ID      greenroom.AuditID     `json:"id"`
	Time    string                `json:"time"`
	Actor   string                `json:"actor"`
	ActorID greenroom.PersonID    `json:"actor_id"`
	Action  greenroom.AuditAction `json:"action"`
	Kind    greenroom.AuditNoun   `json:"kind"`
	NounID  string                `json:"noun_id"`
	Label   string                `json:"label"`
	Changes []greenroom.Change    `json:"changes"`
}

func (j *jsonAudit) write(e greenroom.AuditEntry) error {
	changes := e.Changes
	if changes == nil {
		changes = []greenroom.Change{}
	}
	b, err := json.Marshal(auditJSON{e.ID, auditTime(e.At), e.ActorName, e.Actor, e.Action, e.Noun, e.NounID, e.Label, changes})
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(j.out, "%s\n%s", j.comma, b)
	j.comma = ","
	return err
}

func (j *jsonAudit) end() error {
	if j.comma != "," {
		_, err := io.WriteString(j.out, `{"entries":[]}`+"\n")
		return err
	}
	_, err := io.WriteString(j.out, "\n]}\n")
	return err
}
