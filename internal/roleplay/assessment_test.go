package roleplay

import (
	"strings"
	"testing"
)

// marksOf reads "needs+ tone~ tone-": an item, and + good, ~ fair, - poor.
func marksOf(t *testing.T, text string) []Mark {
	t.Helper()
	var marks []Mark
	for _, word := range strings.Fields(text) {
		grade, ok := map[byte]Grade{'+': Good, '~': Fair, '-': Poor}[word[len(word)-1]]
		if !ok {
			t.Fatalf("no grade in %q", word)
		}
		marks = append(marks, Mark{Item: word[:len(word)-1], Grade: grade})
	}
	return marks
}

func TestAssess(t *testing.T) {
	// Three items in one criterion and one in the other: a mean over criteria
	// would show.
	rubric := Rubric{Criteria: []Criterion{
		{Name: "Understanding", Items: []Item{{ID: "needs"}, {ID: "impact"}, {ID: "listening"}}},
		{Name: "Closing", Items: []Item{{ID: "tone"}}},
	}}
	required := Rubric{Criteria: []Criterion{
		{Name: "Understanding", Items: []Item{{ID: "needs", Required: true}, {ID: "tone"}}},
	}}
	for name, tc := range map[string]struct {
		rubric Rubric
		marks  string
		score  string // "none" if there is no score
		grades string // of all items in order
	}{
		"all good":     {rubric, "needs+ impact+ listening+ tone+", "1/1", "good good good good"},
		"all poor":     {rubric, "needs- impact- listening- tone-", "0/1", "poor poor poor poor"},
		"fair is half": {rubric, "needs~", "1/2", "fair . . ."},
		"the mean is over items, not over criteria": {rubric, "needs+ impact+ listening+ tone-", "3/4", "good good good poor"},
		"an item without marks is not relevant":     {rubric, "needs+ tone~", "3/4", "good . . fair"},
		"an item has the mean of its marks":         {rubric, "needs+ needs- needs-  tone+", "2/3", "fair . . good"},
		"many marks on one item weigh as one item":  {rubric, "needs- needs- needs- needs- tone+", "1/2", "poor . . good"},
		"between good and fair it shows fair":       {rubric, "needs+ needs~", "3/4", "fair . . ."},
		"between fair and poor it shows poor":       {rubric, "needs~ needs-", "1/4", "poor . . ."},
		"nearer to good it shows good":              {rubric, "needs+ needs+ needs~", "5/6", "good . . ."},
		"nothing relevant gives no score":           {rubric, "", "none", ". . . ."},
		"marks of unknown items do not count":       {rubric, "other+ tone-", "0/1", ". . . poor"},
		"a required item without marks is poor":     {required, "tone+", "1/2", "poor good"},
		"required alone gives a score":              {required, "", "0/1", "poor ."},
		"a required item that was marked":           {required, "needs~", "1/2", "fair ."},
	} {
		t.Run(name, func(t *testing.T) {
			a := tc.rubric.Assess(marksOf(t, tc.marks))
			score := "none"
			if a.Scored {
				score = a.Score.String()
			}
			var grades []string
			for _, item := range a.Items {
				if item.Relevant != (item.Grade != "") {
					t.Errorf("item %s: relevant %v with grade %q", item.Item.ID, item.Relevant, item.Grade)
				}
				grades = append(grades, map[bool]string{true: string(item.Grade), false: "."}[item.Relevant])
			}
			if got := strings.Join(grades, " "); score != tc.score || got != tc.grades {
				t.Errorf("%s %q, want %s %q", score, got, tc.score, tc.grades)
			}
		})
	}
}

func TestAssessKeepsMarksWithTheirItem(t *testing.T) {
	rubric := Rubric{Criteria: []Criterion{{Name: "One", Items: []Item{{ID: "a"}, {ID: "b"}}}}}
	marks := []Mark{{"b", Good, 1, "first"}, {"a", Poor, 3, ""}, {"b", Fair, 5, "second"}}
	items := rubric.Assess(marks).Items
	if len(items[0].Marks) != 1 || len(items[1].Marks) != 2 || items[1].Marks[1].Why != "second" {
		t.Errorf("marks got lost or mixed: %+v", items)
	}
	if items[0].Criterion.Name != "One" {
		t.Errorf("an item lost its criterion: %+v", items[0])
	}
}
