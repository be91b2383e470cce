package deeplink

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/greenroom-lti/greenroom/lti"
)

// A document is a JSON object without empty members.
type document map[string]any

func (d document) set(name, value string) {
	if value != "" {
		d[name] = value
	}
}

func (d document) count(name string, n int) {
	if n != 0 {
		d[name] = n
	}
}

func (d document) time(name string, t time.Time) {
	if !t.IsZero() {
		d[name] = t.UTC().Format(time.RFC3339)
	}
}

// supports tells whether a hint for a document target is worth sending.
func supports(s lti.DeepLinking, target string) bool { return slices.Contains(s.AcceptTargets, target) }

// common is what items of all types have.
func common(kind, title, text string, icon, thumbnail *Picture, extra map[string]any) document {
	d := document{}
	maps.Copy(d, extra)
	d["type"] = kind
	d.set("title", title)
	d.set("text", text)
	if icon != nil {
		d["icon"] = icon.document()
	}
	if thumbnail != nil {
		d["thumbnail"] = thumbnail.document()
	}
	return d
}

func (i ResourceLink) document(s lti.DeepLinking) document {
	d := common(i.Type(), i.Title, i.Text, i.Icon, i.Thumbnail, i.Extra)
	d.set("url", i.URL)
	if len(i.Custom) > 0 {
		d["custom"] = i.Custom
	}
	if i.LineItem != nil && !s.IgnoresLineItems() {
		d["lineItem"] = i.LineItem.document()
	}
	if i.Available != (Period{}) {
		d["available"] = i.Available.document()
	}
	if i.Submission != (Period{}) {
		d["submission"] = i.Submission.document()
	}
	if i.Window != nil && supports(s, "window") {
		d["window"] = i.Window.document()
	}
	if i.Frame != nil && supports(s, "iframe") {
		d["iframe"] = sized(i.Frame.Width, i.Frame.Height)
	}
	return d
}

func (i Link) document(s lti.DeepLinking) document {
	d := common(i.Type(), i.Title, i.Text, i.Icon, i.Thumbnail, i.Extra)
	d["url"] = i.URL
	if i.Embed != "" && supports(s, "embed") {
		d["embed"] = document{"html": i.Embed}
	}
	if i.Window != nil && supports(s, "window") {
		d["window"] = i.Window.document()
	}
	if i.Frame != nil && supports(s, "iframe") {
		frame := sized(i.Frame.Width, i.Frame.Height)
		frame["src"] = i.Frame.Source
		d["iframe"] = frame
	}
	return d
}

func (i File) document(lti.DeepLinking) document {
	d := common(i.Type(), i.Title, i.Text, i.Icon, i.Thumbnail, i.Extra)
	d["url"] = i.URL
	d.set("mediaType", i.MediaType)
	d.time("expiresAt", i.ExpiresAt)
	return d
}

func (i HTML) document(lti.DeepLinking) document {
	d := common(i.Type(), i.Title, i.Text, i.Icon, i.Thumbnail, i.Extra)
	d["html"] = i.HTML
	return d
}

func (i Image) document(lti.DeepLinking) document {
	d := common(i.Type(), i.Title, i.Text, i.Icon, i.Thumbnail, i.Extra)
	maps.Copy(d, sized(i.Width, i.Height))
	d["url"] = i.URL
	return d
}

func (p *Picture) document() document {
	d := sized(p.Width, p.Height)
	d["url"] = p.URL
	return d
}

func (l *LineItem) document() document {
	d := document{"scoreMaximum": points(l.Maximum)}
	d.set("label", l.Label)
	d.set("resourceId", l.ResourceID)
	d.set("tag", l.Tag)
	if l.GradesReleased != nil {
		d["gradesReleased"] = *l.GradesReleased
	}
	if l.SubmissionReview != nil {
		d["submissionReview"] = *l.SubmissionReview
	}
	return d
}

func (p Period) document() document {
	d := document{}
	d.time("startDateTime", p.Start)
	d.time("endDateTime", p.End)
	return d
}

func (w *Window) document() document {
	d := sized(w.Width, w.Height)
	d.set("targetName", w.TargetName)
	d.set("windowFeatures", w.Features)
	return d
}

func sized(width, height int) document {
	d := document{}
	d.count("width", width)
	d.count("height", height)
	return d
}

// points writes 0.1+0.2 as 0.3: the noise of binary fractions is nobody's
// points.
func points(x float64) json.Number {
	text := strconv.FormatFloat(x, 'f', 8, 64)
	return json.Number(strings.TrimSuffix(strings.TrimRight(text, "0"), "."))
}
