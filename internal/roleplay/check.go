package roleplay

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// How far a check walks through a script.
const (
	probeWalks = 16
	probeTurns = 100
)

// scriptField is what problems of the script are filed under.
const scriptField = "script"

// maxWhy is how long the reason in a tag may be, in characters.
const maxWhy = 300

// checked is what a check found out about a script.
type checked struct {
	compiled []byte
	problems Problems
	warnings Problems
}

// Compile compiles a script in ink, without front matter, and walks through it.
// Errors are Problems, with lines counted in the script.
func (e *Engine) Compile(ctx context.Context, ink string) ([]byte, error) {
	c := checked{}
	if err := e.compile(ctx, script{text: ink}, &c); err != nil {
		return nil, err
	}
	if len(c.problems) > 0 {
		c.problems.sort()
		return nil, c.problems
	}
	return c.compiled, nil
}

// check holds a file's script against its rubric and compiles it.
func (e *Engine) check(ctx context.Context, name string, ink script, rubric Rubric) (checked, error) {
	var c checked
	checkTags(ink, rubric, &c)
	if err := e.compile(ctx, ink, &c); err != nil {
		return checked{}, fmt.Errorf("%s: check script: %w", name, err)
	}
	return c, nil
}

// checkTags names tags that no grade can come of, and items that get none.
func checkTags(ink script, rubric Rubric, c *checked) {
	marked := map[string]bool{}
	for _, t := range findTags(withoutComments(ink.text)) {
		checkTag(t, ink, rubric, marked, c)
	}
	for _, item := range rubric.items() {
		if item.ID == "" || marked[item.ID] {
			continue
		}
		text := `item %q is never marked by the script, as with "# good: %s"; it will not count`
		if item.Required {
			text = `item %q is never marked by the script, as with "# good: %s"; it is required, so it will always be poor`
		}
		c.warnings.add(0, "rubric", text, item.ID, item.ID)
	}
}

func checkTag(t placedTag, ink script, rubric Rubric, marked map[string]bool, c *checked) {
	line := ink.before + t.line
	quoted := clip("# " + t.text)
	switch tag := parseTag(t.text); tag.kind {
	case markTag:
		_, known := rubric.Item(tag.name)
		switch {
		case known:
			marked[tag.name] = true
		case strings.ContainsAny(tag.name, "{}"):
			c.problems.add(line, scriptField, `tag "%s" must spell out its item, so that it can be checked`, quoted)
		case len(rubric.items()) > 0:
			c.problems.add(line, scriptField, `tag "%s" names no item of the rubric; items are: %s`, quoted, itemList(rubric))
		}
		if length := len([]rune(tag.why)); length > maxWhy {
			c.problems.add(line, scriptField, `tag "%s" has a reason longer than %d characters (it has %d)`, quoted, maxWhy, length)
		}
	case brokenTag:
		c.problems.add(line, scriptField, `tag "%s" cannot be read; write "# good: item" or "# good: item: reason" (or fair, poor), "# ending: name", "# narrator", "# character" or "# learner"`, quoted)
	case otherTag:
		if pair := pairPattern.FindStringSubmatch(t.text); pair != nil {
			if _, known := rubric.Item(pair[2]); known {
				c.problems.add(line, scriptField, `tag "%s" gives no known grade; grades are: good, fair, poor`, quoted)
				return
			}
		}
		c.warnings.add(line, scriptField, `tag "%s" means nothing to Greenroom`, quoted)
	}
}

func itemList(r Rubric) string {
	var ids []string
	for _, item := range r.items() {
		ids = append(ids, item.ID)
	}
	return strings.Join(ids, ", ")
}

var outsidePattern = regexp.MustCompile(`^\s*(INCLUDE|EXTERNAL)\b`)

// compile adds the compiled script to c, or what is wrong with it.
func (e *Engine) compile(ctx context.Context, ink script, c *checked) error {
	outside := false
	for i, text := range strings.Split(withoutComments(ink.text), "\n") {
		if m := outsidePattern.FindStringSubmatch(text); m != nil {
			c.problems.add(ink.before+i+1, scriptField, "%s is not allowed; a scenario is one file and runs on its own", m[1])
			outside = true
		}
	}
	if outside {
		return nil
	}
	return e.with(ctx, func(m *machine) error {
		fine, err := e.translate(ctx, m, ink, c)
		if err == nil && fine {
			err = e.walk(ctx, m, ink, c)
		}
		return err
	})
}

type compileRequest struct {
	Ink    string  `json:"ink"`
	Limits counted `json:"limits"`
}

type compileAnswer struct {
	Compiled string `json:"compiled"`
	Messages []struct {
		Text string `json:"text"`
		Kind int    `json:"kind"`
	} `json:"messages"`
}

// Kinds of messages: inkjs' ErrorType.
const (
	noteMessage = iota
	warningMessage
	errorMessage
)

