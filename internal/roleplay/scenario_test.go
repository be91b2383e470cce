package roleplay

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
)

func TestParseReadsAFile(t *testing.T) {
	for name, source := range map[string]string{
		"as it is":                valid,
		"with Windows line ends":  strings.ReplaceAll(valid, "\n", "\r\n"),
		"with a byte order mark":  "\uFEFF" + valid,
		"with blanks at a fence":  strings.Replace(valid, "---\n", "---  \n", 1),
		"with a comment in ink":   strings.Replace(valid, "Goodbye.", "// # good: nobody\nGoodbye. /* INCLUDE x */", 1),
		"with a hash as a text":   strings.Replace(valid, "Goodbye.", `Goodbye, number \#1.`, 1),
		"with a tag in brackets":  strings.Replace(valid, "* Our new catalogue. # poor: needs", "* [Our new catalogue. # poor: needs]", 1),
		"with a tag and a divert": strings.Replace(valid, "  I see. # fair: tone", "  I see. # fair: tone: Not warm. -> bye", 1),
		"with a tag in braces":    strings.Replace(valid, "  I see. # fair: tone", "  {true: I see. # fair: tone|Hm. # poor: tone}", 1),
		"with numbers for a text": strings.Replace(valid, "difficulty: Beginner", "difficulty: 1", 1),
	} {
		t.Run(name, func(t *testing.T) {
			s, err := Parse(t.Context(), "first-call", []byte(source))
			if err != nil {
				t.Fatal(err)
			}
			if s.Title != "A first call" || s.Slug != "first-call" || s.Character.Name != "Mara Lind" || s.Character.Initials() != "ML" {
				t.Errorf("front matter read wrongly: %+v", s)
			}
			items := s.Rubric.items()
			if len(items) != 2 || items[0].Good != "Asks openly." || items[0].Required || !items[1].Required {
				t.Errorf("rubric read wrongly: %+v", s.Rubric)
			}
			if string(s.Source) != source || len(s.Compiled) == 0 || len(s.Warnings) != 0 {
				t.Errorf("source changed, nothing compiled, or warned: %v", s.Warnings)
			}
		})
	}
}

func TestLoadIsParseWithoutTheScript(t *testing.T) {
	parsed, err := Parse(t.Context(), "first-call", []byte(valid))
	if err != nil {
		t.Fatal(err)
	}
	loaded, err := Load(parsed.Source, parsed.Compiled)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(loaded, parsed) {
		t.Errorf("loaded %+v, parsed %+v", loaded, parsed)
	}
	if _, err := Load([]byte("nonsense"), nil); err == nil {
		t.Error("nonsense was loaded")
	}
}

