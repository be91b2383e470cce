package deeplink

import (
	"fmt"
	"strconv"
)

// A Rule is one that an answer must keep. Its value is stable.
type Rule string

const (
	RuleType      Rule = "type"       // among accept_types (§4.4.1)
	RuleMultiple  Rule = "multiple"   // one item, unless accept_multiple (§4.4.1)
	RuleMediaType Rule = "media_type" // a file's is among accept_media_types (§4.4.1)
	RuleRequired  Rule = "required"   // a member that the type needs (§3)
	RuleURL       Rule = "url"        // http or https, with a host and without a user
	RuleMaximum   Rule = "maximum"    // a line item's is a number above 0 (§3.3)
	RulePeriod    Rule = "period"     // does not end before it starts (§3.3)
	RuleSize      Rule = "size"       // width and height are not negative
	RuleCustom    Rule = "custom"     // custom parameters have names
	RuleExtra     Rule = "extra"      // vendors' members are named by URLs and hold no null (§3)
)

// Refused says that an answer may not be sent, by which rule, and which item is
// at fault. Nothing was signed.
type Refused struct {
	Item   int    // index into the items
	Member string // as in JSON, with dots: "lineItem.scoreMaximum"; empty for the item as such
	Rule   Rule
	Detail string // ends a sentence about the member: "is -1, and must be above 0"
}

func (r *Refused) Error() string {
	s := "deep linking: item " + strconv.Itoa(r.Item+1)
	if r.Member != "" {
		s += ": " + r.Member
	}
	return s + " " + r.Detail
}

// A checker looks at one item and keeps what it finds first.
type checker struct {
	request Request
	item    int
	found   *Refused
}

func (c *checker) refuse(rule Rule, member, format string, args ...any) {
	if c.found == nil {
		c.found = &Refused{c.item, member, rule, fmt.Sprintf(format, args...)}
	}
}
