package roleplay

import (
	"regexp"
	"strings"
)

// A tag is what a script says about a line, after a hash.
type tag struct {
	kind    tagKind
	grade   Grade
	name    string // item, or ending
	why     string
	speaker Speaker
}

type tagKind int

const (
	otherTag   tagKind = iota // the author's own business
	markTag                   // good: item, good: item: why
	endingTag                 // ending: name
	speakerTag                // narrator, character, learner
	brokenTag                 // begins like one of ours, and is none
)

var (
	markPattern   = regexp.MustCompile(`^(good|fair|poor)\s*:\s*([^\s:]+)\s*(?::\s*(.*))?$`)
	endingPattern = regexp.MustCompile(`^ending\s*:\s*(.+)$`)
	oursPattern   = regexp.MustCompile(`^(?i)(good|fair|poor|ending|narrator|character|learner)\b`)
	pairPattern   = regexp.MustCompile(`^([^\s:]+)\s*:\s*([^\s:]+)`)
)

// parseTag reads the text of a tag, without its hash.
func parseTag(text string) tag {
	text = strings.TrimSpace(text)
	if m := markPattern.FindStringSubmatch(text); m != nil {
		return tag{kind: markTag, grade: Grade(m[1]), name: m[2], why: strings.TrimSpace(m[3])}
	}
	if m := endingPattern.FindStringSubmatch(text); m != nil {
		return tag{kind: endingTag, name: m[1]}
	}
	switch s := Speaker(text); s {
	case CharacterSpeaker, Learner, Narrator:
		return tag{kind: speakerTag, speaker: s}
	}
	if oursPattern.MatchString(text) {
		return tag{kind: brokenTag}
	}
	return tag{kind: otherTag}
}

// A placedTag is a tag found in a script's text.
type placedTag struct {
	line int // from 1, in the script
	text string
}

var (
	logicPattern  = regexp.MustCompile(`^\s*(~|VAR\b|CONST\b|LIST\b)`)
	choicePattern = regexp.MustCompile(`^\s*[*+]`)
)

// findTags returns the tags of a script from which comments were taken. A hash
// after a backslash is text, logic has no tags, and a tag ends at a divert, or
// with the bracket or the braces in which it stands.
func findTags(ink string) []placedTag {
	var found []placedTag
	for i, text := range strings.Split(ink, "\n") {
		if logicPattern.MatchString(text) {
			continue
		}
		text = strings.ReplaceAll(text, `\#`, "")
		choice := choicePattern.MatchString(text)
		for _, part := range strings.Split(text, "#")[1:] {
			part, _, _ = strings.Cut(part, "->")
			if choice {
				part, _, _ = strings.Cut(part, "]")
			}
			if at := strings.IndexAny(part, "{|}"); at >= 0 && part[at] != '{' {
				part = part[:at]
			}
			found = append(found, placedTag{i + 1, strings.TrimSpace(part)})
		}
	}
	return found
}

// withoutComments blanks ink's comments and keeps its lines.
func withoutComments(ink string) string {
	var b strings.Builder
	for ink != "" {
		at := strings.Index(ink, "/")
		if at < 0 || at+1 == len(ink) {
			break
		}
		b.WriteString(ink[:at])
		ink = ink[at:]
		var comment string
		switch ink[1] {
		case '/':
			comment, _, _ = strings.Cut(ink, "\n")
		case '*':
			inside, _, _ := strings.Cut(ink[2:], "*/")
			comment = ink[:min(len(ink), len(inside)+4)]
		default:
			comment = ""
			b.WriteByte('/')
			ink = ink[1:]
		}
		b.WriteString(strings.Repeat("\n", strings.Count(comment, "\n")))
		ink = ink[len(comment):]
	}
	b.WriteString(ink)
	return b.String()
}
