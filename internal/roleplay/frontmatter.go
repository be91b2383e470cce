package roleplay

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// Sizes, in characters where they are about text.
const (
	maxFrontMatter = 64 << 10 // bytes
	maxTitle       = 200
	maxSlug        = 64
	maxLabel       = 40 // difficulty, item id
	maxName        = 100
	maxRole        = 200
	maxText        = 4000 // description, objective, about
	maxGradeText   = 1000
	maxCriteria    = 12
	maxItems       = 40 // of the whole rubric
)

var slugPattern = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)

// before is how many lines of the file stand before the front matter.
const before = 1

// readFrontMatter reads what it can, and names the rest.
func readFrontMatter(text string, problems *Problems) *Scenario {
	s := &Scenario{}
	if len(text) > maxFrontMatter {
		problems.add(before, "", "the front matter is larger than 64 KiB")
		return s
	}
	var document yaml.Node
	if err := yaml.Unmarshal([]byte(text), &document); err != nil {
		addYAMLError(problems, err)
		return s
	}
	if len(document.Content) == 0 {
		problems.add(before, "", "the front matter is empty")
		return s
	}
	if alias := findAlias(document.Content[0]); alias != nil {
		problems.add(alias.Line+before, "", "anchors and aliases (& and *) are not allowed in the front matter; put the text in quotes, or write it out")
		return s
	}
	r := &fields{problems}
	r.scenario(s, document.Content[0])
	return s
}

var yamlLine = regexp.MustCompile(`^(?:yaml: )?line ([0-9]+): (.*)$`)

func addYAMLError(problems *Problems, err error) {
	line, text := before+1, strings.TrimPrefix(err.Error(), "yaml: ") // the parser leaves line 1 out
	if m := yamlLine.FindStringSubmatch(err.Error()); m != nil {
		n, _ := strconv.Atoi(m[1])
		line, text = n+before, m[2]
	}
	problems.add(line, "", "the front matter is not valid YAML: %s", text)
}

func findAlias(n *yaml.Node) *yaml.Node {
	if n.Kind == yaml.AliasNode || n.Anchor != "" {
		return n
	}
	for _, child := range n.Content {
		if found := findAlias(child); found != nil {
			return found
		}
	}
	return nil
}

// fields reads nodes of the front matter and collects what is wrong with them.
type fields struct{ problems *Problems }

func (r *fields) bad(n *yaml.Node, field, format string, args ...any) {
	r.problems.add(n.Line+before, field, format, args...)
}

func (r *fields) scenario(s *Scenario, n *yaml.Node) {
	top, ok := r.mapping(n, "", "title", "slug", "description", "objective", "difficulty", "character", "rubric")
	if !ok {
		return
	}
	s.Title = r.line(top, "title", maxTitle, needed)
	s.Slug = r.slug(top, "slug", maxSlug)
	s.Description = r.text(top, "description", maxText, optional)
	s.Objective = r.text(top, "objective", maxText, needed)
	s.Difficulty = r.line(top, "difficulty", maxLabel, optional)
	s.Character = r.character(top)
	s.Rubric = r.rubric(top)
}

func (r *fields) character(top mapping) Character {
	n, ok := r.child(top, "character")
	if !ok {
		return Character{}
	}
	m, ok := r.mapping(n, "character", "name", "role", "about")
	if !ok {
		return Character{}
	}
	return Character{
		Name:  r.line(m, "name", maxName, needed),
		Role:  r.line(m, "role", maxRole, optional),
		About: r.text(m, "about", maxText, optional),
	}
}

func (r *fields) rubric(top mapping) Rubric {
	n, ok := r.child(top, "rubric")
	if !ok {
		return Rubric{}
	}
	list, ok := r.list(n, "rubric", "criteria", maxCriteria)
	if !ok {
		return Rubric{}
	}
	var rubric Rubric
	seen := map[string]string{} // item ID → field
	for i, n := range list {
		field := fmt.Sprintf("rubric[%d]", i)
		if m, ok := r.mapping(n, field, "name", "items"); ok {
			rubric.Criteria = append(rubric.Criteria, r.criterion(m, field, seen))
		}
	}
	if len(seen) > maxItems {
		r.bad(n, "rubric", "has more than %d items", maxItems)
	}
	return rubric
}

