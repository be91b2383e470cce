package roleplay

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// A Problem is one mistake in a scenario file, in words for its author.
type Problem struct {
	Line  int    // from 1, in the file; 0 if the problem has no one place
	Field string // of the front matter, as in rubric[0].items[1].good, or "script"; may be empty
	Text  string
}

// String returns a line such as "line 12: rubric[0].name: is missing".
func (p Problem) String() string {
	var b strings.Builder
	if p.Line > 0 {
		fmt.Fprintf(&b, "line %d: ", p.Line)
	}
	if p.Field != "" {
		fmt.Fprintf(&b, "%s: ", p.Field)
	}
	b.WriteString(p.Text)
	return b.String()
}

// Problems is the error of a scenario file that cannot be used: all that is
// wrong with it, in the order of its lines.
type Problems []Problem

// Error returns the problems, one per line.
func (p Problems) Error() string {
	lines := make([]string, len(p))
	for i, problem := range p {
		lines[i] = problem.String()
	}
	return strings.Join(lines, "\n")
}

func (p *Problems) add(line int, field, format string, args ...any) {
	*p = append(*p, Problem{line, field, fmt.Sprintf(format, args...)})
}

func (p Problems) sort() {
	slices.SortStableFunc(p, func(a, b Problem) int { return cmp.Compare(a.Line, b.Line) })
}
