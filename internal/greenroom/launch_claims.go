package greenroom

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// What the launch log keeps of a token at most.
const (
	maxClaims       = 8 << 10 // bytes of JSON
	maxClaimDepth   = 4       // objects and lists within each other
	maxClaimItems   = 40      // of an object or a list
	maxClaimText    = 300     // characters of a value
	maxClaimKey     = 120     // characters of a name
	maxClaimScanned = 4096    // characters of a value that are looked at
)

// more names what was left out for its size.
const more = "…"

// MaskClaims returns what the launch log may keep of the payload of a verified
// token, as a JSON object of at most 8 KiB: what an administrator compares with
// the LMS's settings stays, what tells who somebody is becomes its first letter
// and length, and nonces, tokens and a deep linking request's data are gone. Of
// claims that no specification of LTI names, the names stay and the values are
// masked. It returns "" for what is no JSON object.
func MaskClaims(payload json.RawMessage) string {
	if !json.Valid(payload) {
		return ""
	}
	return maskValid(payload)
}

// maskValid is MaskClaims for what has been found to be JSON, as the claims of a
// verified launch have.
func maskValid(payload json.RawMessage) string {
	if len(payload) == 0 {
		return ""
	}
	workroom := claimRooms.Get().(*claimRoom)
	defer workroom.leave()
	claims := workroom.readClaims(payload)
	if claims.kind != '{' {
		return ""
	}
	w := claimWriter{out: workroom.out[:0], written: make([]writtenClaim, 0, len(claims.members))}
	room, left := maxClaims-len(`{"…":"1000000 more"}`), 0
	for _, m := range claimOrder(claims.members) {
		rule, known := claimRules[m.key]
		switch {
		case known: // none of them opens anything
		case secretKey(m.key):
			continue
		default:
			rule = masked
		}
		key, before := claimKey(m.key), len(w.out)
		if w.has(key) {
			left++
			continue
		}
		w.put(key, func(out []byte) []byte { return maskValue(out, rule, m.value, 1) })
		if size := len(w.out) - before + 1; size > room {
			w.take()
			left++
		} else {
			room -= size
		}
	}
	w.rest(left)
	workroom.out = w.end()
	return string(workroom.out)
}

// rest says how many members were left out.
func (w *claimWriter) rest(left int) {
	if left > 0 {
		w.put(more, func(out []byte) []byte { return appendText(out, fmt.Sprintf("%d more", left)) })
	}
}

// claimOrder puts the claims that are known in front, so that a flood of others
// cannot push them out.
func claimOrder(claims []claimMember) []claimMember {
	order := make([]claimMember, 0, len(claims))
	for _, wanted := range []bool{true, false} {
		for _, m := range claims {
			if _, known := claimRules[m.key]; known == wanted {
				order = append(order, m)
			}
		}
	}
	return order
}

// A claimRule says what is kept of a claim, and of all that is in it.
type claimRule int

const (
	masked   claimRule = iota // no value, only what kind of value it was
	plain                     // as it is, but for e-mail addresses and tokens
	byKey                     // plain, unless the name speaks of a person
	personal                  // masked; within it only roles are plain
	lisIDs                    // courses plain, persons masked
)

const ltiClaim = "https://purl.imsglobal.org/spec/lti/claim/"

var claimRules = map[string]claimRule{
	"iss": plain, "aud": plain, "azp": plain, "exp": plain, "iat": plain, "nbf": plain, "auth_time": plain,
	"locale": plain, "zoneinfo": plain,
	"sub": personal, "name": personal, "given_name": personal, "family_name": personal, "middle_name": personal,
	"nickname": personal, "preferred_username": personal, "email": personal, "picture": personal,

	ltiClaim + "message_type": plain, ltiClaim + "version": plain, ltiClaim + "deployment_id": plain,
	ltiClaim + "target_link_uri": plain, ltiClaim + "resource_link": plain, ltiClaim + "context": plain,
	ltiClaim + "roles": plain, ltiClaim + "tool_platform": plain, ltiClaim + "launch_presentation": plain,
	ltiClaim + "custom": byKey, ltiClaim + "lis": lisIDs,
	ltiClaim + "for_user": personal, ltiClaim + "role_scope_mentor": personal,
	ltiClaim + "lti11_legacy_user_id": personal,

	"https://purl.imsglobal.org/spec/lti-ags/claim/endpoint":             plain,
	"https://purl.imsglobal.org/spec/lti-nrps/claim/namesroleservice":    plain,
	"https://purl.imsglobal.org/spec/lti-dl/claim/deep_linking_settings": plain,
	"https://purl.imsglobal.org/spec/lti/claim/ext":                      masked,
	"https://purl.imsglobal.org/spec/lti/claim/lti1p1":                   masked,
}

