package ltitest

import (
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"strings"
	"time"
)

// An Outcome is how a case ended.
type Outcome string

// The outcomes. A certification counts what was skipped as failed.
const (
	Passed  Outcome = "passed"
	Failed  Outcome = "failed"
	Skipped Outcome = "skipped"
)

// A Result is what came of one case.
type Result struct {
	ID      string        `json:"id"`
	Title   string        `json:"title"`
	Outcome Outcome       `json:"outcome"`
	Text    string        `json:"text,omitempty"` // why it failed or was skipped
	Took    time.Duration `json:"-"`
}

// A Report is what came of a run.
type Report struct {
	Passed  int      `json:"passed"`
	Failed  int      `json:"failed"`
	Skipped int      `json:"skipped"`
	Cases   []Result `json:"cases"`
}

func (r *Report) add(c Result) {
	r.Cases = append(r.Cases, c)
	switch c.Outcome {
	case Passed:
		r.Passed++
	case Failed:
		r.Failed++
	case Skipped:
		r.Skipped++
	}
}

// WriteJSON writes {"passed","failed","skipped","cases":[…]}.
func (r Report) WriteJSON(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(r)
}

// Line is a result for a person to read.
func (r Result) Line() string {
	mark := map[Outcome]string{Passed: "✓", Failed: "✗", Skipped: "–"}[r.Outcome]
	line := fmt.Sprintf("%s %-9s %s", mark, r.ID, r.Title)
	for text := range strings.Lines(r.Text) {
		line += "\n            " + strings.TrimSpace(text)
	}
	return line
}

// The parts of a JUnit report that continuous integration reads.
type (
	junitSuite struct {
		XMLName  xml.Name    `xml:"testsuite"`
		Name     string      `xml:"name,attr"`
		Tests    int         `xml:"tests,attr"`
		Failures int         `xml:"failures,attr"`
		Skipped  int         `xml:"skipped,attr"`
		Cases    []junitCase `xml:"testcase"`
	}
	junitCase struct {
		Name    string     `xml:"name,attr"`
		Class   string     `xml:"classname,attr"`
		Time    string     `xml:"time,attr"`
		Failure *junitText `xml:"failure,omitempty"`
		Skipped *junitText `xml:"skipped,omitempty"`
	}
	junitText struct {
		Message string `xml:"message,attr"`
		Text    string `xml:",chardata"`
	}
)

// WriteJUnit writes the report as JUnit XML.
func (r Report) WriteJUnit(w io.Writer) error {
	suite := junitSuite{Name: "lti-conformance", Tests: len(r.Cases), Failures: r.Failed, Skipped: r.Skipped}
	for _, c := range r.Cases {
		j := junitCase{Name: c.ID + " " + c.Title, Class: "lti." + c.ID, Time: fmt.Sprintf("%.3f", c.Took.Seconds())}
		first, _, _ := strings.Cut(c.Text, "\n")
		switch c.Outcome {
		case Failed:
			j.Failure = &junitText{first, c.Text}
		case Skipped:
			j.Skipped = &junitText{first, ""}
		}
		suite.Cases = append(suite.Cases, j)
	}
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	e := xml.NewEncoder(w)
	e.Indent("", "  ")
	if err := e.Encode(suite); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}