func TestParseRefuses(t *testing.T) {
	long := func(n int) string { return strings.Repeat("ä", n) }
	for name, tc := range map[string]struct {
		source []byte
		want   string
	}{
		"no front matter": {
			[]byte("Hello.\n"),
			`line 1: the file must begin with the line "---", the front matter, and another line "---"`},
		"an empty file": {
			nil,
			`line 1: the file must begin with the line "---", the front matter, and another line "---"`},
		"front matter without an end": {
			[]byte("---\ntitle: x\n"),
			`line 1: the front matter has no end; close it with a line "---"`},
		"a file that is too large": {
			bytes.Repeat([]byte("x"), MaxSource+1),
			"the file is larger than 256 KiB"},
		"a file that is not UTF-8": {
			spoil(t, "Ten minutes", "Ten \xff minutes"),
			"line 4: the file is not UTF-8 text"},
		"a control character": {
			spoil(t, "Goodbye.", "Good\x00bye."),
			"line 32: the file holds a control character; it must be plain text"},
		"broken YAML": {
			spoil(t, "title: A first call", "title: A: first: call"),
			"line 2: the front matter is not valid YAML: mapping values are not allowed in this context"},
		"an alias": {
			spoil(t, "title: A first call", "title: &t A first call"),
			"line 2: anchors and aliases (& and *) are not allowed in the front matter; put the text in quotes, or write it out"},
		"empty front matter": {
			[]byte("---\n---\nHello.\n* Hi -> END\n"),
			"line 1: the front matter is empty"},
		"front matter that is a list": {
			[]byte("---\n- title\n---\nHello.\n* Hi -> END\n"),
			`line 2: must be a list of "name: value" lines: title, slug, description, objective, difficulty, character, rubric`},
		"no title": {
			spoil(t, "title: A first call\n", ""),
			"line 2: title: is missing"},
		"an empty title": {
			spoil(t, "title: A first call", "title: ''"),
			"line 2: title: is missing"},
		"an over-long title": {
			spoil(t, "A first call", long(201)),
			"line 2: title: is longer than 200 characters (it has 201)"},
		"a title of two lines": {
			spoil(t, "title: A first call", "title: |-\n  A\n  B"),
			"line 2: title: must be one line"},
		"a title that is a list": {
			spoil(t, "title: A first call", "title: [a, b]"),
			"line 2: title: must be a text"},
		"a slug with capitals": {
			spoil(t, "slug: first-call", "slug: First Call"),
			`line 3: slug: "First Call" must be lower-case letters a to z and digits, in words joined by single hyphens, as in first-call`},
		"a slug that ends in a hyphen": {
			spoil(t, "slug: first-call", "slug: first-"),
			`line 3: slug: "first-" must be lower-case letters a to z and digits, in words joined by single hyphens, as in first-call`},
		"an over-long slug": {
			spoil(t, "slug: first-call", "slug: "+strings.Repeat("a", 65)),
			"line 3: slug: is longer than 64 characters (it has 65)"},
		"no objective": {
			spoil(t, "objective: Find out what she needs.\n", ""),
			"line 2: objective: is missing"},
		"an over-long description": {
			spoil(t, "Ten minutes on the telephone.", long(4001)),
			"line 4: description: is longer than 4000 characters (it has 4001)"},
		"an unknown field": {
			spoil(t, "difficulty: Beginner", "level: Beginner"),
			"line 6: level: is not known here; known are title, slug, description, objective, difficulty, character, rubric"},
		"a field given twice": {
			spoil(t, "difficulty: Beginner", "title: Again"),
			"line 6: title: is given twice"},
		"no character": {
			spoil(t, "character:\n  name: Mara Lind\n  role: Purchasing, 40-person print shop\n", ""),
			"line 2: character: is missing"},
		"a character that is only a name": {
			spoil(t, "character:\n  name: Mara Lind\n  role: Purchasing, 40-person print shop\n", "character: Mara\n"),
			`line 7: character: must be a list of "name: value" lines: name, role, about`},
		"a character without a name": {
			spoil(t, "  name: Mara Lind\n", ""),
			"line 8: character.name: is missing"},
		"a rubric that is a text": {
			[]byte(valid[:strings.Index(valid, "rubric:")] + "rubric: none\n" + valid[strings.Index(valid, "---\nHello"):]),
			"line 10: rubric: must be a list of criteria, each beginning with a hyphen"},
		"an empty rubric": {
			[]byte(valid[:strings.Index(valid, "rubric:")] + "rubric: []\n" + valid[strings.Index(valid, "---\nHello"):]),
			"line 10: rubric: has no criteria"},
		"a criterion without a name": {
			spoil(t, "- name: Understanding\n    items", "- items"),
			"line 11: rubric[0].name: is missing"},
		"an item without a description of good": {
			spoil(t, "        good: Warm.\n", ""),
			"line 18: rubric[0].items[1].good: is missing"},
		"an over-long description of fair": {
			spoil(t, "fair: Correct.", "fair: "+long(1001)),
			"line 21: rubric[0].items[1].fair: is longer than 1000 characters (it has 1001)"},
		"an item id with a blank": {
			spoil(t, "id: tone", "id: my tone"),
			`line 18: rubric[0].items[1].id: "my tone" must be lower-case letters a to z and digits, in words joined by single hyphens, as in first-call` + "\n" +
				`line 27: script: tag "# good: tone" names no item of the rubric; items are: needs, my tone` + "\n" +
				`line 29: script: tag "# fair: tone" names no item of the rubric; items are: needs, my tone`},
		"an item id given twice": {
			spoil(t, "    items:\n", "    items:\n      - {id: tone, name: Tone, good: a, fair: b, poor: c}\n"),
			`line 19: rubric[0].items[2].id: "tone" is the id of rubric[0].items[0] already`},
		"required that is no yes or no": {
			spoil(t, "required: true", "required: perhaps"),
			"line 23: rubric[0].items[1].required: must be true or false"},
		"no script": {
			[]byte(valid[:strings.Index(valid, "Hello. What")]),
			"script: is missing; the conversation is written in ink, below the front matter"},
		"a tag that names no item": {
			spoil(t, "# poor: needs", "# poor: nedes"),
			`line 28: script: tag "# poor: nedes" names no item of the rubric; items are: needs, tone`},
		"a tag with an unknown grade": {
			spoil(t, "# poor: needs", "# great: needs"),
			`line 28: script: tag "# great: needs" gives no known grade; grades are: good, fair, poor`},
		"a tag without a colon": {
			spoil(t, "# poor: needs", "# poor needs"),
			`line 28: script: tag "# poor needs" cannot be read; write "# good: item" or "# good: item: reason" (or fair, poor), "# ending: name", "# narrator", "# character" or "# learner"`},
		"a tag with a capital": {
			spoil(t, "# poor: needs", "# Poor: needs"),
			`line 28: script: tag "# Poor: needs" cannot be read; write "# good: item" or "# good: item: reason" (or fair, poor), "# ending: name", "# narrator", "# character" or "# learner"`},
		"a tag that is worked out": {
			spoil(t, "# poor: needs", "# poor: {x}"),
			`line 28: script: tag "# poor: {x}" must spell out its item, so that it can be checked` + "\n" +
				"line 28: script: Unresolved variable: x"},
		"a tag with an over-long reason": {
			spoil(t, "You asked first.", strings.Repeat("a", 301)),
			`line 26: script: tag "# good: needs: ` + strings.Repeat("a", 45) + `…" has a reason longer than 300 characters (it has 301)`},
		"ink that does not compile": {
			spoil(t, "-> bye", "-> by"),
			"line 30: script: Divert target not found: '-> by'"},
		"ink with a brace left open": {
			spoil(t, "Goodbye.", "Goodbye {"),
			"line 32: script: Expected some kind of logic, conditional or sequence within braces: { ... } but saw end of line\n" +
				"line 32: script: Expected end of line but saw '{'"},
		"a loose end": {
			spoil(t, "Goodbye.\n-> END\n", "Goodbye.\n"),
			"line 32: script: Apparent loose end exists where the flow runs out. Do you need a '-> DONE' statement, choice or divert?"},
		"an included file": {
			spoil(t, "Hello. What", "INCLUDE other.ink\nHello. What"),
			"line 25: script: INCLUDE is not allowed; a scenario is one file and runs on its own"},
		"an external function": {
			spoil(t, "Hello. What", "EXTERNAL shell(x)\nHello. What"),
			"line 25: script: EXTERNAL is not allowed; a scenario is one file and runs on its own"},
		"an opening that runs in circles": {
			spoil(t, "Hello. What is it about?", "-> round\n=== round\n-> round\n=== rest"),
			"line 27: script: the talk does not come to a stop here: more than 5000 steps without a reply to choose"},
		"a reply that runs in circles": {
			spoil(t, "Goodbye.\n-> END", "-> bye"),
			"line 32: script: the talk does not come to a stop here (after the replies numbered 1): more than 5000 steps without a reply to choose"},
		"a text that doubles for ever": {
			spoil(t, "Goodbye.\n-> END", "~ s = s + s\n-> bye\nVAR s = \"word\""),
			"line 32: script: the talk grows without end here (after the replies numbered 1): more than 100000 characters in one turn"},
		"lists that are filled for ever": {
			spoil(t, "Goodbye.\n-> END", "-> fill\n=== fill\n~ all = LIST_ALL(L)\n-> fill\nVAR all = ()\nLIST L = "+manyItems(100)),
			"line 34: script: the script's lists are too much here (after the replies numbered 1): more than 10000 items in one turn"},
		"a dead end": {
			spoil(t, "Goodbye.\n-> END", "* {false} Never. -> END"),
			"script: ran out of content. Do you need a '-> DONE' or '-> END'? (after the replies numbered 1)"},
		"a talk without a reply": {
			spoil(t, "Hello. What is it about?", "-> bye\n=== rest"),
			`script: the talk is over before the learner can reply; is a divert such as "-> start" missing at the top of the script?`},
		"a talk that never ends": {
			spoil(t, "Goodbye.\n-> END", "+ Goodbye. -> bye"),
			`script: the talk never ends: walks of 100 replies did not reach "-> END"`},
		"mistakes above and below": {
			bytes.Replace(spoil(t, "# poor: needs", "# poor: nedes"), []byte("slug: first-call\n"), nil, 1),
			"line 2: slug: is missing\n" +
				`line 27: script: tag "# poor: nedes" names no item of the rubric; items are: needs, tone`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := problemsOf(t, tc.source); got != tc.want {
				t.Errorf("got\n%s\nwant\n%s", got, tc.want)
			}
		})
	}
}