// within is the rule for a member of an object that has one.
func (r claimRule) within(key string) claimRule {
	switch {
	case r == byKey && personKey(key):
		return masked
	case r == personal && key == "roles":
		return plain
	case r == lisIDs && strings.HasPrefix(key, "course_"):
		return plain
	case r == lisIDs:
		return masked
	}
	return r
}

// maskValue appends JSON to out.
func maskValue(out []byte, rule claimRule, v claimValue, depth int) []byte {
	switch v.kind {
	case '{':
		return maskObject(out, rule, v, depth)
	case '[':
		return maskList(out, rule, v, depth)
	case '"':
		return appendText(out, maskString(rule, v.text))
	case 't', 'f', 'n':
		return append(out, v.text...) // a boolean or null says nothing about anybody
	}
	if rule == plain || rule == byKey {
		return append(out, maskNumber(v.text)...)
	}
	return append(out, aNumber...)
}

func maskObject(out []byte, rule claimRule, o claimValue, depth int) []byte {
	if depth >= maxClaimDepth {
		return appendText(out, more)
	}
	var few [8]writtenClaim // as most objects have
	w, left := claimWriter{out: out, from: len(out), written: few[:0]}, 0
	for _, m := range o.members {
		switch {
		case secretKey(m.key):
		case len(w.written) == maxClaimItems:
			left++
		default:
			w.put(claimKey(m.key), func(out []byte) []byte { return maskValue(out, rule.within(m.key), m.value, depth+1) })
		}
	}
	w.rest(left)
	return w.end()
}

func maskList(out []byte, rule claimRule, list claimValue, depth int) []byte {
	if depth >= maxClaimDepth {
		return appendText(out, more)
	}
	out = append(out, '[')
	for i, m := range list.members {
		if i > 0 {
			out = append(out, ',')
		}
		if i == maxClaimItems {
			out = appendText(out, fmt.Sprintf("%s %d more", more, len(list.members)-i))
			break
		}
		out = maskValue(out, rule, m.value, depth+1)
	}
	return append(out, ']')
}

func maskString(rule claimRule, s string) string {
	switch {
	case s != "" && s[0] == '$' && unresolved.MatchString(s): // a variable, not its value
		return clip(s, maxClaimText)
	case rule == plain:
		return clip(scrub(withoutQuery(clip(s, maxClaimScanned))), maxClaimText)
	case rule == byKey && !hasEmail(clip(s, maxClaimScanned)):
		return clip(scrub(withoutQuery(clip(s, maxClaimScanned))), maxClaimText)
	}
	return mask(s)
}

// maskNumber keeps a number as it is written, unless that is endless.
func maskNumber(n string) string {
	if len(n) > 40 {
		return aNumber
	}
	return n
}

// aNumber stands for one that is masked.
const aNumber = `"••• (number)"`

func claimKey(key string) string { return clip(scrub(clip(key, maxClaimScanned)), maxClaimKey) }

// unresolved is a custom parameter's variable that the platform left as it was.
var unresolved = regexp.MustCompile(`^\$[A-Za-z][A-Za-z.]{1,60}$`)

// mask keeps of a text its first letter and its length; of an e-mail address
// the domain and the length.
func mask(s string) string {
	n, unit := utf8.RuneCountInString(s), " characters)"
	if n == 1 {
		unit = " character)"
	}
	s = clip(s, maxClaimScanned)
	shown := "•••"
	if domain := emailDomain(s); domain != "" {
		shown += "@" + clip(domain, 100)
	} else if first := oneLine(s); n > 3 && first != "" {
		r, _ := utf8.DecodeRuneInString(first)
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			shown = string(r) + shown
		}
	}
	return shown + " (" + strconv.Itoa(n) + unit
}

var (
	email = regexp.MustCompile(`[\p{L}\p{N}._%+'-]+(?:@|%40)([\p{L}\p{N}.-]*[\p{L}\p{N}])`)
	token = regexp.MustCompile(`eyJ[A-Za-z0-9_-]{5,}(?:\.[A-Za-z0-9_-]*)*`)
)

// scrub makes of a text from outside one line that an administrator may read:
// without what steers a terminal or turns the direction of writing, and without
// e-mail addresses and tokens.
func scrub(s string) string {
	if !isPlainLine(s) {
		s = withoutSteering(s)
	}
	if strings.Contains(s, "eyJ") {
		s = token.ReplaceAllString(s, "(token)")
	}
	if hasEmail(s) {
		s = email.ReplaceAllString(s, "•••@$1")
	}
	return s
}

func withoutSteering(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Bidi_Control, r) {
			return -1
		}
		return r
	}, oneLine(s))
}

func hasEmail(s string) bool { return emailDomain(s) != "" }