func (r *fields) criterion(m mapping, field string, seen map[string]string) Criterion {
	c := Criterion{Name: r.line(m, "name", maxName, needed)}
	n, ok := r.child(m, "items")
	if !ok {
		return c
	}
	list, _ := r.list(n, field+".items", "items", maxItems)
	for i, n := range list {
		field := fmt.Sprintf("%s.items[%d]", field, i)
		m, ok := r.mapping(n, field, "id", "name", "good", "fair", "poor", "required")
		if !ok {
			continue
		}
		item := r.item(m)
		if first, twice := seen[item.ID]; twice && item.ID != "" {
			r.bad(m.values["id"], field+".id", "%q is the id of %s already", item.ID, first)
		}
		seen[item.ID] = field
		c.Items = append(c.Items, item)
	}
	return c
}

func (r *fields) item(m mapping) Item {
	return Item{
		ID:       r.slug(m, "id", maxLabel),
		Name:     r.line(m, "name", maxName, needed),
		Good:     r.text(m, "good", maxGradeText, needed),
		Fair:     r.text(m, "fair", maxGradeText, needed),
		Poor:     r.text(m, "poor", maxGradeText, needed),
		Required: r.flag(m, "required"),
	}
}

// A mapping is a checked YAML mapping.
type mapping struct {
	node   *yaml.Node
	field  string // what it is called; empty for the whole front matter
	values map[string]*yaml.Node
}

func (m mapping) path(key string) string {
	if m.field == "" {
		return key
	}
	return m.field + "." + key
}

func (r *fields) mapping(n *yaml.Node, field string, keys ...string) (mapping, bool) {
	m := mapping{n, field, map[string]*yaml.Node{}}
	if n.Kind != yaml.MappingNode {
		r.bad(n, field, "must be a list of \"name: value\" lines: %s", strings.Join(keys, ", "))
		return m, false
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		name := key.Value
		switch {
		case !slices.Contains(keys, name):
			r.bad(key, m.path(clip(name)), "is not known here; known are %s", strings.Join(keys, ", "))
		case m.values[name] != nil:
			r.bad(key, m.path(name), "is given twice")
		default:
			m.values[name] = value
		}
	}
	return m, true
}

// child returns a value that must be there.
func (r *fields) child(m mapping, key string) (*yaml.Node, bool) {
	n := m.values[key]
	if n == nil || n.Tag == "!!null" {
		r.bad(m.node, m.path(key), "is missing")
		return nil, false
	}
	return n, true
}

func (r *fields) list(n *yaml.Node, field, what string, limit int) ([]*yaml.Node, bool) {
	switch {
	case n.Kind != yaml.SequenceNode:
		r.bad(n, field, "must be a list of %s, each beginning with a hyphen", what)
	case len(n.Content) == 0:
		r.bad(n, field, "has no %s", what)
	case len(n.Content) > limit:
		r.bad(n, field, "has more than %d %s", limit, what)
	default:
		return n.Content, true
	}
	return nil, false
}

const (
	needed   = true
	optional = false
)

// text reads a text of one or more lines.
func (r *fields) text(m mapping, key string, limit int, must bool) string {
	n := m.values[key]
	if n == nil || (n.Kind == yaml.ScalarNode && strings.TrimSpace(n.Value) == "") || n.Tag == "!!null" {
		if must {
			r.missing(m, key)
		}
		return ""
	}
	if n.Kind != yaml.ScalarNode {
		r.bad(n, m.path(key), "must be a text")
		return ""
	}
	text := strings.TrimSpace(n.Value)
	if length := utf8.RuneCountInString(text); length > limit {
		r.bad(n, m.path(key), "is longer than %d characters (it has %d)", limit, length)
	}
	return text
}

func (r *fields) missing(m mapping, key string) {
	at := m.node
	if n := m.values[key]; n != nil {
		at = n
	}
	r.bad(at, m.path(key), "is missing")
}

// line reads a text of one line.
func (r *fields) line(m mapping, key string, limit int, must bool) string {
	text := r.text(m, key, limit, must)
	if strings.Contains(text, "\n") {
		r.bad(m.values[key], m.path(key), "must be one line")
	}
	return text
}

func (r *fields) slug(m mapping, key string, limit int) string {
	text := r.line(m, key, limit, needed)
	if text != "" && !slugPattern.MatchString(text) {
		r.bad(m.values[key], m.path(key), "%q must be lower-case letters a to z and digits, in words joined by single hyphens, as in first-call", clip(text))
	}
	return text
}

func (r *fields) flag(m mapping, key string) bool {
	n := m.values[key]
	if n == nil {
		return false
	}
	var on bool
	if n.Kind != yaml.ScalarNode || n.Tag != "!!bool" || n.Decode(&on) != nil {
		r.bad(n, m.path(key), "must be true or false")
	}
	return on
}

// clip keeps quotations in messages short.
func clip(text string) string {
	if utf8.RuneCountInString(text) <= 60 {
		return text
	}
	return string([]rune(text)[:60]) + "…"
}
