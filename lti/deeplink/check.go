package deeplink

import (
	"encoding/json"
	"maps"
	"math"
	"mime"
	"net/url"
	"slices"
	"strings"
)

// Check tells whether items may be sent in answer to the request, as Respond
// does. The error is a *Refused.
func (r Request) Check(items ...Item) error {
	for i, item := range items {
		c := &checker{request: r, item: i}
		switch {
		case item == nil:
			c.refuse(RuleRequired, "", "is nil")
		case i > 0 && !r.Settings.AcceptMultiple:
			c.refuse(RuleMultiple, "", "is one too many: the platform takes one")
		case !r.Settings.Accepts(item.Type()):
			c.refuse(RuleType, "", "is of type %s, and the platform takes %q", item.Type(), r.Settings.AcceptTypes)
		default:
			item.check(c)
		}
		if c.found != nil {
			return c.found
		}
	}
	return nil
}

func (i ResourceLink) check(c *checker) {
	c.common(i.Icon, i.Thumbnail, i.Extra)
	if i.URL != "" {
		c.url("url", i.URL)
	}
	c.custom("custom", i.Custom)
	if i.LineItem != nil {
		c.lineItem(i.LineItem)
	}
	c.period("available", i.Available)
	c.period("submission", i.Submission)
	c.window(i.Window)
	if i.Frame != nil {
		c.size("iframe.", i.Frame.Width, i.Frame.Height)
	}
}

func (i Link) check(c *checker) {
	c.common(i.Icon, i.Thumbnail, i.Extra)
	c.url("url", i.URL)
	c.window(i.Window)
	if i.Frame != nil {
		c.url("iframe.src", i.Frame.Source)
		c.size("iframe.", i.Frame.Width, i.Frame.Height)
	}
}

func (i File) check(c *checker) {
	c.common(i.Icon, i.Thumbnail, i.Extra)
	c.url("url", i.URL)
	if listed := c.request.Settings.AcceptMediaTypes; i.MediaType != "" && !matchesMedia(i.MediaType, listed) {
		c.refuse(RuleMediaType, "mediaType", "is %q, and the platform takes %q", i.MediaType, listed)
	}
}

func (i HTML) check(c *checker) {
	c.common(i.Icon, i.Thumbnail, i.Extra)
	if i.HTML == "" {
		c.refuse(RuleRequired, "html", "is absent")
	}
}

func (i Image) check(c *checker) {
	c.common(i.Icon, i.Thumbnail, i.Extra)
	c.url("url", i.URL)
	c.size("", i.Width, i.Height)
}

func (c *checker) common(icon, thumbnail *Picture, extra map[string]any) {
	c.picture("icon", icon)
	c.picture("thumbnail", thumbnail)
	for _, name := range slices.Sorted(maps.Keys(extra)) {
		if !isWeb(name) {
			c.refuse(RuleExtra, name, "is not named by a URL")
		} else if !sendable(extra[name]) {
			c.refuse(RuleExtra, name, "is no JSON, or holds a null")
		}
	}
}

func (c *checker) picture(member string, p *Picture) {
	if p != nil {
		c.url(member+".url", p.URL)
		c.size(member+".", p.Width, p.Height)
	}
}

func (c *checker) window(w *Window) {
	if w != nil {
		c.size("window.", w.Width, w.Height)
	}
}

func (c *checker) lineItem(l *LineItem) {
	if math.IsNaN(l.Maximum) || math.IsInf(l.Maximum, 0) || l.Maximum <= 0 || points(l.Maximum) == "0" {
		c.refuse(RuleMaximum, "lineItem.scoreMaximum", "is %v, and must be a number above 0", l.Maximum)
	}
	if review := l.SubmissionReview; review != nil {
		if review.URL != "" {
			c.url("lineItem.submissionReview.url", review.URL)
		}
		c.custom("lineItem.submissionReview.custom", review.Custom)
	}
}

func (c *checker) custom(member string, custom map[string]string) {
	if _, ok := custom[""]; ok {
		c.refuse(RuleCustom, member, "has a parameter without a name")
	}
}

func (c *checker) period(member string, p Period) {
	if !p.Start.IsZero() && !p.End.IsZero() && p.End.Before(p.Start) {
		c.refuse(RulePeriod, member, "ends before it starts")
	}
}

func (c *checker) size(prefix string, width, height int) {
	if width < 0 {
		c.refuse(RuleSize, prefix+"width", "is %d", width)
	}
	if height < 0 {
		c.refuse(RuleSize, prefix+"height", "is %d", height)
	}
}

func (c *checker) url(member, address string) {
	switch {
	case address == "":
		c.refuse(RuleRequired, member, "is absent")
	case !isWeb(address):
		c.refuse(RuleURL, member, "is %.100q, and must be a web address", address)
	}
}

func isWeb(address string) bool {
	u, err := url.Parse(address)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Hostname() != "" && u.User == nil
}

// sendable tells whether a value can be written as JSON that has no null
// anywhere.
func sendable(value any) bool {
	raw, err := json.Marshal(value)
	if err != nil {
		return false
	}
	var read any
	return json.Unmarshal(raw, &read) == nil && !holdsNull(read)
}

func holdsNull(value any) bool {
	switch v := value.(type) {
	case nil:
		return true
	case []any:
		return slices.ContainsFunc(v, holdsNull)
	case map[string]any:
		return slices.ContainsFunc(slices.Collect(maps.Values(v)), holdsNull)
	}
	return false
}

// matchesMedia tells whether a media type is in a list with commas between,
// such as "image/*, application/pdf". An empty list takes everything.
func matchesMedia(mediaType, list string) bool {
	own, _, err := mime.ParseMediaType(mediaType)
	if err != nil {
		return false
	}
	if strings.TrimSpace(list) == "" {
		return true
	}
	major, _, _ := strings.Cut(own, "/")
	for each := range strings.SplitSeq(list, ",") {
		each, _, _ = strings.Cut(each, ";")
		switch strings.ToLower(strings.TrimSpace(each)) {
		case own, major + "/*", "*/*":
			return true
		}
	}
	return false
}