// emailDomain is that of the first e-mail address in a text. It looks for the
// sign first: most texts have none, and each launch has many texts.
func emailDomain(s string) string {
	if !strings.Contains(s, "@") && !strings.Contains(s, "%40") {
		return ""
	}
	at := email.FindStringSubmatchIndex(s)
	if at == nil {
		return ""
	}
	return s[at[2]:at[3]]
}

// withoutQuery leaves out of a URL the user name, and the values of its query
// that are more than a number: LMSes put session keys there. A fragment with
// values goes as a whole.
func withoutQuery(s string) string {
	if !strings.Contains(s, "://") || !strings.ContainsAny(s, "@?#") {
		return s
	}
	u, err := url.Parse(s)
	if err != nil || u.Scheme == "" || u.Host == "" {
		return s
	}
	if u.User == nil && u.RawQuery == "" && !strings.Contains(u.Fragment, "=") {
		return s
	}
	u.User = nil
	if strings.Contains(u.Fragment, "=") {
		u.Fragment, u.RawFragment = "", ""
	}
	query := strings.Split(u.RawQuery, "&")
	for i, part := range query {
		name, value, _ := strings.Cut(part, "=")
		if _, err := strconv.ParseUint(value, 10, 32); err != nil && value != "" {
			query[i] = name + "=•••"
		}
	}
	u.RawQuery = strings.Join(query, "&")
	return u.String()
}

// secretKey tells whether a member's name says that its value opens something.
func secretKey(key string) bool {
	key = strings.ToLower(key)
	switch key {
	case "nonce", "data", "jti", "sid", "at_hash", "c_hash":
		return true
	}
	return secretWords.within(key)
}

// personKey tells whether the name of a custom parameter speaks of a person.
func personKey(key string) bool { return personWords.within(strings.ToLower(key)) }

var (
	secretWords = wordsOf("token", "secret", "passw", "nonce", "jwt", "assertion", "signature", "_sign",
		"sesskey", "session_id", "sessionid", "session_key", "api_key", "apikey", "cookie", "credential")
	personWords = wordsOf("name", "mail", "phone", "mobile", "user", "person", "login", "student",
		"learner", "teacher", "instructor", "birth", "gender", "address", "picture", "photo", "avatar", "sourcedid", "sis_id")
)

// words are looked for all at once, by their first bytes.
type words [256][]string

func wordsOf(list ...string) *words {
	var w words
	for _, word := range list {
		w[word[0]] = append(w[word[0]], word)
	}
	return &w
}

// within tells whether a text has one of the words in it.
func (w *words) within(s string) bool {
	for i := range len(s) {
		for _, word := range w[s[i]] {
			if strings.HasPrefix(s[i:], word) {
				return true
			}
		}
	}
	return false
}

// jsonText never fails: it is given what a decoder made.
func jsonText(v any) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return ""
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// A ClaimLine is one value of a token, for a list that people read.
type ClaimLine struct {
	Name  string // context › title
	Claim string // the claim's whole name
	Value string
}

// ClaimLines returns kept claims line by line, in the order of their names.
func ClaimLines(claims string) []ClaimLine {
	d := json.NewDecoder(strings.NewReader(claims))
	d.UseNumber()
	var kept map[string]any
	if err := d.Decode(&kept); err != nil {
		return nil
	}
	var lines []ClaimLine
	for _, claim := range slices.Sorted(maps.Keys(kept)) {
		lines = appendClaim(lines, claim, shortClaim(claim), kept[claim])
	}
	slices.SortStableFunc(lines, func(a, b ClaimLine) int { return strings.Compare(a.Name, b.Name) })
	return lines
}

func appendClaim(lines []ClaimLine, claim, name string, v any) []ClaimLine {
	if o, ok := v.(map[string]any); ok && len(o) > 0 {
		for _, key := range slices.Sorted(maps.Keys(o)) {
			lines = appendClaim(lines, claim, name+" › "+key, o[key])
		}
		return lines
	}
	return append(lines, ClaimLine{Name: name, Claim: claim, Value: claimText(claim, v)})
}

func claimText(claim string, v any) string {
	switch v := v.(type) {
	case string:
		return v
	case json.Number:
		if seconds, err := v.Int64(); err == nil && slices.Contains([]string{"exp", "iat", "nbf", "auth_time"}, claim) {
			return time.Unix(seconds, 0).UTC().Format("2006-01-02 15:04:05 UTC")
		}
		return v.String()
	case []any:
		texts := make([]string, len(v))
		for i := range v {
			texts[i] = claimText(claim, v[i])
		}
		return strings.Join(texts, ", ")
	case nil:
		return "null"
	}
	return jsonText(v)
}

// shortClaim is a claim without the address of its specification.
func shortClaim(claim string) string {
	if _, short, found := strings.Cut(claim, "/claim/"); found && strings.HasPrefix(claim, "https://purl.imsglobal.org/") {
		return short
	}
	return claim
}
