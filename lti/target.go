package lti

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
)

// checkTarget refuses a target_link_uri that names no page of ours. It is a
// label and never a place to redirect to; still a foreign one tells of a
// platform set up for another tool, or of somebody who tries.
func (t *Tool) checkTarget(target, launchURL string) error {
	if len(target) > maxTarget {
		return fmt.Errorf("target is longer than %d bytes", maxTarget)
	}
	u, err := url.Parse(target)
	if err != nil {
		return errors.New("target is not a URL")
	}
	if u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.User != nil {
		return fmt.Errorf("target %q is not a web address", target)
	}
	if t.Hosts != nil {
		if !t.Hosts(u) {
			return fmt.Errorf("host of target %q is not ours", target)
		}
		return nil
	}
	own, err := url.Parse(launchURL)
	if err != nil {
		return fmt.Errorf("launch URL: %w", err)
	}
	if origin(u) != origin(own) {
		return fmt.Errorf("host of target %q is not that of %s", target, launchURL)
	}
	return nil
}

// origin is scheme, host and port of a URL in one form.
func origin(u *url.URL) string {
	scheme, port := strings.ToLower(u.Scheme), u.Port()
	if port == "" {
		port = map[string]string{"https": "443", "http": "80"}[scheme]
	}
	return scheme + "://" + strings.ToLower(u.Hostname()) + ":" + port
}
