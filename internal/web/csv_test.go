package web

import "testing"

// OWN-L24: nothing that an export holds is run by the spreadsheet that opens it.
func TestCSVCell(t *testing.T) {
	for text, want := range map[string]string{
		`=HYPERLINK("https://evil.example","x")`: `'=HYPERLINK("https://evil.example","x")`,
		"+1+1":                                   "'+1+1",
		"-2+3":                                   "'-2+3",
		"@SUM(A1)":                               "'@SUM(A1)",
		"\t=1+1":                                 "'\t'=1+1",
		"\r=1+1":                                 "'\r'=1+1",
		"\n=1+1":                                 "'\n'=1+1",
		"-":                                      "'-",
		" =1+1":                                  " '=1+1",
		"a;=1+1":                                 "a;'=1+1",
		`a; "=1+1`:                               `a; "'=1+1`,
		"a; b":                                   "a; b",
		"a, -b":                                  "a, -b",
		"":                                       "",
		"a=b":                                    "a=b",
		"'=1+1":                                  "'=1+1",
		"Ada <ada@example.com>":                  "Ada <ada@example.com>",
		"Ünal":                                   "Ünal",
		"日本":                                     "日本",
	} {
		if got := CSVCell(text); got != want {
			t.Errorf("%q becomes %q, want %q", text, got, want)
		}
	}
}
