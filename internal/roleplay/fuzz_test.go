package roleplay

import (
	"bytes"
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

// scenarioSeeds are files that are right, and files with one thing spoiled.
func scenarioSeeds() [][]byte {
	seeds := [][]byte{[]byte(valid)}
	for _, spoil := range [][2]string{
		{"title: A first call", "title: &a A first call"}, {"title: A first call", "title: *a"}, {"title: A first call", "title: [1, 2]"},
		{"title: A first call", "title: |\n  two\n  lines"}, {"slug: first-call", "slug: First Call"}, {"slug: first-call", "slug: 2026-03-01"},
		{"rubric:", "rubric: {}\nother:"}, {"id: tone", "id: needs"}, {"required: true", "required: maybe"}, {"---\nHello", "Hello"},
		{"# good: needs: You asked first.", "# good: nothing"}, {"# poor: needs", "# poor: {needs}"}, {"# poor: needs", "# bad: needs"},
		{"-> bye", "-> nowhere"}, {"-> END", "-> bye"}, {"Hello.", "{RANDOM(1,"}, {"Hello.", "INCLUDE other.ink\nHello."}, {"Hello.", "/* Hello."},
		{"Hello.", "-> loop\n=== loop\n-> loop\n"}, {"Hello.", "VAR a = \"x\"\n~ a = a + a\n{a}"}, {"Hello.", "\u202eHello\\#."},
	} {
		seeds = append(seeds, []byte(strings.Replace(valid, spoil[0], spoil[1], 1)))
	}
	return append(seeds, []byte("\uFEFF"+strings.ReplaceAll(valid, "\n", "\r\n")), nil, []byte("---\n---\n"), []byte("---\na: {b: [{c"), []byte("\xff\n"))
}

// wantProblems wants mistakes that an author can find: in words, in the file.
func wantProblems(t *testing.T, err error, source []byte) {
	t.Helper()
	problems, ok := errors.AsType[Problems](err)
	if !ok || len(problems) == 0 {
		t.Fatalf("error %v (%T)", err, err)
	}
	lines := 1 + strings.Count(string(source), "\n")
	for i, p := range problems {
		if p.Line < 0 || p.Line > lines+1 || p.Text == "" || !utf8.ValidString(p.String()) || i > 0 && p.Line < problems[i-1].Line {
			t.Errorf("problem %+v of a file with %d lines, in %v", p, lines, problems)
		}
	}
}

// Whatever a scenario file is, its front matter is refused with all mistakes
// in their places, or is within its bounds and read the same way again.
func FuzzFrontMatter(f *testing.F) {
	for _, seed := range scenarioSeeds() {
		f.Add(seed)
	}
	for _, sample := range Samples() {
		f.Add(sample.Source)
	}
	f.Fuzz(func(t *testing.T, source []byte) {
		s, err := Load(source, nil)
		if err != nil {
			if s != nil {
				t.Errorf("a scenario beside problems: %+v", s)
			}
			wantProblems(t, err, source)
			return
		}
		if !bytes.Equal(s.Source, source) || len(source) > MaxSource || s.Title == "" || s.Objective == "" || s.Character.Name == "" || len(s.Slug) > maxSlug || !slugPattern.MatchString(s.Slug) {
			t.Errorf("scenario %+v", s)
		}
		for text, most := range map[string]int{
			s.Title: maxTitle, s.Description: maxText, s.Objective: maxText, s.Difficulty: maxLabel,
			s.Character.Name: maxName, s.Character.Role: maxRole, s.Character.About: maxText,
		} {
			if utf8.RuneCountInString(text) > most && most >= maxLabel || strings.TrimSpace(text) != text {
				t.Errorf("text of %d characters: %q", utf8.RuneCountInString(text), text)
			}
		}
		wantRubric(t, s.Rubric)
		if again, err := Load(s.Source, nil); err != nil || !reflect.DeepEqual(again, s) {
			t.Errorf("%+v is read again as %+v (%v)", s, again, err)
		}
	})
}

func wantRubric(t *testing.T, r Rubric) {
	t.Helper()
	items := r.items()
	if len(r.Criteria) == 0 || len(r.Criteria) > maxCriteria || len(items) == 0 || len(items) > maxItems {
		t.Errorf("%d criteria with %d items", len(r.Criteria), len(items))
	}
	seen := map[string]bool{}
	for _, item := range items {
		if item.ID == "" || seen[item.ID] || strings.ContainsAny(item.ID, " :\t\n") || item.Name == "" {
			t.Errorf("item %+v among %v", item, seen)
		}
		seen[item.ID] = true
	}
}

// Whatever a script holds, comments and tags keep their lines, and a tag that
// was understood means the same when it is written out again.
func FuzzTags(f *testing.F) {
	for _, seed := range []string{
		"Hello. # good: needs: Why: because. # narrator", "* [Go # poor: a] on # fair: b", "{true: A # good: a|B # poor: a}", `\# no tag # ending: home`,
		"~ x = \"#\"", "/* a\n # b */ # c // # d\n# e", "# good : a : ", "# Good: a", "# character", "# ending:", "/", "//", "/*", "a/b/**/c", "#", "",
	} {
		f.Add(seed)
	}
	f.Add(valid)
	f.Fuzz(func(t *testing.T, ink string) {
		plain := withoutComments(ink)
		if strings.Count(plain, "\n") != strings.Count(ink, "\n") || len(plain) > len(ink) || withoutComments(plain) != plain {
			t.Errorf("%q without comments: %q", ink, plain)
		}
		tags := findTags(plain)
		if len(tags) > strings.Count(plain, "#") {
			t.Errorf("%d tags in %q", len(tags), plain)
		}
		for _, found := range tags {
			if found.line < 1 || found.line > 1+strings.Count(ink, "\n") || strings.Contains(found.text, "#") {
				t.Errorf("tag %+v of %q", found, ink)
			}
			got := parseTag(found.text)
			if again := parseTag(written(got)); got.kind != otherTag && got.kind != brokenTag && again != got {
				t.Errorf("%q is %+v, written out %+v", found.text, got, again)
			}
		}
	})
}

func written(t tag) string {
	switch t.kind {
	case markTag:
		return string(t.grade) + ": " + t.name + ": " + t.why
	case endingTag:
		return "ending: " + t.name
	}
	return string(t.speaker)
}

// smallInk has memory, chance, a tunnel and a thread, and comes to an end soon.
const smallInk = `VAR trust = 0
{shuffle:Hm.|Well.} Luck {RANDOM(1, 1000)}. -> knock ->
<- aside
* Go in. # good: door
  ~ trust = trust + RANDOM(1, 6)
  It opens{trust > 3: wide}.
  -> END
=== aside
* Hum. # poor: hum
  You hum{~ low| high}. -> END
=== knock
Knock.
->->
`

// fuzzLimits are small, so that what runs away is stopped soon: the fuzzer
// takes an input of ten seconds for one that hangs.
var fuzzLimits = Limits{Machines: 1, Steps: 1000, Text: 10_000, Picks: 8, Story: 1 << 20, Turn: time.Second, Check: 2 * time.Second}

// warmEngine returns an engine whose machine is made and has compiled before.
func warmEngine(f *testing.F) *Engine {
	e := NewEngine(fuzzLimits)
	if _, err := e.Compile(f.Context(), smallInk); err != nil {
		f.Log(err) // it may take longer than its limit, the first time
	}
	return e
}

// Whatever a scenario file is, it is refused in words, or it can be loaded
// from what was saved, played within its limits, and graded.
func FuzzScenario(f *testing.F) {
	for _, seed := range scenarioSeeds() {
		f.Add(seed, []byte{0, 1, 2})
	}
	engine := warmEngine(f)
	f.Fuzz(func(t *testing.T, source []byte, picks []byte) {
		s, err := engine.Parse(t.Context(), "fuzz", source)
		if err != nil {
			wantProblems(t, err, source)
			return
		}
		loaded, err := Load(s.Source, s.Compiled)
		if err != nil {
			t.Fatalf("what was parsed is not loaded: %v", err)
		}
		if loaded.Warnings = s.Warnings; !reflect.DeepEqual(loaded, s) {
			t.Errorf("loaded %+v, parsed %+v", loaded, s)
		}
		if len(s.Compiled) > fuzzLimits.Story {
			t.Errorf("compiled into %d bytes", len(s.Compiled))
		}
		talk, _ := wantTalk(t, engine, s.Compiled, 0, picks)
		for _, m := range talk.Marks {
			if _, known := s.Rubric.Item(m.Item); !known || values[m.Grade] == nil || m.Turn < 0 || m.Turn > len(talk.Turns) {
				t.Errorf("mark %+v of %+v", m, s.Rubric)
			}
		}
		score := s.Rubric.Assess(talk.Marks).Score
		if again, err := ParseScore(score.String()); err != nil || again != score || score.rat().Cmp(one) > 0 {
			t.Errorf("score %s is read as %s (%v)", score, again, err)
		}
	})
}

// Whatever a script in ink is, it is refused in words, or plays within its
// limits, and a second engine plays it the same way.
func FuzzInk(f *testing.F) {
	for _, seed := range []string{
		smallInk, "Hello.\n* Yes.\n-> END\n", "-> a\n=== a\n* x -> a\n+ y -> END\n", "VAR s = \"x\"\n-> a\n=== a\n~ s = s + s\n+ more {s} -> a\n+ stop -> END\n",
		"=== function f(n)\n~ return f(n + 1)\n=== a\n{f(0)}\n-> END", "{RANDOM(0, 9): a|b}\n* [x] # good: a\n-> DONE", "LIST l = a, (b)\n{l ^ LIST_ALL(l)}\n* {l ? b} x\n-> END",
		"<>", "* * *", "-> END", "{", "# tag", "EXTERNAL f()\n", "INCLUDE x", "- (x) {x < 5: -> x}\n* a\n-> END", "~ temp x = 1 / 0\n{x}\n* a\n-> END",
	} {
		f.Add(seed, int64(7), []byte{0, 1})
	}
	engine, other := warmEngine(f), warmEngine(f)
	f.Fuzz(func(t *testing.T, ink string, seed int64, picks []byte) {
		if len(ink) > MaxSource {
			t.Skip()
		}
		story, err := engine.Compile(t.Context(), ink)
		if err != nil {
			wantProblems(t, err, []byte(ink))
			return
		}
		talk, taken := wantTalk(t, engine, story, seed, picks)
		if talk.Turns == nil && talk.Choices == nil {
			return // it said nothing, or failed at once
		}
		again, err := other.Play(t.Context(), story, seed, taken)
		if errors.Is(err, errTime) {
			return // a busy machine
		}
		if err != nil || !reflect.DeepEqual(again, talk) {
			t.Errorf("picks %v: %+v\nand then %+v (%v)", taken, talk, again, err)
		}
	})
}

// wantTalk plays by a list of wishes to the end, or to the first limit, and
// returns the talk and the picks that it took.
func wantTalk(t *testing.T, e *Engine, story []byte, seed int64, wishes []byte) (talk Talk, picks []int) {
	t.Helper()
	for {
		next, err := e.Play(t.Context(), story, seed, picks)
		if errors.Is(err, ErrPick) || errors.Is(err, ErrTooLong) {
			t.Fatalf("picks %v, which were on offer: %v", picks, err)
		}
		if err != nil { // a script may fail, or run away, where no walk came by
			return talk, picks[:max(0, len(picks)-1)]
		}
		talk = next
		if talk.Ended != (len(talk.Choices) == 0) {
			t.Fatalf("after %v: %+v", picks, talk)
		}
		wantWithinLimits(t, talk, len(picks)+1)
		if talk.Ended || len(wishes) <= len(picks) || len(picks) == fuzzLimits.Picks {
			return talk, picks
		}
		picks = append(picks, int(wishes[len(picks)])%len(talk.Choices))
	}
}

func wantWithinLimits(t *testing.T, talk Talk, beats int) {
	t.Helper()
	size := 0
	for i, turn := range talk.Turns {
		if size += len(turn.Text); turn.Index != i || turn.Text == "" || turn.Pick < -1 || turn.Pick >= beats {
			t.Errorf("turn %d: %+v", i, turn)
		}
		if !slices.Contains([]Speaker{CharacterSpeaker, Learner, Narrator}, turn.Speaker) {
			t.Errorf("turn %d by %q", i, turn.Speaker)
		}
	}
	if most := 4 * beats * fuzzLimits.Text; size > most { // four bytes to a character
		t.Errorf("%d bytes of text, more than %d", size, most)
	}
}