// translate compiles the script and tells if it can be walked through.
func (e *Engine) translate(ctx context.Context, m *machine, ink script, c *checked) (bool, error) {
	var answer compileAnswer
	err := m.call(ctx, e.limits.Check, m.compile, compileRequest{ink.text, e.counted()}, &answer)
	if err != nil {
		return false, c.refuse(ctx, err, "the script cannot be compiled: %s")
	}
	fine := true
	for _, message := range answer.Messages {
		line, text := place(message.Text, ink)
		switch {
		case message.Kind == errorMessage, strings.Contains(text, "loose end"):
			c.problems.add(line, scriptField, "%s", text)
			fine = false
		case message.Kind == warningMessage:
			c.warnings.add(line, scriptField, "%s", text)
		}
	}
	if fine && len(answer.Compiled) > e.limits.Story {
		c.problems.add(0, scriptField, "is too large when compiled (%d of %d bytes)", len(answer.Compiled), e.limits.Story)
		fine = false
	}
	c.compiled = []byte(answer.Compiled)
	return fine, nil
}

// refuse makes a problem of an error that is the script's fault, and hands back
// one that is not.
func (c *checked) refuse(ctx context.Context, err error, format string) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	text := err.Error()
	switch {
	case errors.Is(err, errTime):
		text = "it takes too long"
	case errors.Is(err, errDepth):
		text = "it is nested too deeply"
	}
	c.problems.add(0, scriptField, format, text)
	return nil
}

type probeRequest struct {
	Walks  int     `json:"walks"`
	Turns  int     `json:"turns"`
	Limits counted `json:"limits"`
}

type probeAnswer struct {
	Ends   int    `json:"ends"`
	Silent bool   `json:"silent"`
	Fault  string `json:"fault"`
	Limit  string `json:"limit"`
	Line   int    `json:"line"`
	Picks  []int  `json:"picks"`
}

// walk plays the compiled script many times, always along replies that were
// taken least, and names what goes wrong on the way.
func (e *Engine) walk(ctx context.Context, m *machine, ink script, c *checked) error {
	var answer probeAnswer
	err := m.call(ctx, e.limits.Check, m.probe, probeRequest{probeWalks, probeTurns, e.counted()}, &answer)
	if err != nil {
		return c.refuse(ctx, err, "the script cannot be walked through: %s")
	}
	line := 0 // where a limit was reached; faults name their line themselves
	if answer.Line > 0 {
		line = ink.before + answer.Line
	}
	switch {
	case answer.Limit == "steps":
		c.problems.add(line, scriptField, "the talk does not come to a stop here%s: more than %d steps without a reply to choose", after(answer.Picks), e.limits.Steps)
	case answer.Limit == "text":
		c.problems.add(line, scriptField, "the talk grows without end here%s: more than %d characters in one turn", after(answer.Picks), e.limits.Text)
	case answer.Limit == "items":
		c.problems.add(line, scriptField, "the script's lists are too much here%s: more than %d items in one turn", after(answer.Picks), e.limits.Items)
	case answer.Fault != "":
		at, text := place(answer.Fault, ink)
		if strings.HasPrefix(text, "ran out of content") {
			at = 0 // ink names the line it spoke last, which may be far off
		}
		c.problems.add(at, scriptField, "%s%s", text, after(answer.Picks))
	case answer.Silent:
		c.problems.add(0, scriptField, `the talk is over before the learner can reply; is a divert such as "-> start" missing at the top of the script?`)
	case answer.Ends == 0:
		c.problems.add(0, scriptField, `the talk never ends: walks of %d replies did not reach "-> END"`, probeTurns)
	}
	return nil
}

// after tells an author on which way the talk was.
func after(picks []int) string {
	if len(picks) == 0 {
		return ""
	}
	var replies []string
	for _, p := range picks[max(0, len(picks)-8):] {
		replies = append(replies, strconv.Itoa(p+1))
	}
	dots := ""
	if len(picks) > 8 {
		dots = "…, "
	}
	return fmt.Sprintf(" (after the replies numbered %s%s)", dots, strings.Join(replies, ", "))
}

var messagePattern = regexp.MustCompile(`(?s)^(?:RUNTIME )?[A-Z]+: (?:'[^']*' )?(?:line ([0-9]+)|\([^)]*\)): (.*)$`)

// place parts a message of ink into the file's line, 0 if it names none, and the
// text.
func place(message string, ink script) (int, string) {
	m := messagePattern.FindStringSubmatch(message)
	if m == nil {
		return 0, strings.TrimSpace(message)
	}
	if m[1] == "" {
		return 0, strings.TrimSpace(m[2])
	}
	n, _ := strconv.Atoi(m[1])
	return ink.before + n, strings.TrimSpace(m[2])
}
