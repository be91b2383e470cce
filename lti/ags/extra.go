package ags

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"slices"

	"github.com/greenroom-lti/greenroom/lti"
)

// isVendors tells whether a member's name is one that vendors may use: a URL.
func isVendors(name string) bool {
	u, err := url.Parse(name)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != ""
}

// invalidExtra says what is wrong with vendors' members; empty when nothing is.
func invalidExtra(extra map[string]any) string {
	for _, name := range slices.Sorted(maps.Keys(extra)) {
		if !isVendors(name) {
			return fmt.Sprintf("member %q is not named by a URL", name)
		}
		raw, err := json.Marshal(extra[name])
		var read any
		if err != nil || json.Unmarshal(raw, &read) != nil || holdsNull(read) {
			return fmt.Sprintf("member %q is no JSON, or holds a null", name)
		}
	}
	return ""
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

// known are the vendors' members that a client's platform takes.
func known(c *lti.Client, extra map[string]any) map[string]any {
	kept := maps.Clone(extra)
	maps.DeleteFunc(kept, func(name string, _ any) bool { return !c.Extends(name) })
	return kept
}

// withExtra adds members to a JSON object.
func withExtra(object []byte, extra map[string]any) ([]byte, error) {
	if len(extra) == 0 {
		return object, nil
	}
	var all map[string]any
	if err := json.Unmarshal(object, &all); err != nil {
		return nil, err
	}
	maps.Copy(all, extra)
	return json.Marshal(all)
}

// readExtra returns the vendors' members of an object, nil if it has none.
// Nulls count as absent.
func readExtra(object []byte) map[string]any {
	var all map[string]any
	if json.Unmarshal(object, &all) != nil {
		return nil
	}
	maps.DeleteFunc(all, func(name string, value any) bool { return value == nil || !isVendors(name) })
	if len(all) == 0 {
		return nil
	}
	return all
}
