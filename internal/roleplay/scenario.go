package roleplay

import (
	"bytes"
	"context"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"
)

// A Scenario is one practice piece: a scenario file that has been checked.
type Scenario struct {
	Title       string
	Slug        string
	Description string // may be empty
	Objective   string // what the learner is to bring about
	Difficulty  string // a label in the author's words; may be empty
	Character   Character
	Rubric      Rubric

	Source   []byte // the file as it was given
	Compiled []byte // the script as ink JSON, for Engine.Play

	// Warnings is what the author should look at although the scenario can be
	// played. Load leaves it empty.
	Warnings Problems
}

// A Character is whom the learner talks to.
type Character struct {
	Name  string
	Role  string // as in "Head of Operations, 200-person logistics firm"; may be empty
	About string // what the learner knows of them beforehand; may be empty
}

// Initials returns up to two letters that stand for the character.
func (c Character) Initials() string {
	words := strings.FieldsFunc(c.Name, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	if len(words) > 2 {
		words = []string{words[0], words[len(words)-1]}
	}
	var b strings.Builder
	for _, w := range words {
		r, _ := utf8.DecodeRuneInString(w)
		b.WriteRune(unicode.ToUpper(r))
	}
	return b.String()
}

// MaxSource is how large a scenario file may be, in bytes.
const MaxSource = 256 << 10

// checker is the engine behind Parse. Like any engine it is empty until it is
// needed.
var checker = sync.OnceValue(func() *Engine { return NewEngine(Limits{Machines: 2}) })

// Parse checks a scenario file with the default limits; see Engine.Parse.
func Parse(ctx context.Context, name string, source []byte) (*Scenario, error) {
	return checker().Parse(ctx, name, source)
}

// Parse reads a scenario file, compiles its script, and checks everything: the
// front matter, the script's tags against the rubric, and the script itself, by
// walking through it. name is for log lines. The error is Problems for mistakes
// of the author, and else tells why the file could not be checked, as when ctx
// is done.
func (e *Engine) Parse(ctx context.Context, name string, source []byte) (*Scenario, error) {
	s, ink, problems := read(source)
	if ink.text == "" {
		return nil, problems
	}
	checked, err := e.check(ctx, name, ink, s.Rubric)
	if err != nil {
		return nil, err
	}
	problems = append(problems, checked.problems...)
	if len(problems) > 0 {
		problems.sort()
		return nil, problems
	}
	s.Compiled, s.Warnings = checked.compiled, checked.warnings
	s.Warnings.sort()
	return s, nil
}

// Load returns a scenario that was parsed before, from its file and its compiled
// script. It never starts a script. Errors are Problems.
func Load(source, compiled []byte) (*Scenario, error) {
	s, _, problems := read(source)
	if len(problems) > 0 {
		return nil, problems
	}
	s.Compiled = compiled
	return s, nil
}

// A script is the part of a file that is ink.
type script struct {
	text   string
	before int // lines of the file that stand before it
}

// read takes a file apart and reads its front matter. The script is empty where
// there is none to compile.
func read(source []byte) (*Scenario, script, Problems) {
	var problems Problems
	text, bad := clean(source)
	if bad != nil {
		return nil, script{}, Problems{*bad}
	}
	front, ink, bad := split(text)
	if bad != nil {
		return nil, script{}, Problems{*bad}
	}
	s := readFrontMatter(front, &problems)
	s.Source = source
	if strings.TrimSpace(ink.text) == "" {
		problems.add(0, "script", "is missing; the conversation is written in ink, below the front matter")
		ink.text = ""
	}
	problems.sort()
	return s, ink, problems
}

// clean returns the file's text with plain line ends.
func clean(source []byte) (string, *Problem) {
	if len(source) > MaxSource {
		return "", &Problem{Text: "the file is larger than 256 KiB"}
	}
	source = bytes.TrimPrefix(source, []byte("\uFEFF"))
	if !utf8.Valid(source) {
		line := 1 + bytes.Count(source[:firstInvalid(source)], []byte("\n"))
		return "", &Problem{Line: line, Text: "the file is not UTF-8 text"}
	}
	text := strings.ReplaceAll(string(source), "\r\n", "\n")
	for i, r := range text {
		if unicode.IsControl(r) && r != '\n' && r != '\t' {
			line := 1 + strings.Count(text[:i], "\n")
			return "", &Problem{Line: line, Text: "the file holds a control character; it must be plain text"}
		}
	}
	return text, nil
}

func firstInvalid(b []byte) int {
	for i := 0; i < len(b); {
		r, size := utf8.DecodeRune(b[i:])
		if r == utf8.RuneError && size <= 1 {
			return i
		}
		i += size
	}
	return len(b)
}

const fence = "---"

// split parts the front matter from the script.
func split(text string) (front string, ink script, bad *Problem) {
	lines := strings.Split(text, "\n")
	if strings.TrimRight(lines[0], " \t") != fence {
		return "", ink, &Problem{Line: 1, Text: `the file must begin with the line "---", the front matter, and another line "---"`}
	}
	for i, l := range lines[1:] {
		if strings.TrimRight(l, " \t") == fence {
			end := i + 1
			return strings.Join(lines[1:end], "\n"), script{strings.Join(lines[end+1:], "\n"), end + 1}, nil
		}
	}
	return "", ink, &Problem{Line: 1, Text: `the front matter has no end; close it with a line "---"`}
}