func TestWarningsNameWhatCanBePlayedAllTheSame(t *testing.T) {
	for name, tc := range map[string]struct {
		source []byte
		want   string
	}{
		"an item that is never marked": {
			[]byte(strings.ReplaceAll(strings.ReplaceAll(valid, "# good: needs: You asked first.", ""), "# poor: needs", "")),
			`rubric: item "needs" is never marked by the script, as with "# good: needs"; it will not count`},
		"a required item that is never marked": {
			[]byte(strings.ReplaceAll(strings.ReplaceAll(valid, "# good: tone", ""), "# fair: tone", "")),
			`rubric: item "tone" is never marked by the script, as with "# good: tone"; it is required, so it will always be poor`},
		"a tag of the author's own": {
			spoil(t, "# poor: needs", "# poor: needs # mood: low"),
			`line 28: script: tag "# mood: low" means nothing to Greenroom`},
	} {
		t.Run(name, func(t *testing.T) {
			s, err := Parse(t.Context(), "warned", tc.source)
			if err != nil {
				t.Fatal(err)
			}
			if got := s.Warnings.Error(); got != tc.want {
				t.Errorf("got\n%s\nwant\n%s", got, tc.want)
			}
		})
	}
}

func TestParseOfADepartedCallerIsNoMistakeOfTheAuthor(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := Parse(ctx, "first-call", []byte(valid))
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want the context's error", err)
	}
}

func TestDeeplyNestedInkIsAProblem(t *testing.T) {
	for name, ink := range map[string]string{
		"brackets":     "Hello {" + strings.Repeat("(", 20_000) + "1" + strings.Repeat(")", 20_000) + "}\n* Hi -> END\n",
		"braces":       strings.Repeat("{true:", 20_000) + "x" + strings.Repeat("}", 20_000) + "\n* Hi -> END\n",
		"nested stars": strings.Repeat("*", 20_000) + " Hi -> END\n",
	} {
		t.Run(name, func(t *testing.T) {
			_, err := NewEngine(Limits{Machines: 1}).Compile(t.Context(), ink)
			if _, ok := errors.AsType[Problems](err); err != nil && !ok {
				t.Errorf("got %v, want problems", err)
			}
		})
	}
}

func manyItems(n int) string {
	items := make([]string, n)
	for i := range items {
		items[i] = fmt.Sprintf("item%d", i)
	}
	return strings.Join(items, ", ")
}
